"""`thespis swap`: a file instead of a camera."""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from thespis.options.files import CertificateOption, JsonFileOption, KeyOption, signer_of
from thespis.options.output import BadgeOption, CornerOption, WhenLostOption
from thespis.options.persona import (
    DEFAULT_PERSONA,
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
from thespis.options.source import DEFAULT_FACES, FacesOption

if TYPE_CHECKING:
    from realtime.film.conductor import Progress
    from realtime.film.conversion import Asked, Conversion, Made
    from realtime.film.crew import Crew
    from realtime.film.streams import Cargo
    from thespis.screen import Screen

Engine = Literal["local", "ray"]

FilmArgument = Annotated[Path, typer.Argument(help="The film.", metavar="IN")]
MadeArgument = Annotated[Path, typer.Argument(help="The film to make: .mp4, .mov or .mkv.", metavar="OUT")]
QualityOption = Annotated[
    int, typer.Option("--quality", min=0, max=40, help="x264's rate factor: lower is better, and larger.")
]
WorkersOption = Annotated[
    int | None, typer.Option("--workers", min=1, max=256, help="How many pieces at once; by default one a core.")
]
PieceOption = Annotated[
    float | None,
    typer.Option("--piece", min=0.5, help="Seconds a piece, at least; by default a sixteenth of the film, 15 to 60."),
]
EngineOption = Annotated[
    Engine, typer.Option("--engine", help="Workers on this computer, or on a Ray cluster (extra `cluster`).")
]
RayAddressOption = Annotated[
    str | None,
    typer.Option("--ray-address", help="Of the cluster; by default one is begun here.", metavar="HOST:PORT"),
]
AnewOption = Annotated[bool, typer.Option("--anew", help="Throw away what was begun with other words.")]
OverwriteOption = Annotated[bool, typer.Option("--overwrite", help="Replace OUT, once the new film is whole.")]


def command(
    film: FilmArgument,
    out: MadeArgument,
    persona: PersonasOption = None,
    cast: CastOption = None,
    identity: IdentityOption = None,
    certificate: CertificateOption = None,
    key: KeyOption = None,
    when_lost: WhenLostOption = "hold",
    adjust: SetOption = None,
    badge: BadgeOption = True,
    badge_corner: CornerOption = "top-right",
    faces: FacesOption = DEFAULT_FACES,
    region: RegionOption = None,
    known_performer: KnownOption = False,
    provider: ProviderOption = "auto",
    precision: PrecisionOption = "auto",
    quality: QualityOption = 18,
    workers: WorkersOption = None,
    piece: PieceOption = None,
    engine: EngineOption = "local",
    ray_address: RayAddressOption = None,
    anew: AnewOption = False,
    overwrite: OverwriteOption = False,
    json: JsonFileOption = None,
) -> None:
    """Wear a persona in a film: nothing dropped, every time stamp, sound and subtitles kept.

    Where no face is found nobody knows who is there: such pictures are concealed, also those that show no people at
    all. --when-lost show, your own word, leaves them as they are; who is in them and not found is then seen. What was
    broken off goes on when the same words are given again.
    """
    from realtime.film.conversion import Asked, Conversion
    from realtime.film.order import Wishes
    from realtime.persona.catalog import find_persona
    from realtime.persona.instant import is_photo
    from realtime.timing import now_s
    from thespis.figures import write_json
    from thespis.places import check_places
    from thespis.screen import Screen

    check_places(files={"--json": json}, source=str(film), overwrite=overwrite)
    screen, wanted = Screen(), load_personas(persona, identity)
    wishes = Wishes(
        personas=(),
        fits=tuple(fit.changed() for fit in fits_of(wanted, adjust)),
        cast=casting_of(cast, len(wanted)).rule,
        when_lost=when_lost,
        badge=badge,
        badge_corner=badge_corner,
        faces=faces,
        region=region.words if region else "",
        known_performer=known_performer,
        provider=provider,
        precision=precision,
        quality=quality,
    )
    names = persona or [DEFAULT_PERSONA]
    files = [None if is_photo(Path(name)) else find_persona(name) for name in names]
    asked = Asked(film, out, wanted, files, wishes, piece_s=piece, anew=anew, overwrite=overwrite)
    conversion = Conversion(asked, signer_of(certificate, key))
    if conversion.done:
        screen.say(f"{out} is whole: only what it was made of was left to clear away")
        return
    with contextlib.closing(conversion), _crew(engine, workers, ray_address, len(conversion.pieces)) as crew:
        _say_what(screen, asked, conversion, crew)
        begun_s = now_s()
        made = _run(conversion, crew, screen)
    if made is None:
        screen.say("stopped; the same words again go on from here")
        raise typer.Exit(130)
    report = _report(made, conversion, now_s() - begun_s)
    _say_outcome(screen, asked, made, report, conversion)
    if json is not None:
        write_json(report, json)


def _crew(engine: Engine, workers: int | None, address: str | None, pieces: int) -> Crew:
    """Who makes it.

    Raises:
        ThespisError: Ray is not installed, or there is no such cluster.
    """
    if engine == "ray":
        from realtime.film.cluster import RayCrew

        return RayCrew(address, workers)
    from realtime.film.local import LocalCrew, workers_here

    return LocalCrew(min(workers or workers_here(), pieces))


def _run(conversion: Conversion, crew: Crew, screen: Screen) -> Made | None:
    from thespis.loop import ending_well

    stop = threading.Event()
    with ending_well(stop.set), screen.progress(conversion.film.path.name) as move:

        def show(progress: Progress) -> None:
            again = f", {progress.again} made again" if progress.again else ""
            beside = f"{progress.frames} frames, piece {progress.pieces} of {progress.of}{again}"
            move(progress.frames, conversion.film.pictures, beside)

        return conversion.run(crew, show, stop.is_set)


def _say_what(screen: Screen, asked: Asked, conversion: Conversion, crew: Crew) -> None:
    from realtime.film.pieces import LONGEST_S

    film, pieces = conversion.film, len(conversion.pieces)
    for persona in asked.personas:
        screen.say(f"persona {persona.name}: {persona.manifest.identity.in_words()}")
    width, height = film.size_wh
    screen.say(f"film {film.path}: {width}x{height}, {film.pictures} pictures, {film.length_s:.1f} s")
    for note in (*film.notes, *conversion.cargo.notes):
        screen.say(note)
    if pieces == 1 and film.length_s > LONGEST_S:
        why = (
            "who wears what goes by who came first" if asked.wishes.cast != "everyone" else "it has no place to cut at"
        )
        screen.say(f"it is made in one piece, by one worker: {why}")
    else:
        screen.say(f"{pieces} piece{'s' * (pieces > 1)}, {crew.said}{', begun before' * conversion.resumed}")
    if not asked.wishes.badge:
        screen.say("no badge, as you wish: tell those who see it that it is no real face; the invisible mark stays")
    if asked.wishes.when_lost == "show":
        screen.say("as you wish: where no swap is good, the film shows what it showed before")


def _say_outcome(screen: Screen, asked: Asked, made: Made, report: dict[str, object], conversion: Conversion) -> None:
    pictures = conversion.film.pictures
    for record in made.records:
        screen.say(record.failure and f"piece {record.number + 1} broke off: {record.failure}")
    frames, unworn = made.written.pictures, report["without_persona"]
    if frames < pictures:
        screen.say(f"{pictures - frames} of {pictures} pictures cannot be decoded, and are not in it")
    if made.written.failure:
        screen.say(f"what goes along with the pictures breaks off: {made.written.failure}")
    speed = f", {report['fps']:.0f} a second" if made.now else ""
    screen.say(f"{asked.out}: {frames} frames{speed}{_kept(conversion.cargo)}")
    if unworn:
        concealed = ", concealed" if asked.wishes.when_lost != "show" else ""
        screen.say(
            f"{unworn} of {frames} frames are without the persona{concealed}; {report['without_face']} show no face"
        )
        if concealed:
            screen.say(
                "where a film shows no people, --when-lost show leaves it as it is; look at it before you show it"
            )
    screen.say(made.signed)


def _kept(cargo: Cargo) -> str:
    """What of the film went along as it was, as the end of a sentence."""
    if not cargo.kinds:
        return ""
    return f", {' and '.join(cargo.kinds)} as {'it was' if cargo.kinds == ('sound',) else 'they were'}"


def _report(made: Made, conversion: Conversion, seconds: float) -> dict[str, object]:
    frames = made.written.pictures
    return {
        "frames": frames,
        "made_now": made.now,
        "fps": round(made.now / seconds, 2),
        "duration_s": round(conversion.film.length_s, 3),
        "without_persona": sum(record.unworn for record in made.records),
        "without_face": sum(record.without_face for record in made.records),
        "not_decoded": max(0, conversion.film.pictures - frames),
        "pieces": len(made.records),
        "pieces_broken_off": sum(bool(record.failure) for record in made.records),
        "other_packets": made.written.others,
        "took_s": round(seconds, 2),
        "size": [*conversion.film.size_wh],
    }
