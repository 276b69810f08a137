"""Training: rendered facesets, the shared-encoder network, its losses and its trainer (PyTorch)."""
