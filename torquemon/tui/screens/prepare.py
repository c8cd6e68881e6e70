"""Prepare: who, where, with what, and whether all is ready. Starting is confirmed here.

Nothing is kept here: every choice goes to the monitor at once, and what stands on the tiles is what
the monitor says is set.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import ClassVar, Final

from textual.binding import Binding, BindingType
from textual.containers import Container, Grid, Horizontal
from textual.widget import Widget

from torquemon.local.archive import MAX_REFERENCE_CHARS, PatientView
from torquemon.local.messages import OrderName
from torquemon.local.view import CheckView, SessionPhase, View
from torquemon.model import Origin
from torquemon.text import clean
from torquemon.tui.link import LINK_ERRORS, MonitorLink
from torquemon.tui.local_time import day_of
from torquemon.tui.screens.frame import FrameScreen
from torquemon.tui.screens.prepare_words import (
    being_asked,
    faces_of,
    keeps_from_starting,
    offer,
    other_patient,
    plan_of,
    recorder_checks,
    screws,
    sound_check,
    warning,
    who_is,
    windows,
)
from torquemon.tui.widgets.checks import CheckList
from torquemon.tui.widgets.editors import ConfirmPanel, Editor, FieldEditor, SpotEditor
from torquemon.tui.widgets.touch import TouchButton, TypingButton
from torquemon.tui.words import say, say_count, to_point

TILES: Final = ("patient", "operator", "site", "screw", "window", "threshold", "tare", "start")
_ASK_STATE_S: Final = 2.0
_TYPED: Final = ("patient", "operator")


class PrepareScreen(FrameScreen):
    """Tiles, check list, and the editor of one tile in their place."""

    NAME = "prepare"
    KEYS_TOLD = ("tab", "enter", "space", "esc")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "start", id="record"),
        Binding("t", "order('tare')", id="tare"),
    ]

    def __init__(self, link: MonitorLink) -> None:
        super().__init__(link)
        kinds = {name: TypingButton if name in _TYPED else TouchButton for name in TILES}
        self._tiles = {name: kind("", id=f"tile-{name}") for name, kind in kinds.items()}
        self._known: PatientView | None = None
        self._waiting: PatientView | None = None
        self._looked_up = ""
        self._checks = CheckList(id="checks")
        self._field = FieldEditor(id="field")
        self._spot = SpotEditor(id="spot")
        self.confirm = ConfirmPanel(id="confirm")
        self._editors: tuple[Editor, ...] = (self._field, self._spot, self.confirm)
        self._edited = TILES[0]  # whose editor was opened last
        self._recorder: tuple[CheckView, ...] = ()
        tiles = Grid(*self._tiles.values(), id="tiles")
        self._main = Horizontal(tiles, self._checks, id="prepare-main")

    def body(self) -> Iterator[Widget]:
        """See `FrameScreen`."""
        yield Container(
            self._main,
            *self._editors,
            id="prepare",
        )

    def on_mount(self) -> None:
        """Ask the recorder now and then how it fares."""
        super().on_mount()
        self.set_interval(_ASK_STATE_S, self._ask_recorder)

    def on_screen_resume(self) -> None:
        """Let what is typed, or scanned, go into the patient's reference."""
        super().on_screen_resume()
        self._await_typing()

    def _await_typing(self) -> None:
        view = self.view
        if view is not None and view.controlling and view.phase is not SessionPhase.RECORDING:
            self.set_focus(self._tiles["patient"])

    def on_screen_suspend(self) -> None:
        """Leave no half choice behind."""
        self._close()

    # --- what is shown --------------------------------------------------------------------------

    def fresh(self, view: View) -> None:
        """See `FrameScreen`."""
        busy = view.phase is SessionPhase.RECORDING or not view.controlling
        if busy and self.is_running and isinstance(self.focused, TypingButton):
            self.set_focus(None)
        self._ask_who(view.patient)
        for name, text in faces_of(view, self._known, self._waiting).items():
            self._tiles[name].face(say(f"prepare.{name}"), text, off=busy)
        ready = not busy and not any(keeps_from_starting(check) for check in view.checks)
        if view.phase is SessionPhase.RECORDING:
            self._tiles["start"].face(say("prepare.running"), off=True)
        elif view.to_confirm:
            text = say("prepare.confirm.text")
            self._tiles["start"].face(say("prepare.confirm"), text, urgent=ready, off=busy)
        else:
            text = say("prepare.start.text")
            self._tiles["start"].face(say("prepare.start"), text, urgent=ready, off=busy)
        more = (*(self._recorder or being_asked()), *other_patient(view.patient, self._waiting))
        self._checks.put((*view.checks, sound_check(view), *more))

    def _ask_who(self, reference: str) -> None:
        """Ask once for each reference who that is."""
        if self.is_running and reference != self._looked_up:
            self._looked_up, self._known = reference, None
            if reference:
                self.work(partial(self._know, reference), group="known", exclusive=True)

    async def _know(self, reference: str) -> None:
        try:
            self._known = await self.app.archive.patient(clean(reference, MAX_REFERENCE_CHARS))
        except LINK_ERRORS:
            self._known = None
        if self.view is not None and self.view.patient == reference:
            self.fresh(self.view)

    def _ask_recorder(self) -> None:
        if self.is_current:
            self.work(self._fetch_recorder, group="recorder", patient=True)

    async def _fetch_recorder(self) -> None:
        try:
            state = await self.app.archive.state()
        except LINK_ERRORS as error:
            self._recorder = (warning("recorder", str(error)),)
            return
        self._waiting = state.waiting
        self._recorder = recorder_checks(state)

    # --- choosing -------------------------------------------------------------------------------

    def on_touch_button_pressed(self, event: TouchButton.Pressed) -> None:
        """Open what the tile is for."""
        event.stop()
        name = event.name.removeprefix("tile-")
        view = self.view
        if view is None or not self.may_order(OrderName.PREPARE):
            return
        if name == "start":
            self.action_start()
        elif name == "tare":
            self.action_order("tare")
        else:
            self._open(name, view)

    def _open(self, name: str, view: View) -> None:
        if view.phase is SessionPhase.RECORDING:
            self.notice.tell(say("prepare.recording"), urgent=True)
            return
        self._show_editor(shown=True)
        self._edited = name
        question = say(f"prepare.{name}")
        if name == "site":
            self._spot.open(view.site, view.fdi)
        elif name == "patient":
            hint, value = say("prepare.patient.hint"), view.patient
            if self._waiting is not None and self._waiting.reference != value:
                # offered: it is taken by hand only
                hint, value = offer(self._waiting), self._waiting.reference
            self._field.open(name, question, value, hint=hint)
        elif name == "operator":
            self._field.open(name, question, view.operator, hint=say("prepare.operator.hint"))
        elif name == "screw":
            self._field.open(name, question, view.screw, options=screws(view.site), typed=False)
        elif name == "window":
            hint = say("prepare.window.hint")
            self._field.open(name, question, view.window_choice, hint=hint, options=windows())
        else:
            wanted = "" if view.wanted_ncm is None else f"{view.wanted_ncm:g}"
            hint = say("prepare.threshold.hint")
            self._field.open("threshold_ncm", question, wanted, hint=hint)

    def on_typing_button_filled(self, event: TypingButton.Filled) -> None:
        """Send what was typed or scanned, and move on: to the operator if none is named."""
        event.stop()
        if self.view is None or not self.may_order(OrderName.PREPARE):
            return
        name = event.name.removeprefix("tile-")
        self._put({name: event.text})
        if event.entered:
            unnamed = name == "patient" and not self.view.operator
            self.set_focus(self._tiles["operator" if unnamed else "start"])

    def on_editor_done(self, event: Editor.Done) -> None:
        """Send the choice, and go on to the next tile."""
        event.stop()
        self._close(TILES[TILES.index(self._edited) + 1])
        self._put(dict(event.values))

    def _put(self, values: dict[str, str]) -> None:
        """Send a choice with all the rest as it is set."""
        if self.view is None:
            return
        for name in ("window", "threshold_ncm"):
            if name in values:
                values[name] = to_point(values[name])
        if "site" in values:
            values["window"] = ""  # the site's own: a window of another site is not meant
        self.send(OrderName.PREPARE, plan_of(self.view) | values)

    def on_editor_closed(self, event: Editor.Closed) -> None:
        """Go back to the tile."""
        event.stop()
        self._close(self._edited)

    def _show_editor(self, *, shown: bool) -> None:
        self._main.display = not shown
        for editor in self._editors:
            editor.display = False

    def _close(self, tile: str = "") -> None:
        self._show_editor(shown=False)
        self.set_focus(self._tiles[tile] if tile else None)

    def action_leave(self) -> None:
        """See `FrameScreen`: an open editor is left first."""
        if any(editor.display for editor in self._editors):
            self._close(self._edited)
        else:
            super().action_leave()

    # --- starting -------------------------------------------------------------------------------

    def action_start(self) -> None:
        """Start; where something must be confirmed, ask for that first."""
        view = self.view
        if view is None or not self.may_order(OrderName.START):
            return
        if view.phase is SessionPhase.RECORDING:
            self.app.go("insert")
        elif self.confirm.display:
            self.confirm.confirm()
        elif view.to_confirm:
            self.ask_to_confirm(view)
        else:
            self.work(partial(self._start, {}), group="orders")

    def ask_to_confirm(self, view: View) -> None:
        """Show what must be confirmed."""
        self._show_editor(shown=True)
        self._edited = "start"
        fields = plan_of(view)
        named = ("patient", "site", "fdi", "screw", "threshold_ncm")
        stood_there = {name: fields[name] for name in named}
        self.confirm.open(stood_there, view.to_confirm)
        self.work(partial(self._look_up, view.patient), group="patient", exclusive=True)

    async def _look_up(self, reference: str) -> None:
        """Show who that is and what was recorded, so that the wrong patient is noticed."""
        if not reference:
            return
        try:
            known = await self.app.archive.patient(clean(reference, MAX_REFERENCE_CHARS))
        except LINK_ERRORS:
            self.confirm.know(say("confirm.unknown"))
            return
        simulated = self.view is not None and self.view.origin is not Origin.REAL
        if not known.name and not known.insertions and not simulated:
            self.confirm.doubt(say("confirm.new"))
            return
        who = who_is(known)
        before = say_count("confirm.before", known.insertions, last=day_of(known.last_utc))
        before = before if known.insertions else say("confirm.first")
        self.confirm.know(f"{who}. {before}" if who else before)

    def on_confirm_panel_confirmed(self, event: ConfirmPanel.Confirmed) -> None:
        """Confirm what stood there, and start."""
        event.stop()
        self._close()
        self.work(partial(self._start, event.shown), group="orders")

    async def _start(self, confirmed: dict[str, str]) -> None:
        if confirmed and not await self.give(OrderName.CONFIRM, confirmed):
            return
        if await self.give(OrderName.START, {}):
            self.app.go("insert")
