"""Fuzz targets one after the other: `python -m tests.fuzz.run [TARGET …] --seconds 600 --json F`.

Each begins with its corpus and its seeds and goes on in a folder of its own; `--keep` adds what reached new branches
to the corpus. What made a target fail is left beside the figures, and the exit status is 1.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.fuzz.targets import CORPUS, TARGETS, find_target, kept_inputs

LARGEST = 8192
"""Bytes of an input: structures, not sizes, are what is looked for; bounds on sizes have tests of their own."""
FOUND = "found-"
"""How the names of inputs begin that once made a reader fail."""
_MEMORY_MB = 3000
_TO_END_S, _DAY_S = 120, 86_400
_EXECUTED = re.compile(r"stat::number_of_executed_units:\s*(\d+)")
_SEEN = re.compile(r"#(\d+)\s+(?:NEW|REDUCE|pulse|DONE|RELOAD|INITED)")
_COVERED = re.compile(r"cov: (\d+) ft: (\d+)")


def fuzz(name: str, seconds: int, out: Path, work: Path) -> dict[str, Any]:
    """Fuzz one target; its figures.

    Args:
        name: Out of `TARGETS`.
        seconds: How long.
        out: Where inputs are left that make it fail.
        work: Begins with the corpus; what reaches new branches is added.
    """
    words = [f"-max_total_time={seconds}", "-print_final_stats=1", _hushed(name), f"-max_len={LARGEST}"]
    # Atheris ends a process by its alarm even where no input was slow; who hangs is seen from here.
    words += [f"-timeout={_DAY_S}", f"-rss_limit_mb={_MEMORY_MB}", f"-artifact_prefix={out}/{name}-"]
    status, told = _atheris(name, *words, str(work), at_most_s=seconds + _TO_END_S)
    (out / f"{name}.log").write_text(told)
    executed = _EXECUTED.search(told)
    inputs = int(executed.group(1)) if executed else max((int(one) for one in _SEEN.findall(told)), default=0)
    branches, features = (int(one) for one in (_COVERED.findall(told) or [("0", "0")])[-1])
    return {
        "target": name,
        "seconds": seconds,
        "inputs": inputs,
        "per_second": round(inputs / max(1, seconds)),
        "branches": branches,
        "features": features,
        "corpus": len(list(work.iterdir())),
        "failed": sorted(path.name for path in out.glob(f"{name}-*")),
        "status": status,
    }


def merge(name: str, work: Path, into: Path) -> None:
    """Put into a folder the smallest inputs that together reach what those of another do; what once failed stays."""
    with tempfile.TemporaryDirectory() as fresh:
        status, told = _atheris(
            name, "-merge=1", "-use_counters=0", _hushed(name), f"-max_len={LARGEST}", fresh, str(work)
        )
        if status or not any(Path(fresh).iterdir()):
            raise SystemExit(f"{name}: nothing could be merged, status {status}: {told[-500:]}")
        into.mkdir(parents=True, exist_ok=True)
        for path in into.iterdir():
            if not path.name.startswith(FOUND):
                path.unlink()
        for path in sorted(Path(fresh).iterdir()):
            shutil.copy(path, into / path.name[:16])


def begin(name: str, work: Path) -> None:
    """Fill a folder with a target's corpus and seeds."""
    for number, seed in enumerate(find_target(name).seeds()):
        (work / f"seed-{number}").write_bytes(seed[:LARGEST])
    for path in kept_inputs(name):
        shutil.copy(path, work / path.name)


def _hushed(name: str) -> str:
    """Keeps decoders from telling what they think of each picture; atheris tells of faults on the other output."""
    return f"-close_fd_mask={2 if name == 'picture' else 0}"


def _atheris(name: str, *words: str, at_most_s: float | None = None) -> tuple[int | str, str]:
    """Run the target; its exit status, or that it hung, and what it told."""
    quiet = {**os.environ, "OPENCV_LOG_LEVEL": "SILENT", "PYTHONWARNINGS": "ignore"}
    with tempfile.TemporaryDirectory() as folder:
        itself = Path(folder) / "itself"
        itself.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m tests.fuzz.one {name} "$0" "$@"\n')
        itself.chmod(0o700)
        try:
            done = subprocess.run(
                [itself, *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=quiet, timeout=at_most_s
            )
        except subprocess.TimeoutExpired as hung:
            return "hung", (hung.stdout or b"").decode("utf-8", "replace")
    return done.returncode, done.stdout.decode("utf-8", "replace")


def main() -> int:
    """Read the words, fuzz, tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"out of {', '.join(TARGETS)}; by default all")
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--json", type=Path, metavar="F")
    parser.add_argument("--out", type=Path, default=Path("out/fuzz"), help="for logs, and inputs that fail")
    parser.add_argument("--keep", action="store_true", help="add to the corpus what reached new branches")
    words = parser.parse_args()
    if unknown := set(words.targets) - set(TARGETS):
        parser.error(f"wanted targets out of {', '.join(TARGETS)}; got {', '.join(sorted(unknown))}")
    words.out.mkdir(parents=True, exist_ok=True)
    rows = []
    for name in words.targets or TARGETS:
        with tempfile.TemporaryDirectory() as work:
            begin(name, Path(work))
            rows.append(fuzz(name, words.seconds, words.out, Path(work)))
            if words.keep:
                merge(name, Path(work), CORPUS / name)
        sys.stdout.write(json.dumps(rows[-1]) + "\n")
        sys.stdout.flush()
        if words.json:
            words.json.write_text(json.dumps(rows, indent=2) + "\n")
    return int(any(row["failed"] or row["status"] for row in rows))


if __name__ == "__main__":
    sys.exit(main())
