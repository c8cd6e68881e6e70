"""The furniture of the dashboard: its screens, the ways between them, and what feeds them.

Loaded once the first picture stands on the terminal (see `app`). The insert screen comes first; the
others are made when they are first asked for, or as soon as the number lives.
"""

from __future__ import annotations

import asyncio
import gc
from importlib import import_module
from typing import TYPE_CHECKING, Final

from textual.app import ScreenStackError

from torquemon.clock import Clock, SystemClock
from torquemon.local.archive import CurvePage, InsertionView
from torquemon.local.view import CurveBlock, SessionPhase, View
from torquemon.tui.hands import PedalKey, Push, Step, next_step
from torquemon.tui.link import MonitorLink
from torquemon.tui.pump import Pace, ViewPump
from torquemon.tui.screens.base import BaseScreen
from torquemon.tui.screens.insert import InsertScreen
from torquemon.tui.words import say

if TYPE_CHECKING:
    from torquemon.tui.app import DashboardApp
    from torquemon.tui.screens.frame import FrameScreen

INSERT: Final = InsertScreen.NAME
PREPARE: Final = "prepare"
REVIEW: Final = "review"
REPLAY: Final = "replay"
OTHERS: Final = "torquemon.tui.screens.others"
_LOOK_S: Final = 0.05


class Ways:
    """The screens of one dashboard and the ways between them."""

    def __init__(
        self,
        app: DashboardApp,
        link: MonitorLink,
        *,
        start_recording: bool,
        pace: Pace | None,
        clock: Clock | None,
    ) -> None:
        self._app = app
        self._link = link
        self.insert = InsertScreen(link, start_recording=start_recording)
        self._others: dict[str, FrameScreen] = {}
        self._alive = asyncio.Event()
        """A view has come."""
        self._pedal = PedalKey()
        self._clock = clock or SystemClock()
        self._pump = ViewPump(link, Fan(app, self.insert), pace or Pace())

    async def feed(self) -> None:
        """Keep the screens supplied, for ever."""
        await self._pump.run()

    async def complete(self) -> None:
        """Have the other screens ready before they are asked for, once the number lives."""
        await self._alive.wait()
        await asyncio.to_thread(import_module, OTHERS)
        self.install()
        gc.collect()
        gc.freeze()  # as the insert screen does: what lives by now lives for ever

    def install(self) -> None:
        """Make the screens beside the insert screen."""
        from torquemon.tui.screens.others import SCREENS

        if self._others:
            return
        self._others = {kind.NAME: kind(self._link) for kind in SCREENS}
        for name, screen in self._others.items():
            self._app.install_screen(screen, name)

    @property
    def furnished(self) -> bool:
        """Whether all screens are there: from now on nothing is loaded beside the drawing."""
        return bool(self._others)

    def screens(self) -> tuple[BaseScreen, ...]:
        """Return all screens that there are by now."""
        return (self.insert, *self._others.values())

    def go(self, name: str) -> None:
        """See `DashboardApp`."""
        app = self._app
        if app.has_class("watching"):
            return
        if name == INSERT:
            while app.screen is not self.insert:
                app.pop_screen()
            return
        self.install()
        if name in self._others and app.screen is not self._others[name]:
            if app.screen is self.insert:
                app.push_screen(name)
            else:
                app.switch_screen(name)

    def begun(self, view: View) -> None:
        """Know that a view has come. Once a recording runs, it is what will be reviewed next."""
        self._alive.set()
        if self._others and view.phase is SessionPhase.RECORDING:
            from torquemon.tui.screens.review import LAST

            self._show(LAST)

    def _show(self, insertion_id: str) -> None:
        from torquemon.tui.screens.review import ReviewScreen

        self.install()
        screen = self._others[REVIEW]
        if isinstance(screen, ReviewScreen):
            screen.show_insertion(insertion_id)

    def review(self, insertion_id: str) -> None:
        """See `DashboardApp`."""
        self._show(insertion_id)
        self.go(REVIEW)

    def replay(self, insertion: InsertionView, page: CurvePage) -> None:
        """See `DashboardApp`."""
        from torquemon.tui.screens.replay import ReplayScreen

        self.install()
        screen = self._others[REPLAY]
        if isinstance(screen, ReplayScreen):
            screen.begin(insertion, page)
        self.go(REPLAY)

    def next(self) -> None:
        """Do the next right thing: what the one key of a pedal is for."""
        view, front = self._app.latest_view, self._app.screen
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
            from torquemon.tui.screens.review import LAST

            self.review(LAST)
        elif step is Step.PREPARE:
            self.go(PREPARE)
        elif step in (Step.CONFIRM, Step.START):
            self.confirm()

    def confirm(self) -> None:
        """Go where a recording is started; what must be confirmed is asked there."""
        from torquemon.tui.screens.prepare import PrepareScreen

        self.go(PREPARE)
        prepare = self._others.get(PREPARE)
        if isinstance(prepare, PrepareScreen):
            self._app.call_after_refresh(prepare.action_start)


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
        try:
            front = self._app.screen
        except ScreenStackError:  # the application is being left, and a view came a moment later
            return self._insert
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
