"""How varied what a network sees in training is, as numbers: the shares by which pairs are drawn and shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class PairVariety:
    """How pairs are drawn. Another one makes another pool.

    Attributes:
        own: Of the pairs that are drawn, how many show the performer as it is; the rest are strangers.
        performer_strangers: Of the strangers, how many are the performer's portrait in another shape; the rest are the
            persona's.
        talking_own: Of the pairs that show the performer, how many do what talking heads do; the rest goes wider than
            life.
        talking_strangers: The same, of the strangers.
        footage: Of a face that has both, how many pairs are footage.
        painted: Of the strangers, how many have another's skin, hair, beard or glasses; the rest keep a portrait's.
        shape: How much another shape a stranger has that is drawn; 1 is as people differ.
        jitter: How much another shape the points of footage are given; 1 is as people differ.
    """

    own: float = 0.55
    performer_strangers: float = 0.6
    talking_own: float = 0.6
    talking_strangers: float = 0.3
    footage: float = 0.5
    painted: float = 0.85
    shape: float = 0.75
    jitter: float = 0.6

    def unlike_usual(self) -> dict[str, float]:
        """What differs from the usual, by its name: a pool's card names that alone, so that old cards stay true."""
        named = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: value for name, value in named.items() if value != getattr(USUAL_PAIRS, name)}


@dataclass(frozen=True, slots=True)
class SightVariety:
    """What of a pair the network is shown.

    Attributes:
        untouched: Of the performer's own crops, how many are seen just as they are: what they tell of places and light
            is then true.
        own_seen: Of the performer's own crops, how many are shown; of the rest, the landmark map alone.
        no_crop: Of strangers' crops, up to here nothing is seen but the map ...
        no_colour: ... up to there local contrast too, beyond it all.
        occluded: Of the crops that are seen, how many have something drawn across them.
        ceilings: Channels of the input that are held down, each to a value of 0 to 1; held at 0, one shows nothing.
    """

    untouched: float = 0.5
    own_seen: float = 0.95
    no_crop: float = 0.5
    no_colour: float = 0.75
    occluded: float = 0.4
    ceilings: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Variety:
    """Both; as it stands, what personas are trained with.

    Attributes:
        pairs: How pairs are drawn.
        sight: What of them is shown.
    """

    pairs: PairVariety = PairVariety()
    sight: SightVariety = SightVariety()


USUAL_PAIRS, USUAL_SIGHT = PairVariety(), SightVariety()
