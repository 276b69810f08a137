"""`thespis bench`: the latency benchmark."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from thespis.options.files import CertificateOption, JsonFileOption, KeyOption, OverwriteOption, signer_of
from thespis.options.output import BadgeOption, CornerOption, DelayOption, OutputOption, WhenLostOption
from thespis.options.persona import (
    CastOption,
    IdentityOption,
    KnownOption,
    PersonasOption,
    RegionOption,
    SetOption,
    casting_of,
    fits_of,
    load_personas,
)
from thespis.options.provider import PrecisionOption, ProviderOption
from thespis.options.source import (
    DEFAULT_DETECT_HZ,
    DEFAULT_FACES,
    DetectOption,
    FacesOption,
    FpsOption,
    SizeOption,
    SourceOption,
)

HtmlOption = Annotated[Path | None, typer.Option("--html", help="Write the figures as one page.", metavar="FILE")]
AgainstOption = Annotated[
    Path | None,
    typer.Option(
        "--against", help="Compare with what --json wrote another time, here and on the page.", metavar="FILE"
    ),
]
MeasuredOption = Annotated[float, typer.Option("--seconds", min=0.5, help="How long to measure.")]


def command(
    source: SourceOption = "demo",
    persona: PersonasOption = None,
    cast: CastOption = None,
    identity: IdentityOption = None,
    output: OutputOption = None,
    certificate: CertificateOption = None,
    key: KeyOption = None,
    size: SizeOption = None,
    fps: FpsOption = None,
    seconds: MeasuredOption = 20.0,
    target_delay: DelayOption = 0.0,
    when_lost: WhenLostOption = "hold",
    adjust: SetOption = None,
    badge: BadgeOption = True,
    badge_corner: CornerOption = "top-right",
    faces: FacesOption = DEFAULT_FACES,
    detect_hz: DetectOption = DEFAULT_DETECT_HZ,
    region: RegionOption = None,
    known_performer: KnownOption = False,
    provider: ProviderOption = "auto",
    precision: PrecisionOption = "auto",
    json: JsonFileOption = None,
    html: HtmlOption = None,
    against: AgainstOption = None,
    overwrite: OverwriteOption = False,
) -> None:
    """Measure rate, age and drops; what is in the pictures is the proof.

    Index and capture time are written into the source's pixels and read back from the sink's. A film is played
    at its own rate, over and over, as a camera would be. The first two seconds are not counted.
    """
    from rich.console import Console

    from realtime.settings import Live, Settings
    from realtime.sink.catalog import open_sink
    from realtime.source.catalog import open_source
    from realtime.wear import wearing
    from thespis.figures import table_of, write_json, write_text
    from thespis.measure import Bench, measure
    from thespis.page import page_of, read_run
    from thespis.places import check_places
    from thespis.screen import Screen

    outputs = output or ["null"]
    check_places(outputs, {"--json": json, "--html": html}, source=source, overwrite=overwrite)
    before = read_run(against) if against is not None else None
    settings = Live(Settings(when_lost=when_lost, badge=badge, badge_corner=badge_corner))
    stage = open_source(source, size_wh=size, fps=fps, paced=True, loop=True)
    signer = signer_of(certificate, key)
    sinks = [open_sink(spec, signer=signer) for spec in outputs]
    wanted = load_personas(persona, identity)
    screen = Screen()
    with wearing(
        wanted,
        settings,
        fits=fits_of(wanted, adjust),
        casting=casting_of(cast, len(wanted)),
        provider=provider,
        precision=precision,
        max_faces=faces,
        detect_hz=detect_hz,
        region=region,
        knows_performer=known_performer,
    ) as worn:
        report = measure(Bench(stage, source, worn, sinks, seconds, target_delay), screen)
    on_stdout = json is not None and str(json) == "-"
    (screen.console if on_stdout else Console()).print(table_of(report, before))
    if before is not None:
        screen.say(f"before: {against}, of {before.get('date', 'another time')}; of each, the median")
    if json is not None:
        write_json(report, json)
        screen.say("" if on_stdout else f"figures: {json}")
    if html is not None:
        write_text(html, page_of(report, before))
        screen.say(f"page, for a browser: {html.absolute()}")
