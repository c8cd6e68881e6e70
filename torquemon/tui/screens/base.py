"""What every screen has: STOP on one key, orders and their answers, the ways to the other screens.

One pump feeds them all, so the heartbeat goes on whichever screen is in front. STOP carries no
binding id: no setting can move it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, ClassVar, Final

from textual.binding import Binding, BindingType
from textual.screen import Screen

from torquemon.local.messages import OrderName
from torquemon.local.view import CurveBlock, View
from torquemon.tui import looks
from torquemon.tui.link import LINK_ERRORS, MonitorLink
from torquemon.tui.paint import Painted
from torquemon.tui.widgets.keys import StopButton
from torquemon.tui.widgets.nav import HELP, PLACES, NavBar
from torquemon.tui.widgets.status_bar import NoticeLine, StatusBar
from torquemon.tui.words import say, told

if TYPE_CHECKING:
    from torquemon.tui.app import DashboardApp

_UNPAINTED_S: Final = 0.02


class BaseScreen(Screen[None]):
    """Takes views, sends orders. `status` and `notice` are the lines that a screen must lay out."""

    CSS_PATH: ClassVar[list[str | PurePath]] = [*looks.SHEETS]
    AUTO_FOCUS = ""
    VERTICAL_BREAKPOINTS = [(0, "-tiny"), (17, "-short"), (32, "-medium"), (50, "-tall")]  # noqa: RUF012 - Textual's attribute
    HORIZONTAL_BREAKPOINTS = [(0, "-slim"), (70, "-narrow"), (100, "-wide"), (160, "-huge")]  # noqa: RUF012 - as above
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f12", "order('stop')", priority=True),
        Binding("s", "order('stop')"),
        Binding("q", "ask_quit", id="quit"),
        Binding("pagedown,f9", "next", id="next"),
        Binding("question_mark,f1", "help", id="help"),
        Binding("escape", "leave"),
        *(
            Binding(f"{place.number},{place.function_key}", f"go('{place.name}')")
            for place in PLACES
        ),
    ]

    app: DashboardApp
    NAME: ClassVar[str] = "insert"
    """What the bar and the texts call this screen."""

    def __init__(self, link: MonitorLink) -> None:
        super().__init__()
        self.link = link
        self.view: View | None = None
        self.status = StatusBar(id="status")
        self.notice = NoticeLine(id="notice")

    # What the pump asks (see `ViewSink`)

    def apply(self, view: View, block: CurveBlock | None) -> None:
        """Take over a view; `block` belongs to the screen that keeps the curve."""
        raise NotImplementedError

    def lose(self, why: str) -> None:
        """Say that the monitor is lost."""
        raise NotImplementedError

    async def drawn(self) -> None:
        """Return once the view applied last is painted, or when this screen is not in front."""
        await self.wait_for_refresh()
        while self.is_current and self.status.painted_views < self.status.shown_views:
            # Not painted: no line is free for it. That ends with a resize, not with haste.
            await asyncio.sleep(_UNPAINTED_S)
            await self.wait_for_refresh()

    def reword(self) -> None:
        """Say everything again: the language or the look has changed."""
        for widget in self.query(Painted):
            widget.repaint()

    # Ways

    def on_screen_resume(self) -> None:
        """Show what the screen that was in front knew, at once."""
        latest = self.app.latest_view
        if latest is not None and latest is not self.view:
            self.apply(latest, None)

    def action_go(self, name: str) -> None:
        """Bring another screen to the front."""
        self.app.go(name)

    def action_next(self) -> None:
        """Do the next right thing."""
        self.app.next()

    def action_leave(self) -> None:
        """Leave what is open; nothing is, here."""

    def action_help(self) -> None:
        """Show or hide the help of this screen."""
        raise NotImplementedError

    def on_nav_bar_chosen(self, event: NavBar.Chosen) -> None:
        """Go where the finger says."""
        event.stop()
        if event.name == HELP.name:
            self.action_help()
        else:
            self.app.go(event.name)

    # Orders

    def work(
        self,
        work: Callable[[], Coroutine[Any, Any, object]],
        *,
        group: str,
        exclusive: bool = False,
        patient: bool = False,
    ) -> None:
        """Have something done beside the drawing; it is begun only while this screen lives.

        `exclusive` gives up what the group still does; `patient` lets that end and does nothing:
        for what is asked again and again, or a slow recorder would be asked ever more.
        """
        if patient and any(
            worker.node is self and worker.group == group and not worker.is_finished
            for worker in self.workers
        ):
            return
        self.run_worker(work, group=group, exclusive=exclusive)  # type: ignore[arg-type] # Textual's types want a result of None

    def action_order(self, name: str) -> None:
        """Send an order. STOP may be sent by anyone at any time."""
        order = OrderName(name)
        if order is OrderName.STOP or self.may_order(order):
            self.send(order)

    def on_stop_button_pressed(self, event: StopButton.Pressed) -> None:
        """Stop the motor."""
        event.stop()
        self.action_order(OrderName.STOP)

    def action_ask_quit(self) -> None:
        """Quit, by way of the insert screen: that is where it is asked."""
        self.app.ask_quit()

    def may_order(self, order: OrderName) -> bool:
        """Whether this dashboard controls; says so where it does not."""
        if self.view is not None and self.view.controlling:
            return True
        self.notice.tell(f"{say(f'order.{order.value}')}: {say('order.view_only')}", urgent=True)
        return False

    def send(self, order: OrderName, fields: dict[str, str] | None = None) -> None:
        """Send an order; its answer comes into the notice line."""
        self.notice.tell(say("order.sent", name=say(f"order.{order.value}")))
        self.work(partial(self.give, order, fields or {}), group="orders")

    async def give(self, order: OrderName, fields: dict[str, str]) -> bool:
        """Send an order and show what was answered; return whether it was accepted."""
        try:
            answer = await self.link.order(order, **fields)
        except LINK_ERRORS as error:
            why = told(str(error)) or say("order.why_unknown")
            name = say(f"order.{order.value}")
            self.notice.tell(say("order.failed", name=name, why=why), urgent=True)
            return False
        self.notice.tell(answer)
        return True
