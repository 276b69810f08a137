"""`persona.json`: what a persona file says about itself, read strictly and written back the same."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeAlias

from realtime.errors import RegionError
from realtime.face.topology import POINTS
from realtime.persona.identity import Identity, parse_identity
from realtime.persona.strict_json import Table, decode
from realtime.region.catalog import FACE_WORDS, read_region

FORMAT_VERSION = 1
PRECISIONS = ("fp32", "fp16", "int8")
CHANNELS = ("r", "g", "b", "local", "map_oval", "map_eyes", "map_mouth")
VALUE_RANGE = (0.0, 1.0)
CROP_SIZES = range(16, 1025)

Figures: TypeAlias = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Kind:
    """What the network of a kind of persona takes and gives; nothing where it has none.

    Attributes:
        inputs: What must go in, by meaning: `crop`, `identity` (1, 512).
        optional: What may go in besides: `morph` (1,), 0 to 1.
        outputs: What comes out, by meaning: `image`; `mask`, the persona's coverage; `own_mask`, the performer's.
        channels: Of the crop; None lets each persona choose its own out of `CHANNELS`.
        last: Whether channels are the last axis, (N, S, S, C), and not the second, (N, C, S, S).
        batches: Whether a first axis that is left open means that several crops may go in at once. Other tools' graphs
            leave it open without a promise.
    """

    inputs: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    channels: tuple[str, ...] | None = ()
    last: bool = False
    batches: bool = False

    @property
    def colour_order(self) -> str:
        """`rgb` or `bgr`."""
        return "".join(self.channels or CHANNELS[:3])


AUTOENCODER, PHOTO, DFM, INSWAPPER = "autoencoder", "photo", "dfm", "inswapper"
IDENTITY_NUMBERS = 512
KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        AUTOENCODER: Kind(("crop",), (), ("image", "mask"), None, batches=True),
        PHOTO: Kind(),
        DFM: Kind(("crop",), ("morph",), ("own_mask", "image", "mask"), ("b", "g", "r"), last=True),
        INSWAPPER: Kind(("crop", "identity"), (), ("image",), ("r", "g", "b")),
    }
)


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
class Ends:
    """What goes into a persona's network and what comes out, all float32, 0..1.

    Attributes:
        channels: What the C channels of its crop are, in order, out of `CHANNELS`.
        inputs: The graph's name of each input by its meaning, see `Kind`.
        outputs: The graph's name of each output by its meaning.
    """

    channels: tuple[str, ...]
    inputs: Mapping[str, str]
    outputs: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Manifest:
    """The facts of `persona.json`, without the member digests, which belong to the file.

    Attributes:
        kind: Out of `KINDS`.
        crop_size: S, the side of its crops in pixels.
        template: Name of the alignment template its crops are cut by.
        coverage: Side of the crop in the unit of its template: of `thespis-1`, distances between the eyes.
        identity: Whose face it is.
        tool_version: The version that wrote it.
        ends: Of its network; None where it has none.
        trained_from: What it was trained from; None where it was not trained here.
        parity: Measured differences by precision: fp32 from the trained network, the others from fp32.
        region: What it was trained for, in the words of `--region`. Left out of the file where that is a face.
        portrait_points: x, y and z of its portrait's face points, 478 times, in pixels of the portrait: those that it
            was made with, since a detector places them half a pixel elsewhere after every compression. Empty, and
            left out of the file, where there are none.
        face_vector: Whom an `inswapper` is to paint: 512 numbers, ready to go in as its `identity`.
    """

    kind: str
    crop_size: int
    template: str
    coverage: float
    identity: Identity
    tool_version: str
    ends: Ends | None = None
    trained_from: TrainedFrom | None = None
    parity: Mapping[str, Figures] = field(default_factory=lambda: MappingProxyType({}))
    region: str = FACE_WORDS
    portrait_points: tuple[float, ...] = ()
    face_vector: tuple[float, ...] = ()


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
        "identity": manifest.identity.to_json(),
        "tool_version": manifest.tool_version,
        "sha256": dict(digests),
    }
    if manifest.ends is not None:
        facts |= _dump_ends(manifest.kind, manifest.ends)
        facts["parity"] = {precision: dict(figures) for precision, figures in manifest.parity.items()}
    if manifest.trained_from is not None:
        facts["trained_from"] = _dump_trained(manifest.trained_from)
    if manifest.region != FACE_WORDS:
        facts["region"] = manifest.region
    if manifest.portrait_points:
        facts["portrait_points"] = list(manifest.portrait_points)
    if manifest.face_vector:
        facts["face_vector"] = list(manifest.face_vector)
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
    name = facts.one_of("kind", tuple(KINDS))
    has_network = bool(KINDS[name].inputs)
    parity = facts.table("parity") if has_network else None
    manifest = Manifest(
        kind=name,
        crop_size=facts.within("crop_size", CROP_SIZES),
        template=facts.text("template"),
        coverage=facts.number("coverage"),
        identity=parse_identity(facts.table("identity").rest()),
        tool_version=facts.text("tool_version"),
        ends=_ends(facts, name) if has_network else None,
        trained_from=_trained(facts.table("trained_from")) if name == AUTOENCODER else None,
        parity={one: parity.table(one).numbers() for one in parity.keys_out_of(PRECISIONS)} if parity else {},
        region=_region(facts),
        portrait_points=facts.row("portrait_points", 3 * POINTS) if "portrait_points" in facts else (),
        face_vector=facts.row("face_vector", IDENTITY_NUMBERS) if "identity" in KINDS[name].inputs else (),
    )
    digests = facts.table("sha256").digests()
    facts.end()
    return manifest, digests


def _ends(facts: Table, name: str) -> Ends:
    kind = KINDS[name]
    if facts.text("colour_order") != kind.colour_order:
        facts.refuse("colour_order", kind.colour_order, facts.text("colour_order"))
    if tuple(facts.items("value_range")) != VALUE_RANGE:
        facts.refuse("value_range", str(list(VALUE_RANGE)), str(facts.items("value_range"))[:40])
    channels = _channels(facts)
    if kind.channels is not None and channels != kind.channels:
        facts.refuse("channels", ", ".join(kind.channels), ", ".join(channels))
    inputs = {"crop": facts.text("input")} if name == AUTOENCODER else facts.table("inputs").texts()
    outputs = facts.table("outputs").texts()
    if set(outputs) != set(kind.outputs):
        facts.refuse("outputs", " and ".join(kind.outputs), ", ".join(outputs) or "nothing")
    if not set(kind.inputs) <= set(inputs) <= {*kind.inputs, *kind.optional}:
        facts.refuse("inputs", " and ".join(kind.inputs), ", ".join(inputs) or "nothing")
    return Ends(channels, inputs, outputs)


def _dump_ends(name: str, ends: Ends) -> dict[str, object]:
    inputs = {"input": ends.inputs["crop"]} if name == AUTOENCODER else {"inputs": dict(ends.inputs)}
    return {
        "channels": list(ends.channels),
        "colour_order": KINDS[name].colour_order,
        "value_range": list(VALUE_RANGE),
        **inputs,
        "outputs": dict(ends.outputs),
    }


def _trained(table: Table) -> TrainedFrom:
    trained = TrainedFrom(
        digests=table.table("digests").digests(),
        counts=table.table("counts").wholes(),
        iterations=table.whole("iterations"),
        seconds=table.number("seconds") if "seconds" in table else None,
        machine=table.text("machine") if "machine" in table else None,
    )
    table.end()
    return trained


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
