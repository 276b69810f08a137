"""`thespis report`: is the footage good enough, with pictures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from realtime.errors import SinkError
from thespis.options.files import JsonFileOption

if TYPE_CHECKING:
    from rich.table import Table

    from models.faceset.assessment import Assessment
    from models.faceset.verdict import Finding

_MOST_LINES = 8
"""Of what each set lacks, on the screen; the page has them all."""

FacesetArgument = Annotated[Path, typer.Argument(help="A folder that extract made.", metavar="FACESET")]
OtherArgument = Annotated[
    Path | None,
    typer.Argument(help="A second one, to be worn by the first: how well do they match?", metavar="[FACESET]"),
]
OutOption = Annotated[
    Path | None,
    typer.Option("--out", help="The page to write; FACESET/report.html where left out.", metavar="FILE.html"),
]


def command(
    faceset: FacesetArgument,
    persona: OtherArgument = None,
    out: OutOption = None,
    json: JsonFileOption = None,
) -> None:
    """Say whether footage is good enough, what is missing, and how well two facesets match.

    Writes one page with pictures that needs nothing else, and the verdict on the screen. Of two facesets the first
    performs and the second is worn.
    """
    from rich.console import Console

    from models.faceset.assessment import assess
    from models.faceset.index import read_faceset
    from models.faceset.report_page import page_of
    from thespis.figures import write_json
    from thespis.screen import Screen

    screen = Screen()
    page = out or faceset / "report.html"
    refuse_other_names(page)
    facesets = [read_faceset(folder) for folder in (faceset, persona) if folder is not None]
    for each in facesets:
        if each.unfinished:
            screen.say(
                f"{each.folder} is not finished ({', '.join(each.unfinished)}): what is said of it may change; "
                "the same words of extract go on"
            )
    assessment = assess(facesets)
    write_page(page, page_of(assessment))
    on_stdout = json is not None and str(json) == "-"
    console = screen.console if on_stdout else Console(highlight=False)
    console.print(verdict_table(assessment))
    for line in missing_lines(assessment):
        console.print(line, markup=False, soft_wrap=True)
    if json is not None:
        write_json(assessment.figures(), json)
    screen.say(f"with pictures: {page}")


def refuse_other_names(page: Path) -> None:
    """Refuse to write a page over what is none: a film, a persona.

    Raises:
        SinkError: The name ends otherwise.
    """
    if page.suffix.lower() not in (".html", ".htm"):
        raise SinkError(f"report {page}", wanted="a name that ends in .html", next_step="choose another --out")


def write_page(page: Path, text: str) -> None:
    """Write the page beside its place, then rename it there: an older report stays whole until then.

    Raises:
        SinkError: It cannot be written.
    """
    from thespis.figures import write_text

    fresh = page.with_name(f".{page.name}.new")
    try:
        fresh.unlink(missing_ok=True)
        write_text(fresh, text, new=True)
        fresh.replace(page)
    except OSError as error:
        raise SinkError(
            f"report {page}",
            wanted="a place that can be written to",
            got=error.strerror or str(error),
            next_step="choose another --out",
        ) from error
    finally:
        fresh.unlink(missing_ok=True)


def verdict_table(assessment: Assessment) -> Table:
    """The verdict for the screen: every rule, and what each set got."""
    from rich.table import Table
    from rich.text import Text

    names = " and ".join(each.name for each in assessment.sets)
    table = Table(title=Text(f"{names}: {assessment.grade.words}"), title_justify="left")
    table.add_column("")
    for title in ("got", "to begin", "to be good"):
        table.add_column(title, justify="right")
    table.add_column("")
    parts = [(each.name, each.grade, each.findings) for each in assessment.sets]
    if assessment.match is not None:
        parts.append(("how they match", assessment.match.grade, assessment.match.findings))
    for name, grade, findings in parts:
        if len(parts) > 1:
            table.add_row(Text(name, style="bold"), "", "", "", Text(grade.words, style="bold"))
        for finding in findings:
            table.add_row(*_row(finding))
        table.add_section()
    return table


def missing_lines(assessment: Assessment) -> list[str]:
    """What is missing, the worst of it, with whose it is."""
    lists = [(f"{each.name}: ", each.missing) for each in assessment.sets]
    if assessment.match is not None:
        performer, persona = (each.name for each in assessment.sets)
        lists.append(("", tuple(lack.sentence(performer, persona) for lack in assessment.match.performer_only)))
    lines = []
    for whose, sentences in lists:
        lines += [f"{whose}{sentence}" for sentence in sentences[:_MOST_LINES]]
        if len(sentences) > _MOST_LINES:
            lines.append(f"{whose}and {len(sentences) - _MOST_LINES} more, on the page.")
    return lines


def _row(finding: Finding) -> tuple[str, ...]:
    figures = (finding.say(value) for value in (finding.got, finding.begin, finding.good))
    return (finding.title, *figures, finding.grade.words)
