"""`thespis demo`: the whole loop with nothing plugged in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from thespis.options.files import CertificateOption, KeyOption, signer_of
from thespis.options.persona import DEFAULT_PERSONA, PersonaOption
from thespis.options.source import DEFAULT_FACES, Size, SizeOption

if TYPE_CHECKING:
    from realtime.disclosure.signing import FileSigner
    from realtime.wear import Wearing
    from thespis.screen import Screen

FPS = 30.0
LIVE_S = 8.0
COLUMNS = 6
OWN_FOLDER = Path("out")
"""What it made there before it may replace."""
NAMES = ("demo.mp4", "demo.png", "demo.json")

OutOption = Annotated[Path, typer.Option("--out", help="Folder for what it makes.", metavar="DIR")]
OverwriteOption = Annotated[
    bool, typer.Option("--overwrite", help="Replace files that are there. In the folder out, its own, it always does.")
]
FilmOption = Annotated[float, typer.Option("--seconds", min=1, help="Length of the film.")]


def command(
    out: OutOption = OWN_FOLDER,
    seconds: FilmOption = 10.0,
    persona: PersonaOption = DEFAULT_PERSONA,
    size: SizeOption = None,
    certificate: CertificateOption = None,
    key: KeyOption = None,
    overwrite: OverwriteOption = False,
) -> None:
    """Show what it does: the built-in performer wears the built-in persona.

    Leaves a film as a viewer sees it, a sheet of performer and worn frames, and a table of latency.
    """
    from rich.console import Console

    from realtime.persona.catalog import load_persona
    from realtime.settings import Live, Settings
    from realtime.sink.null import NullSink
    from realtime.source.portrait import PortraitPerformer
    from realtime.wear import wearing
    from thespis.figures import make_folder, table_of, write_json
    from thespis.measure import Bench, measure
    from thespis.places import check_folder, check_places
    from thespis.screen import OnceScreen

    check_folder("--out", out)
    make_folder(out)
    mine = overwrite or out.resolve() == OWN_FOLDER.resolve()
    check_places([str(out / name) for name in NAMES], overwrite=mine)
    screen, settings = OnceScreen(), Live(Settings())
    size_wh = size or Size(1280, 720)
    wanted = load_persona(persona)
    film, signer = out / "demo.mp4", signer_of(certificate, key)
    with wearing([wanted], settings, max_faces=DEFAULT_FACES) as worn:
        _film(film, seconds, size_wh, worn, screen, signer)
    screen.say("now live")
    with wearing([wanted], settings, max_faces=DEFAULT_FACES) as worn:
        performer = PortraitPerformer(size_wh=size_wh, fps=FPS)
        report = measure(Bench(performer, "demo", worn, [NullSink()], LIVE_S), screen)
    report.pop("startup_s")  # the film ran first
    write_json(report, out / "demo.json")
    Console().print(table_of(report))
    screen.say(f"film {film}, sheet {out / 'demo.png'}, figures {out / 'demo.json'}")
    screen.say(f"what marks them as made: `thespis verify {film}`")
    screen.say("next: `thespis doctor`, then `thespis run --source 0 --output window` with a camera of yours")


def _film(
    path: Path, seconds: float, size_wh: tuple[int, int], worn: Wearing, screen: Screen, signer: FileSigner
) -> None:
    """Record the performer as a viewer sees it, every frame, and a sheet beside it; both are signed.

    Raises:
        Exit: The user ended it.
    """
    from realtime.sink.recorder import RecorderSink
    from realtime.sink.signing import SigningSink
    from realtime.source.portrait import PortraitPerformer
    from realtime.tap import SinkTap, SourceTap
    from realtime.timing import Timing
    from thespis.loop import Show, UserEnd, play
    from thespis.sheet import Sheet

    sheet = Sheet(columns=COLUMNS, frames=round(seconds * FPS))
    # Unpaced, the performer is a film: it waits for the loop, and no frame is lost.
    performer = PortraitPerformer(size_wh=size_wh, fps=FPS, paced=False, seconds=seconds)
    source = SourceTap(performer, sheet.before)
    film = SigningSink(RecorderSink(path), path, signer)
    ending = UserEnd()
    play(Show(source, worn, [SinkTap(film, sheet.after)]), screen, Timing(), ending=ending)
    if ending.asked:
        path.unlink(missing_ok=True)
        screen.say("stopped; nothing is left of the film")
        raise typer.Exit(130)
    sheet.write(path.with_suffix(".png"))
    if film.shown.any:
        signer.sign(path.with_suffix(".png"), film.shown.personas)
