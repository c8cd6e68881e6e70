"""The application: theme, style sheets, the screens and the ways between them, and how it ends."""

from __future__ import annotations

import asyncio
import os
from pathlib import PurePath
from typing import ClassVar, Final

from textual.app import App
from textual.screen import Screen

from torquemon.clock import Clock, SystemClock
from torquemon.local.archive import CurvePage, InsertionView
from torquemon.local.view import CurveBlock, SessionPhase, View
from torquemon.settings import Settings
from torquemon.tui import looks
from torquemon.tui.archive_link import ArchiveLink, no_recorder
from torquemon.tui.hands import PedalKey, Push, Step, next_step
from torquemon.tui.link import MonitorLink
from torquemon.tui.pump import Pace, ViewPump
from torquemon.tui.screens.base import BaseScreen
from torquemon.tui.screens.devices import DevicesScreen
from torquemon.tui.screens.frame import FrameScreen
from torquemon.tui.screens.history import HistoryScreen
from torquemon.tui.screens.insert import InsertScreen
from torquemon.tui.screens.prepare import PrepareScreen
from torquemon.tui.screens.replay import ReplayScreen
from torquemon.tui.screens.review import LAST, ReviewScreen
from torquemon.tui.screens.settings import SettingsScreen
from torquemon.tui.words import say

INSERT: Final = "insert"
_LOOK_S: Final = 0.05
SCREENS: Final[tuple[type[FrameScreen], ...]] = (
    PrepareScreen,
    ReviewScreen,
    HistoryScreen,
    DevicesScreen,
    SettingsScreen,
    ReplayScreen,
)
"""The screens beside the insert screen."""


class DashboardApp(App[int]):
    """The dashboard of one monitor.

    `run()` returns the exit code: 0, or 1 where the monitor was lost when the operator quit.
    The link is closed by whoever opened it.
    """

    CSS_PATH: ClassVar[list[str | PurePath]] = ["styles.tcss", "screens.tcss"]
    ENABLE_COMMAND_PALETTE: ClassVar[bool] = False
    ALLOW_SELECT: ClassVar[bool] = False

    def __init__(
        self,
        link: MonitorLink,
        *,
        start_recording: bool = False,
        pace: Pace | None = None,
        settings: Settings | None = None,
        archive: ArchiveLink | None = None,
        clock: Clock | None = None,
        problems: tuple[str, ...] = (),
    ) -> None:
        super().__init__(ansi_color=looks.ansi_color(os.environ))
        self.settings = settings or Settings()
        looks.dress(self, self.settings)
        self.title = say("title")
        self.archive = archive or ArchiveLink(no_recorder)
        self.latest_view: View | None = None
        self._insert = InsertScreen(link, start_recording=start_recording)
        self._others: dict[str, FrameScreen] = {kind.NAME: kind(link) for kind in SCREENS}
        self._problems = problems
        self._pedal = PedalKey()
        self._clock = clock or SystemClock()
        self._pump = ViewPump(link, Fan(self, self._insert), pace or Pace())

    def get_default_screen(self) -> Screen[None]:
        """Return the screen to begin with."""
        return self._insert

    def on_ready(self) -> None:
        """Start the loop."""
        for name, screen in self._others.items():
            self.install_screen(screen, name)
        self.set_keymap(self.settings.keymap())
        if self._problems:
            self._insert.notice.tell("; ".join(self._problems), urgent=True)
        self.run_worker(self._pump.run(), group="pump")

    def go(self, name: str) -> None:
        """Bring a screen to the front. The insert screen lies beneath all others.

        A page that only watches stays where it is.
        """
        if self.has_class("watching"):
            return
        if name == INSERT:
            while self.screen is not self._insert:
                self.pop_screen()
        elif name in self._others and self.screen is not self._others[name]:
            if self.screen is self._insert:
                self.push_screen(name)
            else:
                self.switch_screen(name)

    def take(self, view: View) -> None:
        """Know the latest view. Once a recording runs, it is what will be reviewed next."""
        self.latest_view = view
        screen = self._others[ReviewScreen.NAME]
        if view.phase is SessionPhase.RECORDING and isinstance(screen, ReviewScreen):
            screen.show_insertion(LAST)

    def review(self, insertion_id: str) -> None:
        """Show one insertion of the record."""
        screen = self._others[ReviewScreen.NAME]
        if isinstance(screen, ReviewScreen):
            screen.show_insertion(insertion_id)
        self.go(ReviewScreen.NAME)

    def replay(self, insertion: InsertionView, page: CurvePage) -> None:
        """Play one insertion of the record again."""
        screen = self._others[ReplayScreen.NAME]
        if isinstance(screen, ReplayScreen):
            screen.begin(insertion, page)
        self.go(ReplayScreen.NAME)

    def use(self, settings: Settings) -> None:
        """Take over changed settings, at once."""
        self.settings = settings
        looks.dress(self, settings)
        self.set_keymap(settings.keymap())
        if self.latest_view is not None:
            for screen in (self._insert, *self._others.values()):
                if screen.is_running:
                    screen.apply(self.latest_view, None)

    def next(self) -> None:
        """Do the next right thing: what the one key of a pedal is for."""
        view, front = self.latest_view, self.screen
        if view is None or not isinstance(front, BaseScreen):
            return
        here = front.NAME
        push = self._pedal.event(self._clock.monotonic_ns() / 1e9)
        step = next_step(view, here)
        if push is Push.PRESS:
            self._take(step.press, front)
            if step.press is Step.WAIT:
                front.notice.tell(_told(step.hold))
        elif push is Push.HELD:
            self._take(step.hold, front)

    def _take(self, step: Step, front: BaseScreen) -> None:
        """Carry out a step, from whichever screen is in front."""
        if step in (Step.ACKNOWLEDGE, Step.ARM, Step.FINISH):
            front.action_order(step.value)
        elif step is Step.REVIEW:
            self.review(LAST)
        elif step is Step.PREPARE:
            self.go(PrepareScreen.NAME)
        elif step in (Step.CONFIRM, Step.START):
            prepare = self._others[PrepareScreen.NAME]
            self.go(PrepareScreen.NAME)
            if isinstance(prepare, PrepareScreen):
                self.call_after_refresh(prepare.action_start)

    def ask_quit(self) -> None:
        """Quit; while recording the insert screen asks first."""
        self.go(INSERT)
        self._insert.action_ask_quit()

    async def action_quit(self) -> None:
        """Quit as the q key does: Textual's own binding must not end a recording unasked."""
        self.ask_quit()

    def action_help_quit(self) -> None:
        """Treat Ctrl+C as the wish to quit."""
        self.ask_quit()


def _told(hold: Step) -> str:
    """Return what a held key would do, where a press does nothing."""
    if hold is Step.FINISH:
        return say("next.told", what=say("next.finish"))
    return say("next.nothing")


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
        self._app.take(view)
        self._insert.apply(view, block)
        front = self._front()
        if front is not self._insert:
            front.apply(view, None)

    async def drawn(self) -> None:
        """See `ViewSink`.

        A screen that is left in the middle of a frame is never refreshed again: it is not waited
        for, or the heartbeat would end with it.
        """
        while True:
            front = self._front()
            drawing = asyncio.ensure_future(front.drawn())
            try:
                while not drawing.done() and front is self._front():
                    await asyncio.wait({drawing}, timeout=_LOOK_S)
                if drawing.done() and front is self._front():
                    return await drawing
            finally:
                drawing.cancel()

    def lose(self, why: str) -> None:
        """See `ViewSink`."""
        self._insert.lose(why)
        front = self._front()
        if front is not self._insert:
            front.lose(why)
