"""The state strip: one place for each state, so that the place alone tells it.

The present state is filled in its colour, with its shape and word; below stand the present and the
worst state of the insertion, side by side, in words.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from rich.segment import Segment
from rich.style import Style

from torquemon.local.view import Band, View
from torquemon.tui import palette
from torquemon.tui.paint import Line, Painted, centred, fitted, style
from torquemon.tui.words import say

PLACES: Final = (
    Band.BELOW,
    Band.WITHIN,
    Band.NEAR_LIMIT,
    Band.ABOVE,
    Band.CONTACT,
    Band.STOPPED,
    Band.NO_DATA,
)
SHAPES: Final[Mapping[Band, str]] = MappingProxyType(
    {
        Band.IDLE: "○",
        Band.BELOW: "▽",
        Band.WITHIN: "●",
        Band.NEAR_LIMIT: "△",
        Band.ABOVE: "▲",
        Band.CONTACT: "◆",
        Band.STOPPED: "■",
        Band.NO_DATA: "✕",
    }
)
_WORD_CELLS: Final = 11
"""A narrower place shows its shape alone; the word stands in the line beneath."""
_ROOMY_CELLS: Final = 13
"""A place this wide has room for shape, gap and word."""


class _Shown(NamedTuple):
    band: Band
    worst: Band


class StateStrip(Painted):
    """Present state and worst state."""

    def show(self, view: View) -> None:
        """Show the states of `view`."""
        self.set_state(_Shown(view.band, view.worst_band))

    def paint(self, width: int, height: int) -> list[Line]:
        """See `Painted`: places, then one line of words."""
        if not isinstance(self._state, _Shown):
            return []
        if height == 1 and width < len(PLACES) * _WORD_CELLS:
            return [self._words(self._state, width)]
        rows = max(1, height - 1)
        return [
            *(self._places(self._state, width, word=y == rows // 2) for y in range(rows)),
            self._words(self._state, width),
        ]

    def _places(self, shown: _Shown, width: int, *, word: bool) -> Line:
        line: Line = []
        for index, band in enumerate(PLACES):
            cells = width * (index + 1) // len(PLACES) - width * index // len(PLACES) - 1
            gap = " " if cells >= _ROOMY_CELLS else ""
            name = f"{gap}{say(f'band.{band.value}')}" if cells >= _WORD_CELLS - 1 else ""
            text = f"{SHAPES[band]}{name}" if word else ""
            line += [Segment(centred(text, cells), self._style(shown, band)), _gap()]
        return line

    def _style(self, shown: _Shown, band: Band) -> Style:
        if band is shown.band:
            return style(palette.ON_FILL, palette.BAND_COLOURS[band], bold=True)
        return style(palette.MUTED, palette.PANEL)

    def _words(self, shown: _Shown, width: int) -> Line:
        half = width // 2
        return [
            *_named("strip.now", shown.band, half),
            *_named("strip.worst", shown.worst, width - half),
        ]


def _gap() -> Segment:
    return Segment(" ", style(palette.INK))


def _named(label: str, band: Band, width: int) -> Line:
    head = f" {say(label)} "
    text = f"{SHAPES[band]} {say(f'state.{band.value}')}"
    return [
        Segment(head, style(palette.MUTED)),
        Segment(fitted(text, width - len(head)), style(palette.BAND_COLOURS[band], bold=True)),
    ]
