"""Training: rendered facesets, the shared-encoder network, its losses and its trainer (PyTorch)."""

import realtime  # noqa: F401 - first: it says how many threads numpy is to have
