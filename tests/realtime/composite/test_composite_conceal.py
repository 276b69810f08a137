"""Fail closed: no frame shows the performer while a persona should be on."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from drawn_faces import make_face, noise

from realtime.composite.conceal import ANYBODY, Conceal
from realtime.composite.slate import draw_slate
from realtime.disclosure.badge import Badge
from realtime.disclosure.watermark import Watermark
from realtime.fit import Fit
from realtime.frame import Face, Frame, Swap

SIZE_WH = (320, 240)


def lost(media_s: float, *faces: Face, size_wh: tuple[int, int] = SIZE_WH, seed: int = 1) -> Frame:
    return Frame(0, media_s, media_s, noise(size_wh, seed), faces)


def good(media_s: float, size_wh: tuple[int, int] = SIZE_WH, seed: int = 2) -> Frame:
    return replace(
        lost(media_s, make_face((size_wh[0] / 2, size_wh[1] / 2), 12), size_wh=size_wh, seed=seed), worn=True
    )


def shares_pixels(picture: np.ndarray, secret: np.ndarray) -> float:
    """Share of the pixels that are as in the secret picture."""
    return float((picture == secret).all(-1).mean())


def blocks_across(picture: np.ndarray) -> int:
    """Most steps along a row."""
    return int((np.diff(picture.astype(int), axis=1) != 0).any(2).sum(1).max()) + 1


@pytest.mark.parametrize("when_lost", ["", "panic"])
def test_unknown_choice(when_lost: str) -> None:
    with pytest.raises(ValueError, match="hold, blur, slate, show"):
        Conceal(when_lost)


def test_negative_hold() -> None:
    with pytest.raises(ValueError, match="0 or more"):
        Conceal(hold_s=-1)


@pytest.mark.parametrize("when_lost", ["hold", "blur", "slate"])
@pytest.mark.parametrize("faces", [(), (make_face(),)])
def test_before_the_first_good_swap_it_is_a_slate(when_lost: str, faces: tuple[Face, ...]) -> None:
    conceal = Conceal(when_lost)
    for media_s in (0.0, 0.03, 5.0):
        after = conceal(lost(media_s, *faces))
        np.testing.assert_array_equal(after.image, draw_slate(SIZE_WH))
        assert not after.worn


def test_a_later_piece_of_a_film_goes_on_with_pixels_and_holds_nothing_that_it_has_not_seen() -> None:
    conceal = Conceal(began=True)
    for frame in (lost(40.0), lost(40.03, make_face())):
        secret = frame.image.copy()
        after = conceal(frame)
        assert not after.worn
        assert not np.array_equal(after.image, draw_slate(SIZE_WH))
        if not frame.faces:
            assert shares_pixels(after.image, secret) < 0.01


def test_a_worn_frame_passes_untouched() -> None:
    frame = good(0.0)
    assert Conceal()(frame) is frame
    np.testing.assert_array_equal(frame.image, noise(SIZE_WH, 2))


def test_held_for_so_long_and_no_longer() -> None:
    conceal = Conceal(hold_s=0.2)
    conceal(good(1.0))
    for media_s in (1.03, 1.1, 1.2):
        held = conceal(lost(media_s, make_face()))
        np.testing.assert_array_equal(held.image, noise(SIZE_WH, 2))
        assert held.worn
    late = conceal(lost(1.21, make_face()))
    assert not late.worn
    assert shares_pixels(late.image[80:180, 120:200], noise(SIZE_WH, 1)[80:180, 120:200]) < 0.01


def test_a_long_loss_never_falls_back_to_holding() -> None:
    """Time that stands still or jumps back must not renew the hold for ever."""
    conceal = Conceal(hold_s=0.2)
    conceal(good(1.0))
    assert not conceal(lost(0.5)).worn
    assert not conceal(lost(9.0)).worn


def test_what_is_held_is_as_finished_as_later_stages_made_it() -> None:
    conceal = Conceal()
    frame = good(0.0)
    conceal(frame).image[:9] = 7  # the badge, the watermark
    held = conceal(lost(0.1))
    assert held.held_s == 0.0
    np.testing.assert_array_equal(held.image, frame.image)


def test_nothing_draws_into_a_held_picture() -> None:
    """It may be on its way to the viewers once already."""
    conceal, frame = Conceal(), good(0.0)
    conceal(frame)
    finished = frame.image.copy()
    for after in (lost(0.1), lost(0.15, make_face()), lost(9.0, make_face())):
        passed = Badge()(Watermark()(conceal(after)))
        np.testing.assert_array_equal(frame.image, finished)
        assert (passed.held_s is not None) == (after.media_s < 1)


def test_blur_does_not_hold() -> None:
    conceal = Conceal("blur")
    conceal(good(0.0))
    after = conceal(lost(0.03, make_face()))
    assert not after.worn
    assert shares_pixels(after.image[80:180, 120:200], noise(SIZE_WH, 1)[80:180, 120:200]) < 0.01


def test_slate_is_shown_at_once() -> None:
    conceal = Conceal("slate")
    conceal(good(0.0))
    np.testing.assert_array_equal(conceal(lost(0.03)).image, draw_slate(SIZE_WH))


def test_where_the_whole_picture_is_replaced_no_persona_is_left_in_it() -> None:
    conceal = Conceal("slate")
    conceal(good(1.0))
    face = make_face()
    assert not conceal(replace(lost(1.1, face), covered=frozenset({face.id}))).shows_persona


def test_show_shows() -> None:
    frame = lost(0.0, make_face())
    assert Conceal("show")(frame) is frame
    np.testing.assert_array_equal(frame.image, noise(SIZE_WH, 1))


@pytest.mark.parametrize("eyes_px", [6, 20, 40, 90])
def test_at_most_eight_blocks_across_a_face(eyes_px: float) -> None:
    face = make_face((320, 240), eyes_px)
    conceal = Conceal("blur")
    conceal(good(0.0, (640, 480)))
    after = conceal(lost(0.03, face, size_wh=(640, 480)))
    left, top = np.floor(face.landmarks_px[:, :2].min(0)).astype(int)
    right, bottom = np.ceil(face.landmarks_px[:, :2].max(0)).astype(int)
    assert blocks_across(after.image[max(0, top) : bottom, max(0, left) : right]) <= 8
    assert blocks_across(after.image.transpose(1, 0, 2)[max(0, left) : right, max(0, top) : bottom]) <= 10


def test_all_faces_in_view_are_covered() -> None:
    faces = make_face((80, 100), 12), make_face((240, 100), 12, id_=2)
    conceal = Conceal("blur")
    conceal(good(0.0))
    after = conceal(lost(0.03, *faces)).image
    for x in (80, 240):
        assert shares_pixels(after[80:120, x - 15 : x + 15], noise(SIZE_WH, 1)[80:120, x - 15 : x + 15]) < 0.01


def test_who_wears_a_persona_is_left_and_who_is_missing_is_covered_ever_wider() -> None:
    near, far = make_face((80, 100), 12), make_face((240, 100), 12, id_=2)
    conceal = Conceal("blur")
    conceal(replace(good(0.08), faces=(near, far)))
    shares = []
    for media_s in (0.1, 0.2):
        frame = replace(lost(media_s, near), covered=frozenset({near.id}), missing=(far.id,))
        after = conceal(frame).image
        assert shares_pixels(after[80:120, 65:95], noise(SIZE_WH, 1)[80:120, 65:95]) == 1
        assert shares_pixels(after[80:120, 225:255], noise(SIZE_WH, 1)[80:120, 225:255]) < 0.01
        shares.append(shares_pixels(after, noise(SIZE_WH, 1)))
    assert shares[0] > shares[1]


def test_a_worn_face_is_laid_over_the_pixels_around_another() -> None:
    conceal = Conceal("blur")
    conceal(good(1.0))
    worn, bare = replace(make_face((140, 120), 12), id=3), replace(make_face((165, 120), 12), id=4)
    inside = np.zeros((240, 320), np.uint8)
    cv2.fillConvexPoly(inside, cv2.convexHull(np.rint(worn.landmarks_px[:, :2]).astype(np.int32)), (1,))
    swap = Swap(worn, np.zeros((8, 8, 3), np.uint8), np.zeros((8, 8), np.uint8), worn.crop_from_frame)

    def changed(covered: tuple[int, ...], swap: Swap) -> np.ndarray:
        frame = replace(lost(1.1, worn, bare), covered=frozenset(covered), swaps=(swap,))
        return (conceal(frame).image != noise(SIZE_WH, 1)).any(-1)

    assert changed((), swap)[inside > 0].mean() > 0.9
    after = changed((3,), swap)
    rim = cv2.erode(inside, np.ones((7, 7), np.uint8))
    assert not after[rim > 0].any()
    assert after[inside == 0].sum() > 1000
    # Where something before the face is left as it is, that may be the other's face.
    for open_ in (
        replace(swap, has_seen=True),
        replace(swap, fit=Fit(opacity=0.5)),
        replace(swap, fit=Fit(keep_mouth=True)),
        replace(swap, fit=Fit(scale=0.9)),
    ):
        assert changed((3,), open_)[inside > 0].mean() > 0.2


def test_who_is_missing_and_was_nowhere_may_be_anywhere() -> None:
    conceal = Conceal("blur")
    conceal(good(0.0))
    frame = replace(lost(0.03, make_face((80, 100), 12)), covered=frozenset({1}), missing=(9,))
    assert shares_pixels(conceal(frame).image, noise(SIZE_WH, 1)) < 0.001


def test_a_face_no_longer_found_is_covered_ever_wider() -> None:
    conceal = Conceal("blur")
    conceal(good(0.0))
    shares = [shares_pixels(conceal(lost(media_s)).image, noise(SIZE_WH, 1)) for media_s in (0.03, 0.1, 0.2, 0.5)]
    assert shares[0] > shares[1] > shares[2] > shares[3]
    assert shares[0] > 0.3
    assert shares[3] < 0.001


def test_after_a_cut_nobody_is_where_they_were() -> None:
    conceal = Conceal("blur")
    conceal(replace(good(0.0), scene=1))
    assert shares_pixels(conceal(replace(lost(0.03), scene=2)).image, noise(SIZE_WH, 1)) < 0.001
    conceal(replace(good(0.06), scene=2))
    assert shares_pixels(conceal(replace(lost(0.09), scene=2)).image, noise(SIZE_WH, 1)) > 0.3


def test_a_cut_whose_frame_was_dropped_counts() -> None:
    conceal = Conceal("blur")
    conceal(replace(good(0.0), scene=1))
    conceal(replace(lost(0.03), scene=1))
    later = replace(lost(0.1), scene=2)  # the frame at 0.06, the first of that scene, was displaced in a slot
    assert shares_pixels(conceal(later).image, noise(SIZE_WH, 1)) < 0.001


def test_where_nobody_counts_scenes_none_has_ended() -> None:
    """A frame on which the detect stage failed says nothing of the scene."""
    conceal = Conceal("blur")
    conceal(replace(good(0.0), scene=1))
    conceal(lost(0.03))
    assert shares_pixels(conceal(replace(lost(0.06), scene=1)).image, noise(SIZE_WH, 1)) > 0.3


def test_where_nobody_knows_who_is_there_anybody_may_be() -> None:
    conceal = Conceal("blur")
    conceal(good(0.0))
    assert shares_pixels(conceal(replace(lost(0.03), missing=(ANYBODY,))).image, noise(SIZE_WH, 1)) < 0.001


@pytest.mark.parametrize("media_s", [-1.0, 0.03])
def test_where_nothing_is_known_the_whole_frame_is_covered(media_s: float) -> None:
    """After a film that starts over, or a camera that came back with another size."""
    conceal = Conceal("blur")
    size_wh = SIZE_WH if media_s < 0 else (200, 100)
    conceal(good(0.0))
    after = conceal(lost(media_s, size_wh=size_wh)).image
    assert shares_pixels(after, noise(size_wh, 1)) < 0.001
    assert blocks_across(after) <= 16


def test_another_size_is_never_held() -> None:
    conceal = Conceal()
    conceal(good(0.0))
    after = conceal(lost(0.03, size_wh=(100, 60)))
    assert after.image.shape == (60, 100, 3)
    assert not after.worn


@pytest.mark.parametrize("centre", [(-500.0, 20.0), (0.0, 0.0), (319.0, 239.0), (160.0, 9000.0)])
@pytest.mark.parametrize("eyes_px", [0.1, 5, 2000])
def test_faces_at_any_place(centre: tuple[float, float], eyes_px: float) -> None:
    conceal = Conceal("blur")
    conceal(good(0.0))
    assert conceal(lost(0.03, make_face(centre, eyes_px))).image.shape == (240, 320, 3)


@pytest.mark.parametrize("size_wh", [(64, 64), (63, 31), (3840, 2160)])
def test_slate_of_any_size(size_wh: tuple[int, int]) -> None:
    card = draw_slate(size_wh)
    assert card.shape == (size_wh[1], size_wh[0], 3)
    assert card.max() > card.min()


def test_a_held_picture_is_an_earlier_ones_and_nothing_of_this_frame() -> None:
    conceal = Conceal(hold_s=0.2)
    conceal(good(1.0))
    face = make_face()
    swap = Swap(face, np.zeros((8, 8, 3), np.uint8), np.zeros((8, 8), np.uint8), face.crop_from_frame)
    held = conceal(replace(lost(1.1, face), swaps=(swap,), covered=frozenset({face.id}), painted=frozenset({face.id})))
    assert held.worn and held.shows_persona
    assert (held.swaps, held.covered, held.painted) == ((), frozenset(), frozenset())


def test_where_the_user_lets_a_half_covered_face_through_it_still_says_what_it_is() -> None:
    frame = replace(lost(1.1, make_face()), painted=frozenset({1}))
    assert Conceal("show")(frame).shows_persona
    conceal = Conceal("blur")
    conceal(good(1.0))
    assert not conceal(frame).shows_persona  # pixelated
