"""The words of `thespis export`, and what it shows."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer
from rich.console import Console

from export.parity import Parity
from export.persona_file import ExportReport
from export.precisions import Measured
from realtime.persona.manifest import PRECISIONS
from thespis import export
from thespis.main import main


@pytest.mark.parametrize("name", ["face.onnx", "face", "face.persona.zip", ".persona"])
def test_another_ending_is_refused_before_any_work(name: str, tmp_path: Path) -> None:
    with pytest.raises(typer.BadParameter, match=r"wanted a file NAME\.persona, got"):
        export.parse_out(str(tmp_path / name))


def test_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.persona").mkdir()
    with pytest.raises(typer.BadParameter, match="a folder"):
        export.parse_out(str(tmp_path / "x.persona"))


@pytest.mark.parametrize("text", ["", ",", "fp64", "fp16,int4", "FP16"])
def test_precisions_that_are_none(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="wanted some of fp32,fp16,int8; got"):
        export.parse_precisions(text)


def test_precisions_in_the_order_of_the_house() -> None:
    assert export.parse_precisions("int8, fp16,int8").names == ("fp16", "int8")
    assert export.parse_precisions(export.Precisions()).names == PRECISIONS


@pytest.mark.parametrize("words", [["--out", "x.onnx"], ["--out", "x.persona", "--precisions", "fp64"]])
def test_wrong_words_end_with_2(words: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["export", str(tmp_path), "--identity", str(tmp_path / "none.toml"), *words])
    assert ended.value.code == 2
    assert "wanted" in capfd.readouterr().err


def test_the_table_says_size_time_and_likeness() -> None:
    same = Parity(8, 0.0, 0.0, 120.0, 0.0, 0.0, 1.0, 1.0)
    near = Parity(4, 0.1, 0.01, 43.21, 0.1, 0.01, 0.99871, 0.99716)
    graphs = (
        Measured("fp32", b"0" * 16_800_000, same, 0.9213),
        Measured("fp16", b"0" * 8_400_000, near, None),
        Measured("int8", b"0" * 4_300_000, near, 0.9204, "percentile ranges; wide: convolution 12 of 12"),
    )
    report = ExportReport(
        Path("x.persona"), 12_700_000, graphs, ("fp16", "int8"), {"fp32": 18.28, "fp16": 18.3, "int8": 6.11}, 30.0
    )
    figures = export.figures_of(report)
    assert figures["graphs"]["int8"]["ms"] == 6.11
    assert figures["graphs"]["int8"]["ssim"] == 0.9987
    assert figures["graphs"]["int8"]["ssim_to_truth"] == 0.9204
    assert "ssim_to_truth" not in figures["graphs"]["fp16"]
    assert [row["in_file"] for row in figures["graphs"].values()] == [False, True, True]
    console = Console(width=80)
    with console.capture() as shown:
        console.print(export.table_of(figures))
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in shown.get().splitlines() if "│" in line]
    assert rows == [
        ["fp32 (left out)", "16.8", "18.3", "-", "-", "-", "0.921"],
        ["fp16", "8.4", "18.3", "0.9987", "0.9972", "43.2", "-"],
        ["int8", "4.3", "6.1", "0.9987", "0.9972", "43.2", "0.920"],
    ]
