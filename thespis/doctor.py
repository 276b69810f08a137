"""`thespis doctor`: what is missing, and the exact command that mends it."""

from __future__ import annotations

import json as json_format
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import typer

from thespis.guides import guide
from thespis.options.files import JsonFlag

if TYPE_CHECKING:
    from thespis.machine import Machine

LOAD_LOOPBACK = "sudo modprobe v4l2loopback devices=1 exclusive_caps=1 card_label=Thespis"
_REINSTALL = "pip install --force-reinstall thespis"
TROUBLESHOOTING = "troubleshooting.md"
GUIDES = {
    "calls.md": "video calls",
    "obs.md": "OBS",
    "phone.md": "a phone as the camera",
    TROUBLESHOOTING: "what goes wrong",
}
_PLACES = {
    "face": "the-demo-cannot-run",
    "persona": "the-demo-cannot-run",
    "graphics card": "the-graphics-card-is-not-used",
    "camera": "the-camera-is-busy-or-missing",
    "virtual camera": "no-virtual-camera-driver",
    "PipeWire camera": "no-virtual-camera-driver",
    "srt:// output": "no-ffmpeg",
    "microphone": "no-microphone",
    "screen": "no-window-opens",
}
"""Headings of that page, as they are linked to."""
_WRONG = {True: ("broken", "red"), False: ("missing", "yellow")}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        what: The thing.
        good: Whether it is as it should be.
        essential: Whether `thespis demo` cannot run without it.
        found: What is there.
        mend: A command, or what to do; empty where nothing is wrong.
    """

    what: str
    good: bool
    essential: bool
    found: str
    mend: str = ""

    @property
    def guide(self) -> str:
        """Where more is said of what is wrong: the guide's full path and its heading; empty where nothing is wrong."""
        if self.good:
            return ""
        return f"{guide(TROUBLESHOOTING)}#{self.heading}" if self.heading else guide(TROUBLESHOOTING)

    @property
    def heading(self) -> str:
        """The guide's heading, as it is linked to; empty where there is none for it."""
        return "no-permission-for-the-camera" if "permission" in self.found else _PLACES.get(self.what, "")


def judge(machine: Machine) -> list[Finding]:
    """What is right and wrong with a machine, what matters most first."""
    return [
        _face(machine),
        _persona(machine),
        _gpu(machine),
        _camera(machine),
        _virtual_camera(machine),
        *_pipewire(machine),
        _srt(machine),
        _microphone(machine),
        _screen(machine),
        Finding("log of libraries and crashes", True, False, str(machine.log)),
    ]


def _face(machine: Machine) -> Finding:
    found = machine.face_fault or "the face finder runs"
    return Finding("face", not machine.face_fault, True, found, _REINSTALL if machine.face_fault else "")


def _persona(machine: Machine) -> Finding:
    found = machine.network_fault or machine.network
    return Finding("persona", not machine.network_fault, True, found, _REINSTALL if machine.network_fault else "")


def _gpu(machine: Machine) -> Finding:
    """A CPU is enough; a graphics card that is there and unused is worth a word."""
    from realtime.persona.provider import PROVIDERS, grouped
    from realtime.persona.provider_lacks import NOT_BUILT

    extra = {row.name for row in PROVIDERS if row.extra}
    told = {name: why for name, why in machine.providers.items() if why and not (name in extra and NOT_BUILT in why)}
    why = grouped(told)
    running = machine.network.split(",")[0] or "none"
    if ".[cuda]" in machine.network:
        return Finding("graphics card", False, False, machine.network, "pip install '.[cuda]'")
    return Finding("graphics card", True, False, f"in use: {running}" + (f" ({why})" if why else ""))


def _camera(machine: Machine) -> Finding:
    if machine.refused:
        return Finding(
            "camera",
            False,
            False,
            f"no permission for {', '.join(machine.refused)}",
            "sudo usermod -aG video $USER, then log out and in again",
        )
    names = ", ".join(f"{number} ({name})" for number, name in machine.cameras)
    mend = "" if names else "plug one in, or use --source demo or a film"
    return Finding("camera", bool(names), False, names or "none", mend)


def _virtual_camera(machine: Machine) -> Finding:
    from realtime.sink.virtual_camera import DRIVER_MENDING

    if machine.virtual_cameras:
        return Finding("virtual camera", True, False, ", ".join(machine.virtual_cameras))
    if machine.system == "linux" and machine.driver_installed:
        return Finding("virtual camera", False, False, "v4l2loopback is not loaded", LOAD_LOOPBACK)
    mend = DRIVER_MENDING.get(machine.system, "record instead: --output FILE.mp4")
    return Finding("virtual camera", False, False, "no driver", mend)


def _microphone(machine: Machine) -> Finding:
    """Only recordings need one."""
    from realtime.sound.microphone import MENDING, NONE_MENDING

    if machine.microphone_fault:
        mend = MENDING.get(machine.system, "pip install --force-reinstall sounddevice")
        why = machine.microphone_fault.split(";")[0].removeprefix("microphone: ")
        return Finding("microphone", False, False, f"{why} (for recordings)", mend)
    names = ", ".join(f"{number} ({name})" for number, name in machine.microphones)
    mend = "" if names else NONE_MENDING.get(machine.system, "plug one in, and allow this program to listen to it")
    return Finding("microphone", bool(names), False, f"{names or 'none'} (for recordings, with --microphone)", mend)


def _pipewire(machine: Machine) -> list[Finding]:
    """Linux only: a camera that some programs see without any driver."""
    if machine.system != "linux":
        return []
    if machine.pipewire:
        return [Finding("PipeWire camera", False, False, machine.pipewire.got, machine.pipewire.next_step)]
    return [Finding("PipeWire camera", True, False, "--output pipewire, for Firefox, Chrome and OBS")]


def _srt(machine: Machine) -> Finding:
    """Every other output does without a program of its own."""
    if machine.no_srt:
        return Finding("srt:// output", False, False, machine.no_srt.got, machine.no_srt.next_step)
    return Finding("srt:// output", True, False, "an ffmpeg with SRT is there")


def _screen(machine: Machine) -> Finding:
    mend = "use --output camera or FILE.mp4 in place of window" if machine.screen_fault else ""
    return Finding("screen", not machine.screen_fault, False, machine.screen_fault or "a window can open", mend)


def command(json: JsonFlag = False) -> None:
    """Say what is missing and the command that mends it; ends 1 where even the demo cannot run."""
    from thespis.machine import look

    findings = judge(look(try_parts=True))
    broken = [finding for finding in findings if finding.essential and not finding.good]
    if json:
        report = {
            "demo_can_run": not broken,
            "findings": [asdict(finding) | {"guide": finding.guide} for finding in findings],
        }
        sys.stdout.write(json_format.dumps(report, indent=2) + "\n")
    else:
        _print(findings)
        sys.stdout.write("".join(f"guide to {about}: {guide(name)}\n" for name, about in GUIDES.items()))
        sys.stdout.write("the demo cannot run\n" if broken else "the demo can run: thespis demo\n")
    if broken:
        raise typer.Exit(1)


def _print(findings: Sequence[Finding]) -> None:
    """As a list and not a table, so that no command is broken over two lines."""
    from rich.console import Console
    from rich.text import Text

    console = Console(soft_wrap=True, highlight=False)
    for finding in findings:
        mark, style = ("ok", "green") if finding.good else _WRONG[finding.essential]
        console.print(Text.assemble((f"{mark:8}", style), (f"{finding.what}: ", "bold"), finding.found))
        if finding.mend:
            console.print(Text(f"{'':8}mend it: {finding.mend}"))
        if finding.guide:
            under = f', under "{finding.heading.replace("-", " ")}"' if finding.heading else ""
            console.print(Text(f"{'':8}more: {guide(TROUBLESHOOTING)}{under}"))
