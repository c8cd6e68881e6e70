"""Review: one insertion from the record, what it means, and what is to be added to it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import ClassVar, Final

from textual.binding import Binding, BindingType
from textual.containers import Container, Grid, Horizontal, Vertical
from textual.widget import Widget

from torquemon.local.archive import (
    MAX_NOTE_CHARS,
    OUTCOMES,
    STOP_OUTCOMES,
    ActName,
    CurvePage,
    InsertionView,
)
from torquemon.local.messages import OrderName
from torquemon.local.view import SessionPhase, View
from torquemon.tui.link import LINK_ERRORS, MonitorLink
from torquemon.tui.screens.archive_parts import ever_stopped, facts_of, log_of, scene_of
from torquemon.tui.screens.frame import FrameScreen
from torquemon.tui.widgets.editors import Editor, FieldEditor
from torquemon.tui.widgets.panels import Entry, ScrollPanel, TextPanel
from torquemon.tui.widgets.stored_plot import Scene, StoredPlot
from torquemon.tui.widgets.touch import Item, TouchButton
from torquemon.tui.words import say, told

LAST: Final = "last"
TILES: Final = (
    "note",
    "stop_outcome",
    "outcome",
    "sign",
    "send",
    "report",
    "print",
    "replay",
    "axis",
    "events",
)
_LOOKING: Final = frozenset({"replay", "axis", "events"})
"""What adds nothing to the record."""
_WIDE: Final = 100
"""From here on the number of the insertion has room beside the plot."""
_NAMELESS: Final = frozenset({ActName.SEND, ActName.REPORT, ActName.PRINT})
"""What adds no row to the record needs no name."""
_UNDER_WAY: Final = ("the report is being made", "the report is being printed")
_CHOICES: Final = {"stop_outcome": STOP_OUTCOMES, "outcome": OUTCOMES}
_AGAIN_S: Final = 0.5
"""The recorder closes an insertion within a second; until then it is asked again."""


class ReviewScreen(FrameScreen):
    """Curve, verdict and remarks of one insertion; tiles to add to it."""

    NAME = "review"
    KEYS_TOLD = ("n", "o", "u", "g", "e", "d", "p", "x", "l", "r", "esc")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "act('note')", id="note"),
        Binding("o", "act('stop_outcome')", id="stop-outcome"),
        Binding("u", "act('outcome')"),
        Binding("g", "act('sign')", id="sign"),
        Binding("e", "act('send')", id="send"),
        Binding("d", "act('report')", id="report"),
        Binding("p", "act('print')", id="print"),
        Binding("x", "act('axis')", id="axis"),
        Binding("l", "act('events')", id="events"),
        Binding("r", "act('replay')", id="replay"),
    ]

    def __init__(self, link: MonitorLink) -> None:
        super().__init__(link)
        self.wanted = LAST
        self.insertion: InsertionView | None = None
        self.page: CurvePage | None = None
        self._asked_for = ""
        self._by_angle = False
        self._who = ""
        self._pending: ActName | None = None
        self._given: dict[str, str] = {}
        """What was typed or picked for it, while it is asked who that was."""
        self._facts = TextPanel(id="review-facts")
        self._plot = StoredPlot(id="review-plot")
        self._log = TextPanel(id="review-log")
        self._events = ScrollPanel(id="review-events")
        self._report_told: str | None = None
        """What was last said of a report that was asked for; None while none is awaited."""
        self._tiles = {name: TouchButton("", id=f"act-{name}") for name in TILES}
        self._field = FieldEditor(id="review-field", max_chars=MAX_NOTE_CHARS)
        self._main = Horizontal(
            Vertical(self._facts, self._plot, self._log, self._events, id="review-left"),
            Grid(*self._tiles.values(), id="review-tiles"),
            id="review-main",
        )

    def body(self) -> Iterator[Widget]:
        """See `FrameScreen`."""
        yield Container(
            self._main,
            self._field,
            id="review",
        )

    def on_mount(self) -> None:
        """Ask again while what is wanted is not closed yet."""
        super().on_mount()
        self.set_interval(_AGAIN_S, self._ask_again)

    def on_screen_resume(self) -> None:
        """Show the insertion that is wanted; after a recording that is the one just closed."""
        super().on_screen_resume()
        self._by_angle = self.app.settings.curve == "angle"
        self._close()
        self._show_events(shown=False)
        self.reload()

    # --- what is shown --------------------------------------------------------------------------

    def show_insertion(self, insertion_id: str) -> None:
        """Show another insertion when this screen comes to the front."""
        self.wanted = insertion_id

    def reload(self) -> None:
        """Ask the recorder for the insertion."""
        wanted = self.wanted
        view = self.view
        just_closed = view is not None and view.phase is SessionPhase.CLOSED
        if wanted == LAST and view is not None and just_closed and view.insertion_id:
            wanted = view.insertion_id
        self._asked_for = wanted
        self.work(partial(self._fetch, wanted), group="load", exclusive=True)

    async def _fetch(self, wanted: str) -> None:
        try:
            insertion = await self.app.archive.load(wanted)
            page = await self.app.archive.curve(insertion.line.id, reduced=True)
        except LINK_ERRORS as error:
            self.insertion, self.page = None, None
            self._facts.show_text(say("review.none"), Entry("", told(str(error))))
            self._plot.put(Scene())
            self._log.show_text("")
            self._events.show_text("")
            return
        self.insertion, self.page = insertion, page
        self._draw()

    def _show_events(self, *, shown: bool) -> None:
        """Show all that happened in the place of the plot."""
        self._events.display = shown
        for part in (self._facts, self._plot, self._log):
            part.display = not shown
        self.set_focus(self._events if shown else None)

    async def _ask_report(self) -> None:
        """Say how the report fares that was asked for, until that is over."""
        try:
            said = (await self.app.archive.state()).report
        except LINK_ERRORS:
            return
        if said != self._report_told:
            self.notice.tell(said)
        self._report_told = said if said.startswith(_UNDER_WAY) else None

    def _ask_again(self) -> None:
        if self.is_current and self._report_told is not None:
            self.work(self._ask_report, group="report", patient=True)
        if self.is_current and self.insertion is None and self._asked_for:
            self.work(partial(self._fetch, self._asked_for), group="load", patient=True)

    def _draw(self) -> None:
        if self.insertion is None or self.page is None:
            return
        title, entries = facts_of(self.insertion)
        self._facts.show_text(title, *entries)
        by_angle = self._by_angle and self.insertion.has_angle
        self._plot.put(scene_of(self.insertion, self.page, by_angle=by_angle))
        title = f"{say('review.log')} · {self.insertion.line.id}"
        wide = self.size.width >= _WIDE
        self._log.show_text(title if wide else say("review.log"), *log_of(self.insertion))
        self._events.show_text(title, *log_of(self.insertion))

    def fresh(self, view: View) -> None:
        """See `FrameScreen`."""
        off = self.insertion is None
        adding = off or not view.controlling
        unstopped = self.insertion is not None and not ever_stopped(self.insertion)
        for name, tile in self._tiles.items():
            idle = adding or (name == ActName.STOP_OUTCOME and unstopped)
            tile.face(say(f"act.{name}"), off=off if name in _LOOKING else idle)

    # --- what is added --------------------------------------------------------------------------

    def on_touch_button_pressed(self, event: TouchButton.Pressed) -> None:
        """Do what the tile is for."""
        event.stop()
        self.action_act(event.name.removeprefix("act-"))

    def action_act(self, name: str) -> None:
        """Ask for what is missing, then have it added."""
        if self.insertion is None:
            self.notice.tell(say("review.none"), urgent=True)
            return
        if name == "axis":
            self._by_angle = not self._by_angle
            self._draw()
        elif name == "events":
            self._show_events(shown=not self._events.display)
        elif name == "replay":
            if self.page is not None:
                self.app.replay(self.insertion, self.page)
        elif self.view is not None and self.may_order(OrderName.PREPARE):
            if name == ActName.STOP_OUTCOME and not ever_stopped(self.insertion):
                self.notice.tell(say("review.unstopped"), urgent=True)
            else:
                self._begin(ActName(name), self.view)

    def _begin(self, act: ActName, view: View) -> None:
        self._pending, self._given = act, {}
        if act is ActName.NOTE:
            self._open("text", say("act.note"))
        elif act.value in _CHOICES:
            items = [Item(choice, say(f"choice.{choice}")) for choice in _CHOICES[act.value]]
            self._open("choice", say(f"act.{act.value}"), items)
        else:
            self._go_on(act, view)

    def _go_on(self, act: ActName, view: View) -> None:
        """Give what was typed, or ask first who it was: the note is typed before the name."""
        who = self._who or view.operator
        if not who and act not in _NAMELESS:
            self._open("who", say("review.who"))
        elif act is ActName.SIGN and not self._given:
            yes = Item("signed", say("review.sign.yes", who=who), say("review.sign.why"))
            self._open("sign", say("act.sign"), [yes])
        elif act is ActName.SIGN:
            self._give(act, who)
        else:
            self._give(act, who, **self._given)

    def _open(self, field: str, question: str, items: list[Item] | None = None) -> None:
        self._main.display = False
        self._field.open(field, question, options=items or (), typed=items is None)

    def on_editor_done(self, event: Editor.Done) -> None:
        """Go on with what was begun."""
        event.stop()
        self._close()
        if self._pending is None or self.view is None:
            return
        if "who" in event.values:
            self._who = event.values["who"]
            if not self._who:
                self.notice.tell(say("review.nobody"), urgent=True)
                return
        else:
            self._given = dict(event.values)
        self._go_on(self._pending, self.view)

    def on_editor_closed(self, event: Editor.Closed) -> None:
        """Leave it."""
        event.stop()
        self._close()

    def _close(self) -> None:
        self._main.display = True
        self._field.display = False
        self.set_focus(None)

    def action_leave(self) -> None:
        """See `FrameScreen`."""
        if self._field.display:
            self._close()
        elif self._events.display:
            self._show_events(shown=False)
        else:
            super().action_leave()

    def _give(self, act: ActName, who: str, text: str = "", choice: str = "") -> None:
        self._pending = None
        if self.insertion is not None:
            wanted = self.insertion.line.id
            self.work(partial(self._added, act, wanted, who, choice, text), group="acts")

    async def _added(self, act: ActName, wanted: str, who: str, choice: str, text: str) -> None:
        name = say(f"act.{act.value}")
        try:
            said = await self.app.archive.act(act, wanted, who=who, choice=choice, text=text)
        except LINK_ERRORS as error:
            self.notice.tell(say("order.failed", name=name, why=told(str(error))), urgent=True)
            return
        self.notice.tell(f"{name}: {told(said)}")
        if act in (ActName.REPORT, ActName.PRINT):
            self._report_told = said
        await self._fetch(wanted)
