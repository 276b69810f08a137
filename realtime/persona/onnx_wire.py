"""A look into an ONNX file without the onnx package: what it asks of whoever runs it.

Only the structure is walked, not the weights. Where protocol buffers let a field stand twice, both are seen: parsers
differ in which of them they take.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

# Message -> field number -> message, as in onnx.proto3; only the ways that lead to a node or a tensor.
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
        "Tensor": {},
    }
)
_OPERATOR, _DOMAIN = 4, 7
_DATA_TYPE, _EXTERNAL_DATA, _DATA_LOCATION = 2, 13, 14
_STRING = 8
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_MAX_DEPTH = 32
MAX_FIELDS = 1_000_000
"""A large network has some ten thousand; weights written number by number would keep Python busy for an hour."""


@dataclass(slots=True)
class GraphFacts:
    """What was seen in a model.

    Attributes:
        nodes: How many, those of branches, loops and functions too.
        operators: Domain and name of each operator; the standard domain is empty.
        inner_graphs: Whether a node holds a graph of its own, as branches and loops do.
        functions: Whether it brings functions of its own.
        training: Whether it brings graphs to train it by.
        external: Whether a tensor names another file.
        sparse: Whether a tensor is written sparsely: a few bytes then stand for any size.
        strings: Whether a tensor holds texts.
    """

    nodes: int = 0
    operators: set[tuple[str, str]] = field(default_factory=set)
    inner_graphs: bool = False
    functions: bool = False
    training: bool = False
    external: bool = False
    sparse: bool = False
    strings: bool = False


def look_into(model: bytes) -> GraphFacts:
    """Walk a model.

    Raises:
        ValueError: The bytes are no protocol buffer, or are nested too deeply, or have too many fields.
    """
    walk = _Walk()
    walk(memoryview(model), "Model", 0)
    return walk.facts


class _Walk:
    """One walk through a model, its length bounded."""

    def __init__(self) -> None:
        self.facts = GraphFacts()
        self._left = MAX_FIELDS

    def __call__(self, message: memoryview, kind: str, depth: int) -> None:
        if depth > _MAX_DEPTH:
            raise ValueError(f"nested more than {_MAX_DEPTH} deep")
        self._note(kind, depth)
        ways = _WAYS[kind]
        domains, names = {""}, set()
        for number, value in fields(message):
            self._left -= 1
            if self._left < 0:
                raise ValueError(f"more than {MAX_FIELDS} fields")
            if kind == "Tensor":
                self._note_tensor(number, value)
            elif isinstance(value, memoryview):
                if number in ways:
                    self(value, ways[number], depth + 1)
                elif kind == "Node" and number == _OPERATOR:
                    names.add(_text(value))
                elif kind == "Node" and number == _DOMAIN:
                    domains.add(_text(value))
        if kind == "Node":
            domains = domains - {""} or domains
            self.facts.operators |= {(domain, name) for domain in domains for name in names or {""}}

    def _note(self, kind: str, depth: int) -> None:
        facts = self.facts
        facts.nodes += kind == "Node"
        facts.inner_graphs |= kind == "Graph" and depth > 1
        facts.functions |= kind == "Function"
        facts.training |= kind == "Training"
        facts.sparse |= kind == "SparseTensor"

    def _note_tensor(self, number: int, value: int | memoryview) -> None:
        self.facts.external |= number == _EXTERNAL_DATA or (number == _DATA_LOCATION and value != 0)
        self.facts.strings |= number == _DATA_TYPE and value == _STRING


def _text(value: memoryview) -> str:
    return bytes(value[:80]).decode("utf-8", "replace")


def fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
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
            raise ValueError("another kind of file")  # no protocol buffer has such a field
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
