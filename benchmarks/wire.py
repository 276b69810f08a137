"""What it costs to turn a picture into what each output carries, and into what the loop takes: by us and by libraries.

Time of all cores together, for one picture, in milliseconds. Pictures are the built-in performer's, always another one,
as none waits in a cache for its turn. What GStreamer spends is that of its whole program, which also takes the picture
out of the pipe: given BGR it converts it, given YUY2 it passes it on.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import cycle, islice
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter
from rich.console import Console
from rich.table import Table

from benchmarks.floor import timed
from realtime.frame import BgrImage
from realtime.sink.h264 import EncoderPicture
from realtime.sink.pipewire_programs import LAUNCH, Pictures, camera_words
from realtime.sink.yuv import BT601, draw_yuy2
from realtime.source.portrait import PortraitPerformer
from realtime.source.upright import UprightPictures

SIZES_WH = ((1280, 720), (1920, 1080))
_PICTURES = 6
_EXACT = Interpolation.BILINEAR | Interpolation.ACCURATE_RND

Figures = Mapping[str, float]


def measure(size_wh: tuple[int, int], repeats: int) -> Figures:
    """Milliseconds of processor for one picture, by what is done.

    Args:
        size_wh: Of the pictures.
        repeats: How many count.
    """
    pictures = _performed(size_wh)
    width, height = size_wh
    yuy2, i420 = np.empty((height, 2 * width), np.uint8), np.empty((height * 3 // 2, width), np.uint8)
    into = np.empty_like(pictures[0])
    encodable, jpegs, raw = EncoderPicture(size_wh), [_as_webcam(one) for one in pictures], _as_yuyv(pictures)
    coded, upright, reformatter = encodable(pictures[0], 0), UprightPictures(1), VideoReformatter()
    tasks: dict[str, Callable[[BgrImage], object]] = {
        "BGR to 4:2:0 for H.264, ours": lambda image: encodable(image, 0),
        "BGR to 4:2:0 for H.264, swscale": _Swscale(),
        "BGR to 4:2:0, OpenCV (one colour of four, BT.601)": lambda image: cv2.cvtColor(
            image, cv2.COLOR_BGR2YUV_I420, dst=i420
        ),
        "BGR to YUY2 for PipeWire, ours": lambda image: draw_yuy2(image, yuy2, BT601),
        "BGR to YUY2, OpenCV": lambda image: cv2.cvtColor(image, cv2.COLOR_BGR2YUV_YUY2),
    }
    figures = {name: _cpu_ms(task, pictures, repeats) for name, task in tasks.items()}
    figures["a webcam's MJPG to BGR"] = _cpu_ms(lambda one: cv2.imdecode(one, cv2.IMREAD_COLOR), jpegs, repeats)
    figures["a webcam's YUYV to BGR"] = _cpu_ms(
        lambda one: cv2.cvtColor(one, cv2.COLOR_YUV2BGR_YUYV, dst=into), raw, repeats
    )
    figures["a copy of a BGR picture"] = _cpu_ms(lambda image: np.copyto(into, image), pictures, repeats)
    readings: dict[str, Callable[[BgrImage], object]] = {
        "a film's 4:2:0 to BGR, ours": lambda image: upright(coded, image),
        "a film's 4:2:0 to BGR, swscale and a copy": lambda image: np.copyto(
            image, _rows_of(reformatter.reformat(coded, format="bgr24", threads=1))
        ),
    }
    figures |= {name: _cpu_ms(task, pictures, repeats) for name, task in readings.items()}
    if shutil.which(LAUNCH):
        forms = {
            "GStreamer, given BGR": Pictures(width, height, 30, "bgr", "sRGB", [3 * width], [0], 3 * width * height),
            "GStreamer, given YUY2": Pictures(width, height, 30, "yuy2", "bt601", [2 * width], [0], 2 * width * height),
        }
        figures |= {name: _gstreamer_ms(form, repeats) for name, form in forms.items()}
    return figures


class _Swscale:
    """What FFmpeg does of it, where it is to round exactly."""

    def __init__(self) -> None:
        self._reformatter = VideoReformatter()

    def __call__(self, image: BgrImage) -> VideoFrame:
        return self._reformatter.reformat(
            VideoFrame.from_numpy_buffer(image, format="bgr24"),
            format="yuv420p",
            dst_colorspace=Colorspace.ITU709,
            dst_color_range=ColorRange.MPEG,
            interpolation=_EXACT,
        )


def _rows_of(bgr: VideoFrame) -> BgrImage:
    plane = bgr.planes[0]
    rows: BgrImage = np.ndarray(
        (bgr.height, bgr.width, 3), np.uint8, memoryview(plane), strides=(plane.line_size, 3, 1)
    )
    return rows


def _performed(size_wh: tuple[int, int]) -> Sequence[BgrImage]:
    with PortraitPerformer(size_wh=size_wh, paced=False, seconds=_PICTURES / 30) as performer:
        return [frame.image.copy() for frame in islice(iter(performer.read, None), _PICTURES)]


def _as_webcam(image: BgrImage) -> npt.NDArray[np.uint8]:
    halved = cv2.IMWRITE_JPEG_SAMPLING_FACTOR_422
    options = (cv2.IMWRITE_JPEG_QUALITY, 88, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, halved)
    return np.asarray(cv2.imencode(".jpg", image, options)[1], np.uint8)


def _as_yuyv(pictures: Sequence[BgrImage]) -> Sequence[npt.NDArray[np.uint8]]:
    return [np.asarray(cv2.cvtColor(one, cv2.COLOR_BGR2YUV_YUY2), np.uint8) for one in pictures]


def _cpu_ms(
    task: Callable[[npt.NDArray[np.uint8]], object], pictures: Sequence[npt.NDArray[np.uint8]], repeats: int
) -> float:
    turns: Iterator[npt.NDArray[np.uint8]] = cycle(pictures)
    return round(timed(lambda: task(next(turns)), repeats).cpu_ms, 2)


def _gstreamer_ms(form: Pictures, pictures: int) -> float:
    """What the pipeline of the PipeWire camera spends on a picture at 30 a second, its start left out."""
    few, many = (_spent_s(form, number) for number in (_PICTURES, _PICTURES + pictures))
    return round(1e3 * (many - few) / pictures, 2)


def _spent_s(form: Pictures, pictures: int) -> float:
    import fcntl
    import resource

    words = camera_words(form, "Thespis", "none")
    words = [*words[: words.index("pipewiresink")], "fakesink", "sync=false"]
    noise = np.random.default_rng(0).integers(0, 256, form.size, np.uint8).tobytes()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, bufsize=0) as program:
        assert program.stdin is not None
        fcntl.fcntl(program.stdin, fcntl.F_SETPIPE_SZ, min(form.size, 1 << 20))  # as the sink does
        for _ in range(pictures):
            left = memoryview(noise)
            while left:
                left = left[program.stdin.write(left) :]
            time.sleep(1 / 30)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.wire", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--json", type=Path, metavar="F", help="also write one JSON object")
    parser.add_argument("--repeats", type=int, default=60, help="how many pictures count")
    words = parser.parse_args()
    figures = {f"{width}x{height}": measure((width, height), words.repeats) for width, height in SIZES_WH}
    table = Table("one picture, ms of processor", *figures)
    for name in next(iter(figures.values())):
        table.add_row(name, *(f"{of_size[name]:.2f}" for of_size in figures.values()))
    Console().print(table)
    if words.json is not None:
        words.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
