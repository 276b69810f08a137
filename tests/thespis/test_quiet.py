"""In processes of their own: file descriptor 2 belongs to the whole process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from thespis import quiet


def python(code: str, log: Path) -> subprocess.CompletedProcess[str]:
    preamble = (
        f"import os, sys\nfrom pathlib import Path\nfrom thespis import quiet\nlog = quiet.hush(Path({str(log)!r}))\n"
    )
    return subprocess.run([sys.executable, "-c", preamble + code], capture_output=True, text=True, timeout=60)


def test_native_chatter_goes_to_the_log_and_our_own_words_to_the_screen(tmp_path: Path) -> None:
    log = tmp_path / "deep" / "thespis.log"
    done = python("os.write(2, b'W0000 chatter\\n'); print('ours', file=sys.stderr)", log)
    assert done.returncode == 0
    assert done.stderr == "ours\n"
    assert "W0000 chatter" in log.read_text()


def test_warnings_and_logging_go_to_the_log(tmp_path: Path) -> None:
    log = tmp_path / "thespis.log"
    done = python("import warnings, logging; warnings.warn('old'); logging.getLogger('absl').warning('hm')", log)
    assert done.stderr == ""
    assert "old" in log.read_text()
    assert "hm" in log.read_text()


def test_what_a_native_crash_leaves_is_in_the_log(tmp_path: Path) -> None:
    log = tmp_path / "thespis.log"
    done = python("os.abort()", log)
    assert done.returncode != 0
    assert "Fatal Python error" in log.read_text()


def test_an_uncaught_error_still_reaches_the_screen(tmp_path: Path) -> None:
    assert "KeyError" in python("raise KeyError('x')", tmp_path / "thespis.log").stderr


def test_a_log_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = python("os.write(2, b'chatter'); print(log)", tmp_path / "file" / "thespis.log")
    assert (done.stdout, done.stderr) == ("None\n", "")


@pytest.mark.parametrize("grown", [True, False])
def test_a_log_that_has_grown_starts_over(tmp_path: Path, grown: bool) -> None:
    log = tmp_path / "thespis.log"
    log.write_text("old " * ((quiet.LOG_LIMIT_BYTES if grown else 100) // 4 + 1))
    python("", log)
    assert log.read_text().startswith("old") != grown
