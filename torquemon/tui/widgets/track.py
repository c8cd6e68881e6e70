"""Where on the axis a depth or a time of the insertion lies: it knows which turn came when.

Depth is nominal: turns since the screw engaged, times its pitch. So a mark can be drawn before it
is reached on the axis of rotation, and on the axis of time once it was.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Final

from torquemon.local.view import CurveBlock, View

_FULL_TURN_DEG: Final = 360.0
_STEP_TURNS: Final = 0.02
"""A mark is drawn in a column; finer steps would only cost memory."""
MAX_STEPS: Final = 20_000


class Track:
    """Turns since the first sample, and when each was first reached."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Forget everything."""
        self._first_deg: float | None = None
        self._turns: list[float] = []
        self._times: list[float] = []

    @property
    def known(self) -> bool:
        """Whether any sample had an angle."""
        return self._first_deg is not None

    def add(self, block: CurveBlock) -> list[float | None]:
        """Take in a block; return its samples' turns, None where the angle is not known."""
        places: list[float | None] = []
        for time_s, angle_deg in zip(block.time_s, block.angle_deg, strict=False):
            if angle_deg is None:
                places.append(None)
                continue
            if self._first_deg is None:
                self._first_deg = angle_deg
            turns = (angle_deg - self._first_deg) / _FULL_TURN_DEG
            places.append(turns)
            further = not self._turns or turns >= self._turns[-1] + _STEP_TURNS
            if further and len(self._turns) < MAX_STEPS:
                self._turns.append(turns)
                self._times.append(time_s)
        return places

    def time_of(self, turns: float) -> float | None:
        """Return when `turns` was first reached; None while it was not."""
        return _looked_up(self._turns, self._times, turns)

    def turns_at(self, time_s: float) -> float | None:
        """Return the turns at a time, for what happened then; None without any angle."""
        if not self._times:
            return None
        found = _looked_up(self._times, self._turns, time_s)
        return self._turns[-1] if found is None else found


def turns_of_depth(view: View, depth_mm: float) -> float | None:
    """Return the turns since the first sample at which `depth_mm` is reached, if it is known."""
    if view.engaged_deg is None or not view.pitch_mm:
        return None
    return view.engaged_deg / _FULL_TURN_DEG + depth_mm / view.pitch_mm


def _looked_up(keys: Sequence[float], values: Sequence[float], key: float) -> float | None:
    index = bisect_left(keys, key)
    return values[index] if index < len(keys) else None
