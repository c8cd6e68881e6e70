"""A stored curve played again, at any of a few speeds. Pure: the time that passes is told."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Final

SPEEDS: Final = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
GAP_S: Final = 0.25
"""No sample for so long is NO DATA in a replay as it was in the recording."""
_NORMAL: Final = SPEEDS.index(1.0)


class Player:
    """Where a replay stands. Seconds of the recording, torque in N·cm."""

    def __init__(self, time_s: Sequence[float], torque_ncm: Sequence[float]) -> None:
        self._time_s = time_s
        self._torque_ncm = torque_ncm
        self.position_s = 0.0
        self.playing = True
        self._speed = _NORMAL

    @property
    def speed(self) -> float:
        """How many seconds of the recording pass in one."""
        return SPEEDS[self._speed]

    @property
    def end_s(self) -> float:
        """Where the recording ends."""
        return self._time_s[-1] if self._time_s else 0.0

    @property
    def count(self) -> int:
        """How many samples were played."""
        return bisect_right(self._time_s, self.position_s)

    @property
    def torque_ncm(self) -> float | None:
        """The torque at this moment; None where the recording has none."""
        at = self.count - 1
        if at < 0 or self.position_s - self._time_s[at] > GAP_S:
            return None
        return self._torque_ncm[at]

    def advance(self, seconds: float) -> None:
        """Let time pass; at the end the replay stands still."""
        if self.playing and seconds > 0:
            self.position_s = min(self.position_s + seconds * self.speed, self.end_s)
            self.playing = self.position_s < self.end_s

    def faster(self, steps: int) -> None:
        """Change the speed by so many steps."""
        self._speed = min(max(self._speed + steps, 0), len(SPEEDS) - 1)

    def toggle(self) -> None:
        """Stand still, or go on; from the end, begin again."""
        if self.position_s >= self.end_s:
            self.position_s = 0.0
            self.playing = True
        else:
            self.playing = not self.playing
