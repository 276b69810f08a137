"""The live loop: frames from a source, a persona worn on the faces in them, finished frames to sinks."""

import os

# Matrices here are small. OpenBLAS would share them among all cores all the same and let its threads spin between one
# and the next: a whole core's time, and a third of the frames' age. It reads this when numpy is first loaded.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# How long OpenCV waits for a Linux camera that gives no picture before a read fails and the camera is opened anew;
# ten seconds otherwise. It reads this when it is first loaded.
os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "1")
# ONNX Runtime's builds of 1.31 tell their makers over the network how they are used, keep a number for this computer
# among the user's caches, and begin with both when they are loaded. This program answers to nobody.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
