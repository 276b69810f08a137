"""What this computer has of what Thespis needs: looked at once, judged elsewhere."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

from realtime.errors import SinkError, ThespisError
from realtime.persona.catalog import list_personas, load_persona
from realtime.sink.display import missing_display
from realtime.sink.ffmpeg_program import find_ffmpeg
from realtime.sink.pipewire_programs import Lack, lacking
from realtime.source.camera_device import available_cameras
from thespis import quiet
from thespis.options.persona import DEFAULT_PERSONA

OBS_ON_WINDOWS = r"SOFTWARE\Classes\CLSID\{A3FCE0F5-3493-419F-958A-ABA1250EC20B}"
OBS_ON_MACOS = Path("/Applications/OBS.app")
SYSFS = Path("/sys")


@dataclass(frozen=True, slots=True)
class Machine:
    """Facts.

    Attributes:
        system: `sys.platform`.
        cameras: Number and name of each real camera.
        virtual_cameras: Names of virtual cameras that are ready to take pictures.
        driver_installed: Whether a virtual camera's driver is on the disk.
        pipewire: Why there can be no camera of PipeWire's; None where there can.
        no_srt: Why nothing can be sent over SRT; None where it can, or nobody looked.
        refused: Video devices that are there but that this user may not open.
        providers: Each ONNX Runtime provider and why it cannot be used; empty where it can.
        network: What the built-in persona's network runs on, as it says itself; empty where it does not run.
        network_fault: Why it does not run.
        face_fault: Why the face finder does not run; empty where it does.
        personas: Names.
        microphones: Number and name of each.
        microphone_fault: Why none can be listened to; empty where that is not so.
        screen_fault: Why no window can open; empty where one can.
        log: Where the libraries' chatter goes.
    """

    system: str
    cameras: tuple[tuple[int, str], ...] = ()
    virtual_cameras: tuple[str, ...] = ()
    driver_installed: bool = False
    pipewire: Lack | None = None
    no_srt: Lack | None = None
    refused: tuple[str, ...] = ()
    providers: dict[str, str] = field(default_factory=dict)
    network: str = ""
    network_fault: str = ""
    face_fault: str = ""
    personas: tuple[str, ...] = ()
    microphones: tuple[tuple[int, str], ...] = ()
    microphone_fault: str = ""
    screen_fault: str = ""
    log: Path = Path()


def look(*, try_parts: bool) -> Machine:
    """Look around.

    Args:
        try_parts: Also run the face finder, the built-in network and ffmpeg once, which takes a second or two.
    """
    from realtime.persona.provider import PROVIDERS

    virtual = virtual_cameras()
    network, network_fault = _try_network() if try_parts else ("", "")
    microphones, microphone_fault = _microphones()
    rows = [row for row in PROVIDERS if not row.systems or sys.platform in row.systems]
    return Machine(
        system=sys.platform,
        cameras=tuple(camera for camera in available_cameras() if camera[1] not in virtual),
        virtual_cameras=virtual,
        driver_installed=bool(virtual) or _driver_installed(),
        pipewire=lacking(),
        no_srt=_no_srt() if try_parts else None,
        refused=_refused(),
        providers={row.name: row.missing() for row in rows},
        network=network,
        network_fault=network_fault,
        face_fault=_try_face() if try_parts else "",
        personas=tuple(entry.name for entry in list_personas()),
        microphones=microphones,
        microphone_fault=microphone_fault,
        screen_fault=missing_display(),
        log=quiet.log_path(),
    )


def virtual_cameras(sysfs: Path = SYSFS) -> tuple[str, ...]:
    """Names of virtual cameras that take pictures from programs.

    Args:
        sysfs: Where Linux shows its devices.
    """
    if sys.platform == "linux":
        names = sorted(sysfs.glob("devices/virtual/video4linux/*/name"))
        return tuple(name.read_text(encoding="utf-8", errors="replace").strip() for name in names)
    return ("OBS Virtual Camera",) if _driver_installed() else ()


def _driver_installed() -> bool:
    if sys.platform == "linux":
        modules = Path("/lib/modules") / os.uname().release
        return (SYSFS / "module/v4l2loopback").exists() or any(modules.glob("**/v4l2loopback.ko*"))
    if sys.platform == "win32":
        import winreg

        try:
            winreg.CloseKey(winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, OBS_ON_WINDOWS))
        except OSError:
            return False
        return True
    return OBS_ON_MACOS.exists()


def _refused() -> tuple[str, ...]:
    """Video devices that this user may not open; Linux only, other systems ask at the first use."""
    devices = sorted(Path("/dev").glob("video*")) if sys.platform == "linux" else []
    return tuple(str(path) for path in devices if not os.access(path, os.R_OK | os.W_OK))


def _microphones() -> tuple[tuple[tuple[int, str], ...], str]:
    """Those that there are, and why they cannot be listened to; none of them is switched on."""
    from realtime.sound.microphone import list_microphones

    try:
        return list_microphones(), ""
    except ThespisError as error:
        return (), str(error)


def _no_srt() -> Lack | None:
    try:
        find_ffmpeg("srt:// output", "srt")
    except SinkError as error:
        return Lack(error.got, error.next_step)
    return None


def _try_network() -> tuple[str, str]:
    """What the built-in persona runs on, and why it does not."""
    from realtime.persona.swapper import make_swapper

    try:
        return make_swapper(load_persona(DEFAULT_PERSONA)).said, ""
    except ThespisError as error:
        return "", str(error)


def _try_face() -> str:
    """Why the face finder does not run; empty where it does."""
    import numpy as np

    try:
        from realtime.face.finder import FaceFinder
        from realtime.frame import Frame

        finder = FaceFinder()
        try:
            finder(Frame(0, 0.0, 0.0, np.zeros((64, 64, 3), np.uint8)))
        finally:
            finder.close()
    except (ThespisError, ImportError, OSError, RuntimeError) as error:
        return str(error)
    return ""
