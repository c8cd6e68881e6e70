"""The dental arch, drawn: where the screw goes in, chosen by arrow keys or a finger.

Left and right go from pair to pair, up and down from zone to zone (upper buccal, palatal,
midpalate, lower, and the two places without teeth). A finger need not hit a pair: fields beside
the arch go on from the nearest.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import ClassVar, Final, NamedTuple

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from torquemon.profiles.arch import (
    LOWER_PAIRS,
    LOWER_TEETH,
    UPPER_PAIRS,
    UPPER_TEETH,
    pairs_of_zone,
    site_of,
    zone_of,
)
from torquemon.tui import palette
from torquemon.tui.paint import Line, Painted, style
from torquemon.tui.words import say

ZONES: Final = (
    "maxilla-buccal",
    "palatal-alveolar",
    "midpalate",
    "mandible-buccal",
    "edentulous",
    "infrazygomatic",
)
_FIRST_PAIR: Final = "16-15"
_ROWS: Final = 6
"""Rows of the teeth of one jaw; one more is for the marks before them."""
ARCH_ROWS: Final = 2 * (_ROWS + 1)
_INSIDE: Final[Mapping[str, float]] = MappingProxyType(
    {"maxilla-buccal": 1.15, "mandible-buccal": 1.15, "palatal-alveolar": 0.78}
)
"""How far from the middle of the arch the mark stands: outside the line of teeth, or within it."""


class Spot(NamedTuple):
    """A place in the arch."""

    zone: str
    pair: str

    @property
    def site(self) -> str:
        """The site's id."""
        return site_of(self.zone, self.pair)


class _Cell(NamedTuple):
    x: int
    y: int
    text: str


class ArchMap(Painted, can_focus=True):
    """The arch and the spot in it."""

    GROUND = palette.PANEL
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "pair(-1)", show=False),
        Binding("right", "pair(1)", show=False),
        Binding("up", "zone(-1)", show=False),
        Binding("down", "zone(1)", show=False),
        Binding("enter", "pick", show=False),
    ]

    class Picked(Message):
        """A spot was chosen."""

        def __init__(self, spot: Spot) -> None:
            super().__init__()
            self.spot = spot

    class Moved(Message):
        """The mark stands elsewhere."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._state = Spot(ZONES[0], _FIRST_PAIR)

    @property
    def spot(self) -> Spot:
        """Where the mark stands."""
        return self._state if isinstance(self._state, Spot) else Spot(ZONES[0], _FIRST_PAIR)

    def put(self, site_id: str, pair: str) -> None:
        """Put the mark where a plan says."""
        zone = zone_of(site_id)
        self.set_state(_spot(zone if zone in ZONES else ZONES[0], pair))

    def action_pair(self, step: int) -> None:
        """Go to the next pair."""
        zone, pair = self.spot
        pairs = pairs_of_zone(zone)
        if pairs:
            at = min(max(pairs.index(pair) + step, 0), len(pairs) - 1)
            self._go(Spot(zone, pairs[at]))

    def action_zone(self, step: int) -> None:
        """Go to the next zone; the pair stays beside the one across."""
        zone, pair = self.spot
        self._go(_spot(ZONES[(ZONES.index(zone) + step) % len(ZONES)], pair))

    def _go(self, spot: Spot) -> None:
        self.set_state(spot)
        self.post_message(self.Moved())

    def action_pick(self) -> None:
        """Choose the spot."""
        self.post_message(self.Picked(self.spot))

    def on_click(self, event: events.Click) -> None:
        """Put the mark to the nearest pair, or to the midpalate."""
        event.stop()
        self.focus()
        width = self.size.width
        spots = [Spot(zone, pair) for zone in ZONES[:4] for pair in (pairs_of_zone(zone) or ("",))]
        spots = [spot for spot in spots if spot.zone in (*_INSIDE, "midpalate")]
        self._go(min(spots, key=lambda spot: _distance(spot, event.x, event.y, width)))

    def on_focus(self) -> None:
        """Show the focus."""
        self.repaint()

    def on_blur(self) -> None:
        """Show that the focus has gone."""
        self.repaint()

    def paint(self, width: int, height: int) -> list[Line]:
        """See `Painted`."""
        spot = self.spot
        ink = style(palette.INK, self.GROUND)
        chosen = style(palette.ON_FILL, palette.SKY, bold=True)
        teeth = set(spot.pair.split("-"))
        rows: list[list[tuple[_Cell, bool]]] = [[] for _ in range(ARCH_ROWS)]
        for cell in (*_teeth(UPPER_TEETH, width), *_teeth(LOWER_TEETH, width)):
            rows[cell.y].append((cell, cell.text in teeth))
        palate = _mark("midpalate", "", width)
        rows[palate.y].append((palate, spot.zone == "midpalate"))
        if spot.pair:
            mark = _mark(spot.zone, spot.pair, width)
            rows[mark.y].append((mark, True))
        lines: list[Line] = []
        for row in rows[:height]:
            line: Line = []
            x = 0
            for cell, is_chosen in sorted(row):
                if cell.x < x:
                    continue
                line.append(Segment(" " * (cell.x - x), ink))
                line.append(Segment(cell.text, chosen if is_chosen else ink))
                x = cell.x + len(cell.text)
            lines.append(line)
        return lines


def title(spot: Spot) -> str:
    """Return the spot in words."""
    name = say(f"site.{spot.site}")
    return f"{name} {spot.pair}" if spot.pair else name


def _spot(zone: str, pair: str) -> Spot:
    pairs = pairs_of_zone(zone)
    if not pairs:
        return Spot(zone, "")
    if pair in pairs:
        return Spot(zone, pair)
    across = _across(pair)
    return Spot(zone, across if across in pairs else _default(pairs))


def _default(pairs: Sequence[str]) -> str:
    return _FIRST_PAIR if _FIRST_PAIR in pairs else pairs[2]


def _across(pair: str) -> str:
    """Return the pair of the other jaw: 16-15 lies across 46-45."""
    if pair not in UPPER_PAIRS and pair not in LOWER_PAIRS:
        return ""
    jaws = {"1": "4", "2": "3", "3": "2", "4": "1"}
    return "-".join(jaws[tooth[0]] + tooth[1] for tooth in pair.split("-"))


def _place(index: float, upper: bool, width: int, inside: float = 1.0) -> tuple[int, int]:  # noqa: FBT001 - of two jaws one
    """Return column and row of a place along the arch, `index` 0 to 16 from the patient's right."""
    angle = math.pi * index / len(UPPER_TEETH)
    reach = min((width / 2 - 3) / max(_INSIDE.values()), 30.0)
    x = width / 2 - reach * inside * math.cos(angle)
    y = min(math.floor(_ROWS - _ROWS * inside * math.sin(angle)) + 1, _ROWS)
    return round(x), y if upper else ARCH_ROWS - 1 - y


def _teeth(teeth: Sequence[int], width: int) -> list[_Cell]:
    upper = teeth is UPPER_TEETH
    places = [_place(index + 0.5, upper, width) for index in range(len(teeth))]
    return [_Cell(x - 1, y, str(tooth)) for (x, y), tooth in zip(places, teeth, strict=True)]


def _mark(zone: str, pair: str, width: int) -> _Cell:
    if not pair:
        return _Cell(width // 2 - 2, _ROWS - 2, "─◇─" if zone == "midpalate" else "")
    upper = pair in UPPER_PAIRS
    index = pairs_of_zone(zone).index(pair) + 1
    x, y = _place(index, upper, width, _INSIDE.get(zone, 1.0))
    return _Cell(x, y, "◆")


def _distance(spot: Spot, x: int, y: int, width: int) -> float:
    mark = _mark(spot.zone, spot.pair, width)
    # a row is about twice as high as a column is wide; the first row is the title
    return math.hypot(mark.x - x, 2.0 * (mark.y - y))
