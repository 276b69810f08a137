"""What an ONNX file says of its inputs, read before any library opens it: some providers have to be told beforehand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from realtime.persona.onnx_wire import fields

# Field numbers of onnx.proto3.
_GRAPH_OF_MODEL, _INPUT_OF_GRAPH, _NAME, _TYPE = 7, 11, 1, 2
_TENSOR_OF_TYPE, _SHAPE_OF_TENSOR, _AXIS_OF_SHAPE = 1, 2, 1
_LENGTH_OF_AXIS, _NAME_OF_AXIS = 1, 2


def first_axes(model: bytes) -> Mapping[str, int | str]:
    """The first axis of each input: its length, or its name where that is left open, which may be empty.

    Raises:
        ValueError: The bytes are no protocol buffer.
    """
    found: dict[str, int | str] = {}
    for graph in _within(memoryview(model), _GRAPH_OF_MODEL):
        for end in _within(graph, _INPUT_OF_GRAPH):
            name = next((_text(one) for one in _within(end, _NAME)), "")
            found[name] = next(map(_length_or_name, _axes(end)), "")
    return found


def _axes(end: memoryview) -> Iterator[memoryview]:
    for kind in _within(end, _TYPE):
        for tensor in _within(kind, _TENSOR_OF_TYPE):
            for shape in _within(tensor, _SHAPE_OF_TENSOR):
                yield from _within(shape, _AXIS_OF_SHAPE)


def _length_or_name(axis: memoryview) -> int | str:
    said: int | str = ""
    for number, value in fields(axis):
        if number == _LENGTH_OF_AXIS and isinstance(value, int):
            said = value
        elif number == _NAME_OF_AXIS and isinstance(value, memoryview):
            said = _text(value)
    return said


def _within(message: memoryview, number: int) -> Iterator[memoryview]:
    return (value for field, value in fields(message) if field == number and isinstance(value, memoryview))


def _text(value: memoryview) -> str:
    return bytes(value).decode("utf-8", "replace")
