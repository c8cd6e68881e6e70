"""The live curve: torque over time on a fixed axis, with window, threshold and alarms.

What a frame costs does not grow with the recording: samples go into the envelope once, only the
columns they touched are drawn again, and a frame without samples draws nothing.
"""

from __future__ import annotations

from itertools import groupby
from typing import Final, NamedTuple

from rich.segment import Segment
from rich.style import Style

from torquemon.local.view import CurveBlock, View
from torquemon.model import Priority
from torquemon.tui import palette
from torquemon.tui.paint import Line, Painted, fitted, style
from torquemon.tui.widgets.axes import TorqueAxis, torque_axis
from torquemon.tui.widgets.braille import BLANK, DOTS_X, DOTS_Y, BrailleCanvas
from torquemon.tui.widgets.envelope import Envelope
from torquemon.tui.words import say

_LABEL: Final = 5
"""Cells for the torque labels, with the axis."""
_RULES: Final = "⣀⠤⠒⠉"
"""A line of dots at each of the four heights in a cell."""
_MIDDLE_DOT: Final = (DOTS_Y - 1) / 2
_TIME_TICKS: Final = 3
_MIN_ROWS: Final = 3
_MARKS: Final = {Priority.ALARM: "▼", Priority.WARNING: "▽", Priority.ADVISORY: "·"}


class _Event(NamedTuple):
    time_s: float
    priority: Priority


class TorqueCurve(Painted):
    """The curve of the present insertion."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.envelope = Envelope()
        self._canvas = BrailleCanvas(1, 1)
        self._drawn_for: object = None
        self._axis = TorqueAxis(20.0, None, None, None)
        self._events: tuple[_Event, ...] = ()

    def show(self, view: View, block: CurveBlock | None) -> None:
        """Take in the new samples and the marks of `view`."""
        if view.insertion_id is not None:
            self.envelope.begin(view.insertion_id)
        grown = block is not None and self.envelope.add(block)
        axis = torque_axis(view, self.envelope.highest_ncm)
        events = tuple(_Event(alarm.time_s, alarm.priority) for alarm in view.alarms)
        changed = (axis, events) != (self._axis, self._events)
        self._axis, self._events = axis, events
        if grown or changed or self.envelope.generation != self._state:
            self._state = self.envelope.generation
            self.repaint()

    def paint(self, width: int, height: int) -> list[Line]:
        """See `Painted`: the plot, and a line of times beneath."""
        rows, cells = height - 1, width - _LABEL
        if rows < _MIN_ROWS or cells < _LABEL:
            return []
        self._draw(cells, rows)
        labels = self._labels(rows)
        lines = [self._row(y, rows, labels.get(y, "")) for y in range(rows)]
        self._mark_events(lines, cells)
        lines.append(self._times(cells))
        return lines

    def _draw(self, cells: int, rows: int) -> None:
        envelope = self.envelope
        envelope.resize(cells * DOTS_X)
        drawn_for = (cells, rows, envelope.generation, self._axis.top_ncm)
        if drawn_for != self._drawn_for:
            self._drawn_for = drawn_for
            self._canvas = BrailleCanvas(cells, rows)
            todo = set(range(envelope.columns))
        else:
            # The column after a changed one is joined on to it.
            last = envelope.columns - 1
            todo = envelope.dirty | {min(x + 1, last) for x in envelope.dirty}
        for x in todo:
            self._column(x)
        envelope.dirty.clear()

    def _column(self, x: int) -> None:
        low, high = self.envelope.low[x], self.envelope.high[x]
        self._canvas.clear_column(x)
        if low > high:
            return
        if x and self.envelope.low[x - 1] <= self.envelope.high[x - 1]:
            # Joined to its neighbour, so that a steep rise is a line and not a row of dots.
            low = min(low, self.envelope.high[x - 1])
            high = max(high, self.envelope.low[x - 1])
        dots = self._canvas.dots_high
        self._canvas.column(x, self._axis.dot(low, dots), self._axis.dot(high, dots))

    def _labels(self, rows: int) -> dict[int, str]:
        return {self._level(torque, rows)[0]: f"{torque:g}" for torque in self._axis.ticks()}

    def _row(self, y: int, rows: int, label: str) -> Line:
        axis = self._axis
        ground, ruled, char = palette.BACKGROUND, palette.RULE, " "
        middle = ((rows - 1 - y) * DOTS_Y + _MIDDLE_DOT) / (rows * DOTS_Y - 1) * axis.top_ncm
        if axis.in_window(middle):
            ground = palette.BAND_TINT
        if axis.held_ncm is not None:
            level, dot = self._level(axis.held_ncm, rows)
            if level == y:
                ruled, char = palette.VERMILLION, _RULES[dot]
        tick = "┤" if label else "│"
        line = [Segment(f"{label:>{_LABEL - 1}}{tick}", style(palette.MUTED))]
        ink = style(palette.INK, ground)
        line += _merged(self._canvas.text(y), ink, style(ruled, ground), char)
        return line

    def _level(self, torque_ncm: float, rows: int) -> tuple[int, int]:
        """Return the row of a torque, and which of the row's dots from below it is."""
        row, dot = divmod(self._axis.dot(torque_ncm, rows * DOTS_Y), DOTS_Y)
        return rows - 1 - row, dot

    def _mark_events(self, lines: list[Line], cells: int) -> None:
        marks: dict[int, Priority] = {}
        for time_s, priority in self._events:
            if not 0 <= time_s < self.envelope.span_s:
                continue
            x = int(time_s / self.envelope.span_s * cells)
            if x not in marks or priority.rank > marks[x].rank:
                marks[x] = priority
        for x, priority in marks.items():
            mark = Segment(_MARKS[priority], style(palette.PRIORITY_COLOURS[priority], bold=True))
            lines[0] = _replaced(lines[0], _LABEL + x, mark)

    def _times(self, cells: int) -> Line:
        span = self.envelope.span_s
        text = "0"
        for tick in range(1, _TIME_TICKS + 1):
            label = say("plot.seconds", seconds=span * tick / _TIME_TICKS)
            end = cells * tick // _TIME_TICKS
            text = fitted(text, end - len(label)) + label
        return [Segment(" " * _LABEL + text, style(palette.MUTED))]


def _merged(text: str, ink: Style, ruled: Style, char: str) -> Line:
    """Return the dots of a row, with `char` where there are none."""
    line: Line = []
    for empty, group in groupby(text, BLANK.__eq__):
        run = "".join(group)
        line.append(Segment(char * len(run), ruled) if empty else Segment(run, ink))
    return line


def _replaced(line: Line, x: int, mark: Segment) -> Line:
    """Return `line` with the cell at `x` replaced. All characters of a plot are one cell wide."""
    out: Line = []
    start = 0
    for segment in line:
        end = start + len(segment.text)
        if start <= x < end:
            before, after = segment.text[: x - start], segment.text[x - start + 1 :]
            out += [Segment(before, segment.style), mark, Segment(after, segment.style)]
        else:
            out.append(segment)
        start = end
    return [segment for segment in out if segment.text]
