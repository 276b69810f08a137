"""The live loop: frames from a source, a persona worn on the faces in them, finished frames to sinks."""
