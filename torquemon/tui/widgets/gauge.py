"""The vertical gauge: the present torque against window, threshold and peak, on the curve's scale.

Each mark has a column of its own, so none can hide another: ticks, bar with peak line, window,
threshold.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

from rich.segment import Segment

from torquemon.local.view import View
from torquemon.tui import palette
from torquemon.tui.paint import Line, Painted, centred, fitted, style
from torquemon.tui.palette import Role
from torquemon.tui.widgets.axes import TorqueAxis, torque_axis
from torquemon.tui.words import number, say

_EIGHTHS: Final = " ▁▂▃▄▅▆▇█"
_LABEL: Final = 4
_MARKS: Final = 5
_MIN_ROWS: Final = 4


class _Shown(NamedTuple):
    torque_ncm: float | None
    peak_ncm: float | None
    axis: TorqueAxis
    colour: Role


class TorqueGauge(Painted):
    """Present torque as a bar."""

    def show(self, view: View, highest_ncm: float) -> None:
        """Show `view`; `highest_ncm` is what the curve has reached, so that both scales agree."""
        torque = view.torque_ncm
        known = torque is not None and math.isfinite(torque)
        self.set_state(
            _Shown(
                torque if known else None,
                view.max_torque_ncm,
                torque_axis(view, highest_ncm),
                palette.BAND_COLOURS[view.band],
            )
        )

    def paint(self, width: int, height: int) -> list[Line]:
        """See `Painted`: title, scale, and the peak in figures."""
        if not isinstance(self._state, _Shown) or height < _MIN_ROWS:
            return []
        rows = height - 2
        ticks = self._state.axis.ticks()
        labels = {
            rows - 1 - _row_of(torque, self._state.axis, rows): f"{torque:g}" for torque in ticks
        }
        bar = max(1, width - _LABEL - _MARKS - 1)
        lines = [self._row(self._state, y, rows, bar, labels.get(y, "")) for y in range(rows)]
        return [*lines, *self._peak(self._state, width)]

    def _row(self, shown: _Shown, y: int, rows: int, bar: int, label: str) -> Line:
        axis, below = shown.axis, rows - 1 - y
        peak = shown.peak_ncm
        at_peak = peak is not None and _row_of(peak, axis, rows) == below
        held = axis.held_ncm is not None and _row_of(axis.held_ncm, axis, rows) == below
        inside = axis.in_window((below + 0.5) / rows * axis.top_ncm)
        fill = _EIGHTHS[_filled(shown, below, rows)]
        return [
            Segment(f"{label:>{_LABEL - 1}} ", style(palette.MUTED)),
            Segment("━" * bar, style(palette.INK, palette.RAISED, bold=True))
            if at_peak
            else Segment(fill * bar, style(shown.colour, _under(shown, fill))),
            Segment("▐" if inside else " ", style(palette.GREEN)),
            Segment(f"◄{say('gauge.stop')}" if held else "", style(palette.VERMILLION, bold=True)),
        ]

    def _peak(self, shown: _Shown, width: int) -> list[Line]:
        peak = shown.peak_ncm
        text = say("peak.none") if peak is None else number(peak, ".1f")
        text = centred(text, width)
        text = text if text.startswith(" ") else f" {fitted(text.strip(), width - 1)}"
        return [
            [Segment(centred(f"━ {say('peak')}", width), style(palette.MUTED))],
            [Segment(text, style(palette.INK, bold=True))],
        ]


def _under(shown: _Shown, fill: str) -> Role:
    """Return the ground of a cell of the bar; a full one is filled to its edges."""
    return shown.colour if fill == _EIGHTHS[-1] else palette.RAISED


def _row_of(torque_ncm: float, axis: TorqueAxis, rows: int) -> int:
    """Return the row, counted from the foot, that a torque lies in."""
    return min(max(int(torque_ncm / axis.top_ncm * rows), 0), rows - 1)


def _filled(shown: _Shown, below: int, rows: int) -> int:
    """Return how many eighths of the cell `below` cells from the foot are filled."""
    if shown.torque_ncm is None:
        return 0
    full = shown.torque_ncm / shown.axis.top_ncm * rows * 8
    return int(min(max(full - below * 8, 0), 8))
