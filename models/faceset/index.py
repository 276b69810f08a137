"""A faceset on disk: crops that a person can browse and prune, and one readable index beside them.

    FACESET/
      faces/talker-000123-0.jpg          kept: medium, frame, which face of that frame
      aside/blurred/talker-000126-0.jpg  set aside, one folder for each reason
      faceset.jsonl                      the index (`models.faceset.journal`)

Where a file lies decides: deleting one prunes it, moving it from `aside/REASON/` back into `faces/` restores it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from models.faceset.folders import ASIDE, FACES, kept_names, reasons_by_name
from models.faceset.journal import read_index
from models.faceset.record import FaceRecord, MediaRecord
from models.faceset.writer import FacesetWriter
from realtime.errors import SourceError, TrainingError
from realtime.frame import BgrImage
from realtime.source.picture_file import decode_picture, read_encoded

__all__ = ["FaceRecord", "Faceset", "FacesetWriter", "MediaRecord", "read_faceset"]

_LARGEST_CROP = 4096 * 4096


@dataclass(frozen=True, slots=True)
class Faceset:
    """What is in a faceset's folder now.

    Attributes:
        folder: Where it lies.
        records: Of the crops in `faces/`, in the order in which they were found.
        set_aside: Of the crops in `aside/`; `aside` is the name of the folder that each lies in.
        media: What it was made from.
    """

    folder: Path
    records: tuple[FaceRecord, ...]
    set_aside: tuple[FaceRecord, ...]
    media: tuple[MediaRecord, ...]

    @property
    def unfinished(self) -> tuple[str, ...]:
        """Media that were not looked at to their end, or whose crops are not sorted yet."""
        return tuple(medium.media for medium in self.media if not medium.finished)

    def path(self, record: FaceRecord) -> Path:
        """Where a record's crop lies."""
        return self.folder / (FACES if record.aside is None else f"{ASIDE}/{record.aside}") / record.file

    def crop(self, record: FaceRecord) -> BgrImage:
        """A record's crop, (S, S, 3) uint8 BGR.

        Raises:
            TrainingError: The file is gone or is no picture.
        """
        path = self.path(record)
        name = f"crop {path}"
        try:
            if path.is_symlink():
                raise SourceError(name, wanted="a picture", got="a link to another place")
            return decode_picture(read_encoded(path, name), name, _LARGEST_CROP)
        except SourceError as error:
            next_step = "delete it: the rest stays usable"
            raise TrainingError(name, wanted=error.wanted, got=error.got, next_step=next_step) from error


def read_faceset(folder: Path) -> Faceset:
    """Read a faceset's index and see which of its crops are there.

    Raises:
        TrainingError: There is no index, another version made it, lines of it are damaged, or its folders are links.
    """
    faces, media = read_index(folder)
    kept, aside = kept_names(folder), reasons_by_name(folder)
    return Faceset(
        folder,
        tuple(replace(face, aside=None) for face in faces if face.file in kept),
        tuple(replace(face, aside=aside[face.file]) for face in faces if face.file in aside and face.file not in kept),
        media,
    )
