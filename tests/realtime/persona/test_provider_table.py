"""The table of providers: its words and options are those that ONNX Runtime knows."""

from __future__ import annotations

import mmap
import sys
from functools import cache
from pathlib import Path
from typing import get_args

import onnxruntime
import pytest

from realtime.persona.manifest import PRECISIONS
from realtime.persona.provider import PROVIDERS, Provider, grouped
from realtime.persona.provider_options import Opening
from thespis.options.provider import Provider as Word

LIBRARIES = Path(onnxruntime.__file__).parent / "capi"
# As their pages list them (onnxruntime.ai/docs/execution-providers): these builds are not at hand.
DOCUMENTED = {
    "DmlExecutionProvider": {"device_id", "performance_preference", "device_filter", "disable_metacommands"},
    "OpenVINOExecutionProvider": {"device_type", "precision", "num_of_threads", "num_streams", "cache_dir"},
    "CoreMLExecutionProvider": {
        *("ModelFormat", "MLComputeUnits", "RequireStaticInputShapes", "EnableOnSubgraphs"),
        *("SpecializationStrategy", "ProfileComputePlan", "AllowLowPrecisionAccumulationOnGPU", "ModelCacheDirectory"),
    },
    "CPUExecutionProvider": set[str](),
}
OPENING = Opening("fp16", {"input": (1, 7, 384, 384)}, True, 4, 2, Path("/cache/one"), Path("/cache"))


def test_names_are_unique_and_the_processor_comes_last() -> None:
    assert len({row.name for row in PROVIDERS}) == len({row.ort_name for row in PROVIDERS}) == len(PROVIDERS)
    assert PROVIDERS[-1].name == "cpu"
    assert not PROVIDERS[-1].missing()


def test_the_command_line_has_the_tables_words() -> None:
    assert get_args(Word) == ("auto", *(row.name for row in PROVIDERS))


@pytest.mark.parametrize("row", PROVIDERS, ids=lambda row: row.name)
def test_a_row_is_whole(row: Provider) -> None:
    assert row.ort_name in onnxruntime.get_all_providers()
    assert row.precisions
    assert set(row.precisions) <= set(PRECISIONS)
    assert row.ways
    assert len({way.name for way in row.ways}) == len(row.ways)
    for way in row.ways:
        assert not way.captured or way.device, "a captured run needs ends that stay where they are"
        assert not way.captured or row.ways[-1] is not way, "the last way is the plainest"
        assert {name for name, _ in way.behind} <= set(onnxruntime.get_all_providers())


@pytest.mark.parametrize("row", PROVIDERS, ids=lambda row: row.name)
def test_options_are_texts_under_names_that_onnx_runtime_knows(row: Provider) -> None:
    for way in row.ways:
        for name, options in ((row.ort_name, way.options(OPENING)), *((n, o(OPENING)) for n, o in way.behind)):
            assert all(isinstance(value, str) and value for value in options.values())
            if name in DOCUMENTED:
                assert set(options) <= DOCUMENTED[name]
            else:
                assert not unknown_to_library(name, set(options))


def unknown_to_library(name: str, keys: set[str]) -> set[str]:
    """Keys that the provider's library, where it is installed, does not hold as texts."""
    kind = {"CUDAExecutionProvider": "cuda", "TensorrtExecutionProvider": "tensorrt"}[name]
    path = LIBRARIES / f"libonnxruntime_providers_{kind}.so"
    if sys.platform != "linux" or not path.exists():
        pytest.skip(f"no {path.name} here")
    return {key for key in keys if not holds(path, key)}


@cache  # hundreds of megabytes are looked through
def holds(path: Path, key: str) -> bool:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
        return text.find(b"\0" + key.encode() + b"\0") >= 0


@pytest.mark.skipif(sys.platform != "linux", reason="looks into Linux's libraries")
def test_that_look_finds_what_it_looks_for() -> None:
    assert unknown_to_library("CUDAExecutionProvider", {"enable_cuda_graph", "enable_abacus"}) == {"enable_abacus"}


def test_tensorrt_makes_one_engine_for_all_numbers_of_crops() -> None:
    row = next(row for row in PROVIDERS if row.name == "tensorrt")
    options = row.ways[0].options(OPENING)
    assert options["trt_profile_min_shapes"] == options["trt_profile_opt_shapes"] == "input:1x7x384x384"
    assert options["trt_profile_max_shapes"] == "input:4x7x384x384"
    assert (options["trt_engine_cache_path"], options["trt_timing_cache_path"]) == (
        str(OPENING.cache),
        str(OPENING.shared_cache),
    )
    assert [options[key] for key in ("trt_engine_cache_enable", "trt_timing_cache_enable")] == ["1", "1"]
    assert options["trt_fp16_enable"] == "1"


def test_what_has_one_reason_is_said_once() -> None:
    assert grouped({"TensorRT": "no driver", "CUDA": "no driver", "int8": "not in it"}) == (
        "TensorRT, CUDA: no driver; int8: not in it"
    )
    assert grouped({}) == ""
