"""The portrait performer: one still photo brought to life as a talking head, its truth known for every frame.

It is the built-in source (`demo`), the other half of what we train on, and the yardstick of the benchmarks.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from realtime.errors import FaceError, SourceError
from realtime.face.align import align, invert, scale_crop, transform
from realtime.frame import BgrImage, Frame, Matrix2x3, Points3, Truth
from realtime.pool import FramePool
from realtime.source.base import Source
from realtime.source.expression import Expression, ExpressionPath
from realtime.source.head import HeadModel, PosedHead, Vectors
from realtime.source.interior import STRIP_WIDTH, Interior
from realtime.source.rasterise import FAR, rasterise

_LARGEST_PHOTO = 40_000_000


def load_photo(photo: Path | None) -> BgrImage:
    """A portrait as (H, W, 3) uint8 BGR; None gives scikit-image's astronaut (Eileen Collins, NASA, public domain).

    Raises:
        SourceError: The file is missing, is no picture, or is larger than 40 megapixels.
    """
    if photo is None:
        from skimage.data import astronaut

        return np.ascontiguousarray(astronaut()[..., ::-1])
    if not photo.is_file():
        raise SourceError(f"portrait {photo}", wanted="a picture", got="no such file", next_step="check the path")
    picture = cv2.imdecode(np.frombuffer(photo.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        raise SourceError(
            f"portrait {photo}", wanted="a JPEG, PNG or WebP picture", got="something else", next_step="convert it"
        )
    if picture.shape[0] * picture.shape[1] > _LARGEST_PHOTO:
        raise SourceError(f"portrait {photo}", wanted="at most 40 megapixels", next_step="scale it down")
    return np.asarray(picture, np.uint8)


def find_portrait_points(photo: BgrImage, name: str) -> Points3:
    """(478, 3) face points of the one face in a photo.

    Raises:
        FaceError: No face is found.
    """
    from realtime.face.landmarks import find_in_still

    points = find_in_still(photo)
    if points is None:
        raise FaceError(
            f"portrait {name}",
            wanted="one face, front-facing and at least 60 pixels wide",
            got="none",
            next_step="use another photo",
        )
    return points


class PortraitRenderer:
    """Draws one portrait in any expression, as a whole frame or straight into an aligned crop.

    Args:
        photo: (H, W, 3) uint8 BGR.
        landmarks_px: (478, 3) its face points.
        size_wh: Width and height of the frames.
        eyes_px: Distance between the eyes in frames, in pixels; None chooses a head-and-shoulders view.
    """

    def __init__(
        self, photo: BgrImage, landmarks_px: Points3, size_wh: tuple[int, int], eyes_px: float | None = None
    ) -> None:
        canvas_from_photo = _frame_portrait(photo, landmarks_px, size_wh, eyes_px)
        points = np.empty((len(landmarks_px), 3), np.float32)
        points[:, :2] = transform(landmarks_px, canvas_from_photo)
        points[:, 2] = landmarks_px[:, 2] * canvas_from_photo[0, 0]
        self.canvas = _paint_canvas(photo, canvas_from_photo, size_wh)
        self.head = HeadModel(points)
        self._interior = Interior(self.head, self.canvas, points)
        self._texture = self._make_texture()
        self._texels = self.head.texels_px.astype(np.float32)
        self._inner_texels = (self._interior.texels + (0, self.canvas.shape[0])).astype(np.float32)
        self._inner_triangles = self._interior.triangles
        self._depths: dict[tuple[int, int], npt.NDArray[np.float32]] = {}

    def _make_texture(self) -> BgrImage:
        height, width = self.canvas.shape[:2]
        strip = self._interior.strip
        texture = np.zeros((height + strip.shape[0], max(width, STRIP_WIDTH), 3), np.uint8)
        texture[:height, :width] = self.canvas
        texture[:height, width:] = self.canvas[:, -1:]
        texture[height:, : strip.shape[1]] = strip
        return texture

    def frame(self, expression: Expression, out: BgrImage) -> Points3:
        """Draw a whole frame.

        Args:
            expression: What the head does.
            out: (H, W, 3) uint8, drawn into.

        Returns:
            (478, 3) the face points as drawn, in frame pixels.
        """
        np.copyto(out, self.canvas)
        posed = self.head.pose(expression)
        self._draw(posed, expression, np.eye(2, 3), out)
        return posed.points.astype(np.float32)

    def crop(
        self, expression: Expression, size: int, shape: Vectors | None = None, tint: Vectors | None = None
    ) -> tuple[BgrImage, Points3, Matrix2x3]:
        """Draw only the aligned crop, at twice its size, then scaled down (no jagged rims).

        Args:
            expression: What the head does.
            size: Side of the crop in pixels.
            shape: (468, 3) offsets that make it another person's head.
            tint: (3,) factors for blue, green and red.

        Returns:
            The (size, size, 3) crop, the (478, 3) face points in frame pixels, and `crop_from_frame` in pixels.
        """
        posed = self.head.pose(expression, shape)
        points = posed.points.astype(np.float32)
        unit = align(points)
        fine_from_frame = scale_crop(unit, 2 * size)
        fine = cv2.warpAffine(
            self.canvas, fine_from_frame, (2 * size, 2 * size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        self._draw(posed, expression, fine_from_frame, np.asarray(fine, np.uint8), tint)
        crop = cv2.resize(fine, (size, size), interpolation=cv2.INTER_AREA)
        return np.asarray(crop, np.uint8), points, scale_crop(unit, size)

    def _draw(
        self,
        posed: PosedHead,
        expression: Expression,
        out_from_frame: Matrix2x3,
        out: BgrImage,
        tint: Vectors | None = None,
    ) -> None:
        colour = np.ones(3, np.float32) if tint is None else tint.astype(np.float32)
        depth = self._depth(out.shape[0], out.shape[1])
        inner = _project(self._interior.points(posed, expression), out_from_frame)
        inner[:, 2] = 0.0  # painted in order; the skin then covers what the openings do not show
        gains = np.full(len(inner), 0.92 * expression.exposure, np.float32)
        rasterise(inner, self._inner_texels, gains, colour, self._inner_triangles, self._texture, out, depth)
        depth.fill(FAR)
        rasterise(
            _project(posed.skin, out_from_frame),
            self._texels,
            posed.gains.astype(np.float32),
            colour,
            self.head.all_triangles,
            self._texture,
            out,
            depth,
        )

    def _depth(self, height: int, width: int) -> npt.NDArray[np.float32]:
        key = (height, width)
        if key not in self._depths:
            self._depths[key] = np.empty(key, np.float32)
        self._depths[key].fill(FAR)
        return self._depths[key]


class PortraitPerformer(Source):
    """A photo as a live source.

    Args:
        photo: Any portrait; None is the built-in one.
        size_wh: Width and height of the frames.
        fps: Frames a second.
        seed: Which path it takes through its expressions.
        paced: True gives frames at `fps`, as a camera would; False as fast as they are asked for, as a file would.
        seconds: How long it performs; None is without end.
    """

    def __init__(
        self,
        photo: Path | None = None,
        *,
        size_wh: tuple[int, int] = (1280, 720),
        fps: float = 30.0,
        seed: int = 0,
        paced: bool = True,
        seconds: float | None = None,
    ) -> None:
        self.name = f"demo:{photo}" if photo else "demo"
        self.live = paced
        self.size_wh = size_wh
        self.fps = fps
        self._photo = photo
        self._path = ExpressionPath(seed)
        self._last = None if seconds is None else round(seconds * fps)
        self._closed = threading.Event()
        self._renderer: PortraitRenderer | None = None
        self._next = 0
        self._start_s = 0.0

    @property
    def renderer(self) -> PortraitRenderer:
        """What draws it; there after `open`."""
        if self._renderer is None:
            raise SourceError(self.name, wanted="an open source", got="one not opened", next_step="call open() first")
        return self._renderer

    def open(self) -> None:
        """Find the photo's face and draw once, so that the kernel is compiled before the first frame is due."""
        photo = load_photo(self._photo)
        points = find_portrait_points(photo, self.name)
        self._closed.clear()
        self._renderer = PortraitRenderer(photo, points, self.size_wh)
        self._pool = FramePool(self.size_wh)
        self._renderer.frame(self._path.at(0.0), self._pool.take())
        self._next = 0

    def read(self) -> Frame | None:
        """The next frame, on its beat when paced; beats that were missed are counted in its index."""
        if self._closed.is_set() or (self._last is not None and self._next >= self._last):
            return None
        if self.live:
            self._await_beat()
            if self._closed.is_set():
                return None
        index, self._next = self._next, self._next + 1
        media_s = index / self.fps
        captured_s = time.monotonic()
        expression = self._path.at(media_s)
        picture = self._pool.take()
        points = self.renderer.frame(expression, picture)
        return Frame(index, captured_s, media_s, picture, truth=Truth(points[:, :2].copy(), expression))

    def _await_beat(self) -> None:
        now_s = time.monotonic()
        if self._next == 0:
            self._start_s = now_s
        due_s = self._start_s + self._next / self.fps
        if now_s < due_s:
            self._closed.wait(due_s - now_s)
        else:
            self._next = max(self._next, int((now_s - self._start_s) * self.fps))

    def close(self) -> None:
        """Stop performing; a waiting `read` returns at once."""
        self._closed.set()


def _project(points: Vectors, out_from_frame: Matrix2x3) -> npt.NDArray[np.float32]:
    projected = np.empty((len(points), 3), np.float32)
    projected[:, :2] = points[:, :2] @ out_from_frame[:, :2].T + out_from_frame[:, 2]
    projected[:, 2] = points[:, 2]
    return projected


def _frame_portrait(
    photo: BgrImage, landmarks_px: Points3, size_wh: tuple[int, int], eyes_px: float | None
) -> Matrix2x3:
    """(2, 3) `canvas_from_photo`: upright scale and shift that put the face where a speaker sits.

    The photo fills the frame where that leaves the face at most a fifth of the frame's height between the eyes.
    """
    from realtime.face.align import eye_distance

    width, height = size_wh
    eyes = eye_distance(landmarks_px)
    if eyes_px is None:
        fill = max(width / photo.shape[1], height / photo.shape[0])
        scale = max(0.14 * height / eyes, min(fill, 0.18 * height / eyes))
    else:
        scale = eyes_px / eyes
    centre = invert(align(landmarks_px)) @ (0.5, 0.5, 1.0)
    shift = np.array([width / 2, 0.52 * height]) - scale * centre
    for axis, (room, extent) in enumerate(((width, photo.shape[1]), (height, photo.shape[0]))):
        if scale * extent >= room:  # keep the frame inside the photo where it can be
            shift[axis] = min(0.0, max(room - scale * extent, shift[axis]))
    return np.array([[scale, 0, shift[0]], [0, scale, shift[1]]], np.float64)


def _paint_canvas(photo: BgrImage, canvas_from_photo: Matrix2x3, size_wh: tuple[int, int]) -> BgrImage:
    """The photo laid out in a frame; where it does not reach, its own mirrored and blurred surroundings go on."""
    scale = canvas_from_photo[0, 0]
    flags = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_LINEAR
    source = photo
    if scale < 0.75:  # warpAffine takes no area mean: blur first, or fine cloth and hair would flicker
        sigma = 0.35 / scale
        source = np.asarray(cv2.GaussianBlur(photo, (0, 0), sigma), np.uint8)
    sharp = cv2.warpAffine(source, canvas_from_photo, size_wh, flags=flags, borderMode=cv2.BORDER_REFLECT_101)
    inside = cv2.warpAffine(
        np.full(photo.shape[:2], 255, np.uint8), canvas_from_photo, size_wh, flags=cv2.INTER_LINEAR
    )
    if int(inside.min()) == 255:
        return np.asarray(sharp, np.uint8)
    soft = cv2.GaussianBlur(sharp, (0, 0), size_wh[1] / 24)
    feather = max(3, size_wh[1] // 20) | 1
    shares = cv2.blur(cv2.erode(inside, np.ones((feather, feather), np.uint8), borderValue=255), (feather, feather))
    share = (shares.astype(np.float32) / 255)[..., None]
    return np.asarray(sharp * share + soft * (1 - share), np.uint8)
