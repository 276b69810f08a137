"""`persona.json`: what a persona file says about itself, read strictly and written back the same."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from realtime.errors import RegionError
from realtime.face.topology import POINTS
from realtime.persona.identity import Identity, parse_identity
from realtime.persona.strict_json import Table, decode
from realtime.region.catalog import FACE_WORDS, read_region

FORMAT_VERSION = 1
KINDS = ("autoencoder",)
PRECISIONS = ("fp32", "fp16", "int8")
CHANNELS = ("r", "g", "b", "local", "map_oval", "map_eyes", "map_mouth")
COLOUR_ORDER = "rgb"
VALUE_RANGE = (0.0, 1.0)
OUTPUTS = ("image", "mask")
CROP_SIZES = range(16, 1025)

Figures: TypeAlias = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class TrainedFrom:
    """What a network was trained from.

    Attributes:
        digests: SHA-256 of each source by its role: `performer`, `persona`, `footage`.
        counts: How many of what: frames, faces.
        iterations: Training steps.
        seconds: Training time; None where an older version did not write it.
        machine: What it was trained on; None likewise.
    """

    digests: Mapping[str, str]
    counts: Mapping[str, int]
    iterations: int
    seconds: float | None = None
    machine: str | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """The facts of `persona.json`, without the member digests, which belong to the file.

    Attributes:
        kind: `autoencoder`.
        crop_size: S, the side of its crops in pixels.
        template: Name of the alignment template its crops are cut by.
        coverage: Side of the crop in distances between the eyes.
        channels: What the C channels of its input are, in order, out of `CHANNELS`.
        input: The graph's input: (1, C, S, S) float32, 0..1, colours red first.
        outputs: The graph's output by its meaning: `image` is (1, 3, S, S) RGB, `mask` (1, 1, S, S);
            both float32, 0..1.
        identity: Whose face it is.
        trained_from: What it was trained from.
        parity: Measured differences by precision: fp32 from the trained network, the others from fp32.
        tool_version: The version that wrote it.
        region: What it was trained for, in the words of `--region`. Left out of the file where that is a face.
        portrait_points: x, y and z of its portrait's face points, 478 times, in pixels of the portrait: those that it
            was trained with, since a detector places them half a pixel elsewhere after every compression. Empty, and
            left out of the file, where there are none.
    """

    kind: str
    crop_size: int
    template: str
    coverage: float
    channels: tuple[str, ...]
    input: str
    outputs: Mapping[str, str]
    identity: Identity
    trained_from: TrainedFrom
    parity: Mapping[str, Figures]
    tool_version: str
    region: str = FACE_WORDS
    portrait_points: tuple[float, ...] = ()


def dump_manifest(manifest: Manifest, digests: Mapping[str, str]) -> bytes:
    """`persona.json` as bytes, the same for the same facts.

    Args:
        manifest: The facts.
        digests: SHA-256 of every other member, by its name.
    """
    facts = {
        "format_version": FORMAT_VERSION,
        "kind": manifest.kind,
        "crop_size": manifest.crop_size,
        "template": manifest.template,
        "coverage": manifest.coverage,
        "channels": list(manifest.channels),
        "colour_order": COLOUR_ORDER,
        "value_range": list(VALUE_RANGE),
        "input": manifest.input,
        "outputs": dict(manifest.outputs),
        "identity": manifest.identity.to_json(),
        "trained_from": _dump_trained(manifest.trained_from),
        "parity": {precision: dict(figures) for precision, figures in manifest.parity.items()},
        "tool_version": manifest.tool_version,
        "sha256": dict(digests),
    }
    if manifest.region != FACE_WORDS:
        facts["region"] = manifest.region
    if manifest.portrait_points:
        facts["portrait_points"] = list(manifest.portrait_points)
    text = json.dumps(facts, ensure_ascii=False, allow_nan=False, indent=1, sort_keys=True)
    return (text + "\n").encode("utf-8")


def parse_manifest(text: bytes) -> tuple[Manifest, dict[str, str]]:
    """Read `persona.json`.

    Returns:
        The facts, and the SHA-256 of every other member by its name.

    Raises:
        PersonaError: It is not JSON, is of another version, lacks a key, has one too many, or a value
            is of the wrong type or out of bounds.
    """
    facts = Table("persona.json", decode("persona.json", text))
    version = facts.whole("format_version")
    if version != FORMAT_VERSION:
        facts.refuse("format_version", str(FORMAT_VERSION), str(version))
    if facts.text("colour_order") != COLOUR_ORDER:
        facts.refuse("colour_order", COLOUR_ORDER, facts.text("colour_order"))
    if tuple(facts.items("value_range")) != VALUE_RANGE:
        facts.refuse("value_range", str(list(VALUE_RANGE)), str(facts.items("value_range"))[:40])
    trained, parity = facts.table("trained_from"), facts.table("parity")
    outputs = facts.table("outputs").texts()
    if tuple(sorted(outputs)) != OUTPUTS:
        facts.refuse("outputs", " and ".join(OUTPUTS), ", ".join(outputs) or "nothing")
    manifest = Manifest(
        kind=facts.one_of("kind", KINDS),
        crop_size=facts.within("crop_size", CROP_SIZES),
        template=facts.text("template"),
        coverage=facts.number("coverage"),
        channels=_channels(facts),
        input=facts.text("input"),
        outputs=outputs,
        identity=parse_identity(facts.table("identity").rest()),
        trained_from=TrainedFrom(
            digests=trained.table("digests").digests(),
            counts=trained.table("counts").wholes(),
            iterations=trained.whole("iterations"),
            seconds=trained.number("seconds") if "seconds" in trained else None,
            machine=trained.text("machine") if "machine" in trained else None,
        ),
        parity={precision: parity.table(precision).numbers() for precision in parity.keys_out_of(PRECISIONS)},
        tool_version=facts.text("tool_version"),
        region=_region(facts),
        portrait_points=facts.row("portrait_points", 3 * POINTS) if "portrait_points" in facts else (),
    )
    digests = facts.table("sha256").digests()
    trained.end()
    facts.end()
    return manifest, digests


def _region(facts: Table) -> str:
    words = facts.text_or("region", FACE_WORDS)
    try:
        return read_region(words).words
    except RegionError as error:
        facts.refuse("region", error.wanted, words)


def _dump_trained(trained: TrainedFrom) -> dict[str, object]:
    known = {"seconds": trained.seconds, "machine": trained.machine}
    return {
        "digests": dict(trained.digests),
        "counts": dict(trained.counts),
        "iterations": trained.iterations,
        **{key: value for key, value in known.items() if value is not None},
    }


def _channels(facts: Table) -> tuple[str, ...]:
    channels = facts.items("channels")
    names = tuple(name for name in channels if isinstance(name, str) and name in CHANNELS)
    if not names or len(names) != len(channels) or len(set(names)) != len(names):
        facts.refuse("channels", "some of " + ", ".join(CHANNELS), str(channels)[:80])
    return names
