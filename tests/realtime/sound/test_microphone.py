"""Microphones that are not there, mute, or vanish."""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np
import pytest

from realtime.errors import SoundError
from realtime.sound import microphone as microphone_module
from realtime.sound.microphone import MENDING, Microphone, list_microphones, load_sounddevice

SOME = np.full((480, 1), 0.1)


class Listening:
    """A microphone under way, its clock the test's."""

    def __init__(self, port: Any, device: str = "default") -> None:
        self.at_s = 10.0
        self.port = port
        self.microphone = Microphone(device, library=lambda: port, clock=lambda: self.at_s)
        self.feed = self.microphone.listen()

    def hear(self, samples: np.ndarray = SOME, *, age_s: float = 0.02) -> None:
        self.port.streams[-1].hear(samples, age_s=age_s)


def test_a_system_without_portaudio_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    import_really = builtins.__import__

    def without(name: str, *words: Any, **named: Any) -> Any:
        if name == "sounddevice":
            raise OSError("PortAudio library not found")
        return import_really(name, *words, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    monkeypatch.setattr(microphone_module.sys, "platform", "linux")
    with pytest.raises(SoundError, match=r"PortAudio library not found; .*libportaudio2"):
        load_sounddevice()
    assert "libportaudio2" in MENDING["linux"]


def test_only_what_can_be_listened_to_is_listed(port: type) -> None:
    assert list_microphones(port) == ((1, "Desk microphone"),)


@pytest.mark.parametrize(("said", "asked"), [("default", None), ("1", 1), ("Desk", "Desk")])
def test_it_is_chosen_as_the_user_said(port: type, said: str, asked: object) -> None:
    room = Listening(port(), said)
    assert room.port.streams[0].asked["device"] == asked
    assert room.microphone.name == "microphone Desk microphone"


def test_a_name_that_none_has(port: type) -> None:
    with pytest.raises(SoundError, match=r"microphone Kitchen: .*No input device matching 'Kitchen'"):
        Listening(port(), "Kitchen")


@pytest.mark.parametrize("said", ["default", "1", "Desk"])
def test_a_computer_without_any_is_told_so_in_words(port: type, said: str) -> None:
    """PortAudio itself says "Error querying device -1"."""
    deaf = port()
    del deaf.devices[1]
    with pytest.raises(SoundError, match=r"wanted a microphone, got none on this computer; leave --microphone out"):
        Listening(deaf, said)
    assert not deaf.streams


def test_a_system_without_a_default_one_names_one(port: type) -> None:
    with pytest.raises(
        SoundError, match=r"calls its default, got none; choose one: --microphone 1 \(Desk microphone\)"
    ):
        Listening(port(refusal="Error querying device -1"))


def test_blocks_carry_the_time_at_which_they_were_heard(port: type) -> None:
    room = Listening(port(channels=2))
    room.hear(np.tile([0.1, -0.1], (480, 1)), age_s=0.5)
    (block,) = room.feed.take(11.0)
    assert block.at_s == pytest.approx(9.5)
    assert block.samples.shape == (2, 480)
    assert block.samples[:, 0] == pytest.approx([0.1, -0.1])
    assert not room.feed.take(11.0)


def test_what_is_too_new_stays(port: type) -> None:
    room = Listening(port())
    for _ in range(3):
        room.at_s += 0.01
        room.hear()
    assert [block.at_s for block in room.feed.take(9.999)] == pytest.approx([9.99])
    assert [block.at_s for block in room.feed.take(10.5)] == pytest.approx([10.0, 10.01])


@pytest.mark.parametrize("age_s", [-3.0, 2000.0, 1000.0])
def test_times_that_mean_nothing_are_not_believed(port: type, age_s: float) -> None:
    room = Listening(port())
    room.hear(age_s=age_s)
    (block,) = room.feed.take(20.0)
    assert block.at_s == pytest.approx(10.0 - 0.01)


def test_it_says_what_is_wrong(port: type) -> None:
    room = Listening(port())
    room.hear(np.zeros((480, 1)))
    assert "listening" in room.microphone.notice
    room.at_s += 4.0
    assert "gives no sound" in room.microphone.notice
    room.hear(np.zeros((480, 1)))
    assert "nothing but silence" in room.microphone.notice
    room.hear()
    assert "listening" in room.microphone.notice


def test_one_that_does_not_start_is_let_go(port: type, monkeypatch: pytest.MonkeyPatch) -> None:
    made = port()

    def refuse() -> None:
        raise made.PortAudioError("busy")

    opening = made.InputStream

    def open_and_refuse(**asked: Any) -> Any:
        stream = opening(**asked)
        stream.start = refuse
        return stream

    monkeypatch.setattr(made, "InputStream", open_and_refuse)
    with pytest.raises(SoundError, match="busy"):
        Listening(made)
    assert made.streams[0].calls == ["close"]


def test_closing_twice_switches_it_off_once(port: type) -> None:
    room = Listening(port())
    room.feed.close()
    room.feed.close()
    assert room.port.streams[0].calls == ["start", "close"]
    room.hear()  # a last call that was under way
    assert not room.feed.take(100.0)
