"""How cost grows: the arithmetic of its figures, the pictures it is measured on, a small run of each axis."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from benchmarks import scale
from benchmarks.affinity import cores_here, only
from benchmarks.gpu import NOT_MEASURED
from benchmarks.scaling import axes
from benchmarks.scaling.meter import COPIES, DETECTION, ELSEWHERE, NETWORK, Cost, Meter, cost_of
from benchmarks.scaling.paper import spread
from benchmarks.scaling.pictures import DRAWN_WH, WALK, WalkingBack, crowd, same_face, wall
from benchmarks.scaling.sheets import BEGIN, END, PARTS, Sheet, in_page, sheets
from realtime.disclosure.watermark import Watermark
from realtime.face.finder import FaceFinder
from realtime.persona.catalog import load_persona

SMALL_WH = (640, 480)


class Clock:
    """Goes on when it is told to."""

    def __init__(self) -> None:
        self.now_s = 5.0

    def __call__(self) -> float:
        return self.now_s


def plan(folder: Path, **changes: Any) -> axes.Plan:
    return axes.Plan(**{"frames": 2, "ready": 3, "film_s": 1.0, "folder": folder, "tell": lambda _: None, **changes})


def test_what_one_part_calls_of_another_is_the_others() -> None:
    clock = Clock()
    meter = Meter(clock)

    def takes(seconds: float) -> None:
        clock.now_s += seconds

    inner = meter.taking("inner", takes)

    def outer(fails: bool) -> None:
        takes(2.0)
        inner(3.0)
        takes(0.5)
        if fails:
            raise ValueError

    takes(7.0)
    meter.begin()
    meter.taking("outer", outer)(False)
    takes(1.0)
    assert dict(meter.spent_s) | {ELSEWHERE: 0} == {"outer": 2.5, "inner": 3.0, ELSEWHERE: 0}
    with pytest.raises(ValueError):
        meter.taking("outer", outer)(True)
    takes(0.25)
    meter.taking("last", takes)(0.0)
    assert dict(meter.spent_s) == {"outer": 5.0, "inner": 6.0, ELSEWHERE: 1.25, "last": 0.0}


def test_watching_leaves_no_trace() -> None:
    before = Watermark.__call__
    with pytest.raises(RuntimeError), Meter().watching():
        assert Watermark.__call__ is not before
        raise RuntimeError
    assert Watermark.__call__ is before


def test_sums_of_a_cost() -> None:
    cost = Cost({DETECTION: 6.0, NETWORK: 7.0, "find": 1.0, "source": 0.75, "conceal": 0.5, "mark": 1.25}, 1.0, 1.0)
    assert (cost.cpu_ms, cost.other_ms, cost.copies_ms) == (16.5, 3.5, 2.0)
    assert {DETECTION, NETWORK, "find", "source", "conceal", "mark"} <= set(PARTS)
    assert set(COPIES) <= set(PARTS)


def test_the_wall_is_as_busy_in_each_part_and_the_same_again() -> None:
    picture = wall((600, 400))
    assert np.array_equal(picture, wall((600, 400)))
    spreads = [float(part.std()) for part in (picture[:200], picture[200:], picture[:, :300], picture[:, 300:])]
    assert min(spreads) > 0.6 * max(spreads) > 6


@pytest.fixture(scope="module")
def drawn() -> list[Any]:
    return same_face(DRAWN_WH, 3)


def test_the_face_is_the_same_in_frames_of_all_sizes(drawn: list[Any]) -> None:
    small, large = same_face(SMALL_WH, 3), same_face((1920, 1080), 3)
    for one, smaller, larger in zip(drawn, small, large, strict=True):
        assert smaller.size_wh == SMALL_WH
        assert larger.size_wh == (1920, 1080)
        assert np.array_equal(smaller.image, one.image[120:600, 320:960])
        assert np.array_equal(larger.image[180:900, 320:1600], one.image)
        assert one.truth is smaller.truth is larger.truth is None


def test_a_performer_walks_back_and_stays_there() -> None:
    frames = same_face((1920, 1080), 2)
    source, shown = WalkingBack(frames, WALK + 2), []
    while (frame := source.read()) is not None:
        shown.append(frame.image.copy())
    assert len(shown) == WALK + 2
    corners = [picture[:150, :150] for picture in shown]
    assert not np.array_equal(corners[0], frames[0].image[:150, :150])  # so near that nothing is seen of the wall
    assert all(np.array_equal(shown[index], frames[index % 2].image) for index in (WALK, WALK + 1))
    assert np.array_equal(frames[0].image, same_face((1920, 1080), 1)[0].image)  # nothing was drawn into what is kept


def test_nobody_walks_where_there_is_no_room(drawn: list[Any]) -> None:
    first = WalkingBack(drawn, 3).read()
    assert first is not None
    assert np.array_equal(first.image, drawn[0].image)


@pytest.mark.parametrize("faces", [1, 2, 4])
def test_everybody_in_a_crowd_is_found(faces: int) -> None:
    find = FaceFinder(4)
    found = [find(frame).faces for frame in crowd(faces, 4)]
    find.close()
    assert [len(one) for one in found[1:]] == [faces] * 3
    sides = [float(np.ptp(face.landmarks_px[:, 1])) for face in found[-1]]
    assert min(sides) > 0.8 * max(sides)


def row(size: list[int], **parts_ms: float) -> dict[str, Any]:
    cost = Cost({DETECTION: 6.0, NETWORK: 7.0, **parts_ms}, 1.0, 1.0)
    alone = {"copy": 0.2, "convert": 0.3}
    return {"size": size, **axes._figures(cost), "fps_unpaced": 50.0, "alone_ms": alone}


ROWS = [
    row([1280, 720], find=1.0, mark=1.0, source=1.0),
    row([3840, 2160], find=1.5, mark=4.0, source=3.0),
]


def test_what_4k_takes_more() -> None:
    grown = axes.growth(ROWS)
    assert grown["ratio"] == pytest.approx(8.5 / 3.0)
    assert grown["ratio_without_copies"] == pytest.approx(1.5)
    assert grown["parts_add_ms"] == {"find": 0.5, "mark": 3.0, "source": 2.0}
    assert axes.growth(ROWS[:1])["ratio"] is None


def test_films_are_held_against_linear() -> None:
    rows = axes.shares(
        [
            {"cores": 1, "fps_live": 50.0, "fps_film": 20.0},
            {"cores": 4, "fps_live": 100.0, "fps_film": 60.0},
            {"cores": 8, "fps_live": NOT_MEASURED, "fps_film": NOT_MEASURED},
        ]
    )
    assert [one.get("film_of_linear") for one in rows] == [1.0, 0.75, None]
    assert [one.get("live_times") for one in rows] == [1.0, 2.0, None]


def test_fewer_frames_where_one_takes_long(tmp_path: Path) -> None:
    thorough = plan(tmp_path, frames=300)
    assert [thorough.enough(ms) for ms in (10.0, 60.0, 600.0, 1e6)] == [300, 300, 30, 5]


def report() -> dict[str, Any]:
    crop = {"parts_ms": {NETWORK: 20.0}, "other_ms": 6.0, "fps_unpaced": 30.0}
    crops = [
        {"crop": size, "network": "lite", "billion_multiply_adds": 1.0, "fp32": crop, "int8": crop}
        for size in (128, 256)
    ]
    cores = [{"cores": 1, "fps_live": 50.0, "fps_film": 20.0, "cpu_s_film": 9.0}]
    cores += [{"cores": 2, "fps_live": NOT_MEASURED, "fps_film": NOT_MEASURED}]  # type: ignore[dict-item]
    return {
        "date": "2026-11-26",
        "cores": 1,
        "frames": 9,
        "load_before": 0.1,
        "by_faces": [{"faces": faces, **one} for faces, one in zip((1, 4), ROWS, strict=True)],
        "by_size": ROWS,
        "growth": axes.growth(ROWS),
        "by_crop": crops,
        "by_cores": axes.shares(cores),
    }


def test_tables_are_whole() -> None:
    made = list(sheets(report()))
    assert len(made) == 4
    for sheet in made:
        assert {len(line) for line in (sheet.head, *sheet.rows)} == {len(sheet.head)}
        lines = sheet.as_markdown().splitlines()
        assert len([line for line in lines if line.startswith("| ")]) == len(sheet.rows) + 2
        assert sheet.on_screen().row_count == len(sheet.rows)
    assert made[3].rows[1][1:] == [NOT_MEASURED] * 5
    assert "2.83 times" in made[1].notes[0]
    assert Sheet("a", ["b"], [["c"]]).as_markdown() == "**a**\n\n| b |\n| --- |\n| c |"


def test_a_page_is_given_new_tables_and_nothing_else_of_it_changes() -> None:
    page = f"# Before\n\n{BEGIN}\nold\n{END}\n\nAfter {END}\n"
    once = in_page(page, report())
    assert once == in_page(once, report())
    assert once.startswith(f"# Before\n\n{BEGIN}\n\n2026-11-26, 1 core, 9 frames each.")
    assert once.endswith(f"\n\n{END}\n\nAfter {END}\n")
    assert "old" not in once
    assert "Other programs" not in once
    assert "Other programs were at work (load 3.0)" in in_page(page, report() | {"load_before": 3.0})
    assert once.count("| --- |") > 3
    for broken in ("# no lines", f"{BEGIN} alone", f"{END} first, {BEGIN}"):
        with pytest.raises(ValueError, match="wanted a page"):
            in_page(broken, report())


def test_the_page_of_results_has_a_place_for_them() -> None:
    page = (Path(__file__).parents[2] / "benchmarks" / "RESULTS.md").read_text(encoding="utf-8")
    assert "not measured" in in_page(page, report())


def test_figures_that_were_kept_are_told_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept, again, png = tmp_path / "kept.json", tmp_path / "again.json", tmp_path / "curves.png"
    kept.write_text(json.dumps(report()))
    words = ["--from", str(kept), "--markdown", "--json", str(again), "--png", str(png)]
    assert scale.main(words) == 0
    told = capsys.readouterr().out
    assert sum(line.startswith("| --- ") for line in told.splitlines()) == 4
    assert json.loads(again.read_text()) == report()
    assert png.stat().st_size < 150_000
    with Image.open(png) as whole:
        pixels = np.asarray(whole.convert("RGB"))
    left_out = tmp_path / "two.png"
    kept.write_text(json.dumps({name: one for name, one in report().items() if name not in ("by_crop", "by_faces")}))
    assert scale.main(["--from", str(kept), "--png", str(left_out)]) == 0
    with Image.open(left_out) as fewer:
        others = np.asarray(fewer.convert("RGB"))
    half = pixels.shape[1] // 2
    assert pixels.shape == others.shape
    inked = [(one[:, :half] < 200).any(2).mean() for one in (pixels, others)]  # both panels of the left column
    assert inked[0] > 2 * inked[1]


@pytest.mark.parametrize("places", [[0.1, 0.5, 0.9], [0.5, 0.5, 0.5], [0.3, 0.1, 0.11], [0.9, 0.2, 0.21, 0.22]])
def test_labels_keep_their_order_and_their_distance(places: list[float]) -> None:
    moved = spread(places, 0.05)
    order = np.argsort(places, kind="stable")
    assert np.diff(moved[order]).min() > 0.05 - 1e-9
    assert moved.mean() == pytest.approx(np.mean(places))
    if min(np.diff(np.sort(places))) >= 0.05:
        assert moved == pytest.approx(places)


def test_axes_that_are_none() -> None:
    with pytest.raises(SystemExit) as ended:
        scale.main(["--only", "faces,noses"])
    assert ended.value.code == 2


def test_the_loop_split_up(drawn: list[Any]) -> None:
    cost = cost_of(drawn, load_persona("hopper"), 3, warm_up=4)
    assert (cost.found, cost.worn) == (1.0, 1.0)
    assert set(cost.parts_ms) == set(PARTS)
    assert all(one > 0 for one in cost.parts_ms.values())


def test_a_small_run_over_faces_and_sizes(tmp_path: Path) -> None:
    (faces,) = axes.by_faces(plan(tmp_path, faces=(2,)))
    (size,) = axes.by_size(plan(tmp_path, sizes=(SMALL_WH,)))
    assert faces["faces"] == 2
    assert size["size"] == [640, 480]
    for one in (faces, size):
        assert one["found_share"] == one["worn_share"] == 1.0
        assert one["fps_unpaced"] > 0
    assert set(size["alone_ms"]) == {"copy", "convert"}


def test_a_small_run_over_crops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    presets = pytest.importorskip("models.presets")
    monkeypatch.setattr(axes, "shapes", lambda: {"tiny": presets.find_preset("tiny")})
    (one,) = axes.by_crop(plan(tmp_path, crops=(64,)))
    assert (one["crop"], one["network"]) == (64, "tiny")
    assert 0 < one["billion_multiply_adds"] < 0.1
    for precision in ("fp32", "int8"):
        assert one[precision]["worn_share"] == 1.0  # else what is timed is how a face is concealed
        assert one[precision]["parts_ms"][NETWORK] > 0


def test_without_pytorch_crops_are_not_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(axes, "find_spec", lambda _: None)
    said: list[str] = []
    assert axes.by_crop(plan(tmp_path, tell=said.append)) == []
    assert "PyTorch is not installed" in said[0]


def test_all_real_networks_are_of_the_sizes_asked() -> None:
    pytest.importorskip("torch")
    from benchmarks.scaling.personas import shapes

    assert tuple(preset.size for preset in shapes().values()) == (128, 192, 256, 384, 512)
    assert all(len(one.encoder) == len(one.decoder) + 1 for one in shapes().values())


@pytest.fixture
def untouched() -> Iterator[None]:
    before = cores_here()
    yield
    assert cores_here() == before


@pytest.mark.usefixtures("untouched")
def test_a_small_run_over_cores(tmp_path: Path) -> None:
    pytest.importorskip("resource")
    one, many = axes.by_cores(plan(tmp_path, cores=(1, 4096)), len(cores_here()))
    assert one["cores_seen"] == 1
    assert one["film_of_linear"] == one["live_times"] == 1.0
    assert one["film_frames"] > 20
    assert many == {"cores": 4096, "fps_live": NOT_MEASURED, "fps_film": NOT_MEASURED}
    assert not list(tmp_path.glob("worn*"))


@pytest.mark.usefixtures("untouched")
def test_cores_are_given_back_after_a_failure() -> None:
    if not hasattr(__import__("os"), "sched_setaffinity"):
        pytest.skip("this system lets nobody choose")
    with pytest.raises(KeyError), only(cores_here()[:1]):
        assert len(cores_here()) == 1
        raise KeyError
