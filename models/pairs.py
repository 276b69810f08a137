"""Pairs to learn from: a performer seen, and a persona as it should look then.

A photo can be drawn in any expression, so a pair with a known truth can be made wherever at least one of the two faces
has a photo: both drawn in the same expression, or one drawn in the expression that is read off the other's footage.
Footage alone reconstructs itself, from its crop and from its landmark map.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

import numpy as np

from models.disguise import random_shape, reshape
from models.faceset.index import Faceset
from models.held_out import split_records
from models.looks import Painter
from models.material import Material
from models.rendered import CropReader, PortraitFaceset, Seen, Stranger, Wanted
from models.sample import Sample
from models.variety import USUAL_PAIRS, PairVariety
from realtime.frame import BgrImage, Points3
from realtime.source.expression import Expression, ExpressionPath, random_expression
from realtime.source.reading import read_expression

_GLASSES = 0.35
"""Of painted strangers, how many wear some."""
_TALKS = 1_000_000
_TALK_S = 600.0


class PairMaker:
    """Makes samples for one decoder.

    Args:
        wanted: Whom the decoder paints.
        performer: Who is seen.
        size: Side of the crops in pixels.
        variety: How varied they are.
        held_out: Whether footage is taken from what is never trained on.
    """

    def __init__(
        self,
        wanted: Material,
        performer: Material,
        size: int,
        variety: PairVariety = USUAL_PAIRS,
        *,
        held_out: bool = False,
    ) -> None:
        self._wanted, self._performer, self._variety = wanted, performer, variety
        self._records = {
            one.name: split_records(one.footage.records)[held_out]
            for one in (wanted, performer)
            if one.footage is not None
        }
        self._itself = wanted.name == performer.name
        self._read = CropReader(size)
        self._faces = [one.portrait for one in (performer, wanted) if one.portrait is not None]

    @cached_property
    def _strangers(self) -> list[tuple[PortraitFaceset, Painter]]:
        """Whose heads strangers have, and who paints them."""
        return [(face, face.painter(other)) for face, other in zip(self._faces, self._faces[::-1], strict=True)]

    def __call__(self, random: np.random.Generator) -> Sample:
        """The next sample."""
        footage = self._wanted.footage
        if footage is not None and (self._wanted.portrait is None or random.random() < self._variety.footage):
            return self._from_footage(footage, random)
        assert self._wanted.portrait is not None
        return self._drawn(self._wanted.portrait, random)

    def _drawn(self, wanted: PortraitFaceset, random: np.random.Generator) -> Sample:
        """The wanted face is drawn: in a made-up expression, or in one that the performer's footage shows."""
        seen_footage = None if self._itself else self._performer.footage
        footage_alone = self._performer.portrait is None
        if seen_footage is not None and (footage_alone or random.random() < self._variety.footage):
            crop, points = self._pick(self._performer.name, seen_footage, random)
            # The light of footage is not known well enough to be drawn: colour match brings it back.
            return _sample(self._read.seen(crop, points), wanted.wanted(read_expression(points)), known=True)
        portrait = self._performer.portrait
        own = portrait is not None and (self._itself or random.random() < self._variety.own)
        expression = self._expression(random, own=own)
        if own:
            assert portrait is not None
            return _sample(portrait.seen(expression), wanted.wanted(_evenly_exposed(expression)), known=True)
        return self._stranger(wanted, expression, random)

    def _stranger(self, wanted: PortraitFaceset, expression: Expression, random: np.random.Generator) -> Sample:
        """Somebody of another shape. Light that is not seen cannot be asked for, so none is."""
        first = random.random() < self._variety.performer_strangers
        face, paint = self._strangers[0] if first else self._strangers[-1]
        shape = random_shape(face.renderer.head.rest, random, self._variety.shape)
        painted = random.random() < self._variety.painted
        texture = paint(random) if painted else None
        glasses = int(random.integers(2**31)) if painted and random.random() < _GLASSES else None
        seen = face.seen(expression, Stranger(shape, texture, glasses))
        return _sample(seen, wanted.wanted(_evenly_exposed(replace(expression, light=0.0))), known=False)

    def _from_footage(self, footage: Faceset, random: np.random.Generator) -> Sample:
        """The wanted face as it was filmed; seen as itself, or the performer drawn in its expression."""
        crop, points = self._pick(self._wanted.name, footage, random)
        wanted = self._read.filmed(crop, points)
        portrait = None if self._itself else self._performer.portrait
        if portrait is not None and random.random() < self._variety.own:
            return _sample(portrait.seen(read_expression(points)), wanted, known=True)
        if self._itself:
            return _sample(self._read.seen(crop, points), wanted, known=True)
        return _sample(self._read.seen(crop, reshape(points, random, self._variety.jitter)), wanted, known=False)

    def _pick(self, name: str, footage: Faceset, random: np.random.Generator) -> tuple[BgrImage, Points3]:
        records = self._records[name]
        record = records[int(random.integers(len(records)))]
        return footage.crop(record), record.landmarks

    def _expression(self, random: np.random.Generator, *, own: bool) -> Expression:
        talking = self._variety.talking_own if own else self._variety.talking_strangers
        if random.random() < talking:
            return ExpressionPath(_TALKS + int(random.integers(_TALKS))).at(float(random.uniform(0, _TALK_S)))
        return random_expression(random)


def _evenly_exposed(expression: Expression) -> Expression:
    """How bright a scene is, is the colour match's to follow: asked of the network, it would be asked for twice."""
    return replace(expression, exposure=1.0)


def _sample(seen: Seen, wanted: Wanted, *, known: bool) -> Sample:
    return Sample(
        view=seen.view,
        face_map=seen.face_map,
        image=wanted.image,
        mask=wanted.mask,
        focus=wanted.focus,
        known=np.array([known], np.uint8),
    )
