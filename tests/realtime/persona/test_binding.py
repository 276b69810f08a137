"""A network's ends tied to memory: on the processor for real, on a card as far as a stand-in for it goes."""

from __future__ import annotations

import ctypes
import gc
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import onnxruntime
import pytest
from tiny_personas import SIZE, make_graph, make_manifest

from realtime.persona.binding import Binding, DeviceBinding, HostBinding
from realtime.persona.buffers import Buffers, make_buffers
from realtime.persona.turns import Turns

TOGETHER = 3


@pytest.fixture
def buffers() -> Buffers:
    return make_buffers(make_manifest(), TOGETHER)


@pytest.fixture
def session() -> Any:
    return onnxruntime.InferenceSession(make_graph(batch="faces"), providers=["CPUExecutionProvider"])


MAKERS: dict[str, Callable[[Any, Buffers], Binding]] = {
    "host": HostBinding,
    "device": lambda session, buffers: DeviceBinding(session, buffers, "cpu", captured=False),
    "device, captured": lambda session, buffers: DeviceBinding(session, buffers, "cpu", captured=True),
}


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_every_number_of_crops_goes_there_and_back(session: Any, buffers: Buffers, make: Any) -> None:
    """The processor as a device: it captures nothing, but all else is as on a card."""
    binding, rng = make(session, buffers), np.random.default_rng(0)
    for count in (1, 3, 2, 1, 3):
        for run in (binding.run, binding.run_plainly):
            crop, image = buffers.inputs["crop"], buffers.outputs["image"]
            crop[:] = rng.random(crop.shape, np.float32)
            image.fill(-1)
            run(count)
            np.testing.assert_allclose(image[:count], crop[:count, :3], atol=1e-6)
            assert (image[count:] == -1).all()
            assert (buffers.outputs["mask"][:count] == 1).all()


class RecordedRuns:
    """A session that notes where its ends were bound and with what options it was run."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self.graphs: list[str] = []
        self.places: list[int] = []
        self.steps: list[str] = []
        self.threads: set[threading.Thread] = set()

    def io_binding(self) -> Any:
        return _Recorded(self._session.io_binding(), self)

    def run_with_iobinding(self, bound: Any, options: Any) -> None:
        self.steps.append("run")
        self.threads.add(threading.current_thread())
        try:
            self.graphs.append(options.get_run_config_entry("gpu_graph_id"))
        except (AttributeError, RuntimeError):
            self.graphs.append("")
        self._session.run_with_iobinding(bound.bound, options)


class _Recorded:
    def __init__(self, bound: Any, runs: RecordedRuns) -> None:
        self.bound, self._runs = bound, runs

    def bind_ortvalue_input(self, name: str, value: Any) -> None:
        self._runs.places.append(value.data_ptr())
        self.bound.bind_ortvalue_input(name, value)

    def bind_ortvalue_output(self, name: str, value: Any) -> None:
        self._runs.places.append(value.data_ptr())
        self.bound.bind_ortvalue_output(name, value)

    def synchronize_inputs(self) -> None:
        self._runs.steps.append("inputs are there")
        self.bound.synchronize_inputs()

    def synchronize_outputs(self) -> None:
        self._runs.steps.append("outputs are there")
        self.bound.synchronize_outputs()


def test_each_number_of_crops_is_captured_under_its_own_number_after_plain_runs(session: Any, buffers: Buffers) -> None:
    runs = RecordedRuns(session)
    binding = DeviceBinding(runs, buffers, "cpu", captured=True)
    for count in (1, 1, 2, 2, 1):
        binding.run(count)
    binding.run_plainly(2)
    assert runs.graphs == ["-1", "-1", "1", "1", "-1", "-1", "2", "2", "1", "-1"]
    assert runs.steps == ["inputs are there", "run", "outputs are there"] * 10


def test_whoever_asks_one_thread_captures_and_plays(session: Any, buffers: Buffers) -> None:
    runs = RecordedRuns(session)
    binding = DeviceBinding(runs, buffers, "cpu", captured=True)
    askers = [threading.Thread(target=binding.run, args=(count,)) for count in (1, 2, 1)]
    for asker in askers:
        asker.start()
        asker.join()
    binding.run(2)
    (only,) = runs.threads
    assert only not in (*askers, threading.current_thread())
    del binding
    gc.collect()
    only.join(10)
    assert not only.is_alive()


def test_what_fails_in_that_thread_is_raised_where_it_was_asked_for(session: Any, buffers: Buffers) -> None:
    binding = DeviceBinding(session, buffers, "abacus", captured=True)
    for _ in range(2):
        with pytest.raises(Exception, match="abacus"):
            binding.run(1)


def test_what_is_captured_stays_where_it_is(session: Any, buffers: Buffers) -> None:
    runs = RecordedRuns(session)
    binding = DeviceBinding(runs, buffers, "cpu", captured=True)
    for _ in range(3):
        binding.run(1)
        binding.run(2)
    assert len(runs.places) == len(set(runs.places)) == 6  # three ends, two numbers of crops, bound once each


def test_options_to_break_it_off_by_go_along(session: Any, buffers: Buffers) -> None:
    runs, options = RecordedRuns(session), onnxruntime.RunOptions()
    DeviceBinding(runs, buffers, "cpu", captured=True).run(2, options)
    assert runs.graphs == ["-1", "-1", "2"]
    assert options.get_run_config_entry("gpu_graph_id") == "2"


def test_without_capturing_no_graph_is_named(session: Any, buffers: Buffers) -> None:
    runs = RecordedRuns(session)
    DeviceBinding(runs, buffers, "cpu", captured=False).run(1)
    assert runs.graphs == [""]


class StandInDriver:
    """Copies as the driver would, from an address."""

    def __init__(self) -> None:
        self.copied: list[int] = []
        self.turns = Turns()

    def copy_to_host(self, address: int, into: Any) -> None:

        self.copied.append(into.nbytes)
        ctypes.memmove(into.ctypes.data, address, into.nbytes)


def test_a_driver_copies_into_the_callers_arrays_no_more_than_was_made(session: Any, buffers: Buffers) -> None:
    driver = StandInDriver()
    binding = DeviceBinding(session, buffers, "cpu", captured=False, driver=driver)  # type: ignore[arg-type]
    buffers.inputs["crop"][:] = 0.5
    binding.run(2)
    assert driver.copied == [2 * 3 * SIZE * SIZE * 4, 2 * SIZE * SIZE * 4]
    assert (buffers.outputs["image"][:2] == 0.5).all()
    assert (buffers.outputs["image"][2:] == 0).all()


@pytest.mark.parametrize("is_host", [True, False])
def test_nobody_runs_while_another_network_is_captured(session: Any, buffers: Buffers, is_host: bool) -> None:
    """CUDA's global mode: a copy by another thread fails, and spoils the capture."""
    driver, ran = StandInDriver(), threading.Event()
    worn: Binding = HostBinding(session, buffers, driver.turns)
    if not is_host:
        worn = DeviceBinding(session, buffers, "cpu", captured=False, driver=driver)  # type: ignore[arg-type]

    class Captures(RecordedRuns):
        """Lets the network that is worn run in the midst of it."""

        def run_with_iobinding(self, bound: Any, options: Any) -> None:
            super().run_with_iobinding(bound, options)
            if self.graphs == ["-1", "-1", "1"]:
                loop.start()
                held_off.append(not ran.wait(0.2))

    def frame() -> None:
        worn.run(1)
        ran.set()

    held_off: list[bool] = []
    loop = threading.Thread(target=frame)
    put_on = DeviceBinding(
        Captures(session),
        make_buffers(make_manifest(), 1),
        "cpu",
        captured=True,
        driver=driver,  # type: ignore[arg-type]
    )
    put_on.run(1)
    loop.join(10)
    assert (held_off, ran.is_set()) == ([True], True)
    put_on.run(1)  # what is played holds nobody off


def test_a_capture_waits_for_whoever_runs() -> None:
    turns, captured = Turns(), threading.Event()

    def capture() -> None:
        with turns.capture():
            captured.set()

    other = threading.Thread(target=capture)
    with turns.run(), turns.run():
        other.start()
        assert not captured.wait(0.2)
    other.join(10)
    assert captured.is_set()


class CopiedWhenBound:
    """A session as a card has it: what goes in is copied there when it is bound, and not when it runs."""

    def __init__(self, session: Any) -> None:
        self._session = session

    def io_binding(self) -> CopiedWhenBound.Bound:
        return self.Bound(self._session.io_binding())

    def run_with_iobinding(self, bound: CopiedWhenBound.Bound, options: Any) -> None:
        self._session.run_with_iobinding(bound.real, options)

    class Bound:
        def __init__(self, real: Any) -> None:
            self.real, self.bind_output = real, real.bind_output
            self._copies: dict[str, np.ndarray] = {}

        def bind_input(self, name: str, device: str, _: int, kind: type, shape: tuple[int, ...], place: int) -> None:
            count = int(np.prod(shape))
            memory = np.ctypeslib.as_array(ctypes.cast(place, ctypes.POINTER(ctypes.c_float)), (count,))
            self._copies[name] = memory.reshape(shape).copy()
            self.real.bind_input(name, device, 0, kind, shape, self._copies[name].ctypes.data)


@pytest.mark.parametrize("copied", [True, False])
def test_where_a_provider_copies_what_is_bound_it_is_bound_for_every_run(
    session: Any, buffers: Buffers, copied: bool
) -> None:
    binding, rng = HostBinding(CopiedWhenBound(session), buffers, copied=copied), np.random.default_rng(0)
    crop, image = buffers.inputs["crop"], buffers.outputs["image"]
    binding.run(2)
    crop[:] = rng.random(crop.shape, np.float32)
    binding.run(2)
    assert np.allclose(image[:2], crop[:2, :3], atol=1e-6) is copied
