"""What is known of a piece that was made: how it went, and how it fits to its neighbours."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

from realtime.errors import PersonaError
from realtime.film.pieces import LONG_WARM_S, MOST_PIECES, Form
from realtime.frame import Frame
from realtime.persona.strict_json import MAX_ENTRIES, MAX_NUMBER, Table, decode
from realtime.plain_file import read_bounded

_LARGEST = 64 * 1024
_MOST_FACES = MAX_ENTRIES
_NEAR = 0.02
"""Two boxes around a face are the same where their sides lie no further apart than so many of its widths, and a pixel:
a fiftieth is what the mesh's points tremble by."""


@dataclass(frozen=True, slots=True)
class Joint:
    """How a finished frame at the end of a piece, or just before it, was.

    Attributes:
        worn: Whether everybody wore a persona.
        missing: How many were counted on though they were not found.
        boxes: Around the faces, from the left: left, top, right, bottom, in pixels.
    """

    worn: bool
    missing: int
    boxes: tuple[tuple[float, ...], ...]

    def fits(self, other: Joint) -> bool:
        """Whether two pieces made the same of one frame."""
        if (self.worn, self.missing, len(self.boxes)) != (other.worn, other.missing, len(other.boxes)):
            return False
        return all(
            abs(one - two) <= _NEAR * (box[2] - box[0]) + 1
            for box, beside in zip(self.boxes, other.boxes, strict=True)
            for one, two in zip(box, beside, strict=True)
        )


@dataclass(frozen=True, slots=True)
class Record:
    """A piece that was made.

    Attributes:
        number: Which.
        form: What was taken for granted when it was made.
        sha256: Of its file.
        frames: How many pictures are in it.
        unworn: Those that went out without the persona.
        without_face: Those in which no face was found.
        marked: Whether any of them shows a persona.
        shown: Which personas are seen, by their place among those asked for.
        began: Whether a persona was worn before its end.
        before: The frame before its first one; None where there is none.
        after: Its last frame; None where it has none.
        failure: What ended it early; empty for nothing.
    """

    number: int
    form: Form
    sha256: str
    frames: int
    unworn: int
    without_face: int
    marked: bool
    shown: tuple[int, ...]
    began: bool
    before: Joint | None
    after: Joint | None
    failure: str = ""

    def to_json(self) -> str:
        """One line, as `parse_record` reads it."""
        told = dataclasses.asdict(self)
        return json.dumps({name: value for name, value in told.items() if value is not None and value != ""})


def joint_of(frame: Frame) -> Joint:
    """What is kept of a finished frame."""
    boxes = []
    for face in frame.faces[:_MOST_FACES]:
        points = face.landmarks_px[:, :2]
        boxes.append(tuple(round(float(side), 2) for side in (*points.min(0), *points.max(0))))
    return Joint(frame.worn, len(frame.missing), tuple(sorted(boxes)))


def wanted_form(before: Record, piece: Record) -> Form:
    """What should have been taken for granted of a piece, now that the one before it is known; its own if it was right.

    Where both made the same of the frame that they share, what came before has settled. Where they did not, somebody
    may be counted on whom only the one before has seen: the piece is to be warmed up for longer than anybody is
    remembered.
    """
    settled = before.after is not None and piece.before is not None and before.after.fits(piece.before)
    began = before.began if piece.unworn else piece.form.began  # matters only to what is concealed
    return Form(piece.form.warm_s if settled else LONG_WARM_S, began)


def read_record(path: Path) -> Record | None:
    """A record as it was written; None where there is none, or it is none.

    Raises:
        OSError: It cannot be read.
    """
    if not path.exists():
        return None
    try:
        return parse_record(read_bounded(path, _LARGEST))
    except PersonaError:
        return None


def parse_record(text: bytes) -> Record:
    """A record out of bytes that anybody may have written.

    Raises:
        PersonaError: It is none.
    """
    table = Table("record", decode("record", text))
    form = table.table("form")
    record = Record(
        number=table.within("number", range(MOST_PIECES)),
        form=Form(form.number("warm_s"), began=form.switch("began")),
        sha256=table.text("sha256"),
        frames=table.whole("frames"),
        unworn=table.whole("unworn"),
        without_face=table.whole("without_face"),
        marked=table.switch("marked"),
        shown=tuple(_place(table, one) for one in table.items("shown")),
        began=table.switch("began"),
        before=_joint(table.table("before")) if "before" in table else None,
        after=_joint(table.table("after")) if "after" in table else None,
        failure=table.text_or("failure", ""),
    )
    form.end()
    table.end()
    return record


def _place(table: Table, value: object) -> int:
    if type(value) is not int or not 0 <= value < MAX_ENTRIES:
        table.refuse("shown", f"places under {MAX_ENTRIES}", str(value)[:40])
    return value


def _joint(table: Table) -> Joint:
    worn, missing = table.switch("worn"), table.whole("missing")
    boxes = []
    for box in table.items("boxes"):
        sides = box if isinstance(box, list) else []
        if len(sides) != 4 or not all(isinstance(side, int | float) and abs(side) < MAX_NUMBER for side in sides):
            table.refuse("boxes", "four numbers each", str(box)[:40])
        boxes.append(tuple(float(side) for side in sides))
    table.end()
    return Joint(worn, missing, tuple(boxes))
