"""The application: theme, style sheets, the screens and the ways between them, and how it ends."""

from __future__ import annotations

import os
from typing import ClassVar

from textual.app import App
from textual.screen import Screen

from torquemon.local.view import CurveBlock, View
from torquemon.settings import Settings
from torquemon.tui import looks
from torquemon.tui.link import MonitorLink
from torquemon.tui.pump import Pace, ViewPump
from torquemon.tui.screens.base import BaseScreen
from torquemon.tui.screens.insert import InsertScreen
from torquemon.tui.words import say


class DashboardApp(App[int]):
    """The dashboard of one monitor.

    `run()` returns the exit code: 0, or 1 where the monitor was lost when the operator quit.
    The link is closed by whoever opened it.
    """

    CSS_PATH = "styles.tcss"
    ENABLE_COMMAND_PALETTE: ClassVar[bool] = False
    ALLOW_SELECT: ClassVar[bool] = False

    def __init__(
        self,
        link: MonitorLink,
        *,
        start_recording: bool = False,
        pace: Pace | None = None,
        settings: Settings | None = None,
    ) -> None:
        super().__init__(ansi_color=looks.ansi_color(os.environ))
        looks.dress(self, settings or Settings())
        self.title = say("title")
        self._insert = InsertScreen(link, start_recording=start_recording)
        self._pump = ViewPump(link, Fan(self, self._insert), pace or Pace())

    def get_default_screen(self) -> Screen[None]:
        """Return the screen to begin with."""
        return self._insert

    def on_ready(self) -> None:
        """Start the loop."""
        self.run_worker(self._pump.run(), group="pump")

    def ask_quit(self) -> None:
        """Quit; while recording the insert screen asks first."""
        self._insert.action_ask_quit()

    async def action_quit(self) -> None:
        """Quit as the q key does: Textual's own binding must not end a recording unasked."""
        self.ask_quit()

    def action_help_quit(self) -> None:
        """Treat Ctrl+C as the wish to quit."""
        self.ask_quit()


class Fan:
    """Gives each view to the insert screen, whose curve must not miss one, and to the one in front.

    Drawn is what the screen in front has painted: a view behind it is seen by nobody.
    """

    def __init__(self, app: DashboardApp, insert: InsertScreen) -> None:
        self._app = app
        self._insert = insert

    def _front(self) -> BaseScreen:
        front = self._app.screen
        return front if isinstance(front, BaseScreen) else self._insert

    def curve_position(self) -> tuple[str | None, int]:
        """See `ViewSink`."""
        return self._insert.curve_position()

    def apply(self, view: View, block: CurveBlock | None) -> None:
        """See `ViewSink`."""
        self._insert.apply(view, block)
        front = self._front()
        if front is not self._insert:
            front.apply(view, None)

    async def drawn(self) -> None:
        """See `ViewSink`."""
        front: BaseScreen | None = None
        while front is not self._front():
            front = self._front()
            await front.drawn()

    def lose(self, why: str) -> None:
        """See `ViewSink`."""
        self._insert.lose(why)
        front = self._front()
        if front is not self._insert:
            front.lose(why)
