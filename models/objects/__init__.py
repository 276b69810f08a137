"""Things that are no faces, rendered: apples and kiwis in any pose and light."""
