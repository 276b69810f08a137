"""The live loop: frames from a source, a persona worn on the faces in them, finished frames to sinks."""

import os

# Matrices here are small. OpenBLAS would share them among all cores all the same and let its threads spin between one
# and the next: a whole core's time, and a third of the frames' age. It reads this when numpy is first loaded.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
