"""Films as training material: made into facesets on the way."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from pathlib import Path

import typer

from models.faceset.extract import Extraction
from models.faceset.media import FILM_EXTENSIONS, digest_of, medium_of
from models.material import AND, split_material
from models.things.words import is_thing
from thespis.extract import nothing_kept, people_lines
from thespis.loop import ending_well
from thespis.screen import Screen

_FOLDER = "material"


def as_facesets(words: Sequence[str], run: Path, screen: Screen) -> list[str]:
    """Training material in which every film of a face is named by the faceset that was made of it.

    Under torchrun they are left as they are, and refused later: its processes would all write the same folder.

    Args:
        words: Material, with or without `NAME=` before it.
        run: The run's folder; the facesets go there, and one that is there already is used as it is.
        screen: Shows how far it is.

    Raises:
        TrainingError: A film shows no face worth keeping.
        SourceError: It cannot be read.
    """
    if "TORCHELASTIC_RUN_ID" in os.environ:
        return list(words)
    return [text if is_thing(text) else _with_facesets(text, run, screen) for text in words]


def _with_facesets(text: str, run: Path, screen: Screen) -> str:
    name, equals, material = text.rpartition("=") if not Path(text).exists() else ("", "", text)
    parts = [_faceset(Path(part), run, screen) if _is_film(part) else part for part in split_material(material)]
    return name + equals + AND.join(parts)


def _is_film(part: str) -> bool:
    return Path(part).suffix.lower() in FILM_EXTENSIONS and Path(part).is_file()


def _faceset(film: Path, run: Path, screen: Screen) -> str:
    # Two people's films may both be called video.mp4.
    folder, stop = run / _FOLDER / f"{film.stem}-{digest_of(film)[:8]}", threading.Event()
    with ending_well(stop.set), screen.progress(f"faces of {film.name}") as move:
        outcome = Extraction([medium_of(film)], folder)(lambda done, of, beside: move(done, of, beside), stop)
    if outcome.stopped:
        screen.say("stopped; the same words again go on from here")
        raise typer.Exit(130)
    if not outcome.kept:
        raise nothing_kept(outcome, folder)
    for line in (*outcome.problems, *people_lines(outcome)):
        screen.say(line)
    screen.say(f"{film.name}: {outcome.kept} faces kept in {folder}; thespis report {folder} says what they are worth")
    return str(folder)
