"""`thespis run`: the live loop."""

from __future__ import annotations

from thespis import options as o


def command(
    source: o.SourceOption,
    persona: o.PersonasOption = None,
    cast: o.CastOption = None,
    identity: o.IdentityOption = None,
    output: o.OutputOption = None,
    certificate: o.CertificateOption = None,
    key: o.KeyOption = None,
    size: o.SizeOption = None,
    fps: o.FpsOption = None,
    seconds: o.SecondsOption = None,
    when_lost: o.WhenLostOption = "hold",
    adjust: o.SetOption = None,
    badge: o.BadgeOption = True,
    badge_corner: o.CornerOption = "top-right",
    faces: o.FacesOption = o.DEFAULT_FACES,
    region: o.RegionOption = None,
    known_performer: o.KnownOption = False,
    provider: o.ProviderOption = "auto",
    precision: o.PrecisionOption = "auto",
    json: o.JsonFileOption = None,
) -> None:
    """Wear a persona, live: a source in, the same picture with another face out.

    Without --output the virtual camera is used. Ctrl-C ends it well. How a persona sat is kept for the next run.
    Recordings and snapshots are signed with content credentials (C2PA).
    """
    from realtime.persona.saved_fit import restore_fit, save_fit
    from realtime.pipeline import Limits
    from realtime.settings import Live, Settings
    from realtime.sink.catalog import is_stream, open_sink
    from realtime.source.catalog import open_source
    from realtime.tap import SourceTap
    from realtime.timing import Timing
    from realtime.wear import Mirror, wearing
    from thespis.figures import report_of, write_json
    from thespis.loop import Show, play, refuse_overwriting
    from thespis.screen import Screen, summary_text

    outputs = output or ["camera"]
    refuse_overwriting(source, outputs)
    settings = Live(Settings(when_lost=when_lost, badge=badge, badge_corner=badge_corner))
    stage = open_source(source, size_wh=size, fps=fps, paced=any(map(is_stream, outputs)) or None)
    signer = o.signer_of(certificate, key)
    sinks = [open_sink(spec, signer=signer) for spec in outputs]
    timing, screen = Timing(), Screen()
    wanted = o.load_personas(persona, identity)
    last, notices = zip(*(restore_fit(one) for one in wanted), strict=True)
    with wearing(
        wanted,
        settings,
        fits=o.fits_of(wanted, adjust, last),
        casting=o.casting_of(cast, len(wanted)),
        provider=provider,
        precision=precision,
        max_faces=faces,
        region=region,
        knows_performer=known_performer,
    ) as worn:
        for notice in filter(None, notices):
            screen.say(notice)
        if not badge:
            screen.say(
                "no badge, as you wish: tell those who see you that it is no real face; the invisible mark stays"
            )
        if when_lost == "show":
            screen.say("as you wish: where no swap is good, viewers see your own face")
        show = Show(SourceTap(stage, Mirror(worn.places[0])), worn, sinks, Limits(seconds))
        try:
            tally = play(show, screen, timing)
        finally:
            for place in worn.places:
                if fault := save_fit(place.outfit.persona, place.outfit.fit.now):
                    screen.say(fault)
    figures = timing.figures()
    arrivals = figures.arrivals
    screen.say(summary_text(arrivals, figures.dropped, live=stage.live))
    screen.say(tally.summary(concealed=when_lost != "show"))
    if json is not None:
        named = {"provider": worn.provider, "precision": worn.precision, "size": [*stage.size_wh]}
        report = report_of(arrivals, figures)
        write_json({**report, **named, "source": source, "persona": ", ".join(one.name for one in wanted)}, json)
