"""`thespis panel`: the control panel, a page in the browser or a dock in OBS."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from thespis.options.files import CertificateOption, KeepInOption, KeyOption, signer_of
from thespis.options.output import OutputOption
from thespis.options.panel import DEFAULT_PANEL_PORT, PanelPortOption
from thespis.options.persona import IdentityOption, PersonasOption, casting_of, load_personas
from thespis.options.provider import PrecisionOption, ProviderOption
from thespis.options.source import DEFAULT_DETECT_HZ, DEFAULT_FACES, DetectOption, FacesOption, FpsOption, SizeOption

if TYPE_CHECKING:
    from realtime.control import Controls
    from thespis.director import Director
    from thespis.performance import Programme
    from thespis.spoken import SpokenScreen

AtOption = Annotated[
    str | None,
    typer.Option("--source", "-s", help="Chosen at first; as for `thespis run`.", metavar="S"),
]
StartOption = Annotated[bool, typer.Option("--start", help="Play at once, without waiting for Start.")]
BrowserOption = Annotated[bool, typer.Option("--browser/--no-browser", help="Open it in the browser.")]
NewTokenOption = Annotated[
    bool, typer.Option("--new-token", help="Change the address: whoever knows the old one is locked out.")
]


def command(
    source: AtOption = None,
    persona: PersonasOption = None,
    identity: IdentityOption = None,
    output: OutputOption = None,
    certificate: CertificateOption = None,
    key: KeyOption = None,
    size: SizeOption = None,
    fps: FpsOption = None,
    faces: FacesOption = DEFAULT_FACES,
    detect_hz: DetectOption = DEFAULT_DETECT_HZ,
    provider: ProviderOption = "auto",
    precision: PrecisionOption = "auto",
    port: PanelPortOption = DEFAULT_PANEL_PORT,
    keep_in: KeepInOption = None,
    start: StartOption = False,
    browser: BrowserOption = True,
    new_token: NewTokenOption = False,
) -> None:
    """Open the control panel: preview, personas, hide, record, settings, figures, all on this computer alone.

    The address that it shows stays the same, so that it can be a dock in OBS. Ctrl-C ends it.
    """
    from realtime.control import Controls
    from realtime.persona.gallery import Gallery
    from realtime.settings import Live, Settings
    from realtime.sink.keeper import KeeperSink
    from thespis.choices import outputs_here, sources_here
    from thespis.performance import Programme
    from thespis.spoken import SpokenScreen

    signer = signer_of(certificate, key)
    wanted = load_personas(persona, identity)
    if output is None:
        output = ["camera"] if not outputs_here(())[0].why_not else []
    source = source or sources_here("demo")[0].spec
    casting = casting_of(None, len(wanted))
    programme = Programme(
        source,
        output,
        wanted,
        faces,
        detect_hz,
        casting=casting,
        size_wh=size,
        fps=fps,
        provider=provider,
        precision=precision,
        signer=signer,
    )
    screen = SpokenScreen()
    keeper = KeeperSink(signer, say=screen.say, warn=screen.messages.warn, folder=keep_in)
    with Controls(Live(Settings()), Gallery(wanted), keeper, screen.messages) as controls:
        direct(programme, controls, screen, port, start=start, browser=browser, new_token=new_token)


def direct(
    programme: Programme,
    controls: Controls,
    screen: SpokenScreen,
    port: int,
    *,
    start: bool,
    browser: bool = False,
    ends_with_show: bool = False,
    new_token: bool = False,
) -> Director:
    """Serve the panel, and play what is chosen in it, until Ctrl-C.

    Args:
        programme: What is chosen at first.
        controls: What changes a show that plays.
        screen: What the user sees.
        port: Where the panel is served.
        start: Whether to play at once.
        browser: Whether to open the panel in the browser, where there is one.
        ends_with_show: See `Director`.
        new_token: Whether the address is to be another from now on.

    Returns:
        Who directed; knows how the last performance went.

    Raises:
        PanelError: The port is taken, or there is no place for the token.
    """
    from realtime.panel.address import listen, own_token
    from realtime.panel.preview import Onlooker
    from realtime.panel.server import PanelServer
    from thespis.director import Director

    onlooker = Onlooker()
    director = Director(programme, controls, onlooker, screen, ends_with_show=ends_with_show)
    listener = listen(port)
    with PanelServer(director, onlooker, listener, own_token(renew=new_token)) as server:
        screen.console.print(
            f"panel: {server.url}\nkeep this address to yourself; in OBS: Docks > Custom Browser Docks > URL",
            markup=False,
            soft_wrap=True,
        )
        if browser and _has_browser():
            import webbrowser

            webbrowser.open(server.invite())  # others on this computer can read what programs are started with
        if start:
            director.start()
        director.run()
    return director


def _has_browser() -> bool:
    """Whether somebody sits before a screen on which a browser can open."""
    if not sys.stderr.isatty():
        return False
    return sys.platform in ("win32", "darwin") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
