"""What may be asked, and what is answered in plain words where it may not."""

from __future__ import annotations

import json
import logging
import sys
import threading
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest
from served_panel import TOKEN, Panel
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from realtime.choice import Choice
from realtime.frame import Frame
from realtime.panel import preview
from realtime.panel.preview import Onlooker, View
from realtime.panel.requests import MOST_BYTES
from realtime.panel.server import HIDE
from realtime.persona.identity import Identity
from realtime.persona.package import write_persona

sys.path.append(str(Path(__file__).parents[1] / "persona"))

LIMIT_S = 10.0


def test_hide_and_show(panel: Panel) -> None:
    assert panel.do({"do": "hide"}).status == 200
    assert panel.directing.controls.curtain.hidden
    assert panel.do({"do": "show"}).status == 200
    assert not panel.directing.controls.curtain.hidden


def test_a_portrait_is_shown_of_whoever_is_listed(panel: Panel, tmp_path: Path) -> None:
    from tiny_personas import make_graph, make_manifest

    (tmp_path / "user").mkdir()
    jpeg = cv2.imencode(".jpg", np.full((64, 48, 3), 90, np.uint8))[1].tobytes()
    path = tmp_path / "user" / "anna.persona"
    write_persona(path, make_manifest(), {"fp32": make_graph()}, jpeg)
    (card,) = json.loads(panel.ask("GET", f"/{TOKEN}/personas").body)
    path.unlink()
    shown = panel.ask("GET", f"/{TOKEN}/portrait/{card['key']}")
    assert (shown.status, shown.headers["content-type"]) == (200, "image/jpeg")
    picture = cv2.imdecode(np.frombuffer(shown.body, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    assert picture.shape == (64, 48, 3), "as it was listed, without a look at the file"


def test_a_persona_file_is_added_and_then_listed(panel: Panel, tmp_path: Path) -> None:
    from tiny_personas import PORTRAIT, make_graph, make_manifest

    path = tmp_path / "downloads" / "anna.persona"
    write_persona(path, make_manifest(), {"fp32": make_graph()}, PORTRAIT)
    answer = panel.do({"do": "add_persona", "file": str(path)})
    assert (answer.status, json.loads(answer.body)["said"]) == (200, "anna is among your personas")
    assert [one["name"] for one in json.loads(panel.ask("GET", f"/{TOKEN}/personas").body)] == ["anna"]
    kept = tmp_path / "user" / "anna.persona"
    assert kept.read_bytes() == path.read_bytes()
    write_persona(path, make_manifest(identity=Identity("Bob Example", "self")), {"fp32": make_graph()}, PORTRAIT)
    before, answer = kept.read_bytes(), panel.do({"do": "add_persona", "file": str(path)})
    assert (answer.status, kept.read_bytes()) == (409, before), "none is ever replaced"
    assert "thespis persona add" in answer.told


@pytest.mark.parametrize(
    "file", ["{}/none.persona", "{}/text.persona", "{}", "/dev/zero", "~nobody-of-this-name/x.persona"]
)
def test_what_is_no_persona_is_not_added(panel: Panel, tmp_path: Path, file: str) -> None:
    (tmp_path / "text.persona").write_text("hello")
    answer = panel.do({"do": "add_persona", "file": file.format(tmp_path)})
    assert (answer.status, answer.told.startswith("persona ")) == (409, True), answer.told
    assert not (tmp_path / "user").exists()


def test_start_stop_wear_cast_choose(panel: Panel) -> None:
    for words in (
        {"do": "start"},
        {"do": "stop"},
        {"do": "wear", "place": 1, "persona": "k"},
        {"do": "cast", "rule": "place", "pins": {"3": 1, "4": None}},
        {"do": "choose", "source": "0", "outputs": ["camera"], "faces": 2},
    ):
        assert panel.do(words).status == 200
    chosen = Choice("0", ("camera",), ("k",), "everyone", 2)
    assert panel.directing.asked == ["start", "stop", (1, "k"), ("place", {3: 1, 4: None}), chosen]


def test_settings_are_changed(panel: Panel) -> None:
    assert panel.do({"do": "settings", "values": {"hold_s": 0.1, "badge": False}}).status == 200
    now = panel.directing.controls.settings.now
    assert (now.hold_s, now.badge) == (0.1, False)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({"do": "vanish"}, "nothing is called 'vanish' here; there is hide, show"),
        ({}, "do: wanted text"),
        ({"do": 3}, "do: wanted text"),
        ({"do": "hide", "now": True}, "now: nobody asked for that"),
        ({"do": "record"}, "on: wanted true or false"),
        ({"do": "record", "on": 1}, "on: wanted true or false"),
        ({"do": "wear", "persona": ""}, "persona: wanted 1 to 1000 printable characters"),
        ({"do": "add_persona"}, "file: wanted text"),
        ({"do": "add_persona", "file": "x\x00.persona"}, "printable characters"),
        ({"do": "add_persona", "file": "x", "overwrite": True}, "overwrite: nobody asked for that"),
        ({"do": "wear", "persona": "a\x1b[2J"}, "printable characters"),
        ({"do": "wear", "place": -1, "persona": "k"}, "place: wanted 0 to 8, got -1"),
        ({"do": "wear", "place": True, "persona": "k"}, "place: wanted a whole number"),
        ({"do": "cast", "rule": "random"}, "rule: wanted one of everyone, place, size, pinned"),
        ({"do": "cast", "rule": "place", "pins": {"x": 1}}, "pins: wanted the number of a face"),
        ({"do": "cast", "rule": "place", "pins": {"1": "x"}}, "pins: wanted the number of a face"),
        ({"do": "cast", "rule": "place", "pins": {str(n): 0 for n in range(40)}}, "pins: wanted at most 32"),
        ({"do": "choose", "outputs": ["null"] * 7}, "outputs: wanted at most 6, got 7"),
        ({"do": "choose", "outputs": [3]}, "outputs: wanted text"),
        ({"do": "choose", "personas": []}, "personas: wanted at least one"),
        ({"do": "choose", "faces": 9}, "faces: wanted 1 to 8, got 9"),
        ({"do": "choose", "source": "x" * 1001}, "source: wanted 1 to 1000"),
        ({"do": "settings", "values": {"badge": None}}, "values: wanted numbers, words, true or false"),
        ([1, 2], "the request is no JSON object"),
        (b"", "the request is no JSON"),
        (b"{", "the request is no JSON"),
        (b'{"do": "hide", "do": "show"}', "a key stands twice"),
        (b'{"do": "settings", "values": {"hold_s": NaN}}', "NaN is no number"),
        (b"[" * 9000, "the request is no JSON"),
        (b"\xff\xfe", "the request is no JSON"),
    ],
)
def test_what_means_nothing_is_400(panel: Panel, words: object, told: str) -> None:
    answer = panel.do(words)
    assert answer.status == 400
    assert told in answer.told
    assert panel.directing.asked == []


@pytest.mark.parametrize(
    ("words", "status", "told"),
    [
        ({"do": "settings", "values": {"hold_s": 5}}, 422, "hold_s: wanted 0 to 0.2 seconds, got 5"),
        ({"do": "settings", "values": {"watermark": False}}, 422, "wanted names out of when_lost"),
        ({"do": "fit", "values": {"feather": 0.1}}, 409, "start it first"),
        ({"do": "snapshot"}, 409, "wanted a show that plays"),
        ({"do": "record", "on": True}, 409, "wanted a show that plays"),
        ({"do": "mirror"}, 409, "start it first"),
        ({"do": "wear", "persona": "old"}, 409, "Old Example may no longer be worn; ask again"),
    ],
)
def test_what_cannot_be_done_says_why(panel: Panel, words: object, status: int, told: str) -> None:
    answer = panel.do(words)
    assert (answer.status, told in answer.told) == (status, True), answer.told


def test_the_body_has_bounds(panel: Panel) -> None:
    large = json.dumps({"do": "x" * MOST_BYTES}).encode()
    assert panel.do(large).status == 413
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""):
        assert panel.do({"do": "hide"}, {"Content-Type": kind}).status == 415
    assert not panel.directing.controls.curtain.hidden


def test_the_socket_tells_how_it_stands_and_each_message_once(panel: Panel) -> None:
    panel.directing.controls.messages.say("first")
    own = {"Origin": f"http://{panel.host}"}
    with connect(f"ws://127.0.0.1:{panel.port}/{TOKEN}/state", additional_headers=own, open_timeout=10) as line:
        state = json.loads(line.recv(LIMIT_S))
        assert (state["status"], state["hidden"], state["choice"]["source"]) == ("stopped", False, "demo")
        assert state["figures"]["fps"] is None
        panel.do({"do": "hide"})
        seen = [one["text"] for one in state["messages"]]
        while not state["hidden"]:
            state = json.loads(line.recv(LIMIT_S))
            seen += [one["text"] for one in state["messages"]]
    assert seen == ["first", "hidden: viewers see the slate"]


def line_to(panel: Panel) -> ClientConnection:
    own = {"Origin": f"http://{panel.host}"}
    return connect(f"ws://127.0.0.1:{panel.port}/{TOKEN}/state", additional_headers=own, open_timeout=10)


def test_the_socket_hides_and_hiding_twice_stays_hidden(panel: Panel) -> None:
    with line_to(panel) as line:
        for _ in range(2):
            line.send(HIDE)
            while not json.loads(line.recv(LIMIT_S))["hidden"]:
                pass
            assert panel.directing.controls.curtain.hidden


@pytest.mark.parametrize(
    "said",
    ['{"act":"show"}', '{"act": "hide"}', '{"act":"hide","now":1}', '["act"]', "", b'{"act":"hide"}', "x" * 100_000],
)
def test_the_socket_is_shut_on_whoever_says_anything_else(panel: Panel, said: str | bytes) -> None:
    with line_to(panel) as line:
        with pytest.raises(ConnectionClosed) as closed:
            line.send(said)
            while True:
                line.recv(LIMIT_S)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code in (1008, 1009)
    assert not panel.directing.controls.curtain.hidden
    assert panel.directing.asked == []


def test_hiding_waits_for_no_slow_answer(panel: Panel, monkeypatch: pytest.MonkeyPatch) -> None:
    """More of them than there are threads for all else."""
    go_on, hidden = threading.Event(), threading.Event()
    monkeypatch.setattr(panel.directing, "wear", lambda place, key: str(go_on.wait(LIMIT_S)))
    monkeypatch.setattr(panel.directing.controls, "hide", hidden.set)
    asking = [threading.Thread(target=partial(panel.do, {"do": "wear", "persona": "k"})) for _ in range(50)]
    with line_to(panel) as line:
        for one in asking:
            one.start()
        line.recv(LIMIT_S)
        line.send(HIDE)
        assert hidden.wait(LIMIT_S / 2)
        assert not go_on.is_set()
        go_on.set()
        for one in asking:
            one.join(LIMIT_S)


def test_the_socket_goes_on_where_hiding_breaks_off(panel: Panel, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> str:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(panel.directing.controls, "hide", broken)
    with line_to(panel) as line:
        line.send(HIDE)
        told: list[str] = []
        while not told:
            told = [one["text"] for one in json.loads(line.recv(LIMIT_S))["messages"]]
    assert told == ["this computer could not do that: Input/output error"]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(28, "No space left on device"), "this computer could not do that: No space left on device"),
        (RuntimeError("bent"), "a fault of the program: RuntimeError: bent"),
    ],
)
def test_what_nobody_foresaw_is_told_in_words_and_logged(
    panel: Panel, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, error: Exception, told: str
) -> None:
    def broken(*_: object) -> None:
        raise error

    monkeypatch.setattr(panel.directing, "start", broken)
    monkeypatch.setattr(panel.directing, "sources", broken)
    with caplog.at_level(logging.ERROR):
        answer = panel.do({"do": "start"})
        looked = panel.ask("GET", f"/{TOKEN}/options")
    assert (answer.status, answer.told) == (500, told)
    assert "broke off" in caplog.text
    assert (looked.status, looked.told) == (500, told)
    assert panel.do({"do": "stop"}).status == 200


def test_a_preview_moves_and_is_made_only_while_somebody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preview, "FPS", 1e9)
    view, resized = View(), []
    real = preview.cv2.resize
    monkeypatch.setattr(preview.cv2, "resize", lambda *args, **words: resized.append(1) or real(*args, **words))
    picture = np.full((720, 1280, 3), 200, np.uint8)
    view.offer(picture)
    assert resized == []
    with view.watching() as welcome:
        assert welcome
        number, blank = view.jpeg(0, LIMIT_S)  # type: ignore[misc]
        view.offer(picture)
        newer, shown = view.jpeg(number, LIMIT_S)  # type: ignore[misc]
        assert newer > number
        assert shown != blank
        size = preview.cv2.imdecode(np.frombuffer(shown, np.uint8), 1).shape
        assert size == (270, 480, 3)
        assert view.jpeg(newer, 0.01) == (newer, shown), "where nothing new comes, the same again"
    assert view.jpeg(newer, LIMIT_S)[1] != shown, "whoever looks next is not shown what was there long ago"  # type: ignore[index]


def test_a_preview_keeps_no_frame() -> None:
    onlooker = Onlooker()
    frame = Frame(0, 0.0, 0.0, np.full((90, 160, 3), 200, np.uint8))
    with onlooker.performer.watching(), onlooker.sink.view.watching():
        assert onlooker.see_performer(frame) is frame
        onlooker.sink.write(frame)
        frame.image[:] = 0  # the loop draws into it
        for view in onlooker.views.values():
            picture = preview.cv2.imdecode(np.frombuffer(view.jpeg(0, LIMIT_S)[1], np.uint8), 1)  # type: ignore[index]
            assert picture.mean() > 190


def test_too_many_watchers_are_sent_away_and_closing_lets_all_go() -> None:
    view = View()
    watchers = [view.watching() for _ in range(preview.MOST_WATCHERS + 1)]
    assert [one.__enter__() for one in watchers] == [True] * preview.MOST_WATCHERS + [False]
    got: list[object] = []
    number, _ = view.jpeg(0, LIMIT_S)  # type: ignore[misc]
    waiting = threading.Thread(target=lambda: got.append(view.jpeg(number, LIMIT_S)))
    waiting.start()
    view.close()
    waiting.join(LIMIT_S)
    assert got == [None]
    for one in watchers:
        one.__exit__(None, None, None)


def test_the_server_ends_while_somebody_looks(panel: Panel) -> None:
    import http.client

    line = http.client.HTTPConnection("127.0.0.1", panel.port, timeout=10)
    line.request("GET", f"/{TOKEN}/preview/worn")
    answer = line.getresponse()
    assert answer.getheader("content-type") == "multipart/x-mixed-replace; boundary=thespis"
    assert answer.read(11) == b"--thespis\r\n"
    panel.server.__exit__(None, None, None)
    assert not panel.server._thread.is_alive()
    line.close()
