"""A curve made small without losing a spike, and drawn: torque against angle, and against time.

Of each stretch of readings the first, the lowest, the highest and the last are kept, in their
order, so whatever stood out in the data stands out in the drawing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from torquemon.model import MEASURED, Priority, Reading
from torquemon.record.report_data import ReportData
from torquemon.record.report_drawing import (
    BLUE,
    FAINT,
    GREEN,
    INK,
    RED,
    SOFT,
    Drawing,
    Point,
    Scale,
    polyline,
)
from torquemon.record.report_figures import GAP_S, Figures
from torquemon.record.report_words import Words
from torquemon.units import DEGREES_PER_TURN

MAX_STRETCHES: Final = 900
"""Four points each: finer than a printer's dot on a page of this width."""
WIDTH_MM: Final = 182.0
_LEFT: Final = 11.0
_RIGHT: Final = 22.0
_SEAT_AHEAD: Final = 1.3
"""The expected seat is drawn if it lies less than this share beyond the curve."""
_NEAR_MM: Final = 3.5
_LABEL_MM: Final = 6.0
_TOP_ROOM: Final = 1.12
_LEAST_TOP_NCM: Final = 5.0
MAX_MARKS: Final = 30


@dataclass(frozen=True, slots=True)
class Sample:
    """One reading as it is drawn: seconds from the first, turns from where they are counted."""

    time_s: float
    turns: float | None
    torque_ncm: float


@dataclass(frozen=True, slots=True)
class Mark:
    """A numbered event on the curve."""

    number: int
    sample: Sample
    priority: Priority | None
    """None for a halt."""


def samples(readings: Sequence[Reading], zero_deg: float | None) -> list[list[Sample]]:
    """Return what was measured, in pieces that a hole in the data parts."""
    pieces: list[list[Sample]] = []
    before: Reading | None = None
    first_us = readings[0].device_time_us if readings else 0
    for reading in readings:
        if reading.validity not in MEASURED:
            continue
        if before is None or not _follows(before, reading):
            pieces.append([])
        pieces[-1].append(as_sample(reading, first_us, zero_deg))
        before = reading
    return pieces


def as_sample(reading: Reading, first_us: int, zero_deg: float | None) -> Sample:
    """Return one reading as it is drawn."""
    angle_deg = reading.angle_deg
    turns = (
        None if zero_deg is None or angle_deg is None else (angle_deg - zero_deg) / DEGREES_PER_TURN
    )
    return Sample((reading.device_time_us - first_us) / 1e6, turns, reading.torque_ncm)


def _follows(before: Reading, after: Reading) -> bool:
    return 0.0 <= (after.device_time_us - before.device_time_us) / 1e6 <= GAP_S


def thinned(piece: Sequence[Sample], stretches: int) -> list[Sample]:
    """Return at most four samples of each of `stretches` equal stretches: no spike is lost."""
    if len(piece) <= 4 * stretches:
        return list(piece)
    kept: list[Sample] = []
    for number in range(stretches):
        start = len(piece) * number // stretches
        stop = len(piece) * (number + 1) // stretches
        torque = [sample.torque_ncm for sample in piece[start:stop]]
        chosen = {0, torque.index(min(torque)), torque.index(max(torque)), len(torque) - 1}
        kept.extend(piece[start + index] for index in sorted(chosen))
    return kept


def thin(pieces: Sequence[Sequence[Sample]]) -> list[list[Sample]]:
    """Thin all pieces, each by its share of the whole."""
    total = sum(len(piece) for piece in pieces) or 1
    return [
        thinned(piece, max(1, round(MAX_STRETCHES * len(piece) / total)))
        for piece in pieces[:MAX_STRETCHES]
    ]


@dataclass(frozen=True, slots=True)
class Plot:
    """What a drawing of the curve is made of."""

    data: ReportData
    figures: Figures
    pieces: Sequence[Sequence[Sample]]
    marks: Sequence[Mark]
    words: Words


def angle_svg(plot: Plot, height: float) -> str:
    """Draw torque against turns since engagement, with the nominal depth above."""
    turns = [s.turns for piece in plot.pieces for s in piece if s.turns is not None]
    low, high = (min(turns), max(turns)) if turns else (0.0, 1.0)
    pitch_mm, body_mm = plot.data.pitch_mm, plot.data.body_mm
    if pitch_mm is not None and body_mm is not None:
        seat = 1.02 * body_mm / pitch_mm if plot.figures.engaged else 0.0
        high = seat if high < seat < _SEAT_AHEAD * high else high
    frame = _Frame(plot, height, low, max(high, low + 0.5), top=7.0)
    frame.ground(plot.words["axis_turns" if plot.figures.engaged else "axis_turns_first"])
    if pitch_mm is not None and plot.figures.engaged:
        frame.depth_axis(pitch_mm, body_mm)
    frame.curve(lambda sample: sample.turns)
    frame.numbers(lambda sample: sample.turns)
    return frame.drawing.svg(plot.words["alt_angle"])


def time_svg(plot: Plot, height: float) -> str:
    """Draw torque against seconds since the first reading, with the holes in the data."""
    times = [s.time_s for piece in plot.pieces for s in piece]
    low, high = (min(times), max(times)) if times else (0.0, 1.0)
    frame = _Frame(plot, height, low, max(high, low + 1.0), top=2.5)
    frame.ground(plot.words["axis_time"])
    for gap in plot.figures.gaps[:MAX_STRETCHES]:
        frame.gap(gap.at_s, gap.at_s + max(0.0, gap.lasted_s))
    frame.curve(lambda sample: sample.time_s)
    frame.numbers(lambda sample: sample.time_s)
    return frame.drawing.svg(plot.words["alt_time"])


class _Frame:
    """Axes, window, threshold and curve of one drawing."""

    def __init__(self, plot: Plot, height: float, low: float, high: float, top: float) -> None:
        self.plot = plot
        self.drawing = Drawing(WIDTH_MM, height)
        torque = [s.torque_ncm for piece in plot.pieces for s in piece]
        data = plot.data
        highest = max(
            [_LEAST_TOP_NCM, *torque]
            + ([data.window.high_ncm] if data.window else [])
            + [value for value in (data.limit_ncm, data.armed_ncm) if value is not None]
        )
        lowest = min([0.0, *torque])
        if lowest < 0.0:
            lowest -= 0.04 * (highest - lowest)
        self.x = Scale(low, high, _LEFT, WIDTH_MM - _RIGHT)
        self.y = Scale(lowest, highest * _TOP_ROOM, height - 8.0, top)

    def ground(self, x_title: str) -> None:
        """Draw window, grid, axes and threshold."""
        draw, words, data = self.drawing, self.plot.words, self.plot.data
        left, right = self.x.start, self.x.end
        bottom, top = self.y.start, self.y.end
        if data.window is not None:
            high, low = self.y.at(data.window.high_ncm), self.y.at(data.window.low_ncm)
            draw.rect((left, high), (right - left, low - high), fill=GREEN, opacity=0.13)
            at = self._beside_stop((high + low) / 2, low - 3.6, high + 2.0)
            window_words = words.window(data.window)
            draw.text((right + 1.2, at), words["window"], size=2.5, fill="#00664b")
            draw.text((right + 1.2, at + 2.9), window_words, size=2.5, fill="#00664b")
        for value in self.y.ticks(5):
            at = self.y.at(value)
            draw.line((left, at), (right, at), stroke=FAINT, width=0.12)
            draw.text((left - 1.2, at + 0.9), words.plain(value), anchor="end", fill=SOFT)
        for value in self.x.ticks(14, 1.0):
            at = self.x.at(value)
            draw.line((at, bottom), (at, bottom + 1.0), stroke=SOFT, width=0.2)
            draw.text((at, bottom + 3.6), words.plain(value), anchor="middle", fill=SOFT)
        draw.line((left, bottom), (right, bottom), stroke=SOFT, width=0.25)
        draw.line((left, bottom), (left, top), stroke=SOFT, width=0.25)
        draw.text(((left + right) / 2, bottom + 7.2), x_title, anchor="middle", fill=SOFT)
        draw.text((2.6, (top + bottom) / 2), "N·cm", anchor="middle", fill=SOFT, turn_deg=-90.0)
        if data.armed_ncm is not None:
            self._threshold(data.armed_ncm)

    def _beside_stop(self, *places: float) -> float:
        """Return the first place that the label of the stop leaves free."""
        if self.plot.data.armed_ncm is None:
            return places[0]
        stop = self.y.at(self.plot.data.armed_ncm)
        free = (place for place in places if abs(place - stop) > _LABEL_MM)
        return next(free, places[0])

    def _threshold(self, armed_ncm: float) -> None:
        at = self.y.at(armed_ncm)
        name = "stop_at" if self.plot.data.armed_seen else "stop_not_armed"
        self.drawing.line(
            (self.x.start, at), (self.x.end, at), stroke=RED, width=0.35, dash="1.6 1"
        )
        label = self.plot.words[name]
        right = self.x.end + 1.2
        self.drawing.text((right, at - 0.6), label, size=2.5, fill="#a64900", bold=True)
        value = self.plot.words.ncm(armed_ncm, 1)
        self.drawing.text((right, at + 2.3), value, size=2.5, fill="#a64900", bold=True)

    def depth_axis(self, pitch_mm: float, body_mm: float | None) -> None:
        """Draw the nominal depth above the turns, and where the seat is expected."""
        draw, words = self.drawing, self.plot.words
        top = self.y.end
        depths = Scale(self.x.low * pitch_mm, self.x.high * pitch_mm, self.x.start, self.x.end)
        for value in depths.ticks(12, 1.0):
            at = depths.at(value)
            draw.line((at, top), (at, top - 0.8), stroke=SOFT, width=0.2)
            draw.text((at, top - 1.4), words.plain(value), anchor="middle", fill=SOFT, size=2.3)
        draw.text((self.x.end + 1.2, top - 1.4), words["axis_depth"], fill=SOFT, size=2.3)
        if body_mm is not None and depths.low < body_mm < depths.high:
            at = depths.at(body_mm)
            draw.line((at, self.y.start), (at, top), stroke=SOFT, width=0.25, dash="0.6 0.9")
            draw.text(
                (at - 0.8, self.y.start - 1.2), words["seat"], size=2.3, anchor="end", fill=SOFT
            )

    def gap(self, start_s: float, end_s: float) -> None:
        """Draw a hole in the data."""
        left, right = self.x.at(start_s), self.x.at(end_s)
        width = max(0.4, right - left)
        self.drawing.rect(
            (left, self.y.end), (width, self.y.start - self.y.end), fill="#777777", opacity=0.3
        )
        self.drawing.text(
            (left + width / 2, self.y.end + 2.6),
            self.plot.words["no_data"],
            size=2.2,
            anchor="middle",
        )

    def curve(self, along: Callable[[Sample], float | None]) -> None:
        """Draw the pieces of the curve."""
        for piece in self.plot.pieces:
            points: list[Point] = []
            for sample in piece:
                value = along(sample)
                if value is not None:
                    points.append((self.x.at(value), self.y.at(sample.torque_ncm)))
            if points:
                self.drawing.path(polyline(points), stroke=BLUE, width=0.3)

    def numbers(self, along: Callable[[Sample], float | None]) -> None:
        """Draw the events, as the dashboard does: ▼ alarm, ▽ warning, a dot a note, ■ a halt.

        Events at the same place share the sign of the gravest.
        """
        groups: list[tuple[Point, list[Mark]]] = []
        for mark in self.plot.marks[:MAX_MARKS]:
            value = along(mark.sample)
            if value is None:
                continue
            x, y = self.x.at(value), self.y.at(mark.sample.torque_ncm)
            y = max(self.y.end + 4.6, y - 0.8)
            near = groups and math.dist(groups[-1][0], (x, y)) < _NEAR_MM
            if near:
                groups[-1][1].append(mark)
            else:
                groups.append(((x, y), [mark]))
        for (x, y), marks in groups:
            self._sign(max(marks, key=_gravity).priority, x, y)
            label = ", ".join(str(mark.number) for mark in marks)
            self.drawing.text((x, y - 2.8), label, size=2.5, anchor="middle", bold=True)

    def _sign(self, priority: Priority | None, x: float, y: float) -> None:
        down = polyline([(x - 1.1, y - 2.0), (x + 1.1, y - 2.0), (x, y)]) + "z"
        if priority is None:
            self.drawing.rect((x - 0.9, y - 2.0), (1.8, 1.8), fill=INK)
        elif priority is Priority.ALARM:
            self.drawing.path(down, stroke=RED, fill=RED)
        elif priority is Priority.WARNING:
            self.drawing.path(down, stroke="#a64900", width=0.35, fill="#ffffff")
        else:
            self.drawing.circle((x, y - 1.0), 0.55, stroke=SOFT, width=0.2, fill=SOFT)


def _gravity(mark: Mark) -> int:
    return len(Priority) if mark.priority is None else mark.priority.rank
