"""Not only faces: apples become kiwis. Films to train on, and how good the result is where nothing was trained on.

    python -m benchmarks.objects films DIR [--frames N]                 writes apples.mp4 and kiwis.mp4
    python -m benchmarks.objects measure P.persona [--json F] [--sheet F.jpg]

No pair of an apple and a kiwi is ever trained on. Rendered, though, every apple has a kiwi of the same pose, size and
light: that is the truth here. What wears it are the live loop's own finder, swap and composite.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.figures import mean
from benchmarks.likeness import masked_ssim, overlap
from benchmarks.movement import correlation
from models.objects.film import write_film
from models.objects.fruit import FRUITS
from models.objects.scene import MomentPath, Scene
from realtime.composite.blend import Composite
from realtime.errors import ThespisError
from realtime.face.align import scale_crop
from realtime.frame import BgrImage, Frame, Mask
from realtime.persona.catalog import load_persona
from realtime.persona.crop import cut_crop
from realtime.persona.swapper import Swapper, make_swapper
from realtime.region.catalog import read_region
from realtime.region.colour import ColourRegion

FILMS = {"apple": ("apples.mp4", 11), "kiwi": ("kiwis.mp4", 12)}
"""Fruit -> its film, and the film's seed. The two move on ways of their own."""
SEEDS = (70_001, 70_002)
"""Ways that are measured on."""
_APART_S = 0.4
"""Between two frames that are measured: neighbours on a way are too alike to tell anything."""
_SIZE_WH = (640, 360)
_COLUMNS, _TILE_PX = 6, 180


@dataclass(frozen=True, slots=True)
class Moment:
    """One frame, as it was worn and as it should have been.

    Attributes:
        ssim: Over the true kiwi's mask, its own crop against the painted one.
        psnr_db: The same.
        ssim_to_apple: The painted crop against the apple's.
        ssim_shown: The finished frame against the frame with the true kiwi in it, over the true kiwi.
        mask_iou: Of the painted and the true mask.
        nearer: Whether the painted crop is nearer to the true kiwi than to the apple, colours over the mask.
        lean: Where the middle of the green lies in the true crop, and in the painted one, in shares of its side.
    """

    ssim: float
    psnr_db: float
    ssim_to_apple: float
    ssim_shown: float
    mask_iou: float
    nearer: bool
    lean: tuple[tuple[float, float], tuple[float, float]]


@dataclass
class Watched:
    """What was seen of one way."""

    frames: int
    worn: int
    moments: list[Moment]
    pictures: list[tuple[BgrImage, ...]]


def main(arguments: list[str] | None = None) -> int:
    """Write films, or measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.objects", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    what = parser.add_subparsers(dest="what", required=True)
    films = what.add_parser("films")
    films.add_argument("folder", type=Path)
    films.add_argument("--frames", type=int, default=540)
    measured = what.add_parser("measure")
    measured.add_argument("persona")
    measured.add_argument("--frames", type=int, default=60)
    measured.add_argument("--precision", default="auto")
    measured.add_argument("--json", type=Path)
    measured.add_argument("--sheet", type=Path)
    words = parser.parse_args(arguments)
    try:
        if words.what == "films":
            write_films(words.folder, words.frames)
            return 0
        report, pictures = measure(words.persona, words.precision, words.frames)
    except ThespisError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    Console().print(make_table(report))
    if words.json:
        words.json.write_text(json.dumps(report, indent=2) + "\n")
    if words.sheet:
        cv2.imwrite(str(words.sheet), draw_sheet(pictures), [cv2.IMWRITE_JPEG_QUALITY, 88])
    return 0


def write_films(folder: Path, frames: int) -> None:
    """Both films."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, (film, seed) in FILMS.items():
        write_film(folder / film, FRUITS[name](), seed=seed, frames=frames)


def measure(persona: str, precision: str, frames: int) -> tuple[dict[str, object], list[tuple[BgrImage, ...]]]:
    """All figures, and pictures for a sheet: apple, worn, true kiwi.

    Args:
        persona: Name or file.
        precision: See `NetworkSwapper`.
        frames: How many, over all ways.
    """
    swapper = make_swapper(load_persona(persona), "auto", precision)
    region = load_persona(persona).manifest.region
    watched = [watch(swapper, region, seed, frames // len(SEEDS)) for seed in SEEDS]
    moments = [moment for one in watched for moment in one.moments]
    leans = np.array([moment.lean for moment in moments]).reshape(-1, 2, 2)
    count = sum(one.frames for one in watched)
    report: dict[str, object] = {
        "persona": swapper.persona_name,
        "precision": swapper.precision,
        "region": region,
        "frames": count,
        "worn_fraction": sum(one.worn for one in watched) / max(1, count),
        "nearer_fraction": mean(moment.nearer for moment in moments),
        **{
            name: mean(asdict(moment)[name] for moment in moments)
            for name in ("ssim", "psnr_db", "mask_iou", "ssim_shown", "ssim_to_apple")
        },
        "lean_x_correlation": correlation(leans[:, 0, 0], leans[:, 1, 0]),
        "lean_y_correlation": correlation(leans[:, 0, 1], leans[:, 1, 1]),
    }
    return report, [picture for one in watched for picture in one.pictures]


def watch(swapper: Swapper, region: str, seed: int, frames: int) -> Watched:
    """Wear the persona over an apple on its way, beside a kiwi on the same; each frame is found anew."""
    apple, kiwi = (Scene(FRUITS[name](), _SIZE_WH, seed) for name in FILMS)
    kiwi_region = read_region(f"colour:{kiwi.fruit.colours}")
    assert isinstance(kiwi_region, ColourRegion)
    composite = Composite()
    seen = Watched(frames, 0, [], [])
    way = MomentPath(seed)
    for index in track(range(frames), f"apples, way {seed}", console=Console(stderr=True)):
        time_s = index * _APART_S
        moment = way.at(time_s)
        (before, _), (wanted, cover) = apple.draw(moment), kiwi.draw(moment)
        find, find_kiwi = read_region(region).finder(1), kiwi_region.finder(1)
        swapped = swapper(find(Frame(index, time_s, time_s, before.copy())))
        truth = find_kiwi(Frame(index, time_s, time_s, wanted))
        shown = composite(swapped)
        seen.worn += shown.worn
        if swapped.swaps and truth.faces:
            seen.moments.append(_compare(before, wanted, cover, swapped, truth, shown.image))
        if swapped.faces and index % max(1, frames // (_COLUMNS // len(SEEDS))) == frames // _COLUMNS:
            tile_from_frame = scale_crop(swapped.faces[0].crop_from_frame, _TILE_PX)
            three = (before, shown.image, wanted)
            seen.pictures.append(tuple(cut_crop(one, tile_from_frame, _TILE_PX) for one in three))
    return seen


def _compare(before: BgrImage, wanted: BgrImage, cover: Mask, swapped: Frame, truth: Frame, shown: BgrImage) -> Moment:
    """The painted crop against the true kiwi's own crop, both aligned as each was found."""
    swap = swapped.swaps[0]
    size = swap.mask.shape[0]
    kiwi_from_frame = scale_crop(truth.faces[0].crop_from_frame, size)
    kiwi, apple = cut_crop(wanted, kiwi_from_frame, size), cut_crop(before, swap.crop_from_frame, size)
    mask = cut_crop(np.repeat(cover[..., None], 3, axis=2), kiwi_from_frame, size)[..., 0]
    inside = mask > 127
    error = (swap.image[inside].astype(np.float64) - kiwi[inside]) ** 2
    to_apple = (swap.image[inside].astype(np.float64) - apple[inside]) ** 2
    return Moment(
        ssim=masked_ssim(swap.image, kiwi, inside),
        psnr_db=float(10 * np.log10(255**2 / max(error.mean(), 1e-6))),
        ssim_to_apple=masked_ssim(swap.image, apple, inside),
        ssim_shown=masked_ssim(shown, wanted, cover > 127),
        mask_iou=overlap(mask, swap.mask),
        nearer=bool(error.mean() < to_apple.mean()),
        lean=(_green(kiwi, inside), _green(swap.image, inside)),
    )


def _green(crop: BgrImage, inside: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """The middle of what is greener than it is red, weighted by how much, in shares of the crop's side."""
    picture = crop.astype(np.float64)
    weight = np.maximum(picture[..., 1] - picture[..., 2], 0) * inside
    y, x = np.indices(weight.shape)
    total = max(weight.sum(), 1e-6)
    return float((weight * x).sum() / total / len(crop)), float((weight * y).sum() / total / len(crop))


def draw_sheet(pictures: list[tuple[BgrImage, ...]]) -> BgrImage:
    """Three rows: apples, the same frames worn, the true kiwis."""
    return np.vstack([np.hstack([column[row] for column in pictures[:_COLUMNS]]) for row in range(3)])


def make_table(report: dict[str, object]) -> Table:
    """The figures on the screen."""
    table = Table("figure", "value", title="apples to kiwis")
    for name, value in report.items():
        table.add_row(name, f"{value:.3f}" if isinstance(value, float) else str(value))
    return table


if __name__ == "__main__":
    sys.exit(main())
