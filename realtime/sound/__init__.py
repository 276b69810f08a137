"""Sound for recordings: where it comes from, and how it stays in step with the picture."""
