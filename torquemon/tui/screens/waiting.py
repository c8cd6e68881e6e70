"""The first picture: connecting, what this is not, and what STOP can do by now.

It promises nothing that it cannot do: until the monitor is there a press of STOP stops nothing, so
it says at once to release the pedal, and the order goes out as the first one. Only what has to be
loaded for these words is imported here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final, NamedTuple

from rich.segment import Segment
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from torquemon.tui import palette
from torquemon.tui.paint import Line, Painted, centred, clipped, style
from torquemon.tui.words import say

if TYPE_CHECKING:
    from torquemon.tui.app import DashboardApp

EXIT_LOST: Final = 1
"""Exit code of a dashboard that was quit while its monitor was lost, or not there yet."""


class WaitingWords(Painted):
    """The words."""

    painted = False

    def paint(self, width: int, height: int) -> list[Line]:
        """See `Painted`."""
        self.painted = True
        words = ((say("title"), True), (say("lost.connecting"), True), (say("disclaimer"), False))
        texts = [
            (row, style(palette.INK, bold=bold))
            for text, bold in words
            for row in clipped(text, width - 2, height)
        ]
        lines: list[Line] = [[Segment(centred(row, width), look)] for row, look in texts]
        if 2 * len(lines) <= height:
            lines = [part for line in lines for part in (line, [])]
        return [[]] * max(0, (height - len(lines)) // 2) + lines[:height]


class _Asked(NamedTuple):
    stop: bool


class StopPlace(Painted):
    """Where STOP will be. It looks like STOP only once a motor could be stopped."""

    GROUND = palette.PANEL

    def paint(self, width: int, height: int) -> list[Line]:
        """See `Painted`."""
        asked = self._state == _Asked(stop=True)
        ink, ground = (palette.ON_FILL, palette.YELLOW) if asked else (palette.INK, self.GROUND)
        words = f"{say('wait.release')} {say('wait.kept')}" if asked else say("wait.release")
        rows = [f"{say('stop.button')}  {say('stop.hint')}", *clipped(words, width - 2, height - 1)]
        rows += [""] * (height - len(rows))
        look = style(ink, ground, bold=True)
        return [[Segment(centred(row, width), look)] for row in rows[:height]]

    def ask(self) -> None:
        """Say that STOP was asked for, and what to do until it is sent."""
        self.set_state(_Asked(stop=True))

    def on_click(self, event: events.Click) -> None:
        """Do what the keys do."""
        event.stop()
        if isinstance(self.screen, WaitingScreen):
            self.screen.action_stop()


class WaitingScreen(Screen[None]):
    """Stands until the monitor can be asked."""

    DEFAULT_CSS = """
    WaitingScreen { background: $background; overflow: hidden; }
    WaitingWords { width: 100%; height: 1fr; }
    StopPlace { width: 100%; height: 4; dock: bottom; }
    """
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f12", "stop", priority=True),
        Binding("s", "stop"),
        Binding("q", "leave"),
    ]

    app: DashboardApp

    def __init__(self) -> None:
        super().__init__()
        self.words, self.stop_place = WaitingWords(), StopPlace()

    def compose(self) -> ComposeResult:
        """Lay out the screen."""
        yield self.words
        yield self.stop_place

    def on_mount(self) -> None:
        """A screen that can order nothing has no place for STOP."""
        self.stop_place.display = not self.app.has_class("watching")

    async def drawn(self) -> None:
        """Return once the words stand on the terminal."""
        while not self.words.painted:
            await self.wait_for_refresh()
        await self.wait_for_refresh()

    def action_stop(self) -> None:
        """Say what helps now, and keep the order."""
        self.stop_place.ask()
        self.app.keep_stop()

    def action_leave(self) -> None:
        """Quit."""
        self.app.ask_quit()
