"""Why a provider cannot be used, in words that say what to install."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from realtime.persona import provider_lacks as lacks


@pytest.fixture(autouse=True)
def asked_anew() -> Iterator[None]:
    for ask in (lacks.cuda_lack, lacks.tensorrt_lack):
        ask.cache_clear()
    yield
    for ask in (lacks.cuda_lack, lacks.tensorrt_lack):
        ask.cache_clear()


def build(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    monkeypatch.setattr(lacks.onnxruntime, "get_available_providers", lambda: list(names))


def card(monkeypatch: pytest.MonkeyPatch, lack: str = "") -> None:
    monkeypatch.setattr(lacks, "open_driver", lambda: (None if lack else object(), lack))
    monkeypatch.setattr(lacks.onnxruntime, "preload_dlls", lambda: print("what it finds"))  # noqa: T201 - as it does


def test_a_build_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    build(monkeypatch, "CPUExecutionProvider")
    assert lacks.cuda_lack() == "this ONNX Runtime is built without it, install onnxruntime-gpu"
    assert lacks.tensorrt_lack() == lacks.coreml_lack() == "this ONNX Runtime is built without it"
    assert "onnxruntime-directml" in lacks.directml_lack()
    assert "onnxruntime-openvino" in lacks.openvino_lack()
    assert lacks.no_lack() == ""


@pytest.mark.parametrize(
    ("name", "lack"),
    [
        ("DmlExecutionProvider", lacks.directml_lack),
        ("OpenVINOExecutionProvider", lacks.openvino_lack),
        ("CoreMLExecutionProvider", lacks.coreml_lack),
    ],
)
def test_a_build_that_has_it(monkeypatch: pytest.MonkeyPatch, name: str, lack: Any) -> None:
    build(monkeypatch, name, "CPUExecutionProvider")
    assert lack() == ""


def test_no_card(monkeypatch: pytest.MonkeyPatch) -> None:
    build(monkeypatch, "TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider")
    card(monkeypatch, "no NVIDIA driver found")
    assert lacks.cuda_lack() == lacks.tensorrt_lack() == "no NVIDIA driver found"


def test_a_card_and_what_loads_beside_it_is_not_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    build(monkeypatch, "CUDAExecutionProvider", "CPUExecutionProvider")
    card(monkeypatch)
    assert lacks.cuda_lack() == ""
    assert capsys.readouterr().out == ""


def test_tensorrt_is_looked_for_where_pip_puts_it_and_then_in_the_system(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    build(monkeypatch, "TensorrtExecutionProvider", "CUDAExecutionProvider")
    card(monkeypatch)
    asked: list[str] = []

    def load(name: str, mode: int) -> SimpleNamespace:
        asked.append(name)
        return SimpleNamespace(getInferLibVersion=lambda: 101300)

    package = SimpleNamespace(submodule_search_locations=[str(tmp_path)])
    monkeypatch.setattr(lacks.importlib.util, "find_spec", lambda name: package)
    monkeypatch.setattr(lacks.ctypes, "CDLL", load)
    assert lacks.tensorrt_version() == "101300"
    assert set(asked) == set(lacks._TENSORRT)
    (tmp_path / lacks._TENSORRT[0]).touch()
    asked.clear()
    lacks.tensorrt_lack.cache_clear()
    assert lacks.tensorrt_lack() == ""
    assert asked[0] == str(tmp_path / lacks._TENSORRT[0])


def test_tensorrt_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    build(monkeypatch, "TensorrtExecutionProvider", "CUDAExecutionProvider")
    card(monkeypatch)

    def missing(name: str, mode: int) -> None:
        raise OSError(name)

    monkeypatch.setattr(lacks.ctypes, "CDLL", missing)
    assert lacks.tensorrt_lack() == "TensorRT 10 is not installed, pip install 'tensorrt-cu13<11'"
    assert lacks.tensorrt_version() == ""
