"""The one screen: number, state, curve, depth, alarms, and the keys that go with them.

Dialogs take the place of the plot; the number, the state and STOP are never covered, but by the
words MONITOR LOST.
"""

from __future__ import annotations

import gc
from typing import ClassVar, Final, Protocol

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal, Vertical
from textual.widget import Widget

from torquemon.local.messages import OrderName
from torquemon.local.view import CurveBlock, LinkPhase, SessionPhase, View
from torquemon.tui import palette
from torquemon.tui.link import MonitorLink
from torquemon.tui.screens.base import BaseScreen
from torquemon.tui.screens.waiting import EXIT_LOST
from torquemon.tui.widgets.alarm_log import AlarmLogPanel
from torquemon.tui.widgets.alarms import AlarmList
from torquemon.tui.widgets.arming import ArmPanel
from torquemon.tui.widgets.banner import AlarmBanner
from torquemon.tui.widgets.curve import TIME, TorqueCurve
from torquemon.tui.widgets.depth import DepthBar
from torquemon.tui.widgets.digits import BlockWords, TorqueNumber
from torquemon.tui.widgets.gauge import TorqueGauge
from torquemon.tui.widgets.header import Header, Watermark
from torquemon.tui.widgets.keys import KeyBar, StopButton
from torquemon.tui.widgets.panels import (
    Entry,
    KeysPanel,
    TextPanel,
    Welcome,
    ask_to_quit,
    explain_keys,
    explain_loss,
    lost_panel,
)
from torquemon.tui.widgets.state_strip import StateStrip
from torquemon.tui.widgets.verdict import VerdictPanel
from torquemon.tui.words import say

_TOUCH_ROWS: Final = 24
_TOUCH_COLUMNS: Final = 80
"""From here on the keys are targets of 3 rows; what that takes, the plot gives."""


class _Part(Protocol):
    def show(self, view: View) -> None: ...


class InsertScreen(BaseScreen):
    """Draws the view and sends orders."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "record", id="record"),
        Binding("a", "order('acknowledge')", id="acknowledge"),
        Binding("r", "order('arm')", id="arm"),
        Binding("t", "order('tare')", id="tare"),
        Binding("m", "order('pause_sound')", id="pause-sound"),
        Binding("x", "axis", id="axis"),
        Binding("l", "log", id="log"),
        Binding("p", "prepare", id="prepare"),
        Binding("question_mark", "help", id="help"),
        Binding("y", "answer_yes"),
        Binding("n,escape", "close_panel"),
    ]

    def __init__(self, link: MonitorLink, *, start_recording: bool) -> None:
        super().__init__(link)
        self._start_pending = start_recording
        self._panel: str | None = None
        self._quit_anyway = False
        self._warm = False
        self._curve = TorqueCurve(id="curve")
        self._curve_chosen = TIME
        self._banner, self._log = AlarmBanner(id="banner"), AlarmLogPanel(id="log")
        self._gauge = TorqueGauge(id="gauge")
        self._lost_words = lost_panel()
        self._watermark, self._header = Watermark(id="watermark"), Header(id="header")
        self._strip, self._number = StateStrip(id="strip"), TorqueNumber(id="number")
        self._verdict, self._welcome = VerdictPanel(id="verdict"), Welcome(id="welcome")
        self._depth, self._arm = DepthBar(id="depth"), ArmPanel(id="arm")
        self._alarms, self._keys = AlarmList(id="alarms"), KeyBar(id="keys")
        self._help, self._ask = KeysPanel(id="help"), TextPanel(id="ask")
        self._slots: tuple[Widget, ...] = (
            self._curve,
            self._log,
            self._welcome,
            self._help,
            self._ask,
        )
        self._parts: tuple[_Part, ...] = (
            self._watermark,
            self._header,
            self._strip,
            self._banner,
            self._log,
            self._number,
            self._verdict,
            self._welcome,
            self._depth,
            self._arm,
            self._alarms,
            self.notice,
            self._keys,
            self.status,
        )

    def compose(self) -> ComposeResult:
        """Lay out the screen."""
        yield self._watermark
        yield self._header
        yield self._strip
        yield self._banner
        with Horizontal(id="live"):
            with Vertical(id="left"):
                yield self._number
                yield self._verdict
                with Container(id="plot"):
                    yield from self._slots
            yield self._gauge
            with Vertical(id="side"):
                yield self._depth
                yield self._arm
                yield self._alarms
                yield StopButton(id="stop")
        with Vertical(id="lost"):
            yield BlockWords("lost.word.1", "lost.word.2", colour=palette.VERMILLION)
            yield self._lost_words
        yield self.status
        yield self.notice
        yield self._keys

    def on_mount(self) -> None:
        """Begin with the words that stand there until the first view."""
        self.reword()
        self._set_panel(None)
        self._lost_words.show_text(say("lost.connecting"), Entry("", say("disclaimer")))
        self.add_class("waiting")

    def reword(self) -> None:
        """See `BaseScreen`."""
        self._explain()
        ask_to_quit(self._ask)
        super().reword()

    def on_resize(self, event: events.Resize) -> None:
        """Make the keys targets for a finger where the terminal has room for them."""
        size = event.size
        self.set_class(size.height >= _TOUCH_ROWS and size.width >= _TOUCH_COLUMNS, "-touch")

    # What the pump asks (see `ViewSink`)

    def curve_position(self) -> tuple[str | None, int]:
        """See `ViewSink`."""
        return self._curve.envelope.insertion_id, self._curve.envelope.next

    def apply(self, view: View, block: CurveBlock | None) -> None:
        """See `ViewSink`."""
        self.view = view
        self.remove_class("lost", "waiting")
        self._draw_over(self.app.settings.curve)
        self._curve.show(view, block)
        self._gauge.show(view, self._curve.envelope.highest_ncm)
        for part in self._parts:
            part.show(view)
        self._set_panel(self._panel)
        self._start_once(view)

    async def drawn(self) -> None:
        """See `ViewSink`: painted by the status bar, and the screen refreshed after that."""
        await super().drawn()
        if not self._warm:
            # What lives by now lives for ever: keep the collector from walking it every time.
            self._warm = True
            gc.collect()
            gc.freeze()

    def lose(self, why: str) -> None:
        """See `ViewSink`."""
        explain_loss(self._lost_words, why)
        self.remove_class("waiting")
        self.add_class("lost")

    # Panels in the place of the plot

    def _set_panel(self, panel: str | None) -> None:
        self._panel = panel
        self.set_class(panel == "help", "-helping")
        short = self.has_class("-short") or self.has_class("-tiny")
        self._verdict.display = self._verdict.judged and not (short and panel == "log")
        shown = panel or ("welcome" if self._is_idle() else "curve")
        for slot in self._slots:
            slot.display = slot.id == shown

    def _is_idle(self) -> bool:
        return self.view is None or self.view.phase is SessionPhase.PREPARE

    def _explain(self) -> None:
        watches = self.app.has_class("watching")
        explain_keys(self._help, self.app.settings, self.view, watches=watches)

    def action_help(self) -> None:
        """Show or hide the keys."""
        self._explain()
        self._set_panel(None if self._panel == "help" else "help")
        self.set_focus(self._help if self._panel == "help" else None)

    def action_log(self) -> None:
        """Show or hide the log of alarms."""
        self._set_panel(None if self._panel == "log" else "log")
        self._log.begin()
        self.set_focus(self._log if self._panel == "log" else None)

    def _draw_over(self, chosen: str) -> None:
        """Draw the curve over what the settings say, once for each change of them."""
        if chosen != self._curve_chosen:
            self._curve_chosen = chosen
            self._curve.switch(chosen)

    def action_axis(self) -> None:
        """Draw the curve over time or over rotation."""
        self._curve.switch()

    def action_close_panel(self) -> None:
        """Go back to the plot."""
        self.set_focus(None)
        self._set_panel(None)

    def action_prepare(self) -> None:
        """Go to the screen for the next insertion."""
        view = self.view
        if view is None or not self.may_order(OrderName.PREPARE):
            return
        if view.phase is SessionPhase.RECORDING:
            self.notice.tell(say("prepare.recording"), urgent=True)
            return
        self.app.go("prepare")

    # Orders

    def action_record(self) -> None:
        """Start or finish the recording."""
        view = self.view
        recording = view is not None and view.phase is SessionPhase.RECORDING
        if view is not None and view.to_confirm and view.controlling and not recording:
            self.app.go("prepare")  # that is where it is confirmed
            if view.patient:
                self.app.confirm()
            return
        self.action_order(OrderName.FINISH if recording else OrderName.START)

    async def on_key_bar_chosen(self, event: KeyBar.Chosen) -> None:
        """Do what the touched key does."""
        await self.run_action(event.action)

    def _start_once(self, view: View) -> None:
        """Start the recording that was asked for on the command line, once the device is there.

        And once this screen keeps up: loading the other screens may take longer than the second
        after which the operator counts as gone, and then nothing would be armed.
        """
        ready = view.link.phase is LinkPhase.CONNECTED and view.device is not None
        seen = view.controlling and view.operator_present and self.app.furnished
        if self._start_pending and ready and seen:
            self._start_pending = False
            if view.phase is SessionPhase.PREPARE:
                self.send(OrderName.START)

    # Quitting

    def action_ask_quit(self) -> None:
        """Quit; while recording, ask first."""
        view = self.view
        if view is None or self.has_class("lost"):
            self.app.exit(EXIT_LOST, return_code=EXIT_LOST)
        elif view.phase is SessionPhase.RECORDING and view.controlling and not self._quit_anyway:
            self._set_panel("ask")
        else:
            self.app.exit(0)

    def action_answer_yes(self) -> None:
        """Finish the recording and quit, if that was asked."""
        if self._panel == "ask":
            self._set_panel(None)
            self.work(self._finish_and_quit, group="orders")

    async def _finish_and_quit(self) -> None:
        if await self.give(OrderName.FINISH, {}):
            self.app.exit(0)
            return
        self._quit_anyway = True
        self.notice.tell(say("quit.failed"), urgent=True)
