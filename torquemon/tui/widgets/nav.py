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


class NavBar(Painted):
    """All screens and the help; where they do not fit, those around the present one."""

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

    def _places(self, width: int) -> tuple[Place, ...]:
        every = (*PLACES, HELP)
        room = width // TARGET_COLUMNS
        if room >= len(every):
            return every
        # Too narrow for all: the help and the screens around this one; each step shows others.
        names = [place.name for place in PLACES]
        at = names.index(str(self._state)) if self._state in names else 0
        count = max(1, room - 1)
        first = min(max(0, at - count // 2), len(PLACES) - count)
        return (*PLACES[max(0, first) : first + count], HELP)

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
            if start <= event.x < end:
                self.post_message(self.Chosen(name))
