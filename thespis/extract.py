"""`thespis extract`: footage into a faceset that a person can look through."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from realtime.errors import TrainingError
from thespis.guided import names_camera, recorded
from thespis.screen import Screen

if TYPE_CHECKING:
    from models.faceset.extract import Outcome
    from models.faceset.judge import Rules
    from models.faceset.media import Medium

MediaArgument = Annotated[
    list[str],
    typer.Argument(help="Films, photos, folders of them, or a camera (`camera`, or its number).", metavar="MEDIA..."),
]
OutOption = Annotated[
    Path, typer.Option("--out", help="The faceset's folder; one that is there goes on.", metavar="FACESET")
]
EveryOption = Annotated[int | None, typer.Option("--every", min=1, help="Keep the faces of every Nth frame.")]
FpsOption = Annotated[
    float | None, typer.Option("--fps", min=0.01, help="Or of so many frames a second.", show_default="10")
]
PersonOption = Annotated[
    int | None,
    typer.Option(
        "--person",
        min=1,
        help="Whose face: 1 is the person seen most; in a faceset that is there, who was kept before.",
        show_default="1",
    ),
]
LikeOption = Annotated[
    Path | None, typer.Option("--like", help="Or the person who looks like this photo.", metavar="PHOTO")
]
SizeOption = Annotated[int, typer.Option("--size", min=64, max=1024, help="Longest side of a crop, in pixels.")]
LeastOption = Annotated[
    float, typer.Option("--least-eyes-px", min=1, help="Set aside faces with less than this between the eyes.")
]


def command(
    media: MediaArgument,
    out: OutOption,
    every: EveryOption = None,
    fps: FpsOption = None,
    person: PersonOption = None,
    like: LikeOption = None,
    size: SizeOption = 512,
    least_eyes_px: LeastOption = 24.0,
) -> None:
    """Turn footage into a folder of aligned faces to look through and prune. Ctrl-C stops; the same words go on."""
    import threading

    from thespis.places import check_folder

    check_folder("--out", out)
    from models.faceset.extract import Extraction
    from models.faceset.footage import Cutting
    from thespis.loop import ending_well

    if every is not None and fps is not None:
        raise typer.BadParameter("either --every or --fps")
    screen, stop = Screen(), threading.Event()
    with leaving_nothing(out):
        footage = _media(media, out, screen)
        extraction = Extraction(footage, out, Cutting(every, fps, size), _rules(person, like, least_eyes_px))
        with ending_well(stop.set), screen.progress("extracting") as move:
            outcome = extraction(lambda done, total, beside: move(done, total, beside), stop)
    for problem in outcome.problems:
        screen.say(problem)
    if outcome.stopped:
        screen.say(f"stopped; the same words again go on from here ({out})")
        raise typer.Exit(130)
    if not outcome.kept:
        raise nothing_kept(outcome, out)
    for line in summary(outcome, out):
        screen.say(line)


@contextmanager
def leaving_nothing(out: Path) -> Iterator[None]:
    """Where nothing comes of it, remove the folders that it made, as far as nothing is in them."""
    from models.faceset.writer import forget_bare

    made = [folder for folder in (out, *out.parents) if not folder.exists()]
    try:
        yield
    except BaseException:
        for folder in made:
            forget_bare(folder) if folder == out else _remove_empty(folder)
        raise


def _remove_empty(folder: Path) -> None:
    with suppress(OSError):  # something is in it
        folder.rmdir()


def summary(outcome: Outcome, out: Path) -> list[str]:
    """What a user is told at the end."""
    lines = people_lines(outcome)
    lines.append(
        f"kept {outcome.kept} faces, set aside {_set_aside(outcome)}; "
        f"{outcome.without_face} of {outcome.frames} frames had no face"
    )
    reason, count = max(outcome.aside.items(), key=lambda item: item[1], default=("", 0))
    if reason in ADVICE and count > outcome.kept:
        lines.append(f"most are {reason}: {ADVICE[reason]}")
    lines.append(f"look through {out / 'faces'} and delete what does not belong; then: thespis report {out}")
    return lines


def people_lines(outcome: Outcome) -> list[str]:
    """Whose faces were kept, where several people were seen."""
    if len(outcome.people) < 2:
        return []
    others = [f"{number + 1}: {count}" for number, count in enumerate(outcome.people) if number != outcome.chosen]
    some = ", ".join(others[:5]) + (" ..." if others[5:] else "")
    return [
        f"{len(outcome.people)} people told apart: kept person {outcome.chosen + 1} "
        f"({outcome.people[outcome.chosen]} faces; person {some}); "
        "`thespis extract` with --person N or --like PHOTO chooses another"
    ]


def _set_aside(outcome: Outcome) -> str:
    """`80 (60 duplicate, 20 blurred)`, or `none`."""
    by_reason = ", ".join(f"{count} {reason}" for reason, count in outcome.aside.most_common())
    return f"{outcome.aside.total()} ({by_reason})" if by_reason else "none"


def nothing_kept(outcome: Outcome, out: Path) -> TrainingError:
    """Why there is nothing to train on, and what to do about it."""
    found = outcome.aside.total()
    if not found:
        return TrainingError(
            f"faceset {out}",
            wanted="faces",
            got=f"none in {outcome.frames} frames",
            next_step="use footage in which a face is at least an eighth of the picture wide",
        )
    worst = outcome.aside.most_common(1)[0][0]
    return TrainingError(
        f"faceset {out}",
        wanted="faces to keep",
        got=f"{found}, all set aside: {_set_aside(outcome)}",
        next_step=f"{ADVICE.get(worst, 'look at them')}; move back from {out / 'aside'} what is good after all",
    )


ADVICE = {
    "blurred": "use sharper footage: more light, a cleaned lens, focus on the face",
    "small": "use footage taken from nearer, or a lower --least-eyes-px",
    "turned-away": "use footage that shows the face from the front, too",
    "cut-off": "use footage with the whole face in the picture",
}
"""What to do where most crops were set aside for one reason."""


def _rules(person: int | None, like: Path | None, least_eyes_px: float) -> Rules:
    from models.faceset.judge import Rules
    from models.faceset.likeness import look_in_photo
    from models.faceset.media import digest_of

    if like is None:
        return Rules(least_eyes_px, person)
    look = look_in_photo(like)
    return Rules(least_eyes_px, like=look, like_name=f"{like.name} ({digest_of(like)[:8]})")


def _media(words: list[str], out: Path, screen: Screen) -> list[Medium]:
    """What the words name; a camera is recorded first. Paths are looked up before anybody is asked to perform."""
    from models.faceset.media import find_media, passed_over

    paths = [Path(word) for word in words if not names_camera(word)]
    files = find_media(paths)
    over = sum((passed_over(path) for path in paths if path.is_dir()), Counter[str]())
    if over:
        some = ", ".join(f"{count} {ending}" for ending, count in over.most_common(5))
        screen.say(f"passed over {over.total()} files that are no films or photos it can read: {some}")
    return files + [recorded(word, out, screen) for word in words if names_camera(word)]
