"""The ways between the screens: fields at the foot for a finger, each with its number."""

from __future__ import annotations

from typing import Final, NamedTuple

from rich.segment import Segment
from textual import events
from textual.message import Message

from torquemon.tui import palette
from torquemon.tui.paint import Line, Painted, centred, style
from torquemon.tui.widgets.touch import TARGET_COLUMNS
from torquemon.tui.words import say


class Place(NamedTuple):
    """A screen: its name, the number and the function key that bring it to the front."""

    name: str
    number: str
    function_key: str


PLACES: Final = (
    Place("prepare", "1", "f2"),
    Place("insert", "2", "f3"),
    Place("review", "3", "f4"),
    Place("history", "4", "f5"),
    Place("devices", "5", "f6"),
    Place("settings", "6", "f7"),
)
HELP: Final = Place("help", "?", "f1")


MORE: Final = "more"
"""The field that shows the screens for which there is no room."""
_ARROWS: Final = ("◄", "►")


class NavBar(Painted):
    """All screens and the help; where they do not fit, a part of them and an arrow to the rest."""

    GROUND = palette.RAISED

    class Chosen(Message):
        """A screen was touched."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def __init__(self, here: str, *, id: str = "nav") -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._state = here
        self._fields: list[tuple[int, int, str]] = []
        self._turned = 0

    def _places(self, width: int) -> tuple[Place, ...]:
        every = (*PLACES, HELP)
        room = width // TARGET_COLUMNS
        if room >= len(every):
            return every
        # Too narrow for all: the arrow shows those that are left out, and leads to them.
        names = [place.name for place in PLACES]
        at = names.index(str(self._state)) if self._state in names else 0
        count = max(1, room - 2)
        firsts = [min(first, len(PLACES) - count) for first in range(0, len(PLACES), count)]
        first = firsts[(at // count + self._turned) % len(firsts)]
        left_out = [place.number for place in (*PLACES[:first], *PLACES[first + count :])]
        arrow = _ARROWS[first == 0]
        more = Place(MORE, f"{arrow} {' '.join(left_out)}", "")
        return (*PLACES[first : first + count], more, HELP)

    def paint(self, width: int, height: int) -> list[Line]:
        """See `Painted`."""
        if not height:
            return []
        places = self._places(width)
        self._fields = []
        lines: list[Line] = [[] for _ in range(height)]
        for index, place in enumerate(places):
            start, end = width * index // len(places), width * (index + 1) // len(places)
            self._fields.append((start, end, place.name))
            here = place.name == self._state
            ink, ground = (
                (palette.ON_FILL, palette.MUTED) if here else (palette.INK, palette.RAISED)
            )
            word = place.number
            if place.name != MORE:
                word = f"{place.number} {say(f'nav.{place.name}')}"
            word = f"[{word}]" if here else word
            for y in range(height):
                text = centred(word if y == height // 2 else "", end - start - 1)
                lines[y].append(Segment(text, style(ink, ground, bold=here)))
                lines[y].append(Segment(" ", style(palette.INK, palette.BACKGROUND)))
        return lines

    def on_click(self, event: events.Click) -> None:
        """Go where the finger says."""
        event.stop()
        for start, end, name in self._fields:
            if start <= event.x < end and name == MORE:
                self._turned += 1
                self.repaint()
            elif start <= event.x < end:
                self.post_message(self.Chosen(name))
