"""The live curve on a fixed axis: torque over time or over rotation, with everything marked on it.

Window, threshold, alarms, and the depths that mean something. What a frame costs does not grow with
the recording: samples go into the envelope once, only the columns they touched are drawn again, and
a frame without samples draws nothing.
"""

from __future__ import annotations

from itertools import groupby
from typing import Final, NamedTuple

from rich.segment import Segment

from torquemon.local.view import CurveBlock, DepthMark, View
from torquemon.model import Priority
from torquemon.tui import palette
from torquemon.tui.paint import Line, Painted, fitted, style
from torquemon.tui.palette import Role
from torquemon.tui.widgets.axes import TorqueAxis, axis_sign, torque_axis
from torquemon.tui.widgets.braille import BLANK, DOTS_X, DOTS_Y, BrailleCanvas
from torquemon.tui.widgets.envelope import FIRST_SPAN_TURNS, Envelope
from torquemon.tui.widgets.track import Track, turns_of_depth
from torquemon.tui.words import say

TIME, ANGLE = "time", "angle"
"""What the curve may be drawn over."""
_LABEL: Final = 5
"""Cells for the torque labels, with the axis."""
_RULES: Final = "⣀⠤⠒⠉"
"""A line of dots at each of the four heights in a cell."""
_MIDDLE_DOT: Final = (DOTS_Y - 1) / 2
_TICKS: Final = 3
_MIN_ROWS: Final = 3
_MARKS: Final = {Priority.ALARM: "▼", Priority.WARNING: "▽", Priority.ADVISORY: "·"}
_DEPTH_LINE: Final = "┊"
_NAME_ROW: Final = 1
"""Beneath the marks of alarms."""


class _Event(NamedTuple):
    time_s: float
    priority: Priority


class _Depth(NamedTuple):
    mark: DepthMark
    place: float


class _Marked(NamedTuple):
    """What is drawn over the curve."""

    over: str
    axis: TorqueAxis
    events: tuple[_Event, ...]
    depths: tuple[_Depth, ...]


class TorqueCurve(Painted):
    """The curve of the present insertion."""

    def __init__(self, *, over: str = TIME, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.envelope = Envelope()
        self._turned = Envelope(FIRST_SPAN_TURNS)
        self._track = Track()
        self._wanted = over
        self._view: View | None = None
        self._canvas = BrailleCanvas(1, 1)
        self._drawn_for: object = None
        self._marked = _Marked(TIME, TorqueAxis(20.0, None, None, None), (), ())
        self._before: frozenset[int] = frozenset()
        """Alarms of earlier insertions: their times count from another beginning."""

    @property
    def over(self) -> str:
        """What the curve is drawn over; time where no angle is measured."""
        return ANGLE if self._wanted == ANGLE and self._track.known else TIME

    def switch(self, over: str | None = None) -> str:
        """Draw over `over`, or over the other one; return what is wanted now."""
        self._wanted = over or (TIME if self._wanted == ANGLE else ANGLE)
        if self._view is not None:
            self._mark(self._view)
        self.repaint()
        return self._wanted

    @property
    def _axis(self) -> TorqueAxis:
        return self._marked.axis

    @property
    def _shown(self) -> Envelope:
        return self._turned if self.over == ANGLE else self.envelope

    def show(self, view: View, block: CurveBlock | None) -> None:
        """Take in the new samples and the marks of `view`."""
        if view.insertion_id is not None and view.insertion_id != self.envelope.insertion_id:
            if self._view is not None:
                self._before = frozenset(alarm.id for alarm in self._view.alarms)
            self._begin(view.insertion_id)
        grown = block is not None and self._add(block)
        self._view = view
        changed = self._mark(view)
        state = (self._shown.generation, self.over)
        if grown or changed or state != self._state:
            self._state = state
            self.repaint()

    def _mark(self, view: View) -> bool:
        """Find what is drawn over the curve; return whether it is something else than before."""
        axis = torque_axis(view, self.envelope.highest_ncm)
        events = tuple(
            _Event(alarm.time_s, alarm.priority)
            for alarm in view.alarms
            if alarm.id not in self._before
        )
        before, self._marked = self._marked, _Marked(self.over, axis, events, self._depths(view))
        return before != self._marked

    def _begin(self, insertion_id: str) -> None:
        self._track.begin()
        self.envelope.begin(insertion_id)
        self._turned.begin(insertion_id)

    def _add(self, block: CurveBlock) -> bool:
        if block.first == 0 and self.envelope.next:
            self._track.begin()
        if not self.envelope.add(block):
            return False
        self._turned.add(block, self._track.add(block))
        return True

    def _depths(self, view: View) -> tuple[_Depth, ...]:
        """Return the marks that have a place on the axis by now."""
        found: list[_Depth] = []
        for mark in view.depth_marks:
            turns = turns_of_depth(view, mark.depth_mm)
            if turns is None:
                continue
            place = turns if self.over == ANGLE else self._track.time_of(turns)
            if place is not None:
                found.append(_Depth(mark.mark, place))
        return tuple(found)

    def paint(self, width: int, height: int) -> list[Line]:
        """See `Painted`: the plot, and a line of times or turns beneath."""
        rows, cells = height - 1, width - _LABEL
        if rows < _MIN_ROWS or cells < _LABEL:
            return []
        self._draw(cells, rows)
        labels = self._labels(rows)
        columns = self._depth_columns(cells)
        lines = [self._row(y, rows, labels.get(y, ""), columns) for y in range(rows)]
        self._name_depths(lines, columns, cells)
        self._mark_events(lines, cells)
        lines.append(self._ticks(cells))
        return lines

    def _draw(self, cells: int, rows: int) -> None:
        envelope = self._shown
        envelope.resize(cells * DOTS_X)
        drawn_for = (cells, rows, self.over, envelope.generation, self._axis.top_ncm)
        if drawn_for != self._drawn_for:
            self._drawn_for = drawn_for
            self._canvas = BrailleCanvas(cells, rows)
            todo = set(range(envelope.columns))
        else:
            # The column after a changed one is joined on to it.
            last = envelope.columns - 1
            todo = envelope.dirty | {min(x + 1, last) for x in envelope.dirty}
        for x in todo:
            self._column(envelope, x)
        envelope.dirty.clear()

    def _column(self, envelope: Envelope, x: int) -> None:
        low, high = envelope.low[x], envelope.high[x]
        self._canvas.clear_column(x)
        if low > high:
            return
        if x and envelope.low[x - 1] <= envelope.high[x - 1]:
            # Joined to its neighbour, so that a steep rise is a line and not a row of dots.
            low = min(low, envelope.high[x - 1])
            high = max(high, envelope.low[x - 1])
        dots = self._canvas.dots_high
        self._canvas.column(x, self._axis.dot(low, dots), self._axis.dot(high, dots))

    def _labels(self, rows: int) -> dict[int, str]:
        return {self._level(torque, rows)[0]: f"{torque:g}" for torque in self._axis.ticks()}

    def _row(self, y: int, rows: int, label: str, columns: dict[int, DepthMark]) -> Line:
        axis = self._axis
        ground, ruled, char = palette.BACKGROUND, palette.RULE, " "
        middle = ((rows - 1 - y) * DOTS_Y + _MIDDLE_DOT) / (rows * DOTS_Y - 1) * axis.top_ncm
        if axis.in_window(middle):
            ground = palette.BAND_TINT
        if axis.held_ncm is not None:
            level, dot = self._level(axis.held_ncm, rows)
            if level == y:
                ruled, char = palette.VERMILLION, _RULES[dot]
        chars = list(self._canvas.text(y))
        for x in columns:
            if chars[x] == BLANK:
                chars[x] = _DEPTH_LINE
        inks = {BLANK: ruled, _DEPTH_LINE: palette.MUTED}
        tick = axis_sign(labelled=bool(label), in_window=axis.in_window(middle))
        line = [Segment(f"{label:>{_LABEL - 1}}{tick}", style(palette.MUTED))]
        line += _merged(chars, inks, ground, char)
        return line

    def _level(self, torque_ncm: float, rows: int) -> tuple[int, int]:
        """Return the row of a torque, and which of the row's dots from below it is."""
        row, dot = divmod(self._axis.dot(torque_ncm, rows * DOTS_Y), DOTS_Y)
        return rows - 1 - row, dot

    def _cell(self, place: float | None, cells: int) -> int | None:
        span = self._shown.span
        return int(place / span * cells) if place is not None and 0 <= place < span else None

    def _depth_columns(self, cells: int) -> dict[int, DepthMark]:
        found = ((self._cell(depth.place, cells), depth.mark) for depth in self._marked.depths)
        return {cell: mark for cell, mark in found if cell is not None}

    def _name_depths(self, lines: list[Line], columns: dict[int, DepthMark], cells: int) -> None:
        free = 0
        for x in sorted(columns):
            name = say(f"mark.{columns[x].value}")
            if x >= free and x + 1 + len(name) <= cells:
                for index, char in enumerate(name):
                    mark = Segment(char, style(palette.MUTED))
                    lines[_NAME_ROW] = _replaced(lines[_NAME_ROW], _LABEL + x + 1 + index, mark)
                free = x + len(name) + 2

    def _mark_events(self, lines: list[Line], cells: int) -> None:
        marks: dict[int, Priority] = {}
        for time_s, priority in self._marked.events:
            place = time_s if self.over == TIME else self._track.turns_at(time_s)
            x = self._cell(place, cells)
            if x is not None and (x not in marks or priority.rank > marks[x].rank):
                marks[x] = priority
        for x, priority in marks.items():
            mark = Segment(_MARKS[priority], style(palette.PRIORITY_COLOURS[priority], bold=True))
            lines[0] = _replaced(lines[0], _LABEL + x, mark)

    def _ticks(self, cells: int) -> Line:
        span = self._shown.span
        text = "0"
        for tick in range(1, _TICKS + 1):
            part = span * tick / _TICKS
            if self.over == ANGLE:
                label = say("plot.turns", turns=round(part, 1))
            else:
                label = say("plot.seconds", seconds=part)
            end = cells * tick // _TICKS
            text = fitted(text, end - len(label)) + label
        if self._wanted != self.over:
            text = fitted(f"0 {say('plot.no_angle')}", cells // _TICKS) + text[cells // _TICKS :]
        return [Segment(fitted(say("unit"), _LABEL) + text, style(palette.MUTED))]


def _merged(chars: list[str], inks: dict[str, Role], ground: Role, char: str) -> Line:
    """Return the cells of a row: dots in ink, marks in theirs, `char` where there is nothing."""
    line: Line = []
    for kind, group in groupby(chars, lambda cell: cell if cell in inks else ""):
        run = "".join(group)
        text = char * len(run) if kind == BLANK else run
        line.append(Segment(text, style(inks.get(kind, palette.INK), ground)))
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
