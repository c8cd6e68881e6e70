"""The practice's systems that reports go to: how each stands, and what it says when it is asked.

What a destination answers is text from outside; it is shown as text and as nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message

from torquemon.local.archive import OutboxLine, RecorderState
from torquemon.tui.paint import shown
from torquemon.tui.widgets.editors import Editor
from torquemon.tui.widgets.panels import Entry, ScrollPanel
from torquemon.tui.widgets.touch import TouchButton
from torquemon.tui.words import say, say_count, told

_NAME_CELLS: Final = 20
"""A longer name stands before its text instead of in a column of its own."""
_OWN_NAME: Final = "torquemon: "
"""Stands before what the check itself has to say."""


class DestinationsPanel(Editor):
    """All destinations, a field that has them asked, and their answers."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "ask", show=False)]

    class Asked(Message):
        """They are to be asked whether they answer."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._ask = TouchButton("", id="destinations-ask")
        self._back = TouchButton("", id="destinations-back")
        self._words = ScrollPanel(id="destinations-words")

    def compose(self) -> ComposeResult:
        """Lay out the two fields and what there is to say."""
        with Horizontal(classes="touch-row"):
            yield self._ask
            yield self._back
        yield self._words

    def open(self) -> None:
        """Take the place of the list."""
        self.display = True
        self._words.focus()

    def put(self, state: RecorderState | None, trouble: str, *, answers: bool) -> None:
        """Show how the destinations stand; None: it is not known, because of `trouble`.

        `answers` shows what they said when they were asked, too.
        """
        none = state is None or not state.outbox
        self._ask.face(say("destinations.ask"), off=none)
        self._back.face(say("destinations.back"))
        if state is None:
            entries = [Entry("", told(trouble))] if trouble else []
        else:
            entries = [how_it_stands(line) for line in state.outbox]
            entries = entries or [Entry("", say("destinations.none"))]
            if answers and state.checked:
                names = {line.destination for line in state.outbox}
                entries += [Entry("", say("destinations.answers"))]
                entries += [_answer(line, names) for line in state.checked]
        self._words.show_text(say("destinations.title"), *_columns(entries))

    def action_ask(self) -> None:
        """Have them asked."""
        self._ask.action_press()

    def on_touch_button_pressed(self, event: TouchButton.Pressed) -> None:
        """Have them asked, or leave."""
        event.stop()
        self.post_message(self.Asked() if event.name == "destinations-ask" else self.Closed())


def summary(state: RecorderState | None) -> str:
    """Return how all of them stand, on one line."""
    if state is None:
        return say("destinations.unknown")
    if not state.outbox:
        return say("destinations.none.short")
    parts = [say_count("destinations.count", len(state.outbox))]
    if bad := sum(bool(line.error) for line in state.outbox):
        parts.append(say_count("destinations.bad", bad))
    if waiting := sum(line.waiting for line in state.outbox):
        parts.append(say_count("destinations.waiting", waiting))
    return ", ".join(parts)


def how_it_stands(line: OutboxLine) -> Entry:
    """Return one destination with what waits for it and what is wrong there."""
    parts = []
    if line.waiting:
        parts.append(say_count("destinations.waiting", line.waiting))
    if line.set_aside:
        parts.append(say_count("destinations.set_aside", line.set_aside))
    if line.error:
        parts.append(told(line.error))
    return Entry(shown(line.destination), " · ".join(parts) or say("destinations.sent"))


def _answer(line: str, names: set[str]) -> Entry:
    """Return a line of the check under the name of the destination that it is about."""
    name, colon, said = line.partition(": ")
    if colon and name in names:
        return Entry(shown(name), told(said))
    return Entry("", told(line.removeprefix(_OWN_NAME)))


def _columns(entries: Sequence[Entry]) -> list[Entry]:
    """Put the names into the text where one would take the room of what is said."""
    if max((cell_len(entry.name) for entry in entries), default=0) <= _NAME_CELLS:
        return list(entries)
    return [
        Entry("", f"{entry.name}: {entry.text}" if entry.name else entry.text) for entry in entries
    ]
