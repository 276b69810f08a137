"""What of a frame is worn: a face, a fixed box, or a box that follows a coloured object."""
