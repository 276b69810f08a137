"""What README and guides say can be followed: links lead somewhere, and commands are words that the program knows."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import typer
from typer.main import get_command

from realtime.persona.identity import GROUNDS, parse_identity
from thespis.doctor import _PLACES, GUIDES, TROUBLESHOOTING, Finding
from thespis.main import DEBUG, build

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("**/*.md")])
CODE_BLOCK = re.compile(r"^\s*(```|~~~).*?^\s*\1", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"!?\[(?:[^\[\]]|\[[^\[\]]*\])*\]\(([^()\s]+)\)")
HEADING = re.compile(r"^#{1,6} +(.+?) *#*$", re.MULTILINE)
SPAN = re.compile(r"`([^`\n]+)`")
PLACEHOLDERS = re.compile(r"…|\bCOMMAND\b|\bCHAIN\b")
"""Words that stand for others: such a line is a pattern, and no command."""
USAGE_ERROR: Any = typer.BadParameter.__base__  # typer carries a click of its own and shows but a part of it


def words_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def anchors(page: Path) -> set[str]:
    """The names by which headings are linked to, as GitHub makes them."""
    made: set[str] = set()
    for heading in HEADING.findall(CODE_BLOCK.sub("", words_of(page))):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower().replace("`", "")
        base = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        name, number = base, 0
        while name in made:
            number += 1
            name = f"{base}-{number}"
        made.add(name)
    return made


def links() -> Iterator[tuple[Path, str]]:
    for page in PAGES:
        for target in LINK.findall(CODE_BLOCK.sub("", words_of(page))):
            if not re.match(r"[a-z]+:", target):
                yield page, target


def leads_somewhere(page: Path, target: str) -> bool:
    path, _, anchor = unquote(target).partition("#")
    at = (page.parent / path).resolve() if path else page
    if not at.is_relative_to(ROOT) or not at.exists():
        return False
    return not anchor or (at.suffix == ".md" and anchor in anchors(at))


@pytest.mark.parametrize(
    ("page", "target"), [pytest.param(*one, id=f"{one[0].name}: {one[1]}") for one in dict.fromkeys(links())]
)
def test_a_link_leads_somewhere(page: Path, target: str) -> None:
    assert leads_somewhere(page, target), f"{page.relative_to(ROOT)} links to {target}, which is not there"


def command_lines() -> Iterator[tuple[Path, str, bool]]:
    """Every line of a code block, and every piece of code in a sentence (True), that begins with the program's name."""
    for page in PAGES:
        text = words_of(page)
        for block in CODE_BLOCK.finditer(text):
            for line in block.group().replace("\\\n", " ").splitlines():
                if line.strip().startswith("thespis "):
                    yield page, line.strip(), False
        for span in SPAN.findall(CODE_BLOCK.sub("", text)):
            if span.startswith("thespis ") and not PLACEHOLDERS.search(span):
                yield page, span, True


def unknown_words(line: str, *, in_a_sentence: bool = False) -> str:
    """Why the program would not take a command line; empty where it would. Nothing is run.

    In a sentence a command may be named without what it cannot do without.
    """
    words = [word for word in shlex.split(line, comments=True)[1:] if word != DEBUG]
    command = get_command(build())
    while hasattr(command, "commands"):
        if not words:
            return "no command"
        if words[0] not in command.commands:
            return f"no command {words[0]!r}"
        command = command.commands[words.pop(0)]
    try:
        command.make_context(command.name, words)
    except typer.Exit:  # --help
        return ""
    except USAGE_ERROR as error:
        missing = type(error).__name__ == "MissingParameter"
        return "" if missing and in_a_sentence else error.format_message()
    return ""


@pytest.mark.parametrize(
    ("page", "line", "in_a_sentence"),
    [pytest.param(*one, id=f"{one[0].name}: {one[1]}") for one in dict.fromkeys(command_lines())],
)
def test_a_command_line_is_one_that_the_program_takes(page: Path, line: str, in_a_sentence: bool) -> None:
    wrong = unknown_words(line, in_a_sentence=in_a_sentence)
    assert not wrong, f"{page.relative_to(ROOT)}: {line}: {wrong}"


@pytest.mark.parametrize(
    "line",
    ["thespis perform", "thespis run", "thespis run --source 0 --loud", "thespis run -s 0 --size huge", "thespis"],
)
def test_that_look_finds_what_it_looks_for(line: str) -> None:
    assert unknown_words(line)


def test_the_look_at_links_finds_what_it_looks_for() -> None:
    readme = ROOT / "README.md"
    assert leads_somewhere(readme, "docs/calls.md#sound")
    assert not leads_somewhere(readme, "docs/calls.md#silence")
    assert not leads_somewhere(readme, "docs/none.md")
    assert len(list(links())) > 20
    assert len(list(command_lines())) > 20


def cards(page: Path) -> list[str]:
    """Every identity card of a page: its blocks of TOML."""
    return re.findall(r"^```toml\n(.*?)^```", words_of(page), re.DOTALL | re.MULTILINE)


def test_identity_cards_that_are_shown_are_complete() -> None:
    shown = [parse_identity(tomllib.loads(card)) for page in PAGES for card in cards(page)]
    assert {card.ground for card in shown} == set(GROUNDS)
    on_one_page = [tomllib.loads(card)["ground"] for card in cards(ROOT / "docs" / "identity.md")]
    assert on_one_page == list(GROUNDS)


def test_the_doctor_points_to_headings_that_are_there() -> None:
    there = anchors(ROOT / "docs" / TROUBLESHOOTING)
    for what in _PLACES:
        for found in ("none", "no permission for /dev/video0"):
            path, _, anchor = Finding(what, good=False, essential=False, found=found).guide.partition("#")
            assert path == str(ROOT / "docs" / TROUBLESHOOTING)  # from any folder
            assert anchor in there
        assert not Finding(what, good=True, essential=False, found="all").guide
    for named in GUIDES:
        assert (ROOT / "docs" / named).exists()
        assert f"docs/{named}" in words_of(ROOT / "README.md")
