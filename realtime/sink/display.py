"""Whether there is a screen that a window can open on."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Mapping

import cv2


def missing_display(environment: Mapping[str, str] = os.environ) -> str:
    """Why no window can open here; empty where one can.

    OpenCV's Linux wheels bring Qt with its X11 plugin alone, and Qt ends the whole process where that cannot
    reach a screen. So the answer has to be known before the first call.

    Args:
        environment: Environment variables.
    """
    if sys.platform in ("win32", "darwin"):
        return ""
    if cv2.currentUIFramework() != "QT":
        has_display = environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY")
        return "" if has_display else "no screen (DISPLAY is not set)"
    platforms = [name.split(":")[0] for name in environment.get("QT_QPA_PLATFORM", "xcb").split(";")]
    if platforms[0] and "xcb" not in platforms:
        return f"QT_QPA_PLATFORM={environment['QT_QPA_PLATFORM']}, which OpenCV's Qt lacks (it has xcb)"
    display = environment.get("DISPLAY", "")
    if not display:
        return "no screen (DISPLAY is not set)"
    return "" if _x11_answers(display) else f"no answer from the screen DISPLAY={display}"


def _x11_answers(display: str) -> bool:
    """Whether an X server lets us in, by the library that Qt's plugin itself goes through."""
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:  # then Qt's plugin cannot be loaded either
        return False
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connect.argtypes = [ctypes.c_char_p, ctypes.c_void_p]
    xcb.xcb_connection_has_error.argtypes = [ctypes.c_void_p]
    xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(display.encode(), None)
    failed = xcb.xcb_connection_has_error(connection)
    xcb.xcb_disconnect(connection)
    return not failed
