"""What is answered where something was not done, always in a form that the page can read."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response


def refusal(why: str, status: int) -> Response:
    """Why not, in words for the user."""
    content: dict[str, Any] = {"error": why}
    return JSONResponse(content, status)


async def fault(request: Request, error: Exception) -> Response:
    """What nobody foresaw."""
    return refusal(in_words(error), 500)


def in_words(error: Exception) -> str:
    """What nobody foresaw, in words for the user."""
    if isinstance(error, OSError):
        return f"this computer could not do that: {error.strerror or error}"
    return f"a fault of the program: {type(error).__name__}: {error}"
