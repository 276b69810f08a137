"""A persona made ready to be worn: its network loaded and warmed, beside whatever else is worn meanwhile."""

from __future__ import annotations

from functools import partial

from realtime.errors import PersonaError
from realtime.fit import Fit
from realtime.persona.manner import steady, untimed
from realtime.persona.package import Persona
from realtime.persona.swapper import make_swapper
from realtime.place import Outfit
from realtime.region.alignment import ALIGNMENTS
from realtime.region.base import Region
from realtime.settings import Live


class Dresser:
    """Makes outfits out of personas, all in the same way.

    Args:
        region: What wears them.
        provider: See `NetworkSwapper`.
        precision: See `NetworkSwapper`.
        most_faces: See `NetworkSwapper`.
        threads: See `SwapSession`.
    """

    def __init__(
        self, region: Region, provider: str, precision: str, *, most_faces: int, threads: int | None = None
    ) -> None:
        self._region, self._provider, self._precision = region, provider, precision
        self._make = partial(make_swapper, most_faces=most_faces, threads=threads)

    def at_first(self, persona: Persona, fit: Fit, knows_performer: bool) -> Outfit:
        """What is worn when the loop begins: there is time to measure what is fastest here.

        Args:
            persona: Who is to be worn.
            fit: How it is to sit.
            knows_performer: See `NetworkSwapper`.

        Raises:
            PersonaError: It cannot be worn here, or not by such a region.
        """
        return self._outfit(persona, fit, knows_performer, self._provider)

    def __call__(self, persona: Persona, fit: Fit, knows_performer: bool) -> Outfit:
        """The same while the loop runs, which nothing is measured beside."""
        return self._outfit(persona, fit, knows_performer, untimed(self._provider))

    def _outfit(self, persona: Persona, fit: Fit, knows_performer: bool, provider: str) -> Outfit:
        _check_region(persona, self._region)
        make = partial(self._make, persona, knows_performer=knows_performer)
        swapper, on_processor = make(provider, self._precision), partial(make, steady("cpu"))
        return Outfit(persona, swapper, Live(fit), None if swapper.provider == "cpu" else on_processor)


def _check_region(persona: Persona, region: Region) -> None:
    template = persona.manifest.template
    made_for = ALIGNMENTS.get(template)
    # A face is cut out again by whatever template a persona wants; a thing is what its region finds.
    both_faces = made_for is not None and made_for.is_face and region.alignment.is_face
    if region.alignment.template != template and not both_faces:
        raise PersonaError(
            f"persona {persona.name}",
            wanted=f"a region with crops by template {template}, as {persona.manifest.region}",
            got=f"{region.words}, by template {region.alignment.template}",
            next_step="leave --region out",
        )
