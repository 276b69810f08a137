import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import psutil
import pytest

from models.batches import Batches
from models.material import Words, parse_material
from models.pool import Pool, PoolPlan, make_pool
from models.presets import find_preset
from realtime.errors import FaceError, TrainingError

TINY = replace(find_preset("tiny"), pool=48, batch=10)


@pytest.fixture(scope="module")
def words(hopper_photo: Path) -> list[Words]:
    return [parse_material("performer", "demo"), parse_material("persona", str(hopper_photo))]


@pytest.fixture(scope="module")
def made(words: list[Words], tmp_path_factory: pytest.TempPathFactory) -> tuple[Batches, Path]:
    folder = tmp_path_factory.mktemp("run")
    batches, told = Batches(words, TINY, seed=7), list[tuple[int, int]]()
    assert batches.prepare(folder, lambda done, of: told.append((done, of)))
    assert told[0][0] == 0
    assert told[-1][0] == told[-1][1] >= 48
    return batches, folder


def same(first: object, second: object) -> bool:
    return all(np.array_equal(getattr(first, name), getattr(second, name)) for name in ("view", "image", "mask"))


def test_a_step_is_the_same_batch_whoever_asks(made: tuple[Batches, Path]) -> None:
    batches, _ = made
    whole = batches(11)
    assert {name: len(sample.view) for name, sample in whole.items()} == {"performer": 2, "persona": 10}
    batches(3)  # another round in between
    assert same(batches(11)["persona"], whole["persona"])
    left, right = (batches(11, rank, 2)["persona"].view for rank in (0, 1))
    assert np.array_equal(left, whole["persona"].view[0::2])
    assert np.array_equal(right, whole["persona"].view[1::2])


def test_every_pair_is_met_once_in_a_round(made: tuple[Batches, Path]) -> None:
    batches, _ = made
    first_round = np.concatenate([batches(step)["persona"].view for step in range(4)])
    assert len(np.unique(first_round.reshape(40, -1), axis=0)) == 40


def test_a_pool_that_is_there_is_found_and_a_missing_block_is_made_again_the_same(
    made: tuple[Batches, Path], words: list[Words]
) -> None:
    batches, folder = made
    before = batches(0)["persona"]
    lost = folder / "pool" / "persona-00001.safetensors"
    content = lost.read_bytes()
    lost.unlink()
    other = Batches(words, TINY, seed=7)
    assert other.prepare(folder, lambda done, of: None)
    assert lost.read_bytes() == content
    assert same(other(0)["persona"], before)


def test_another_plan_empties_the_pool(tmp_path: Path, words: list[Words]) -> None:
    (tmp_path / "pool.json").write_text("{}")
    (tmp_path / "persona-00000.safetensors").write_bytes(b"of another plan")
    stop = threading.Event()
    stop.set()
    plan = PoolPlan({"persona": "ab"}, {"persona": 4}, 64, 0)
    assert not make_pool(tmp_path, words, plan, lambda done, of: None, stop)
    assert [path.name for path in tmp_path.iterdir()] == ["pool.json"]


def test_a_folder_that_is_something_else_is_left_alone(tmp_path: Path, words: list[Words]) -> None:
    (tmp_path / "pool").mkdir()
    photo = tmp_path / "pool" / "summer.jpg"
    photo.write_bytes(b"by the water")
    with pytest.raises(TrainingError, match=r"got a folder with summer\.jpg in it; give another --out"):
        Batches(words, TINY, seed=0).prepare(tmp_path, lambda done, of: None)
    assert photo.read_bytes() == b"by the water"


def test_a_photo_without_a_face_is_said_and_not_died_of(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "wall.png"), np.full((240, 320, 3), 120, np.uint8))
    faceless = [parse_material("performer", "demo"), parse_material("persona", str(tmp_path / "wall.png"))]
    with pytest.raises(FaceError, match="wall"):
        Batches(faceless, TINY, seed=0).prepare(tmp_path / "run", lambda done, of: None)


def test_workers_end_with_a_parent_that_is_killed(tmp_path: Path, hopper_photo: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(
        "import os, sys\nfrom dataclasses import replace\nfrom pathlib import Path\n"
        "from models.batches import Batches\nfrom models.material import parse_material\n"
        "from models.presets import find_preset\n"
        "if __name__ == '__main__':\n"
        "    words = [parse_material('performer', 'demo'), parse_material('persona', sys.argv[1])]\n"
        "    def told(done, of):\n"
        "        if done: os.kill(os.getpid(), 9)\n"
        "    Batches(words, replace(find_preset('tiny'), pool=4096), 0).prepare(Path(sys.argv[2]), told)\n"
    )
    words = [sys.executable, str(script), str(hopper_photo), str(tmp_path / "run")]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(words, env=environment, start_new_session=True, stderr=subprocess.DEVNULL) as parent:
        assert parent.wait(120) == -signal.SIGKILL
        left = [process for process in psutil.process_iter() if _session_of(process.pid) == parent.pid]
        _, alive = psutil.wait_procs(left, timeout=30)
        assert not alive


def _session_of(pid: int) -> int:
    with suppress(OSError):
        return os.getsid(pid)
    return 0


def test_a_full_disk_is_said(tmp_path: Path, words: list[Words]) -> None:
    (tmp_path / "pool").write_text("a file where the folder should be")
    with pytest.raises(TrainingError, match="room for rendered pairs"):
        Batches(words, TINY, seed=0).prepare(tmp_path, lambda done, of: None)


def test_a_damaged_block_is_said(made: tuple[Batches, Path]) -> None:
    _, folder = made
    copy = folder / "copy"
    copy.mkdir()
    (copy / "persona-00000.safetensors").write_bytes(b"torn")
    with pytest.raises(TrainingError, match="delete"):
        Pool(copy, "persona", 4)


def test_too_small_a_disk_is_said_before_anything_is_made(
    tmp_path: Path, words: list[Words], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.pool.disk_usage", lambda folder: SimpleNamespace(free=1_000_000))
    with pytest.raises(TrainingError, match=r"GB for rendered pairs, got 0\.0 GB free"):
        Batches(words, TINY, seed=0).prepare(tmp_path, lambda done, of: None)
    assert [path.name for path in (tmp_path / "pool").iterdir()] == ["pool.json"]


def test_a_process_that_is_killed_is_said_and_what_is_made_stays(
    tmp_path: Path, words: list[Words], monkeypatch: pytest.MonkeyPatch
) -> None:
    def kill_the_workers(done: int, of: int) -> None:
        if done:
            for child in psutil.Process().children(recursive=True):
                child.kill()

    with pytest.raises(TrainingError, match="ended by itself"):
        Batches(words, replace(TINY, pool=512), seed=0).prepare(tmp_path, kill_the_workers)
    assert list((tmp_path / "pool").glob("*.safetensors"))
