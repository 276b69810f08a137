"""`thespis run`: the live loop."""

from __future__ import annotations

import typer

from thespis.options.files import (
    CertificateOption,
    JsonFileOption,
    KeepInOption,
    KeyOption,
    MicrophoneOption,
    OverwriteOption,
    signer_of,
)
from thespis.options.output import BadgeOption, CornerOption, DelayOption, OutputOption, SecondsOption, WhenLostOption
from thespis.options.panel import DEFAULT_PANEL_PORT, PanelOption, PanelPortOption
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


def command(
    source: SourceOption,
    persona: PersonasOption = None,
    cast: CastOption = None,
    identity: IdentityOption = None,
    output: OutputOption = None,
    certificate: CertificateOption = None,
    key: KeyOption = None,
    size: SizeOption = None,
    fps: FpsOption = None,
    seconds: SecondsOption = None,
    target_delay: DelayOption = 0.0,
    microphone: MicrophoneOption = None,
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
    panel: PanelOption = False,
    panel_port: PanelPortOption = DEFAULT_PANEL_PORT,
    keep_in: KeepInOption = None,
    overwrite: OverwriteOption = False,
) -> None:
    """Wear a persona, live: a source in, the same picture with another face out.

    Without --output the virtual camera is used. Ctrl-C ends it well. How a persona sat is kept for the next run.
    Recordings and snapshots are signed with content credentials (C2PA). Keys in a window: h hides, v shows again,
    n wears the next persona, s takes a snapshot, r records, m mirrors.
    """
    from realtime.control import Controls
    from realtime.persona.gallery import Gallery
    from realtime.settings import Live, Settings
    from realtime.sink.keeper import KeeperSink
    from realtime.sync_offset import sync_offset_ms
    from realtime.timing import Timing
    from thespis.figures import report_of, write_json
    from thespis.panel import direct
    from thespis.performance import Programme, perform
    from thespis.places import check_places
    from thespis.screen import summary_text
    from thespis.spoken import SpokenScreen

    outputs = output or ["camera"]
    check_places(outputs, {"--json": json}, source=source, overwrite=overwrite)
    settings = Live(Settings(when_lost=when_lost, badge=badge, badge_corner=badge_corner))
    signer = signer_of(certificate, key)
    wanted = load_personas(persona, identity)
    programme = Programme(
        source,
        outputs,
        wanted,
        faces,
        detect_hz,
        casting=casting_of(cast, len(wanted)),
        size_wh=size,
        fps=fps,
        seconds=seconds,
        provider=provider,
        precision=precision,
        region=region,
        knows_performer=known_performer,
        signer=signer,
        target_delay_ms=target_delay,
        microphone=microphone,
        fits=lambda personas, last: fits_of([*personas], adjust, last),
        overwrite=overwrite,
    )
    screen, timing = SpokenScreen(), Timing()
    keeper = KeeperSink(signer, say=screen.say, warn=screen.messages.warn, folder=keep_in)
    with Controls(settings, Gallery(wanted), keeper, screen.messages) as controls:
        if panel:
            director = direct(programme, controls, screen, panel_port, start=True, ends_with_show=True)
            done, timing = director.last, director.timing
            if done is None:  # it was told when it happened
                raise typer.Exit(director.error is not None)
        else:
            done = perform(programme, controls, screen, timing)
    figures = timing.figures()
    arrivals = figures.arrivals
    screen.say(summary_text(arrivals, figures.dropped, live=done.live, delay_ms=target_delay))
    screen.say(done.tally.summary(concealed=settings.now.when_lost != "show"))
    if json is not None:
        named = {"provider": done.provider, "precision": done.precision, "size": [*done.size_wh]}
        offset = sync_offset_ms(arrivals.age_ms.p50, target_delay) if done.live else None
        report = report_of(arrivals, figures) | {"sync_offset_ms": offset}
        write_json({**report, **named, "source": source, "persona": ", ".join(one.name for one in wanted)}, json)
