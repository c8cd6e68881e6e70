"""The number: the present torque, large enough for a glance from 1.5 m.

Fixed width, one decimal, the unit always beside it. Without a valid sample the words NO DATA stand
there in the same height: never a last value, a zero or dashes.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Final, NamedTuple

from rich.cells import cell_len
from rich.segment import Segment

from torquemon.local.view import Band, View
from torquemon.tui import palette
from torquemon.tui.paint import Line, Painted, blocks, centred, style
from torquemon.tui.palette import Role
from torquemon.tui.widgets.glyphs import block_text, line_width
from torquemon.tui.words import number, say

_PATTERN: Final = "-88.8"
"""The widest of the usual numbers: every number is laid out in its place."""
_MAX_ROWS: Final = 24
_ASPECT: Final = 1.15
"""Cells of width for a row of height: a digit slightly higher than wide."""
_MIN_WIDE: Final = 3


class _Shown(NamedTuple):
    text: str
    colour: Role
    least: bool = False
    """The instrument is beyond its range: it is that much or more."""


class Fit(NamedTuple):
    """The size at which a text is drawn, in cells."""

    wide: int
    rows: int


@lru_cache(maxsize=64)
def fit(text: str, width: int, height: int) -> Fit:
    """Return the largest size at which `text` fits into `width` by `height` cells."""
    for rows in range(min(height, _MAX_ROWS), 2, -1):
        wide = int(rows * _ASPECT)
        if line_width(text, wide, rows) <= width:
            return Fit(wide, rows)
    return Fit(_MIN_WIDE, max(1, min(height, 3)))


@lru_cache(maxsize=64)
def condensed(text: str, width: int, rows: int) -> Fit:
    """Return `text` at exactly `rows`, as wide as `width` allows."""
    for wide in range(int(rows * _ASPECT), _MIN_WIDE, -1):
        if line_width(text, wide, rows) <= width:
            return Fit(wide, rows)
    return Fit(_MIN_WIDE, rows)


def format_torque(torque_ncm: float | None) -> str:
    """Return the number in its fixed width, or NO DATA; a number that is none is no data."""
    if torque_ncm is None or not math.isfinite(torque_ncm):
        return say("no_data")
    rounded = round(torque_ncm, 1) + 0.0  # -0.0 would read as a negative torque
    return number(rounded, "5.1f")


class TorqueNumber(Painted):
    """The present torque in block digits."""

    def show(self, view: View) -> None:
        """Show the torque of `view`, in the colour of its state."""
        text = format_torque(view.torque_ncm)
        band = Band.NO_DATA if text == say("no_data") else view.band
        self.set_state(_Shown(text, palette.BAND_COLOURS[band], view.overload))

    def paint(self, width: int, height: int) -> list[Line]:
        """See `Painted`: the number in the middle, the unit at its foot."""
        if not isinstance(self._state, _Shown):
            return []
        text, colour, least = self._state
        unit = "  " + say("unit.least" if least else "unit")
        room = width - cell_len(unit) - 1
        size = fit(_PATTERN, room, height)
        if line_width(text, size.wide, size.rows) > room:
            # NO DATA, or three digits before the point: as high, but narrower.
            text = text.strip()
            size = condensed(text, room, size.rows)
        drawn = _drawn(text, size, room, height)
        rows = len(drawn)
        left = " " * max(0, (width - len(drawn[0]) - cell_len(unit)) // 2)
        above = max(0, (height - rows) // 2)
        lines: list[Line] = [[] for _ in range(above)]
        for y, row in enumerate(drawn):
            tail = unit if y == rows - 1 else ""
            lines.append(
                [*blocks(left + row, colour), Segment(tail, style(palette.INK, bold=True))]
            )
        return lines


def _drawn(text: str, size: Fit, room: int, height: int) -> tuple[str, ...]:
    """Return `text` in block letters; words that do not fit beside each other go on two lines."""
    first, _, second = text.partition(" ")
    if line_width(text, size.wide, size.rows) <= room or not second:
        return block_text(text, size.wide, size.rows)
    half = max(1, height // 2)
    longest = max(first, second, key=len)
    widths = range(room // len(longest), _MIN_WIDE, -1)
    wide = next((w for w in widths if line_width(longest, w, half) <= room), _MIN_WIDE)
    return tuple(
        row.ljust(room) for word in (first, second) for row in block_text(word, wide, half)
    )


class BlockWords(Painted):
    """Words of the catalogue in block letters over the full width, one a line, not to be missed."""

    def __init__(self, *keys: str, colour: Role, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._keys = keys
        self._colour = colour

    def paint(self, width: int, height: int) -> list[Line]:
        """See `Painted`."""
        words = [say(key) for key in self._keys]
        rows = max(1, (height - len(words) + 1) // len(words))
        rows = min(fit(word, width - 2, rows).rows for word in words)
        lines: list[Line] = []
        for word in words:
            size = condensed(word, width - 2, rows)
            lines += [
                blocks(centred(row, width), self._colour)
                for row in block_text(word, size.wide, rows)
            ]
            lines.append([])
        return lines
