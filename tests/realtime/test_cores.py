"""Cores that may be used: lists of them, shares of time, and sorts of cores, each read from a made-up system."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from realtime import cores as module
from realtime.cores import cores, fast_cores, multiplies_bytes, processor_name, threads_for_network

System = Callable[[dict[str, str]], Path]


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> System:
    """Eight cores, all of them allowed, and such files."""
    allow(monkeypatch, range(8))

    def write(files: dict[str, str]) -> Path:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text + "\n")
        return tmp_path

    return write


def allow(monkeypatch: pytest.MonkeyPatch, numbers: range | list[int]) -> None:
    monkeypatch.setattr(psutil.Process, "cpu_affinity", lambda self: list(numbers), raising=False)


def test_all_that_are_allowed_where_no_share_is_set(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cores(system({})) == 8
    assert cores(system({"proc/self/cgroup": "0::/user.slice", "sys/fs/cgroup/user.slice/cpu.max": "max 100000"})) == 8
    allow(monkeypatch, [3, 5])
    assert cores(system({})) == 2


@pytest.mark.parametrize(
    ("quota", "wanted"), [("200000 100000", 2), ("150000 100000", 1), ("10000 100000", 1), ("1600000 100000", 8)]
)
def test_a_share_of_time_counts_in_whole_cores_and_never_as_none(system: System, quota: str, wanted: int) -> None:
    assert cores(system({"proc/self/cgroup": "0::/box", "sys/fs/cgroup/box/cpu.max": quota})) == wanted


def test_the_smallest_share_on_the_way_up_counts(system: System) -> None:
    files = {
        "proc/self/cgroup": "0::/outer/middle/inner",
        "sys/fs/cgroup/outer/cpu.max": "300000 100000",
        "sys/fs/cgroup/outer/middle/inner/cpu.max": "500000 100000",
    }
    assert cores(system(files)) == 3


@pytest.mark.parametrize("place", ["/", "/../../outside", "/docker/not-seen-from-within"])
def test_a_container_that_sees_its_own_share_at_the_root(system: System, place: str) -> None:
    assert cores(system({"proc/self/cgroup": f"0::{place}", "sys/fs/cgroup/cpu.max": "400000 100000"})) == 4


@pytest.mark.parametrize("controllers", ["cpu", "cpu,cpuacct"])
def test_the_first_version_of_cgroups(system: System, controllers: str) -> None:
    base = "sys/fs/cgroup/cpu/box/cpu.cfs_"
    files = {"proc/self/cgroup": f"5:memory:/box\n4:{controllers}:/box", f"{base}period_us": "50000"}
    assert cores(system(files | {f"{base}quota_us": "150000"})) == 3
    assert cores(system(files | {f"{base}quota_us": "-1"})) == 8


@pytest.mark.parametrize("text", ["", "nonsense", "max", "1 0", "-5 100000", "9:cpu"])
def test_files_that_make_no_sense_limit_nothing(system: System, text: str) -> None:
    assert cores(system({"proc/self/cgroup": f"{text}\n0::/", "sys/fs/cgroup/cpu.max": text})) == 8


def test_without_a_list_the_machine_is_counted(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(psutil.Process, "cpu_affinity")
    monkeypatch.setattr(module.os, "cpu_count", lambda: 6)
    assert cores(system({})) == fast_cores(system({})) == 6
    monkeypatch.setattr(module.os, "cpu_count", lambda: None)
    assert cores(system({})) == threads_for_network(system({})) == 1


def test_fast_cores_of_a_hybrid(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    root = system({"sys/devices/cpu_core/cpus": "0-1,4", "sys/devices/cpu_atom/cpus": "2-3,5-7"})
    assert fast_cores(root) == 3
    allow(monkeypatch, [2, 3, 4, 5])
    assert fast_cores(root) == 1
    allow(monkeypatch, [2, 3])
    assert fast_cores(root) == 2  # none of those that are allowed is fast: they are all there is


def test_fast_cores_by_their_capacity(system: System) -> None:
    capacities = enumerate((400, 400, 1024, 1024))
    assert fast_cores(system({f"sys/devices/system/cpu/cpu{n}/cpu_capacity": str(one) for n, one in capacities})) == 2


@pytest.mark.parametrize(("allowed", "threads"), [(1, 1), (2, 1), (3, 1), (4, 2), (8, 4), (64, 4)])
def test_half_of_the_cores_up_to_four_work_at_a_network(
    system: System, monkeypatch: pytest.MonkeyPatch, allowed: int, threads: int
) -> None:
    allow(monkeypatch, range(allowed))
    assert threads_for_network(system({})) == threads


def test_no_more_threads_than_fast_cores(system: System) -> None:
    assert threads_for_network(system({"sys/devices/cpu_core/cpus": "0-1"})) == 2


def test_this_very_machine_says_something() -> None:
    assert 1 <= threads_for_network() <= cores()
    assert processor_name()
    assert multiplies_bytes() in (True, False, None)


@pytest.mark.parametrize(
    ("cpuinfo", "wanted"),
    [
        ("flags\t\t: fpu avx2 avx512_vnni\nflags\t\t: fpu", True),
        ("flags : fpu avx2 avx_vnni", True),
        ("Features\t: fp asimd asimddp", True),
        ("flags : fpu avx2", False),
        ("", None),
    ],
)
def test_instructions_for_int8(monkeypatch: pytest.MonkeyPatch, cpuinfo: str, wanted: bool | None) -> None:
    monkeypatch.setattr(module, "_read", lambda path: cpuinfo)
    monkeypatch.setattr(module.sys, "platform", "linux")
    assert multiplies_bytes() is wanted
