"""Facesets: footage as a folder of aligned crops with one readable index. Nothing here imports torch."""
