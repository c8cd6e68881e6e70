"""Keys to be touched, for what must be typed where there is no keyboard: 3 rows by 12 columns each.

Capital letters, digits and a few signs: enough for a reference, a name, a number and a short note.
What does not fit into the room comes on further pages.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from rich.segment import Segment
from textual import events
from textual.message import Message

from torquemon.tui import palette
from torquemon.tui.paint import Line, Painted, centred, style
from torquemon.tui.widgets.touch import TARGET_COLUMNS, TARGET_ROWS
from torquemon.tui.words import say

CHARS: Final = "1234567890-/.,ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÜ "
ERASE: Final = "⌫"
_LEAST_KEYS: Final = 4
"""With fewer there would be more turning of pages than typing."""


class _Key(NamedTuple):
    text: str
    """What it types; `ERASE` takes the last one away, nothing turns the page."""
    label: str


class KeyPad(Painted):
    """Posts `Typed` for each key. It never takes the focus: that stays in the field."""

    GROUND = palette.PANEL

    class Typed(Message):
        """A character was touched, or `ERASE`."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._page = 0

    def begin(self) -> None:
        """Show the first page."""
        self._page = 0
        self.repaint()

    def keys(self, width: int, height: int) -> list[_Key]:
        """Return the keys of the present page; none where there is no room for a few."""
        slots = (width // TARGET_COLUMNS) * (height // TARGET_ROWS)
        if slots < _LEAST_KEYS:
            return []
        erase = _Key(ERASE, ERASE)
        if slots > len(CHARS):
            return [*(_key(char) for char in CHARS), erase]
        count = slots - 2
        pages = -(-len(CHARS) // count)
        first = (self._page % pages) * count
        following = CHARS[((self._page + 1) % pages) * count]
        found = [_key(char) for char in CHARS[first : first + count]]
        return [*found, erase, _Key("", f"► {following} …")]

    def paint(self, width: int, height: int) -> list[Line]:
        """See `Painted`."""
        keys = self.keys(width, height)
        columns = width // TARGET_COLUMNS
        lines: list[Line] = []
        for start in range(0, len(keys), max(1, columns)):
            row = keys[start : start + columns]
            for y in range(TARGET_ROWS):
                line: Line = []
                for index, key in enumerate(row):
                    cells = _end(index, width, columns) - _end(index - 1, width, columns)
                    text = key.label if y == TARGET_ROWS // 2 else ""
                    line.append(Segment("▏", style(palette.MUTED, palette.RAISED)))
                    look = style(palette.INK, palette.RAISED, bold=True)
                    line.append(Segment(centred(text, cells - 1), look))
                lines.append(line)
        return lines

    def on_click(self, event: events.Click) -> None:
        """Type what stands under the finger, or turn the page."""
        event.stop()
        width, height = self.size
        columns = width // TARGET_COLUMNS
        keys = self.keys(width, height)
        column = next((c for c in range(columns) if event.x < _end(c, width, columns)), 0)
        at = event.y // TARGET_ROWS * columns + column
        if at >= len(keys):
            return
        if keys[at].text:
            self.post_message(self.Typed(keys[at].text))
        else:
            self._page += 1
            self.repaint()


def _end(column: int, width: int, columns: int) -> int:
    return width * (column + 1) // columns


def _key(char: str) -> _Key:
    return _Key(char, say("pad.space") if char == " " else char)
