"""The swap: crops cut, colours in order, and a graph that gives its input back leaves the frame as it was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from tiny_personas import SIZE, TODAY, make_face, make_graph, smooth_picture

from realtime.composite.blend import Composite
from realtime.errors import PersonaError
from realtime.face.align import invert, scale_crop
from realtime.face.region import FaceMap, hull
from realtime.fit import Fit
from realtime.frame import Frame, Truth
from realtime.persona.autoencoder import NetworkSwapper
from realtime.persona.crop import cut_crop
from realtime.persona.manifest import CHANNELS, TrainedFrom
from realtime.persona.package import Persona, read_persona

Write = Callable[..., Path]


def load(path: Path) -> Persona:
    return read_persona(path, today=TODAY)


@pytest.mark.parametrize("facts", [{"template": "whole_face"}, {"coverage": 2.2}])
def test_another_alignment(persona_file: Write, facts: dict[str, object]) -> None:
    with pytest.raises(PersonaError, match="wanted crops by template thespis-1"):
        NetworkSwapper(load(persona_file(**facts)), provider="cpu")


def test_no_face_no_swap(persona_file: Write) -> None:
    frame = Frame(0, 0.0, 0.0, smooth_picture((320, 240)))
    assert NetworkSwapper(load(persona_file()), provider="cpu")(frame).swaps == ()


def test_a_mask_of_no_numbers_covers_nothing(persona_file: Write) -> None:
    """A network can break on one frame, after a sound warm-up."""
    persona = load(persona_file())
    swapper = NetworkSwapper(persona, "cpu", knows_performer=True)
    swapper._session.masks["mask"].fill(np.nan)
    swapper._session.run = lambda count: None  # type: ignore[method-assign]
    frame = Frame(0, 0.0, 0.0, np.zeros((240, 320, 3), np.uint8), (make_face(),))
    swapped = swapper(frame)
    assert (swapped.swaps[0].mask == 0).all()
    assert not Composite()(swapped).worn


@pytest.mark.parametrize(
    ("sight", "covered", "worn"),
    [("map", 0.6, True), ("map", 0.4, False), ("local", 0.6, False), ("map", np.nan, False)],
)
def test_holes_in_a_mask_are_closed_where_nothing_was_seen(
    persona_file: Write, sight: str, covered: float, worn: bool
) -> None:
    """By points alone a persona cannot know of a hand; but a mask that is hardly there is a broken network. And of a
    stranger nothing may be left out, whatever was seen."""
    swapper = NetworkSwapper(load(persona_file()), "cpu", stranger_sight=sight)
    swapper._session.masks["mask"][0] = np.nan if np.isnan(covered) else np.arange(SIZE)[:, None] < covered * SIZE
    swapper._session.run = lambda count: None  # type: ignore[method-assign]
    frame = Frame(0, 0.0, 0.0, np.zeros((240, 320, 3), np.uint8), (make_face(),))
    assert Composite()(swapper(frame)).worn == worn


@pytest.mark.parametrize("channel", range(3))
def test_colour_order_and_value_range(persona_file: Write, channel: int) -> None:
    """Red in the frame is the network's first channel, 255 is its 1, and its first output is red again."""
    picture = np.zeros((240, 320, 3), np.uint8)
    picture[..., 2 - channel] = 255
    probe = np.zeros((4, len(CHANNELS)))
    probe[channel, channel] = 0.5  # half of what came in, to tell the range
    frame = NetworkSwapper(load(persona_file({"fp32": make_graph(weights=probe)})), "cpu", knows_performer=True)(
        Frame(0, 0.0, 0.0, picture, (make_face(),))
    )
    middle = frame.swaps[0].image[SIZE // 2, SIZE // 2]
    wanted = [0, 0, 0]
    wanted[2 - channel] = 128
    assert middle.tolist() == wanted


def test_channels_in_the_order_of_the_file(persona_file: Write) -> None:
    order = ("map_mouth", "b", "map_oval", "local", "r", "map_eyes", "g")
    picks = np.zeros((4, len(CHANNELS)))
    for output, name in enumerate(("map_oval", "map_eyes", "map_mouth")):
        picks[output, order.index(name)] = 1
    graph = make_graph(weights=picks)
    face = make_face()
    frame = Frame(0, 0.0, 0.0, smooth_picture((320, 240)), (face,))
    swap = NetworkSwapper(load(persona_file({"fp32": graph}, channels=order)), "cpu", knows_performer=True)(
        frame
    ).swaps[0]
    drawn = FaceMap(SIZE)(face.landmarks_px, scale_crop(face.crop_from_frame, SIZE))
    np.testing.assert_array_equal(swap.image[..., ::-1], drawn)


def test_rgb_alone(persona_file: Write) -> None:
    frame = Frame(0, 0.0, 0.0, smooth_picture((320, 240)), (make_face(),))
    swap = NetworkSwapper(load(persona_file(channels=CHANNELS[:3])), "cpu", knows_performer=True)(frame).swaps[0]
    np.testing.assert_array_equal(swap.image, cut_crop(frame.image, swap.crop_from_frame, SIZE))
    assert (swap.mask == 255).all()


def test_only_the_performer_it_was_trained_with_is_looked_at(persona_file: Write) -> None:
    """A stranger is seen by the landmark map alone; a rendered performer is known by its portrait's digest."""
    known = "ab" * 32
    facts = {"trained_from": TrainedFrom({"performer": known}, {"portraits": 2}, 1)}
    swapper = NetworkSwapper(load(persona_file(**facts)), "cpu")
    frame = Frame(0, 0.0, 0.0, smooth_picture((320, 240)), (make_face(),))

    def crop_seen(truth: Truth | None) -> float:
        swapper(replace(frame, truth=truth))
        assert swapper._session.input[0, 3:].max() > 0
        return float(swapper._session.input[0, :3].max())

    points = np.zeros((478, 2), np.float32)
    assert crop_seen(None) == 0
    assert crop_seen(Truth(known, points, None)) > 0
    assert crop_seen(Truth("cd" * 32, points, None)) == 0


def test_swaps_of_two_frames_share_no_memory(persona_file: Write) -> None:
    swapper = NetworkSwapper(load(persona_file()), "cpu", knows_performer=True)
    first = swapper(Frame(0, 0.0, 0.0, smooth_picture((320, 240)), (make_face(),))).swaps[0]
    before = first.image.copy(), first.mask.copy()
    swapper(Frame(1, 0.0, 0.0, np.zeros((240, 320, 3), np.uint8), (make_face(),)))
    np.testing.assert_array_equal(first.image, before[0])
    np.testing.assert_array_equal(first.mask, before[1])


@pytest.mark.parametrize("size", [64, 128])
@pytest.mark.parametrize("turn_deg", [0, 20, -75, 180])
@pytest.mark.parametrize("eyes_px", [8, 18, 30, 61, 100])
def test_what_goes_in_comes_back(persona_file: Write, size: int, turn_deg: float, eyes_px: float) -> None:
    face = make_face((320.3, 200.7), eyes_px, turn_deg)
    before = smooth_picture((640, 480))
    frame = Frame(0, 0.0, 0.0, before.copy(), (face,))
    swapper = NetworkSwapper(load(persona_file(crop_size=size)), "cpu", knows_performer=True)
    swapped = swapper(frame)
    after = Composite()(replace(swapped, swaps=(replace(swapped.swaps[0], fit=Fit(sharpen=0.0)),)))
    assert after.worn
    off = np.abs(after.image.astype(int) - before)
    # Cut, enlarged, warped, blended: each rounds once, and a magnified crop can be two off in a few pixels.
    assert off.max() <= (1 if 3.6 * eyes_px <= 1.5 * size else 2)
    assert np.percentile(off, 99.9) <= 1


@pytest.mark.parametrize("eyes_px", [20, 150])
def test_the_face_is_really_replaced(persona_file: Write, eyes_px: float) -> None:
    """The same round trip through a graph that paints everything white: inside white, outside untouched."""
    graph = make_graph(weights=np.zeros((4, len(CHANNELS)))).replace(
        np.array([0, 0, 0, 1], np.float32).tobytes(), np.ones(4, np.float32).tobytes()
    )
    face = make_face((320, 200), eyes_px)
    before = smooth_picture((640, 480))
    frame = Frame(0, 0.0, 0.0, before.copy(), (face,))
    after = Composite()(NetworkSwapper(load(persona_file({"fp32": graph})), "cpu", knows_performer=True)(frame)).image
    reach = int(3 * eyes_px)
    rim = 2 * int(3 * 3.6 * eyes_px / SIZE) + 3  # three pixels of the crop to either side
    whole = hull(face.landmarks_px, np.eye(2, 3), 640)
    inside = cv2.erode(whole, np.ones((reach // 6 | 1,) * 2, np.uint8))[:480] == 255
    outside = cv2.dilate(whole, np.ones((rim, rim), np.uint8))[:480] == 0
    assert (after[inside] == 255).all()
    np.testing.assert_array_equal(after[outside], before[outside])


@pytest.mark.parametrize("factor", [1, 2, 3, 5.5])
def test_a_large_face_is_averaged_not_skipped(factor: float) -> None:
    """Stripes finer than the crop's pixels come out as their mean, at any place in the picture."""
    picture = np.zeros((1000, 1000, 3), np.uint8)
    picture[:, ::2] = 200
    side = 64 * factor
    crop_from_frame = scale_crop(np.array([[1 / side, 0, -101 / side], [0, 1 / side, -57 / side]]), 64)
    crop = cut_crop(picture, crop_from_frame, 64)
    if factor >= 2:
        assert np.abs(crop.astype(int) - 100).max() <= 100 / int(factor)


@pytest.mark.parametrize("factor", [0.7, 1.9, 2, 3.3, 6])
@pytest.mark.parametrize("turn_deg", [0, 30])
def test_averaging_down_moves_nothing(factor: float, turn_deg: float) -> None:
    face = make_face((500.4, 380.2), 64 * factor / 3.6, turn_deg)
    crop_from_frame = scale_crop(face.crop_from_frame, 64)
    y, x = np.mgrid[:800, :1000]
    picture = np.stack([x / 4, y / 4, np.zeros_like(x)], -1).astype(np.uint8)
    crop = cut_crop(picture, crop_from_frame, 64)
    v, u = np.mgrid[:64, :64]
    frame_from_crop = invert(crop_from_frame)
    place = np.stack([u, v], -1) @ frame_from_crop[:, :2].T + frame_from_crop[:, 2]
    assert np.abs(crop[..., :2] + 0.375 - place / 4).max() <= 1.0


@pytest.mark.parametrize("centre", [(-2000, 50), (5, 5), (318, 238), (160, 9000)])
def test_crops_beyond_the_rim(centre: tuple[float, float]) -> None:
    for eyes_px in (2, 30, 400):
        face = make_face(centre, eyes_px)
        crop = cut_crop(smooth_picture((320, 240)), scale_crop(face.crop_from_frame, 64), 64)
        assert crop.shape == (64, 64, 3)


def test_faces_of_one_frame_are_one_batch_and_each_gets_its_own(persona_file: Write) -> None:
    """Five faces, in batches of up to four, come out as they do one by one."""
    picture = smooth_picture((960, 720))
    faces = tuple(make_face((120 + 180 * place, 200 + 60 * place), 30 + 4 * place, id_=place) for place in range(5))
    by_batch, one_by_one = (
        NetworkSwapper(load(persona_file({"fp32": make_graph(batch=batch)})), "cpu", stranger_sight="crop")
        for batch in ("faces", 1)
    )
    runs: list[int] = []
    run = by_batch._session.run

    def counted(count: int) -> None:
        runs.append(count)
        run(count)

    by_batch._session.run = counted  # type: ignore[method-assign]
    frame = Frame(0, 0.0, 0.0, picture, faces)
    for together, alone in zip(by_batch(frame).swaps, one_by_one(frame).swaps, strict=True):
        assert together.face is alone.face
        np.testing.assert_array_equal(together.image, alone.image)
        np.testing.assert_array_equal(together.mask, alone.mask)
    assert runs == [4, 1]


def test_what_lies_before_the_face_is_left_only_where_the_user_wishes(persona_file: Write) -> None:
    swapper = NetworkSwapper(load(persona_file()), "cpu", knows_performer=True)
    swapper._session.masks["mask"][0] = np.arange(SIZE)[:, None] > SIZE // 3
    swapper._session.run = lambda count: None  # type: ignore[method-assign]
    frame = Frame(0, 0.0, 0.0, np.zeros((240, 320, 3), np.uint8), (make_face(),))
    kept, closed = (swapper(frame, Fit(keep_before=keep)).swaps[0] for keep in (True, False))
    assert kept.has_seen
    assert not closed.has_seen
    assert kept.mask[SIZE // 3 - 2, SIZE // 2] == 0
    assert closed.mask[SIZE // 3 - 2, SIZE // 2] == 255


@pytest.mark.parametrize(("covered", "worn"), [(0.6, True), (0.3, False)])
def test_of_the_performer_it_knows_a_persona_may_leave_a_part_out(
    persona_file: Write, covered: float, worn: bool
) -> None:
    swapper = NetworkSwapper(load(persona_file()), "cpu", knows_performer=True)
    swapper._session.masks["mask"][0] = np.arange(SIZE)[:, None] < covered * SIZE
    swapper._session.run = lambda count: None  # type: ignore[method-assign]
    frame = Frame(0, 0.0, 0.0, np.zeros((240, 320, 3), np.uint8), (make_face(),))
    assert Composite()(swapper(frame)).worn == worn


def test_nobody_is_known_who_is_not_alone(persona_file: Write) -> None:
    """The word that says it is said of one performer; a visitor is a stranger, and so, then, are both."""
    swapper = NetworkSwapper(load(persona_file()), "cpu", knows_performer=True)
    frame = Frame(0, 0.0, 0.0, smooth_picture((640, 240)), (make_face(),))
    assert swapper(frame).swaps[0].has_seen
    two = replace(frame, faces=(make_face(), make_face((460, 120), id_=2)))
    assert not any(swap.has_seen for swap in swapper(two).swaps)
    assert swapper._session.input[0, :3].max() == 0
