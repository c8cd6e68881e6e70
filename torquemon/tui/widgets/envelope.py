"""The curve as the screen needs it: lowest and highest torque of each slice of time.

Slices are halved in number, two merged into one, whenever the time axis doubles, so no sample is
ever read twice and no spike is ever lost: it is the highest of its slice at every size.
"""

from __future__ import annotations

import math
from typing import Final

from torquemon.local.view import CurveBlock

FIRST_SPAN_S: Final = 30.0
"""An insertion lasts about half a minute."""
SLICES: Final = 2048
"""More than twice the dots of the widest terminal that is drawn."""
_LONGEST_S: Final = 86400.0
"""A day. A later time is an error of whoever sent it, and would cost a thousand doublings."""


class Envelope:
    """Minimum and maximum per slice of the time axis, and of the columns drawn from them."""

    def __init__(self) -> None:
        self.generation = 0
        """Grows when all columns changed; otherwise only `dirty` did."""
        self._reset(None)
        self._set_columns(1)

    def _reset(self, insertion_id: str | None) -> None:
        self.insertion_id = insertion_id
        self.next = 0
        self.span_s = FIRST_SPAN_S
        self.last_s = 0.0
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

    def add(self, block: CurveBlock) -> bool:
        """Take in `block`; return whether it brought anything.

        A block of another insertion, or one from 0, replaces everything; a block that does not join
        on to what is here is refused, since a gap would be drawn as a line.
        """
        if block.first == 0 and (block.insertion_id, 0) != (self.insertion_id, self.next):
            self._reset(block.insertion_id)
            self._set_columns(self.columns)
        if block.insertion_id != self.insertion_id or block.first != self.next:
            return False
        self.next = block.next
        for time_s, torque_ncm in zip(block.time_s, block.torque_ncm, strict=False):
            self._sample(time_s, torque_ncm)
        return bool(block.time_s)

    def _sample(self, time_s: float, torque_ncm: float) -> None:
        if not (math.isfinite(torque_ncm) and 0 <= time_s < _LONGEST_S):
            return
        while time_s >= self.span_s:
            self._double_span()
        self.last_s = max(self.last_s, time_s)
        self.highest_ncm = max(self.highest_ncm, torque_ncm)
        index = int(time_s / self.span_s * SLICES)
        self._low[index] = min(self._low[index], torque_ncm)
        self._high[index] = max(self._high[index], torque_ncm)
        self._widen(index * self.columns // SLICES, torque_ncm, torque_ncm)

    def _double_span(self) -> None:
        half = SLICES // 2
        low, high = self._low, self._high
        self._low = [min(low[2 * i], low[2 * i + 1]) for i in range(half)] + [math.inf] * half
        self._high = [max(high[2 * i], high[2 * i + 1]) for i in range(half)] + [-math.inf] * half
        self.span_s *= 2
        self._set_columns(self.columns)
