"""A persona out of one photo, at once."""

from __future__ import annotations

from datetime import date
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from realtime.errors import PersonaError, SourceError
from realtime.face.align import CROP_SIDE, TEMPLATE_NAME, eye_distance
from realtime.face.landmarks import FaceMesh, find_in_still
from realtime.frame import BgrImage, Points3
from realtime.persona.identity import EXAMPLE, Identity
from realtime.persona.manifest import PHOTO, Manifest, dump_manifest
from realtime.persona.package import PORTRAIT, Persona
from realtime.persona.portrait import encode_portrait, shrunk
from realtime.source.canvas import load_photo

PHOTO_EXTENSIONS = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"})
CROP_SIZE = 256
CARD_EXTENSION = ".toml"

_LEAST_EYES_PX = 16.0
"""Between the eyes: with less there is nothing to recognise anybody by."""


def is_photo(path: Path) -> bool:
    """Whether a file's name is that of a picture."""
    return path.suffix.lower() in PHOTO_EXTENSIONS


def card_beside(path: Path) -> Path:
    """The identity card that lies beside a photo, of its name and ending in `.toml`.

    Raises:
        PersonaError: There is none, or no photo.
    """
    card = path.with_suffix(CARD_EXTENSION)
    if not path.is_file():
        raise _fault(path, "a picture", "no such file", "check the path")
    if not card.is_file():
        raise _fault(path, "word of whose face it is", f"no {card.name} beside it", f"{EXAMPLE}, or give --identity")
    return card


def persona_of_photo(path: Path, identity: Identity, *, today: date) -> Persona:
    """Make a persona of the one face in a photo.

    Args:
        path: The picture.
        identity: Whose face it is.
        today: The day on which it is to be worn.

    Raises:
        PersonaError: The picture cannot be read, shows no face or several, or is too small; or may not be worn.
    """
    identity.check(today)
    picture, points = one_face(path)
    if eye_distance(points) < _LEAST_EYES_PX:
        got = f"{eye_distance(points):.0f}"
        raise _fault(path, f"{_LEAST_EYES_PX:.0f} pixels between the eyes", got, "choose a larger photo")
    manifest = Manifest(
        kind=PHOTO,
        crop_size=CROP_SIZE,
        template=TEMPLATE_NAME,
        coverage=CROP_SIDE,
        identity=identity,
        tool_version=version("thespis"),
        portrait_points=tuple(float(value) for value in points.ravel()),
    )
    portrait = encode_portrait(picture)
    # As `write_persona` would write it, so that a photo and the file made of it carry the same mark.
    facts = dump_manifest(manifest, {PORTRAIT: sha256(portrait).hexdigest()})
    return Persona(path.stem, manifest, {}, portrait, sha256(facts).hexdigest())


def one_face(path: Path) -> tuple[BgrImage, Points3]:
    """A photo, no larger than a portrait in a persona file, and the points of the only face in it.

    Raises:
        PersonaError: It cannot be read, or shows no face, or several.
    """
    try:
        picture = shrunk(load_photo(path))
    except SourceError as error:
        raise PersonaError(f"photo {path}", wanted=error.wanted, got=error.got, next_step=error.next_step) from error
    mesh = FaceMesh(2, still=True)
    several = len(mesh(picture)) > 1
    mesh.close()
    if several:
        raise _fault(path, "one face", "several", "cut the photo down to one")
    points = find_in_still(picture)
    if points is None:
        raise _fault(path, "one face, seen from the front", "none", "choose another photo")
    return picture, points


def _fault(path: Path, wanted: str, got: str, next_step: str) -> PersonaError:
    return PersonaError(f"photo {path}", wanted=wanted, got=got, next_step=next_step)
