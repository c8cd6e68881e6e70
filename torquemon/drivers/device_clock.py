"""The device's clock as the host sees it: offset, drift, and so the delay of the link. Pure.

A sample comes at host time = offset + device time x (1 + drift) + delay. The delay is never less
than some fastest way and often more, so only the fastest arrivals of each second say something of
the clock: a line under them gives offset and drift, what lies above the line is delay. The fastest
way itself cannot be seen from one side: a delay here is *beyond the fastest*; half the round trip
says how long that one is.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

WINDOW_US: Final = 1_000_000
"""The fastest arrival of each second of device time is kept."""
WINDOWS: Final = 120
"""Two minutes: long beside the jitter of a radio, short beside the warming of a crystal."""
MIN_WINDOWS: Final = 5
"""Before that the drift is taken as zero."""
MAX_DRIFT: Final = 1e-3
"""A thousand parts per million: the worst clock that Bluetooth allows has 500."""
_RECENT: Final = 256
"""Delays kept for the statistics: two to three seconds of frames."""
_JUMP_NS: Final = 5_000_000_000
"""An arrival so far off its line is another time: the device was restarted, or its clock set."""


@dataclass(frozen=True, slots=True)
class Delay:
    """How late frames come, in milliseconds beyond the fastest; over the last frames."""

    median_ms: float
    p99_ms: float
    worst_ms: float
    """Since the clock was first seen."""
    drift_ppm: float
    """Positive: the device's clock runs slow."""


class DeviceClock:
    """Feed it the newest sample of each frame; it costs a microsecond."""

    def __init__(self) -> None:
        self.worst_ns = 0
        self._fastest: deque[tuple[int, int]] = deque(maxlen=WINDOWS)  # device time µs, lag ns
        self._window = -1
        self._recent: deque[int] = deque(maxlen=_RECENT)
        self._drift = 0.0
        self._origin_us = 0
        self._base_ns = 0
        self._known = False

    def restart(self) -> None:
        """The device counts from zero again."""
        self.__init__()  # type: ignore[misc]

    def saw(self, device_time_us: int, host_time_ns: int) -> int:
        """Take one arrival; return its delay beyond the fastest in nanoseconds, never negative."""
        lag_ns = host_time_ns - device_time_us * 1000
        if self._known and abs(lag_ns - self._line(device_time_us)) > _JUMP_NS:
            self.restart()
        if not self._known:
            self._known, self._origin_us, self._base_ns = True, device_time_us, lag_ns
        self._note_fastest(device_time_us, lag_ns)
        delay_ns = max(0, round(lag_ns - self._line(device_time_us)))
        self._recent.append(delay_ns)
        self.worst_ns = max(self.worst_ns, delay_ns)
        return delay_ns

    def host_time_ns(self, device_time_us: int) -> int:
        """Return when the fastest way would have brought a sample of this device time."""
        return device_time_us * 1000 + round(self._line(device_time_us))

    @property
    def drift(self) -> float:
        """How much slower the device's clock runs, as a fraction."""
        return self._drift

    @property
    def delay(self) -> Delay | None:
        """The delay over the last frames; None before the first."""
        if not self._recent:
            return None
        ordered = sorted(self._recent)
        last = len(ordered) - 1
        return Delay(
            ordered[last // 2] / 1e6,
            ordered[round(0.99 * last)] / 1e6,
            self.worst_ns / 1e6,
            self._drift * 1e6,
        )

    def _line(self, device_time_us: int) -> float:
        return self._base_ns + self._drift * (device_time_us - self._origin_us) * 1000

    def _note_fastest(self, device_time_us: int, lag_ns: int) -> None:
        window = device_time_us // WINDOW_US
        if window != self._window:
            if self._window >= 0:
                self._fit()
            self._window = window
            self._fastest.append((device_time_us, lag_ns))
        elif lag_ns < self._fastest[-1][1] + self._drift * 1000 * (
            device_time_us - self._fastest[-1][0]
        ):
            self._fastest[-1] = (device_time_us, lag_ns)
        if lag_ns < self._line(device_time_us):  # faster than the fastest so far: lower the line
            self._base_ns -= round(self._line(device_time_us) - lag_ns)

    def _fit(self) -> None:
        """Lay the line under the fastest arrivals: least squares, then lowered to touch."""
        points = self._fastest
        if len(points) < MIN_WINDOWS:
            return
        origin_us = points[0][0]
        xs = [(at_us - origin_us) * 1e3 for at_us, _ in points]
        first_ns = points[0][1]
        ys = [float(lag_ns - first_ns) for _, lag_ns in points]
        mean_x, mean_y = sum(xs) / len(xs), sum(ys) / len(ys)
        spread = sum((x - mean_x) ** 2 for x in xs)
        slope = sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True)) / spread
        self._drift = min(max(slope, -MAX_DRIFT), MAX_DRIFT)
        lowest = min(y - self._drift * x for x, y in zip(xs, ys, strict=True))
        self._origin_us = origin_us
        self._base_ns = round(first_ns + lowest)
