"""History: what was recorded, found by words; opened, or compared with others on one plot."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import ClassVar, Final

from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Input

from torquemon.local.archive import InsertionLine, Search
from torquemon.local.view import View
from torquemon.tui.link import LINK_ERRORS, MonitorLink
from torquemon.tui.paint import shown
from torquemon.tui.screens.archive_parts import curve_of, item_of, legend_of
from torquemon.tui.screens.frame import FrameScreen
from torquemon.tui.widgets.panels import Entry, RowsPanel, TextPanel
from torquemon.tui.widgets.stored_plot import LETTERS, Scene, StoredPlot
from torquemon.tui.widgets.touch import TouchButton, TouchList
from torquemon.tui.words import say, told

BUTTONS: Final = ("open", "mark", "compare", "axis")
PAGE: Final = 50
MAX_LINES: Final = 1000
"""Whoever looks through more than so many narrows the search."""


class HistoryScreen(FrameScreen):
    """A list that is searched, and a plot of what was marked in it."""

    NAME = "history"
    KEYS_TOLD = ("slash", "enter", "c", "v", "x", "esc")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "search"),
        Binding("c", "do('mark')", id="mark"),
        Binding("v", "do('compare')", id="compare"),
        Binding("x", "do('axis')", id="axis"),
    ]

    def __init__(self, link: MonitorLink) -> None:
        super().__init__(link)
        self._lines: dict[str, InsertionLine] = {}
        self._more = False
        self._marked: list[str] = []
        self._by_angle = False
        self._scene = Scene()
        self._input = Input(id="history-text", max_length=120)
        self._list = TouchList(id="history-list")
        self._buttons = {name: TouchButton("", id=f"history-{name}") for name in BUTTONS}
        self._legend = RowsPanel(id="history-legend")
        self._plot = StoredPlot(id="history-plot")
        self._none = TextPanel(id="history-none")
        self._both = Vertical(self._legend, self._plot, id="history-both")

    def body(self) -> Iterator[Widget]:
        """See `FrameScreen`."""
        yield Container(
            Horizontal(self._input, *self._buttons.values(), classes="entry"),
            self._none,
            self._list,
            self._both,
            id="history",
        )

    def on_screen_resume(self) -> None:
        """Look anew: something may have been recorded."""
        super().on_screen_resume()
        self._by_angle = self.app.settings.curve == "angle"
        self._input.placeholder = say("history.hint")
        self._compare(shown=False)
        self.search()
        self._list.focus()

    def fresh(self, view: View) -> None:
        """See `FrameScreen`."""
        del view
        chosen = self._list.item
        marked = chosen is not None and chosen.id in self._marked
        comparing = self._both.display
        self._buttons["open"].face(say("history.open"), off=chosen is None or comparing)
        word = say("history.unmark") if marked else say("history.mark")
        self._buttons["mark"].face(word, off=chosen is None or comparing)
        count = say("history.compare", count=len(self._marked))
        back = say("edit.back") if comparing else count
        self._buttons["compare"].face(back, off=len(self._marked) < 2 and not comparing)  # noqa: PLR2004 - of one there is nothing to compare
        self._buttons["axis"].face(say("act.axis"), off=not comparing)

    # --- the list -------------------------------------------------------------------------------

    def action_search(self) -> None:
        """Go to the field for words."""
        self._input.focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Search."""
        event.stop()
        self.search()
        self._list.focus()

    def search(self) -> None:
        """Look from the newest on."""
        self._lines = {}
        self.work(
            partial(self._page, Search(text=self._sought, limit=PAGE)),
            group="search",
            exclusive=True,
        )

    @property
    def _sought(self) -> str:
        return shown(self._input.value)

    def on_touch_list_reached(self, event: TouchList.Reached) -> None:
        """Fetch what comes after."""
        event.stop()
        if self._more and self._lines and len(self._lines) < MAX_LINES:
            self._more = False
            last = next(reversed(self._lines.values()))
            search = Search(
                text=self._sought, limit=PAGE, before_utc=last.opened_utc, before_id=last.id
            )
            self.work(partial(self._page, search), group="search")

    async def _page(self, search: Search) -> None:
        try:
            found = await self.app.archive.search(search)
        except LINK_ERRORS as error:
            self._none.show_text(say("history.none"), Entry("", told(str(error))))
            self._none.display = True
            return
        self._more = found.more
        self._lines |= {line.id: line for line in found.lines}
        self._none.show_text(say("history.nothing"))
        self._none.display = not self._lines
        self._fill()

    def _fill(self) -> None:
        letters = dict(zip(self._marked, LETTERS, strict=False))
        self._list.fill([item_of(line, letters.get(key, "")) for key, line in self._lines.items()])

    # --- what is done with it -------------------------------------------------------------------

    def on_touch_list_picked(self, event: TouchList.Picked) -> None:
        """Open it."""
        event.stop()
        self.action_do("open")

    def on_touch_button_pressed(self, event: TouchButton.Pressed) -> None:
        """Do what the field is for."""
        event.stop()
        self.action_do(event.name.removeprefix("history-"))

    def action_do(self, name: str) -> None:
        """Open or mark the chosen one, or compare what is marked."""
        chosen = self._list.item
        comparing = self._both.display
        if name == "compare":
            self._toggle_compare(comparing=comparing)
        elif name == "axis" and comparing:
            self._by_angle = not self._by_angle
            self._plot.put(self._scene._replace(by_angle=self._by_angle))
        elif chosen is not None and not comparing:
            if name == "open":
                self.app.review(chosen.id)
            elif name == "mark":
                self._toggle_mark(chosen.id)

    def _toggle_mark(self, insertion_id: str) -> None:
        if insertion_id in self._marked:
            self._marked.remove(insertion_id)
        elif len(self._marked) < len(LETTERS):
            self._marked.append(insertion_id)
        else:
            self.notice.tell(say("history.full", count=len(LETTERS)), urgent=True)
        self._fill()
        if self.view is not None:
            self.fresh(self.view)

    def _toggle_compare(self, *, comparing: bool) -> None:
        if comparing:
            self._compare(shown=False)
        elif len(self._marked) >= 2:  # noqa: PLR2004 - as above
            self.work(self._load_marked, group="compare", exclusive=True)
        else:
            self.notice.tell(say("history.few"), urgent=True)

    async def _load_marked(self) -> None:
        try:
            views = [await self.app.archive.load(key) for key in self._marked]
            pages = [await self.app.archive.curve(key, reduced=True) for key in self._marked]
        except LINK_ERRORS as error:
            self.notice.tell(str(error), urgent=True)
            return
        entries = []
        for letter, view in zip(LETTERS, views, strict=False):
            entries.append(Entry(letter, legend_of(view.line)))
        self._legend.show_text(say("history.comparing"), *entries)
        lows = {view.window_low_ncm for view in views}
        highs = {view.window_high_ncm for view in views}
        same = len(lows) == len(highs) == 1
        self._scene = Scene(
            curves=tuple(curve_of(page) for page in pages),
            low_ncm=lows.pop() if same else None,
            high_ncm=highs.pop() if same else None,
            by_angle=self._by_angle,
        )
        self._plot.put(self._scene)
        self._compare(shown=True)

    def _compare(self, *, shown: bool) -> None:
        self._both.display = shown
        self._list.display = not shown
        self._none.display = False if shown else not self._lines
        if self.view is not None:
            self.fresh(self.view)

    def action_leave(self) -> None:
        """See `FrameScreen`."""
        if self._help.display:
            super().action_leave()
        elif self._both.display:
            self._compare(shown=False)
            self._list.focus()
        elif self.focused is self._input:
            self._list.focus()
        else:
            self.app.go("insert")
