"""Content credentials of what the loop records: they verify, and with any one byte changed they do not."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import scenes
from benchmarks.scenes import SceneSource
from realtime.disclosure.credentials import read_credentials
from realtime.disclosure.signing import FileSigner
from realtime.disclosure.signing_key import local_anchors, local_key
from realtime.errors import CredentialsError
from realtime.persona.package import Persona
from realtime.pipeline import Pipeline
from realtime.settings import Live, Settings
from realtime.sink.recorder import RecorderSink
from realtime.sink.signing import SigningSink
from realtime.wear import wearing

_FRAMES, _CHANGES, _SEED = 60, 200, 7


def measure_altered(persona: Persona, folder: Path) -> dict[str, Any]:
    """Record, read back, change a byte here and there and read back again.

    Args:
        persona: Who is worn.
        folder: Where the recording and a signing key of its own are made.

    Returns:
        Under `credentials`: `valid` and `trusted` of the recording as it is; `changes`, files of which one byte was
        changed; `unnoticed`, those of them that still verify.
    """
    path = folder / "recording.mp4"
    sink = SigningSink(RecorderSink(path), path, FileSigner(lambda: local_key(folder / "credentials")))
    with wearing([persona], Live(Settings()), max_faces=4) as worn:
        source = SceneSource("a recording", islice(scenes.performer(_FRAMES / scenes.FPS, 9), _FRAMES))
        Pipeline(source, worn.threads, [sink]).run()
    anchors = local_anchors(folder / "credentials")
    whole, content = read_credentials(path, anchors=anchors), path.read_bytes()
    random, altered, unnoticed = np.random.default_rng(_SEED), folder / "altered.mp4", 0
    for place in random.choice(len(content), _CHANGES, replace=False).tolist():
        changed = bytearray(content)
        changed[place] ^= 1 << int(random.integers(8))
        altered.write_bytes(changed)
        try:
            found = read_credentials(altered, anchors=anchors)
        except CredentialsError:
            continue  # not even a film any more
        unnoticed += found is not None and found.valid
    valid, trusted = (False, False) if whole is None else (whole.valid, whole.trusted)
    return {"credentials": {"valid": valid, "trusted": trusted, "changes": _CHANGES, "unnoticed": unnoticed}}
