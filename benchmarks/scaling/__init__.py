"""The axes of `benchmarks.scale`: how much one frame costs as there are more faces, pixels, crops and cores."""
