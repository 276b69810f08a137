"""Faces in a frame: points, identity in time, alignment, and the shapes drawn from them."""
