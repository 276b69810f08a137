"""From a trained run to a persona file: ONNX, int8, and the proof that nothing was lost on the way."""
