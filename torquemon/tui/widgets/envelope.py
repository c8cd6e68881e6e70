"""The curve as the screen needs it: lowest and highest torque of each slice of its axis.

The axis is time in seconds or rotation in turns. Slices are halved in number, two merged into one,
whenever the axis doubles, so no sample is ever read twice and no spike is ever lost: it is the
highest of its slice at every size.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

from torquemon.local.view import CurveBlock

FIRST_SPAN_S: Final = 30.0
"""An insertion lasts about half a minute."""
FIRST_SPAN_TURNS: Final = 16.0
"""A body of 9 mm at 0.7 mm per turn needs thirteen turns."""
SLICES: Final = 2048
"""More than twice the dots of the widest terminal that is drawn."""
_LONGEST: Final = 86400.0
"""A day, or as many turns. More is an error of whoever sent it: it would cost many doublings."""


class Envelope:
    """Minimum and maximum per slice of the axis, and of the columns drawn from them."""

    def __init__(self, first_span: float = FIRST_SPAN_S) -> None:
        self._first_span = first_span
        self.generation = 0
        """Grows when all columns changed; otherwise only `dirty` did."""
        self._reset(None)
        self._set_columns(1)

    def _reset(self, insertion_id: str | None) -> None:
        self.insertion_id = insertion_id
        self.next = 0
        self.span = self._first_span
        self.highest_ncm = 0.0
        self._low = [math.inf] * SLICES
        self._high = [-math.inf] * SLICES

    def _set_columns(self, count: int) -> None:
        self.columns = count
        self.low = [math.inf] * count
        self.high = [-math.inf] * count
        self.dirty: set[int] = set()
        for index in range(SLICES):
            if self._low[index] <= self._high[index]:
                self._widen(index * count // SLICES, self._low[index], self._high[index])
        self.generation += 1

    def _widen(self, column: int, low: float, high: float) -> None:
        self.low[column] = min(self.low[column], low)
        self.high[column] = max(self.high[column], high)
        self.dirty.add(column)

    def resize(self, columns: int) -> None:
        """Keep `columns` columns from now on (at least 1, at most `SLICES`)."""
        columns = min(max(1, columns), SLICES)
        if columns != self.columns:
            self._set_columns(columns)

    def begin(self, insertion_id: str) -> None:
        """Drop what belongs to another insertion than `insertion_id`."""
        if insertion_id != self.insertion_id:
            self._reset(insertion_id)
            self._set_columns(self.columns)

    def add(self, block: CurveBlock, places: Iterable[float | None] | None = None) -> bool:
        """Take in `block`; return whether it brought anything.

        `places` are the samples' places on the axis, None where one has none; by default the times.
        A block of another insertion, or one from 0, replaces everything; a block that does not join
        on to what is here is refused, since a gap would be drawn as a line.
        """
        if block.first == 0 and (block.insertion_id, 0) != (self.insertion_id, self.next):
            self._reset(block.insertion_id)
            self._set_columns(self.columns)
        if block.insertion_id != self.insertion_id or block.first != self.next:
            return False
        self.next = block.next
        where = block.time_s if places is None else places
        for place, torque_ncm in zip(where, block.torque_ncm, strict=False):
            if place is not None:
                self._sample(place, torque_ncm)
        return bool(block.time_s)

    def _sample(self, place: float, torque_ncm: float) -> None:
        if not (math.isfinite(torque_ncm) and 0 <= place < _LONGEST):
            return
        while place >= self.span:
            self._double_span()
        self.highest_ncm = max(self.highest_ncm, torque_ncm)
        index = int(place / self.span * SLICES)
        self._low[index] = min(self._low[index], torque_ncm)
        self._high[index] = max(self._high[index], torque_ncm)
        self._widen(index * self.columns // SLICES, torque_ncm, torque_ncm)

    def _double_span(self) -> None:
        half = SLICES // 2
        low, high = self._low, self._high
        self._low = [min(low[2 * i], low[2 * i + 1]) for i in range(half)] + [math.inf] * half
        self._high = [max(high[2 * i], high[2 * i + 1]) for i in range(half)] + [-math.inf] * half
        self.span *= 2
        self._set_columns(self.columns)
