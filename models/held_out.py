"""What of footage is never trained on, so that something is left to measure by."""

from __future__ import annotations

from collections.abc import Sequence

from models.faceset.record import FaceRecord

_SHARE = 0.1
_LEAST = 10
"""Crops of one medium below which none are held out: all of them are wanted, and what is measured is a hint only."""


def split_records(records: Sequence[FaceRecord]) -> tuple[tuple[FaceRecord, ...], tuple[FaceRecord, ...]]:
    """Crops to train on, and crops to measure by: the end of each film, and the last of all photos.

    Neighbours in a film are too alike to tell anything. Where too few would be left, both are all.

    Args:
        records: A faceset's, in the order in which they were found.
    """
    media: dict[str, list[FaceRecord]] = {}
    for record in records:
        media.setdefault("" if record.time_s is None else record.origin_sha256, []).append(record)
    ends = {name: max(1, round(_SHARE * len(own))) if len(own) >= _LEAST else 0 for name, own in media.items()}
    held_out = {record.file for name, own in media.items() for record in own[len(own) - ends[name] :]}
    if not held_out:
        return tuple(records), tuple(records)
    return (
        tuple(record for record in records if record.file not in held_out),
        tuple(record for record in records if record.file in held_out),
    )
