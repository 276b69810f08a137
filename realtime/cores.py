"""How many processor cores this program may use, and how many of them are fast ones.

`os.cpu_count` counts what the machine has. A container, a service or `taskset` may allow fewer: by a list of cores
(affinity), or by a share of time (a cgroup's quota), which no list shows. Threads beyond that share make nothing
faster: once it is spent, all of them stand still until the next tenth of a second.
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil

_ROOT = Path("/")
_MOST_THREADS = 4


def cores(root: Path = _ROOT) -> int:
    """Those that this program may keep busy, at least one.

    Args:
        root: Where Linux shows its processes and cgroups.
    """
    allowed = _allowed()
    return max(1, min(allowed, int(min(_quotas(root), default=allowed))))


def fast_cores(root: Path = _ROOT) -> int:
    """Those of them that are of the fastest sort; all where there is one sort, or the system does not say.

    Args:
        root: See `cores`.
    """
    usable = cores(root)
    fast = _fast(root / "sys/devices")
    return min(usable, len(fast & _affinity()) or usable) if fast else usable


def threads_for_network(root: Path = _ROOT) -> int:
    """How many threads one run of a network gets on a processor.

    Half of the cores, since detection runs beside it; at most four, since more wait for each other; and no more than
    there are fast cores: a run's work is cut into equal parts, and a slow core would be waited for.

    Args:
        root: See `cores`.
    """
    return min(max(1, cores(root) // 2), fast_cores(root), _MOST_THREADS)


def processor_name() -> str:
    """What it is called; on Linux `platform` knows the architecture only."""
    return next(_of_cpuinfo("model name"), platform.processor() or platform.machine())


def multiplies_bytes() -> bool | None:
    """Whether the processor has instructions made for int8 networks (VNNI, Arm's dot product); None for unknown."""
    if sys.platform == "darwin" and platform.machine() == "arm64":
        return True
    flags = next(_of_cpuinfo("flags"), None) or next(_of_cpuinfo("Features"), None)
    return bool({"avx512_vnni", "avx_vnni", "asimddp"} & set(flags.split())) if flags else None


def _allowed() -> int:
    return len(_affinity()) or os.cpu_count() or 1


def _affinity() -> set[int]:
    """Numbers of the cores that this process may run on; nothing where the system has no such list (macOS)."""
    return set(psutil.Process().cpu_affinity()) if hasattr(psutil.Process, "cpu_affinity") else set()


def _quotas(root: Path) -> Iterator[float]:
    """Cores' worth of time that each cgroup above this process may spend; those without a limit are left out."""
    for line in _read(root / "proc/self/cgroup").splitlines():
        number, _, rest = line.partition(":")
        controllers, _, place = rest.partition(":")
        second_version = number == "0" and not controllers
        if not second_version and "cpu" not in controllers.split(","):
            continue
        base = root / "sys/fs/cgroup" / ("" if second_version else "cpu")
        # A container may be shown its own cgroup as the root, under the name that it has outside.
        own = base / place.lstrip("/") if ".." not in place else base
        for group in (own, *own.parents):
            quota = _second(group) if second_version else _first(group)
            if quota:
                yield quota
            if group == base:
                break


def _second(group: Path) -> float:
    quota, _, period = _read(group / "cpu.max").partition(" ")
    return _ratio(quota, period)


def _first(group: Path) -> float:
    return _ratio(_read(group / "cpu.cfs_quota_us"), _read(group / "cpu.cfs_period_us"))


def _ratio(quota: str, period: str) -> float:
    """Nothing where there is no limit: `max`, -1, or no file."""
    try:
        return max(0.0, int(quota) / int(period))
    except (ValueError, ZeroDivisionError):
        return 0.0


def _fast(devices: Path) -> set[int]:
    """Numbers of the fast cores; nothing where all are of one sort. Intel's hybrids name them, Arm's have figures."""
    if named := _numbers(_read(devices / "cpu_core/cpus")):
        return named
    capacities = {
        int(path.parent.name[3:]): int(_read(path) or 0) for path in (devices / "system/cpu").glob("cpu*/cpu_capacity")
    }
    fastest = max(capacities.values(), default=0)
    return {core for core, capacity in capacities.items() if capacity == fastest}


def _numbers(ranges: str) -> set[int]:
    """`0-3,8` as numbers."""
    found: set[int] = set()
    for part in filter(None, ranges.split(",")):
        first, _, last = part.partition("-")
        found |= set(range(int(first), int(last or first) + 1))
    return found


def _of_cpuinfo(name: str) -> Iterator[str]:
    for line in _read(Path("/proc/cpuinfo")).splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            yield value.strip()


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
