"""The command `thespis`: reads argv, tells errors in one line, and chooses the exit status.

0: done. 1: it could not be done; one line on stderr says what, wanted, got and the next step. 2: the words were
wrong. 130: broken off by Ctrl-C.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib import import_module, metadata
from typing import Annotated, Any

import typer

from realtime.errors import ThespisError
from realtime.first_start import help_at_first
from thespis import quiet

COMMANDS = (
    "demo",
    "run",
    "panel",
    "swap",
    "bench",
    "verify",
    "settings",
    "devices",
    "doctor",
    "extract",
    "report",
    "train",
    "export",
    "import",
)
"""Each is `command` in the module of its name, or of the name in `_MODULES`."""
_MODULES = {"import": "importing"}  # a word that no module can be called by
GROUPS = ("persona",)
"""Words with commands of their own: `app` in the module of that name."""

WEAR = ("demo", "run", "panel", "bench")
"""Commands in which a persona is worn, at once or soon."""

TRAINING_PARTS = ("torch", "lightning", "onnx", "safetensors", "tensorboard")
"""Packages of the extra `train`."""

DEBUG = "--debug"


def build() -> typer.Typer:
    """The command line with all its commands."""
    app = typer.Typer(
        name="thespis",
        help="Appear as another face in a video call or a live stream, live, on your own computer.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_common)
    for name in COMMANDS:
        command: Callable[..., Any] = import_module(f"thespis.{_MODULES.get(name, name)}").command
        app.command(name)(command)
    for name in GROUPS:
        app.add_typer(import_module(f"thespis.{name}").app, name=name)
    return app


def _say_version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"thespis {metadata.version('thespis')}\n")
        raise typer.Exit


def _common(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_say_version, help="Say the version and end.")
    ] = False,
    debug: Annotated[bool, typer.Option(DEBUG, help="Show tracebacks and what libraries write.")] = False,
) -> None:
    """Words that stand before a command. `main` has taken `--debug` out already; here it is for the help."""


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command that argv names, and exit.

    Args:
        argv: Words after the program's name; those of the process where left out.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    debug = DEBUG in words  # may stand anywhere, also behind the command
    words = [word for word in words if word != DEBUG]
    if debug:
        build()(words, prog_name="thespis")
        return
    log = quiet.hush()
    if words[:1] and words[0] in WEAR:
        help_at_first()
    try:
        build()(words, prog_name="thespis")
    except ThespisError as error:
        sys.exit(f"thespis: {_one_line(error)}")
    except Exception as error:  # noqa: BLE001 - a fault of ours; a traceback belongs to --debug
        if isinstance(error, ModuleNotFoundError) and error.name in TRAINING_PARTS:
            sys.exit(f"thespis: {error.name} is not installed; pip install -c constraints.txt '.[train]'")
        where = f"; what libraries said is in {log}" if log else ""
        sys.exit(
            f"thespis: a fault of the program: {type(error).__name__}: {_one_line(error)}; "
            f"run it again with {DEBUG} and report what it shows{where}"
        )


def _one_line(error: BaseException) -> str:
    notes = getattr(error, "__notes__", [])
    return " ".join("; ".join([str(error), *notes]).split())


if __name__ == "__main__":
    main()
