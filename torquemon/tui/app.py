"""The application: what it wears, its first picture, and how it ends.

It draws a waiting screen before it loads anything more than that needs: the models of the view, the
client and the other screens come once the first picture stands on the terminal, beside the drawing.
A STOP that is asked for meanwhile is told and kept, and goes out before anything else does. So no
import at the top of this module may load a model library (a test holds it to that).
"""

from __future__ import annotations

import asyncio
import os
import sys
import traceback
from collections.abc import Callable
from importlib import import_module
from pathlib import PurePath
from typing import TYPE_CHECKING, ClassVar, Final, NamedTuple, Self

from rich.text import Text
from textual.app import App
from textual.screen import Screen

from torquemon.local.states import OrderName
from torquemon.settings import Settings
from torquemon.tui import looks
from torquemon.tui.screens.waiting import EXIT_LOST, WaitingScreen
from torquemon.tui.terminal import harmless
from torquemon.tui.words import say

if TYPE_CHECKING:
    from textual.driver import Driver

    from torquemon.clock import Clock
    from torquemon.local.archive import CurvePage, InsertionView
    from torquemon.local.view import View
    from torquemon.tui.archive_link import ArchiveLink
    from torquemon.tui.link import MonitorLink
    from torquemon.tui.pump import Pace
    from torquemon.tui.ways import Ways

_WAYS: Final = "torquemon.tui.ways"
_ARCHIVE: Final = "torquemon.tui.archive_link"


class Links(NamedTuple):
    """What a dashboard is connected to."""

    monitor: MonitorLink
    archive: ArchiveLink


class DashboardApp(App[int]):
    """The dashboard of one monitor.

    `run()` returns the exit code: 0, or 1 where the monitor was lost when the operator quit.
    The link is closed by whoever opened it. Without a link see `waiting_for`.
    """

    ENABLE_COMMAND_PALETTE: ClassVar[bool] = False
    ALLOW_SELECT: ClassVar[bool] = False

    def __init__(
        self,
        link: MonitorLink | None,
        *,
        start_recording: bool = False,
        pace: Pace | None = None,
        settings: Settings | None = None,
        archive: ArchiveLink | None = None,
        clock: Clock | None = None,
        problems: tuple[str, ...] = (),
    ) -> None:
        sheets: list[str | PurePath] = [] if link is None else [*looks.SHEETS]
        super().__init__(css_path=sheets or None, ansi_color=looks.ansi_color(os.environ))
        self.settings = settings or Settings()
        looks.dress(self, self.settings)
        self.title = say("title")
        self.archive: ArchiveLink
        self.latest_view: View | None = None
        self._start_recording, self._pace, self._clock = start_recording, pace, clock
        self._problems = problems
        self._connect: Callable[[], Links] | None = None
        self._ways: Ways | None = None
        self._waiting = WaitingScreen()
        self._stop_asked = False
        if link is not None:
            self._furnish(link, archive)

    @classmethod
    def waiting_for(
        cls,
        connect: Callable[[], Links],
        *,
        start_recording: bool = False,
        settings: Settings | None = None,
        problems: tuple[str, ...] = (),
    ) -> Self:
        """Return a dashboard that begins with the waiting screen, and asks `connect` after it."""
        app = cls(None, start_recording=start_recording, settings=settings, problems=problems)
        app._connect = connect
        return app

    def _furnish(self, link: MonitorLink, archive: ArchiveLink | None) -> Ways:
        from torquemon.tui.archive_link import ArchiveLink, no_recorder
        from torquemon.tui.ways import Ways

        self.archive = archive or ArchiveLink(no_recorder)
        self._ways = Ways(
            self,
            link,
            start_recording=self._start_recording,
            pace=self._pace,
            clock=self._clock,
        )
        return self._ways

    def get_driver_class(self) -> type[Driver]:
        """Return Textual's driver for this terminal, made to bear whatever comes from it."""
        return harmless(super().get_driver_class())

    @property
    def failed(self) -> bool:
        """Whether it ended by a mistake of its own, and not since somebody left it."""
        return self.return_value is None and self.return_code != 0

    def _fatal_error(self) -> None:
        """End, and leave one line of where: Textual's own tells every local, the patient's too."""
        self._exit_renderables.append(Text(_where(sys.exc_info()[1])))
        self._close_messages_no_wait()

    def panic(self, *_: object) -> None:
        """End since a part of Textual's failed: the reading of the terminal, a style sheet."""
        self._exit_renderables.append(Text("torquemon: a part of the screen has failed"))
        self._close_messages_no_wait()

    def get_default_screen(self) -> Screen[None]:
        """Return the screen to begin with."""
        return self._waiting if self._ways is None else self._ways.insert

    def on_ready(self) -> None:
        """Start the loop, or first what it needs."""
        if self._ways is None:
            self.run_worker(self._open(), group="open")
        else:
            self._ways.install()
            self._begin(self._ways)

    async def _open(self) -> None:
        """Load the rest beside the drawing, then lay the insert screen over the waiting one."""
        if self._connect is None:
            raise RuntimeError("a dashboard needs a link, or a way to open one")
        await self._waiting.drawn()
        for module in (_WAYS, _ARCHIVE):
            await asyncio.to_thread(import_module, module)
        ways = self._furnish(*self._connect())
        await self.push_screen(ways.insert)
        self._begin(ways)
        if self._stop_asked:
            ways.insert.send(OrderName.STOP)
        self.run_worker(ways.complete(), group="complete")

    def _begin(self, ways: Ways) -> None:
        self.set_keymap(self.settings.keymap())
        if self._problems:
            ways.insert.notice.tell("; ".join(self._problems), urgent=True)
        self.run_worker(ways.feed(), group="pump")

    @property
    def furnished(self) -> bool:
        """Whether all screens are there, and none is loaded any more."""
        return self._ways is not None and self._ways.furnished

    def keep_stop(self) -> None:
        """Have STOP sent as soon as it can be: it was asked for on the waiting screen."""
        self._stop_asked = True
        if self._ways is not None and self._ways.insert.is_running:
            self._ways.insert.send(OrderName.STOP)

    def go(self, name: str) -> None:
        """Bring a screen to the front. The insert screen lies beneath all others.

        A page that only watches stays where it is.
        """
        if self._ways is not None:
            self._ways.go(name)

    def take(self, view: View) -> None:
        """Know the latest view."""
        self.latest_view = view
        if self._ways is not None:
            self._ways.begun(view)

    def review(self, insertion_id: str) -> None:
        """Show one insertion of the record."""
        if self._ways is not None:
            self._ways.review(insertion_id)

    def replay(self, insertion: InsertionView, page: CurvePage) -> None:
        """Play one insertion of the record again."""
        if self._ways is not None:
            self._ways.replay(insertion, page)

    def use(self, settings: Settings) -> None:
        """Take over changed settings, at once."""
        self.settings = settings
        looks.dress(self, settings)
        self.set_keymap(settings.keymap())
        if self.latest_view is not None and self._ways is not None:
            for screen in self._ways.screens():
                if screen.is_running:
                    screen.reword()
                    screen.apply(self.latest_view, None)

    def confirm(self) -> None:
        """Show what must be confirmed before a recording starts."""
        if self._ways is not None:
            self._ways.confirm()

    def next(self) -> None:
        """Do the next right thing: what the one key of a pedal is for."""
        if self._ways is not None:
            self._ways.next()

    def ask_quit(self) -> None:
        """Quit; while recording the insert screen asks first."""
        if self._ways is None:
            self.exit(EXIT_LOST, return_code=EXIT_LOST)
            return
        self.go("insert")
        self._ways.insert.action_ask_quit()

    async def action_quit(self) -> None:
        """Quit as the q key does: Textual's own binding must not end a recording unasked."""
        self.ask_quit()

    def action_help_quit(self) -> None:
        """Treat Ctrl+C as the wish to quit."""
        self.ask_quit()


def _where(error: BaseException | None) -> str:
    """Return the kind and place of a mistake, without its words: they may name a patient."""
    places = traceback.extract_tb(error.__traceback__) if error is not None else []
    if not places:
        return "torquemon: a mistake of the screen"
    last = places[-1]
    return f"torquemon: {type(error).__name__} in {PurePath(last.filename).name}:{last.lineno}"
