"""What a gloved finger can hit: buttons and lists with targets of 3 rows by 12 columns at least.

The same things take the focus and Enter, so nothing needs a finger, and nothing a mouse.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final, NamedTuple

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from torquemon.tui import palette
from torquemon.tui.paint import Line, Painted, centred, clipped, fitted, shown, style
from torquemon.tui.palette import Role

TARGET_ROWS: Final = 3
TARGET_COLUMNS: Final = 12


class _Face(NamedTuple):
    label: str
    text: str
    urgent: bool
    off: bool


class TouchButton(Painted, can_focus=True):
    """A field with a label and, beneath it, what it stands at. Posts `Pressed` with its id."""

    GROUND = palette.RAISED
    DEFAULT_CSS = "TouchButton { height: 3; min-width: 12; width: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "press", show=False)]

    class Pressed(Message):
        """The field was touched, or Enter pressed on it."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def __init__(self, label: str, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._state = _Face(label, "", urgent=False, off=False)

    def face(self, label: str, text: str = "", *, urgent: bool = False, off: bool = False) -> None:
        """Show a label and a text; `urgent` asks to be pressed next, `off` cannot be."""
        self.set_state(_Face(label, shown(text), urgent, off))

    def action_press(self) -> None:
        """Do what the field is for."""
        if isinstance(self._state, _Face) and not self._state.off and self.id:
            self.post_message(self.Pressed(self.id))

    def on_click(self, event: events.Click) -> None:
        """Do what the field is for."""
        event.stop()
        self.action_press()

    def on_focus(self) -> None:
        """Show the focus."""
        self.repaint()

    def on_blur(self) -> None:
        """Show that the focus has gone."""
        self.repaint()

    def _colours(self, face: _Face) -> tuple[Role, Role]:
        if face.urgent:
            return palette.ON_FILL, palette.SKY
        if self.has_focus:
            return palette.INK, Role.FOCUS
        return (palette.MUTED if face.off else palette.INK), self.GROUND

    def paint(self, width: int, height: int) -> list[Line]:
        """See `Painted`: a bar at the left where the focus is, label, text."""
        face = self._state
        if not isinstance(face, _Face) or not height:
            return []
        ink, ground = self._colours(face)
        bar = "▌" if self.has_focus else " "
        room = width - 2
        texts = clipped(face.text, room, height - 1) if face.text else []
        rows = [face.label, *texts] if texts else clipped(face.label, room, height)
        above = (height - len(rows)) // 2 if not texts else 0
        lines: list[Line] = []
        for y in range(height):
            at = y - above
            text = rows[at] if 0 <= at < len(rows) else ""
            body = fitted(text, room) if texts else centred(text, room)
            bold = at > 0 if texts else True
            look = style(ink, ground, bold=bold, strike=face.off and (at == 0 or not texts))
            lines.append([Segment(bar + body, look), Segment(" ", style(ink, ground))])
        return lines


class TypingButton(TouchButton):
    """A field that is typed into where it stands, by hand or by a scanner; Enter posts `Filled`.

    While it has the focus a letter is a letter and no key of the screen, but for a blank before
    any other: no reference begins with one. What was typed is not lost with the focus.
    """

    MAX_CHARS: ClassVar[int] = 64

    class Filled(Message):
        """Something was typed, and Enter pressed or the field left; `entered` tells which."""

        def __init__(self, name: str, text: str, *, entered: bool) -> None:
            super().__init__()
            self.name = name
            self.text = text
            self.entered = entered

    def __init__(self, label: str, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(label, id=id)
        self._face = _Face(label, "", urgent=False, off=False)
        self._typed: str | None = None

    def face(self, label: str, text: str = "", *, urgent: bool = False, off: bool = False) -> None:
        """See `TouchButton`; what is being typed stands in the place of the text."""
        self._face = _Face(label, text, urgent, off)
        if off:
            self._typed = None
        self._show()

    def _show(self) -> None:
        label, text, urgent, off = self._face
        if self._typed is not None:
            text = f"{self._typed}▏"
        elif self.has_focus and not off:
            text = f"▏{text}"
        super().face(label, text, urgent=urgent, off=off)

    def on_key(self, event: events.Key) -> None:
        """Take letters in the order in which they come."""
        char = event.character
        if self._face.off:
            return
        if event.key == "enter" and self._typed is not None:
            self._fill(entered=True)
        elif event.key == "escape" and self._typed is not None:
            self._typed = None
        elif event.key == "backspace" and self._typed:
            self._typed = self._typed[:-1]
        elif event.is_printable and char and (self._typed is not None or char != " "):
            self._typed = ((self._typed or "") + char)[: self.MAX_CHARS]
        else:
            return
        event.stop()
        event.prevent_default()
        self._show()

    def on_paste(self, event: events.Paste) -> None:
        """Take what is pasted as if it were typed."""
        if not self._face.off:
            event.stop()
            self._typed = shown((self._typed or "") + event.text)[: self.MAX_CHARS]
            self._show()

    def _fill(self, *, entered: bool) -> None:
        typed, self._typed = self._typed, None
        if typed is not None and self.id:
            self.post_message(self.Filled(self.id, shown(typed).strip(), entered=entered))

    def watch_has_focus(self, has_focus: bool) -> None:  # noqa: FBT001 - Textual's signature
        """Show that letters come here, or keep what was typed."""
        super().watch_has_focus(has_focus)
        if not has_focus:
            self._fill(entered=False)
        self._show()
        self.repaint()


class Item(NamedTuple):
    """A line of a list: its id, what it is, and what stands beneath."""

    id: str
    name: str
    text: str = ""
    mark: str = ""


class _List(NamedTuple):
    items: tuple[Item, ...]
    at: int


class TouchList(Painted, can_focus=True):
    """Items of three rows each, chosen with the arrow keys or a finger.

    A touch on the first or last row of a list that goes on beyond it moves it on.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", show=False),
        Binding("down", "move(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("home", "move(-100000)", show=False),
        Binding("end", "move(100000)", show=False),
        Binding("enter", "pick", show=False),
    ]

    class Picked(Message):
        """An item was chosen."""

        def __init__(self, name: str, item: Item) -> None:
            super().__init__()
            self.name = name
            self.item = item

    class Reached(Message):
        """The last item is in sight: more of it may be fetched."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._state = _List((), 0)

    @property
    def _list(self) -> _List:
        return self._state if isinstance(self._state, _List) else _List((), 0)

    @property
    def item(self) -> Item | None:
        """The item at the cursor."""
        items, at = self._list
        return items[at] if items else None

    def fill(self, items: Sequence[Item], chosen: str = "") -> None:
        """Show `items`, the cursor at the one with the id `chosen`, else where it was."""
        before = chosen or (self.item.id if self.item else "")
        at = next((i for i, item in enumerate(items) if item.id == before), 0)
        self.set_state(_List(tuple(items), at))

    def _go(self, at: int) -> None:
        items = self._list.items
        at = min(max(at, 0), max(0, len(items) - 1))
        self.set_state(_List(items, at))
        if at >= len(items) - 1:
            self.post_message(self.Reached())

    def action_move(self, step: int) -> None:
        """Move the cursor."""
        self._go(self._list.at + step)

    def action_page(self, step: int) -> None:
        """Move the cursor by what is in sight."""
        self._go(self._list.at + step * self._in_sight())

    def action_pick(self) -> None:
        """Choose the item at the cursor."""
        if self.item is not None and self.id:
            self.post_message(self.Picked(self.id, self.item))

    def on_click(self, event: events.Click) -> None:
        """Choose the item under the finger; on the edge of a longer list, move on."""
        event.stop()
        items, at = self._list
        row = event.y // TARGET_ROWS
        index = self._first() + row
        if row < self._in_sight() and index < len(items):
            if index == at:
                self.action_pick()
            else:
                self._go(index)

    def on_focus(self) -> None:
        """Show the focus."""
        self.repaint()

    def on_blur(self) -> None:
        """Show that the focus has gone."""
        self.repaint()

    def _in_sight(self) -> int:
        return max(1, self.size.height // TARGET_ROWS)

    def _first(self) -> int:
        items, at = self._list
        sight = self._in_sight()
        return min(max(0, at - sight // 2), max(0, len(items) - sight))

    def paint(self, width: int, height: int) -> list[Line]:
        """See `Painted`."""
        items, at = self._list
        first = self._first()
        lines: list[Line] = []
        for index in range(first, min(first + self._in_sight(), len(items))):
            item = items[index]
            here = index == at
            ground = Role.FOCUS if here and self.has_focus else palette.RAISED
            if not here:
                ground = palette.BACKGROUND
            bar = "▶ " if here else "  "
            edge = "▲" if index == first and first else ""
            if index == first + self._in_sight() - 1 and index < len(items) - 1:
                edge = "▼"
            mark = f" {item.mark}" if item.mark else ""
            room = max(0, width - len(mark) - 2)
            name = fitted(bar + shown(item.name), room) + mark
            lines += [
                [
                    Segment(
                        fitted(name, width - 2) + f"{edge:>2}",
                        style(palette.INK, ground, bold=True),
                    )
                ],
                [Segment(fitted(f"  {shown(item.text)}", width), style(palette.INK, ground))],
                [Segment("─" * width, style(palette.RULE))],
            ]
        return lines[:height]
