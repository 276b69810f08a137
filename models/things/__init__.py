"""Training on things that are no faces: films, a region that finds the thing in them, and no pairs at all."""
