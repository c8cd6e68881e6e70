"""Stored curves on one plot, over time or angle: one with window, threshold and marks, or more.

Each column of dots spans lowest to highest torque of its stretch, so no spike is lost. Several
curves are told apart by their letters, not by colour alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from rich.segment import Segment

from torquemon.model import Priority
from torquemon.tui import palette
from torquemon.tui.paint import Line, Painted, fitted, style
from torquemon.tui.palette import Role
from torquemon.tui.widgets.axes import TOPS_NCM, TorqueAxis, axis_sign
from torquemon.tui.widgets.braille import BLANK, DOTS_X, DOTS_Y, BrailleCanvas
from torquemon.tui.words import say

LETTERS: Final = "ABCD"
COLOURS: Final = (palette.INK, palette.SKY, palette.ORANGE, palette.GREEN)
_LABEL: Final = 5
_MIN_ROWS: Final = 3
MARKS: Final = {Priority.ALARM: "▼", Priority.WARNING: "▽", Priority.ADVISORY: "·"}
_TURN_DEG: Final = 360.0
_RULE_ROW: Final = "┄"


class Mark(NamedTuple):
    """Something that happened at a time of the curve."""

    time_s: float
    priority: Priority


class Curve(NamedTuple):
    """Columns of equal length; an angle is None where none was measured."""

    time_s: Sequence[float]
    torque_ncm: Sequence[float]
    angle_deg: Sequence[float | None]

    def x(self, *, by_angle: bool) -> list[float | None]:
        """Return the positions along the axis: seconds, or turns from the first angle."""
        if not by_angle:
            return list(self.time_s)
        first = next((angle for angle in self.angle_deg if angle is not None), 0.0)
        return [None if a is None else (a - first) / _TURN_DEG for a in self.angle_deg]

    @property
    def has_angle(self) -> bool:
        """Whether there is an angle at all."""
        return any(angle is not None for angle in self.angle_deg)


class Scene(NamedTuple):
    """What is plotted. `until` is how far it was played, None for all of it."""

    curves: tuple[Curve, ...] = ()
    low_ncm: float | None = None
    high_ncm: float | None = None
    threshold_ncm: float | None = None
    marks: tuple[Mark, ...] = ()
    by_angle: bool = False
    until: int | None = None


class StoredPlot(Painted):
    """The plot of a `Scene`."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._state = Scene()

    @property
    def scene(self) -> Scene:
        """What is plotted."""
        return self._state if isinstance(self._state, Scene) else Scene()

    def put(self, scene: Scene) -> None:
        """Plot this."""
        self._state = scene  # not compared: the columns are long, and whoever puts has new ones
        self.repaint()

    def paint(self, width: int, height: int) -> list[Line]:
        """See `Painted`: rows of dots, letters at the peaks, and a line of the axis beneath."""
        scene = self.scene
        rows, cells = height - 1, width - _LABEL
        if rows < _MIN_ROWS or cells < _LABEL or not scene.curves:
            return []
        along = [curve.x(by_angle=scene.by_angle) for curve in scene.curves]
        span = max((max((x for x in xs if x is not None), default=0.0) for xs in along), default=0)
        span = span if span > 0 else 1.0
        axis = _axis(scene)
        canvases = [
            _drawn(xs, curve.torque_ncm, (cells, rows), span, axis, scene.until)
            for xs, curve in zip(along, scene.curves, strict=True)
        ]
        labels = {_row(torque, rows, axis): f"{torque:g}" for torque in axis.ticks()}
        lines = [self._line(y, rows, canvases, labels.get(y, ""), axis) for y in range(rows)]
        self._mark(lines, scene, along, span, cells)
        unit = (
            say("archive.turns", turns=span)
            if scene.by_angle
            else say("archive.seconds", seconds=span)
        )
        foot = fitted(say("unit"), _LABEL) + fitted(_begin(scene), cells - len(unit)) + unit
        return [*lines, [Segment(foot, style(palette.MUTED))]]

    def _line(
        self, y: int, rows: int, canvases: list[BrailleCanvas], label: str, axis: TorqueAxis
    ) -> Line:
        middle = (rows - 1 - y + 0.5) / rows * axis.top_ncm
        ground = palette.BAND_TINT if axis.in_window(middle) else palette.BACKGROUND
        ruled = axis.held_ncm is not None and _row(axis.held_ncm, rows, axis) == y
        sign = axis_sign(labelled=bool(label), in_window=axis.in_window(middle))
        line: Line = [Segment(f"{label:>{_LABEL - 1}}{sign}", style(palette.MUTED))]
        for x in range(canvases[0].width):
            bits, colour = 0, palette.INK
            for canvas, tint in zip(canvases, COLOURS, strict=False):
                if canvas.cells[y][x]:
                    bits, colour = bits | canvas.cells[y][x], tint
            if bits:
                line.append(Segment(chr(ord(BLANK) + bits), style(colour, ground)))
            elif ruled:
                line.append(Segment(_RULE_ROW, style(palette.VERMILLION, ground)))
            else:
                line.append(Segment(" ", style(palette.INK, ground)))
        return line

    def _mark(
        self,
        lines: list[Line],
        scene: Scene,
        along: list[list[float | None]],
        span: float,
        cells: int,
    ) -> None:
        """Put the letters at the peaks of several curves, or the alerts over one."""
        if len(scene.curves) > 1:
            for letter, tint, xs, curve in zip(LETTERS, COLOURS, along, scene.curves, strict=False):
                at = max(range(len(curve.torque_ncm)), key=curve.torque_ncm.__getitem__, default=-1)
                if at >= 0:
                    _put(lines[0], xs[at], span, cells, letter, tint)
            return
        if scene.by_angle:
            return
        for mark in sorted(scene.marks, key=lambda m: m.priority.rank):
            colour = palette.PRIORITY_COLOURS[mark.priority]
            _put(lines[0], mark.time_s, span, cells, MARKS[mark.priority], colour)


def _begin(scene: Scene) -> str:
    """Return the begin of the line beneath the plot: where it starts, and the window."""
    if scene.low_ncm is None or scene.high_ncm is None:
        return "0"
    return f"0   ┃ {say('window', low=scene.low_ncm, high=scene.high_ncm)} "


def _put(line: Line, x: float | None, span: float, cells: int, sign: str, colour: Role) -> None:
    if x is not None and 0 <= x <= span:
        at = 1 + min(int(x / span * cells), cells - 1, len(line) - 2)
        while at > 1 and line[at].text in LETTERS:
            at -= 1  # beside the letter that stands there already
        if at < len(line):
            line[at] = Segment(sign, style(colour, bold=True))


def _axis(scene: Scene) -> TorqueAxis:
    highest = max((max(curve.torque_ncm, default=0.0) for curve in scene.curves), default=0.0)
    needed = max(highest, (scene.high_ncm or 0.0) * 1.2, (scene.threshold_ncm or 0.0) * 1.1)
    top = next((top for top in TOPS_NCM if top >= needed), TOPS_NCM[-1])
    return TorqueAxis(top, scene.low_ncm, scene.high_ncm, scene.threshold_ncm)


def _row(torque_ncm: float, rows: int, axis: TorqueAxis) -> int:
    return rows - 1 - axis.dot(torque_ncm, rows * DOTS_Y) // DOTS_Y


def _drawn(
    xs: Sequence[float | None],
    torque_ncm: Sequence[float],
    size: tuple[int, int],
    span: float,
    axis: TorqueAxis,
    until: int | None,
) -> BrailleCanvas:
    """Draw one curve: in each column of dots from its lowest to its highest torque."""
    cells, rows = size
    canvas = BrailleCanvas(cells, rows)
    count = cells * DOTS_X
    low, high = [math.inf] * count, [-math.inf] * count
    for x, torque in zip(xs[:until], torque_ncm, strict=False):
        if x is None or not math.isfinite(torque) or x < 0:
            continue
        column = min(int(x / span * count), count - 1)
        low[column], high[column] = min(low[column], torque), max(high[column], torque)
    dots = canvas.dots_high
    filled = [column for column in range(count) if low[column] <= high[column]]
    for column in filled:
        canvas.column(column, axis.dot(low[column], dots), axis.dot(high[column], dots))
    for before, after in pairwise(filled):
        if after == before + 1:  # joined, so that a steep rise is a line and not a row of dots
            bottom = min(low[after], max(high[before], low[after]))
            top = max(high[after], min(low[before], high[after]))
            bottom, top = min(bottom, high[before]), max(top, low[before])
            canvas.column(after, axis.dot(bottom, dots), axis.dot(top, dots))
    return canvas
