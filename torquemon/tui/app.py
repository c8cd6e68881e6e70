"""The application: theme, style sheet, the one screen, and how it ends."""

from __future__ import annotations

from typing import ClassVar

from textual.app import App
from textual.screen import Screen

from torquemon.tui import palette
from torquemon.tui.link import MonitorLink
from torquemon.tui.pump import Pace
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
        self, link: MonitorLink, *, start_recording: bool = False, pace: Pace | None = None
    ) -> None:
        super().__init__()
        self.title = say("title")
        self.animation_level = "none"
        self._insert = InsertScreen(link, pace or Pace(), start_recording=start_recording)
        self.register_theme(palette.THEME)
        self.theme = palette.THEME.name

    def get_default_screen(self) -> Screen[None]:
        """Return the screen to begin with."""
        return self._insert

    async def action_quit(self) -> None:
        """Quit as the q key does: Textual's own binding must not end a recording unasked."""
        self._insert.action_ask_quit()

    def action_help_quit(self) -> None:
        """Treat Ctrl+C as the wish to quit."""
        self._insert.action_ask_quit()
