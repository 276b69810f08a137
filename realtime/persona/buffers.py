"""Memory for what goes into a persona's network and comes out, and whether the graph's ends are what the file says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from realtime.errors import PersonaError
from realtime.persona.manifest import KINDS, Manifest

Tensor = npt.NDArray[np.float32]
Zeros = Callable[[Sequence[int]], Tensor]


def ordinary_zeros(shape: Sequence[int]) -> Tensor:
    """Zeros in ordinary memory."""
    return np.zeros(shape, np.float32)


@dataclass(frozen=True, slots=True)
class Buffers:
    """Arrays as the network has its axes, float32.

    Attributes:
        together: N, how many crops there is room for.
        inputs: By meaning (`realtime.persona.manifest.Kind`).
        outputs: The same.
        ends_in: The inputs by the graph's names.
        ends_out: The outputs by the graph's names.
    """

    together: int
    inputs: Mapping[str, Tensor]
    outputs: Mapping[str, Tensor]
    ends_in: Mapping[str, Tensor]
    ends_out: Mapping[str, Tensor]


def make_buffers(manifest: Manifest, together: int, zeros: Zeros = ordinary_zeros) -> Buffers:
    """Memory for all that goes in and comes out, made once.

    Args:
        manifest: Of a persona that has a network.
        together: N.
        zeros: Makes an array; of ordinary memory, or of such as a graphics card reads faster.
    """
    assert manifest.ends is not None  # a kind without a network has no session
    size, last = manifest.crop_size, KINDS[manifest.kind].last

    def pictures(depth: int) -> Tensor:
        return zeros((together, size, size, depth) if last else (together, depth, size, size))

    into = {"crop": pictures(len(manifest.ends.channels))}
    if "identity" in manifest.ends.inputs:
        into["identity"] = zeros((together, len(manifest.face_vector)))
        into["identity"][:] = np.array(manifest.face_vector, np.float32)
    if "morph" in manifest.ends.inputs:
        into["morph"] = zeros((1,))
    out = {name: pictures(3 if name == "image" else 1) for name in manifest.ends.outputs}
    return Buffers(
        together,
        into,
        out,
        {manifest.ends.inputs[name]: one for name, one in into.items()},
        {manifest.ends.outputs[name]: one for name, one in out.items()},
    )


def first_places(array: Tensor, count: int, together: int) -> Tensor:
    """What of an array belongs to the first crops; all of one that has no place for each."""
    return array[:count] if len(array) == together else array


def planes(batch: Tensor, manifest: Manifest) -> Tensor:
    """Pictures as (N, C, S, S), whatever order the network has its axes in; the same memory."""
    return batch.transpose(0, 3, 1, 2) if KINDS[manifest.kind].last else batch


def takes_batches(session: Any) -> bool:
    """Whether all ends of a graph leave their first axis open."""
    ends = (*session.get_inputs(), *session.get_outputs())
    return not any(isinstance(one, int) for end in ends for one in end.shape[:1])


def check_ends(name: str, session: Any, buffers: Buffers) -> None:
    """Refuse a graph whose ends are not what the file says.

    Raises:
        PersonaError: They are not.
    """
    _check(name, "input", session.get_inputs(), buffers.ends_in)
    _check(name, "output", session.get_outputs(), buffers.ends_out)


def _check(name: str, end: str, found: list[Any], wanted: Mapping[str, Tensor]) -> None:
    wants = {name: ("tensor(float)", [1, *array.shape[1:]]) for name, array in wanted.items()}
    finds = {node.name: (node.type, _filled(node.shape, wants.get(node.name, ("", []))[1])) for node in found}
    if wants != finds:
        raise PersonaError(
            f"persona {name}: the graph's {end}s are not what persona.json says",
            wanted=_describe(wants),
            got=_describe(finds)[:200],
            next_step="export or import it again",
        )


def _filled(shape: list[Any], wanted: list[int]) -> list[Any]:
    """A shape, each axis that is left open as it is wanted: the first run, into buffers of that shape, is the proof."""
    if len(shape) != len(wanted):
        return shape
    return [have if isinstance(have, int) else want for have, want in zip(shape, wanted, strict=True)]


def _describe(ends: dict[str, tuple[str, list[Any]]]) -> str:
    return ", ".join(f"{name} {kind} {shape}" for name, (kind, shape) in ends.items()) or "none"
