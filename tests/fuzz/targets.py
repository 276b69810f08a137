"""What is fuzzed: readers of files that strangers may have written.

Each target is a module with `one_input(data)`, which raises for whatever is neither a good result nor one of the
errors that its reader documents, and `seeds()`, which gives inputs made by our own writers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

CORPUS = Path(__file__).parent / "corpus"
TARGETS = ("persona", "identity", "settings", "graph", "faceset", "checkpoint", "picture")
PACKAGES = ("realtime", "models", "thespis", "tomllib", "zipfile", "json")
"""Whose branches guide the fuzzer."""
LEFT_ALONE = ("realtime.region.colour",)
"""Atheris keeps every array that it sees compared: half a gibibyte after 2000 inputs."""


class Target(NamedTuple):
    """One of them, imported."""

    one_input: Callable[[bytes], None]
    seeds: Callable[[], Iterator[bytes]]


def find_target(name: str) -> Target:
    """The target of a name out of `TARGETS`."""
    module = import_module(f"tests.fuzz.{name}")
    return Target(module.one_input, module.seeds)


def kept_inputs(name: str) -> list[Path]:
    """The files of its corpus, sorted."""
    return sorted(path for path in (CORPUS / name).glob("*") if path.is_file())
