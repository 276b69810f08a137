"""A look into an ONNX file without the onnx package: does it keep weights in other files?

ONNX Runtime, given a model as bytes, reads external data from below the working directory (seen with 1.31).
A persona from a stranger must not choose which of the user's files are read, so such a graph is refused. Only
the structure is walked, not the weights.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

# Message -> field number -> message, as in onnx.proto3; only the ways that lead to a tensor.
_WAYS: Mapping[str, Mapping[int, str]] = MappingProxyType(
    {
        "Model": {7: "Graph", 20: "Training", 25: "Function"},
        "Training": {1: "Graph", 2: "Graph"},
        "Graph": {1: "Node", 5: "Tensor", 15: "SparseTensor"},
        "Node": {5: "Attribute"},
        "Function": {7: "Node", 11: "Attribute"},
        "Attribute": {
            5: "Tensor",
            6: "Graph",
            10: "Tensor",
            11: "Graph",
            22: "SparseTensor",
            23: "SparseTensor",
        },
        "SparseTensor": {1: "Tensor", 2: "Tensor"},
    }
)
_EXTERNAL_DATA, _DATA_LOCATION = 13, 14
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_MAX_DEPTH = 32


def keeps_external_data(graph: bytes) -> bool:
    """Whether any tensor of an ONNX model names another file.

    Raises:
        ValueError: The bytes are no protocol buffer, or are nested too deeply.
    """
    return _walk(memoryview(graph), "Model", 0)


def _walk(message: memoryview, kind: str, depth: int) -> bool:
    if depth > _MAX_DEPTH:
        raise ValueError(f"nested more than {_MAX_DEPTH} deep")
    if kind == "Tensor":
        return any(
            field == _EXTERNAL_DATA or (field == _DATA_LOCATION and value != 0) for field, value in _fields(message)
        )
    ways = _WAYS[kind]
    return any(
        isinstance(value, memoryview) and field in ways and _walk(value, ways[field], depth + 1)
        for field, value in _fields(message)
    )


def _fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Each field's number and value: a number for varints, a view for length-delimited fields."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        field, wire = key >> 3, key & 7
        if wire == _VARINT:
            number, at = _varint(message, at)
            yield field, number
            continue
        if wire == _BYTES:
            length, at = _varint(message, at)
        elif wire in (_FIXED64, _FIXED32):
            length = 8 if wire == _FIXED64 else 4
        else:
            raise ValueError(f"wire type {wire}")
        if length > len(message) - at:
            raise ValueError("cut short")
        yield field, message[at : at + length]
        at += length


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(message):
            raise ValueError("cut short")
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise ValueError("a number of more than 64 bits")
