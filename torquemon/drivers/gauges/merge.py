"""Torque of one source and angle of another, put together by time. Sans-I/O.

Both are stamped by this machine's monotonic clock. A reading waits for the next angle and gets what
lies on the line between its neighbours, if these are close enough together. Nothing is ever
extrapolated: where an angle is missing the reading goes on without one.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import Final

from torquemon.drivers.gauges.reading import GaugeReading

MAX_GAP_NS: Final = 100_000_000
"""[E] At 35 rpm a screw turns 21 degrees in this time; over more, a line between is a guess."""
MAX_WAIT_NS: Final = 120_000_000
"""A reading that waits longer would be late for the 250 ms of NO DATA: it goes without an angle."""
MAX_STEP_DEG: Final = 180.0
"""[E] More within `MAX_GAP_NS` is 300 rpm or more: a sensor that begins anew at each turn."""
MAX_WAITING: Final = 1000


class AngleMerge:
    """Feed both sources in the order of their times; `take` returns what is ready, in order."""

    def __init__(self) -> None:
        self._angles: deque[tuple[int, float]] = deque(maxlen=MAX_WAITING)
        self._readings: deque[GaugeReading] = deque()
        self.without_angle = 0

    def angle(self, host_time_ns: int, angle_deg: float) -> None:
        """Take an angle. One that is older than the last is dropped."""
        if not self._angles or host_time_ns > self._angles[-1][0]:
            self._angles.append((host_time_ns, angle_deg))

    def reading(self, reading: GaugeReading) -> None:
        """Take a torque reading."""
        self._readings.append(reading)

    def take(self, now_ns: int) -> list[GaugeReading]:
        """Return the readings whose angle is known, or will not be known in time."""
        ready: list[GaugeReading] = []
        while self._readings:
            first = self._readings[0]
            newest_ns = self._angles[-1][0] if self._angles else None
            known = newest_ns is not None and newest_ns >= first.host_time_ns
            late = now_ns - first.host_time_ns > MAX_WAIT_NS or len(self._readings) > MAX_WAITING
            if not known and not late:
                break
            self._readings.popleft()
            angle_deg = self._between(first.host_time_ns) if known else None
            self.without_angle += angle_deg is None
            ready.append(replace(first, angle_deg=angle_deg))
        return ready

    def _between(self, at_ns: int) -> float | None:
        """Return the angle at a time that is not after the newest one."""
        angles = self._angles
        while len(angles) > 1 and angles[1][0] <= at_ns:
            angles.popleft()
        first_ns, first_deg = angles[0]
        if first_ns == at_ns:
            return first_deg
        if first_ns > at_ns:
            return None  # before the first angle: nothing to begin the line with
        next_ns, next_deg = angles[1]
        if next_ns - first_ns > MAX_GAP_NS or abs(next_deg - first_deg) > MAX_STEP_DEG:
            return None
        return first_deg + (next_deg - first_deg) * (at_ns - first_ns) / (next_ns - first_ns)
