"""`thespis verify`: was this made here?"""

from __future__ import annotations

import json as json_format
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from thespis.options.files import JsonFlag

if TYPE_CHECKING:
    from realtime.disclosure.marked_file import FileVerdict

FileArgument = Annotated[Path, typer.Argument(help="A film or a picture.", metavar="FILE")]
KnownOption = Annotated[
    list[str] | None,
    typer.Option(
        "--persona",
        "-p",
        help="A persona that it may show, to be told by name, beside the built-in ones; may be given again.",
        metavar="P",
    ),
]


TrustOption = Annotated[
    Path | None,
    typer.Option(
        "--trust",
        help="Certificates, PEM, of the authorities whose signatures are trusted. By default those of this computer.",
        metavar="CHAIN.pem",
    ),
]


def command(file: FileArgument, persona: KnownOption = None, trust: TrustOption = None, json: JsonFlag = False) -> None:
    """Say whether a film or picture was made by Thespis, by its watermark and its content credentials.

    Ends with 0 whatever the verdict, and with 1 where the file cannot be read. No mark found is no proof that a picture
    is genuine: marks are for honest makers, and a picture may have lost them.
    """
    from realtime.disclosure.credentials import read_anchors, read_credentials
    from realtime.disclosure.marked_file import read_file
    from realtime.errors import CredentialsError
    from thespis.screen import Screen

    names = known_marks(persona or [])
    anchors = None if trust is None else read_anchors(trust)
    with Screen().progress(f"reading {file.name}") as move:
        watermark = read_file(file, lambda done_s, of_s: move(done_s, of_s, f"{done_s:.0f} s"))
    credentials, fault = None, None
    try:
        credentials = read_credentials(file, anchors=anchors)
    except CredentialsError as error:  # first what could be read
        fault = error
    if json:
        facts = {
            "file": str(file),
            "watermark": watermark_facts(watermark, names),
            "credentials": None if credentials is None else credentials.to_json(),
        }
        sys.stdout.write(json_format.dumps(facts, indent=2, allow_nan=False) + "\n")
    else:
        signed = ("no content credentials in it",) if credentials is None else credentials.said
        for line in (*watermark_lines(watermark, names), *(signed if fault is None else ())):
            sys.stdout.write(line + "\n")
    if fault is not None:
        raise fault


def known_marks(personas: list[str]) -> dict[str, str]:
    """Names by the persona's part of their marks: of the built-in personas, and of those given.

    Raises:
        PersonaError: One that is given is missing or broken.
    """
    from realtime.disclosure.mark_code import persona_part
    from realtime.persona.catalog import list_personas, mark_of_persona

    names = [entry.name for entry in list_personas() if entry.builtin] + personas
    return {persona_part(mark_of_persona(name)): Path(name).stem for name in names}


def watermark_facts(verdict: FileVerdict, names: dict[str, str]) -> dict[str, Any]:
    """The verdict as JSON: numbers, and None where there is nothing to say."""
    from realtime.disclosure.mark_code import persona_part

    mark, best = verdict.mark, verdict.best
    persona = None if mark is None else persona_part(mark)
    return {
        "found": mark is not None,
        "confidence": verdict.confidence,
        "windows": verdict.windows,
        "windows_found": verdict.found,
        "mark": None if mark is None else f"{mark:08x}",
        "persona": persona,
        "persona_name": names.get(persona or ""),
        "score": round(best.score, 2),
        "mirrored": best.mirrored,
        "shown": None if best.cut is None else {side: round(share, 3) for side, share in asdict(best.cut).items()},
        "frames": verdict.frames,
        "broke_off": verdict.broke_off,
    }


def watermark_lines(verdict: FileVerdict, names: dict[str, str]) -> list[str]:
    """The verdict in plain words."""
    from realtime.disclosure.mark_code import persona_part

    seen = "the picture" if verdict.frames == 1 else f"{verdict.windows} windows of two seconds"
    lines = []
    if verdict.mark is None:
        lines.append(f"no watermark found in {seen}; that does not prove that it is genuine")
    else:
        persona = persona_part(verdict.mark)
        whose = f"{names[persona]} ({persona}…)" if persona in names else f"{persona}…"
        where = "the picture" if verdict.frames == 1 else f"{verdict.found} of {seen}"
        lines.append(
            f"made by Thespis: watermark found in {where}, persona {whose}, confidence {said(verdict.confidence)}"
        )
    if verdict.broke_off:
        lines.append("the film broke off before its end; this goes for what could be read")
    return lines


def said(confidence: float) -> str:
    """A confidence in words: never rounded up to certainty."""
    return f"{confidence:.3f}" if confidence < 0.9995 else "over 0.999"
