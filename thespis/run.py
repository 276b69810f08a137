"""`thespis run`: the live loop."""

from __future__ import annotations

from thespis import options as o


def command(
    source: o.SourceOption,
    persona: o.PersonasOption = None,
    cast: o.CastOption = None,
    identity: o.IdentityOption = None,
    output: o.OutputOption = None,
    size: o.SizeOption = None,
    fps: o.FpsOption = None,
    seconds: o.SecondsOption = None,
    when_lost: o.WhenLostOption = "hold",
    colour_match: o.ColourOption = 1.0,
    badge: o.BadgeOption = True,
    mirror: o.MirrorOption = False,
    faces: o.FacesOption = o.DEFAULT_FACES,
    region: o.RegionOption = None,
    known_performer: o.KnownOption = False,
    provider: o.ProviderOption = "auto",
    precision: o.PrecisionOption = "auto",
    json: o.JsonFileOption = None,
) -> None:
    """Wear a persona, live: a source in, the same picture with another face out.

    Without --output the virtual camera is used. Ctrl-C ends it well.
    """
    from realtime.pipeline import Limits
    from realtime.settings import Live
    from realtime.sink.catalog import open_sink
    from realtime.source.catalog import open_source
    from realtime.tap import SourceTap
    from realtime.timing import Timing
    from realtime.wear import Mirror, wearing
    from thespis.figures import report_of, write_json
    from thespis.loop import Show, play, refuse_overwriting
    from thespis.screen import Screen, summary_text

    outputs = output or ["camera"]
    refuse_overwriting(source, outputs)
    settings = Live(o.settings_of(when_lost, colour_match, badge, mirror))
    stage = open_source(source, size_wh=size, fps=fps)
    sinks = [open_sink(spec) for spec in outputs]
    timing, screen = Timing(), Screen()
    wanted = o.load_personas(persona, identity)
    with wearing(
        wanted,
        settings,
        casting=o.casting_of(cast, len(wanted)),
        provider=provider,
        precision=precision,
        max_faces=faces,
        region=region,
        knows_performer=known_performer,
    ) as worn:
        show = Show(SourceTap(stage, Mirror(settings)), worn, sinks, Limits(seconds))
        tally = play(show, screen, timing)
    figures = timing.figures()
    arrivals = figures.arrivals
    screen.say(summary_text(arrivals, figures.dropped, live=stage.live))
    screen.say(tally.summary(concealed=when_lost != "show"))
    if json is not None:
        named = {"provider": worn.provider, "precision": worn.precision, "size": [*stage.size_wh]}
        report = report_of(arrivals, figures)
        write_json({**report, **named, "source": source, "persona": ", ".join(one.name for one in wanted)}, json)
