"""From a trained run to a persona file: ONNX, int8, and the proof that nothing was lost on the way."""

import realtime  # noqa: F401 - first: it says how many threads numpy is to have
