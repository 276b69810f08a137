"""Who is in view, and who may well be though no detector finds them."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from realtime.face.extent import extent_of
from realtime.frame import Face

AWAY_S, BESIDE_S, LEFT_S = 10.0, 30.0, 2.0
"""So long somebody who is not found is counted on: in the middle of the picture, turned away or hidden; the same, of
somebody who was seen beside others, who are therefore not them; and at its rim, where people leave."""
_NOTICED_S = 0.3
"""A face that was found for less, as things now and then are, is not missed."""
_RIM = 0.2
"""So near to the picture's rim, in widths of the face, somebody has probably left."""
_REACH, _REACH_PER_S = 1.0, 1.0
"""How far from where a face was last, in its widths, somebody new is taken for the same person."""
_CUT_S = 0.15
"""Where everybody changes with the scene, as where a film was cut or the camera turned, the new faces are those of so
short a time before, wherever they are."""
_NEXT_S = 0.07
"""So soon after somebody was seen, another who is known, in their place, means that the scene changed as well."""


@dataclass(frozen=True, slots=True)
class _Sighting:
    """When a face was seen first and last, in seconds of media time; where and how wide, in frame pixels."""

    first_s: float
    last_s: float
    middle: tuple[float, float]
    width: float
    at_rim: bool
    wears: bool = False


class Attendance:
    """Keeps the list of faces, from frame to frame. One thread at a time."""

    def __init__(self) -> None:
        self._seen: dict[int, _Sighting] = {}
        self._here: set[int] = set()
        self._beside: set[tuple[int, int]] = set()
        self._highest = -1

    def update(
        self, faces: Sequence[Face], media_s: float, size_wh: tuple[int, int], *, cut: bool = False
    ) -> Mapping[int, int]:
        """Take one frame's faces.

        Args:
            faces: With their ids.
            media_s: The frame's own time, in seconds.
            size_wh: Of the frame, in pixels.
            cut: Whether the scene may be another one than in the frame before.

        Returns:
            For each new id that is probably the same person as one who is not found, that one's; who is then forgotten.
        """
        self._seen = {
            id_: one for id_, one in self._seen.items() if 0 <= media_s - one.last_s < self._patience_s(id_, one)
        }
        now = {face.id: _sight(face, media_s, size_wh) for face in faces}
        # Ids go up: one that was there before stands for itself, however long ago that was. But where everybody changes
        # it is in the place of somebody, too, who is then not missing.
        changed = cut and not self._here & now.keys()
        self._here = set(now)
        self._beside = {pair for pair in self._beside if all(id_ in self._seen or id_ in now for id_ in pair)}
        self._beside |= {(one, other) for one in now for other in now if one != other}
        candidates = {id_: one for id_, one in now.items() if changed or id_ > self._highest}
        places = self._recognise(candidates, media_s, changed=changed)
        same = {id_: gone for id_, gone in places.items() if id_ > self._highest}
        self._highest = max((self._highest, *self._here))
        before = self._seen | {id_: self._seen[gone] for id_, gone in same.items()}
        here = {id_: replace(one, first_s=before[id_].first_s) if id_ in before else one for id_, one in now.items()}
        self._seen = {id_: one for id_, one in self._seen.items() if id_ not in places.values()} | here
        return same

    def wearing(self, ids: Collection[int]) -> None:
        """Say who of those in view wears a persona."""
        for id_ in self._here:
            self._seen[id_] = replace(self._seen[id_], wears=id_ in ids)

    def since_s(self, face_id: int) -> float:
        """When somebody in view came, under whatever id, in seconds of media time."""
        return self._seen[face_id].first_s

    @property
    def away(self) -> tuple[int, ...]:
        """Who is counted on and not found."""
        return tuple(id_ for id_ in self._seen if id_ not in self._here)

    @property
    def missing(self) -> tuple[int, ...]:
        """Who of them wore a persona, and was no passing mistake of the detector."""
        seen = ((id_, self._seen[id_]) for id_ in self.away)
        return tuple(id_ for id_, one in seen if one.wears and one.last_s - one.first_s >= _NOTICED_S)

    def _recognise(self, candidates: Mapping[int, _Sighting], media_s: float, *, changed: bool) -> dict[int, int]:
        """In whose place each of the candidates is; anywhere, where everybody changed from one frame to the next."""
        pairs = []
        for gone in self.away:
            before = self._seen[gone]
            passed_s = media_s - before.last_s
            reach = math.inf if changed and passed_s < _CUT_S else (_REACH + _REACH_PER_S * passed_s) * before.width
            for id_, one in candidates.items():
                distance = math.dist(one.middle, before.middle)
                known = id_ <= self._highest
                if distance <= reach and (not known or passed_s < _NEXT_S) and (id_, gone) not in self._beside:
                    pairs.append((distance, id_, gone))
        same: dict[int, int] = {}
        for _, id_, gone in sorted(pairs):
            if id_ not in same and gone not in same.values():
                same[id_] = gone
        return same

    def _patience_s(self, id_: int, one: _Sighting) -> float:
        if one.at_rim:
            return LEFT_S
        return BESIDE_S if any(id_ in pair for pair in self._beside) else AWAY_S


def _sight(face: Face, media_s: float, size_wh: tuple[int, int]) -> _Sighting:
    extent = extent_of(face.landmarks_px)
    rim = _RIM * extent.width
    beyond = extent.right > size_wh[0] - rim or extent.bottom > size_wh[1] - rim
    at_rim = beyond or extent.left < rim or extent.top < rim
    return _Sighting(media_s, media_s, (extent.x, extent.y), extent.width, at_rim)
