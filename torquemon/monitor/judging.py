"""The judge of one insertion, as the reader thread calls it: signal's step, and what asks to stop.

The reader thread steps; the session drains. No lock: `close` first sets `closed`, then looks
whether a step is under way; the step first says that it is under way, then looks at `closed`.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from torquemon.model import Alert, AlertCode, Reading, Stop
from torquemon.signal.pipeline import Pipeline

ALWAYS_STOPS: Final = frozenset({AlertCode.EXCESS_TORQUE})
"""Alerts on which the host stops the motor too, beside the device's own threshold."""


MAX_WAITING: Final = 120_000
"""A minute at 2 kHz. A session that hangs longer loses readings, counted; raw chunks are kept."""


class Judging:
    """Feeds one pipeline. `stop_codes` are the alerts that stop the motor.

    `dropped` counts readings that were judged but could not wait to be stored.
    """

    def __init__(self, pipeline: Pipeline, stop_codes: frozenset[AlertCode]) -> None:
        self.pipeline = pipeline
        self._stop_codes = stop_codes
        self._readings: deque[Reading] = deque()
        self._alerts: deque[Alert] = deque()
        self.dropped = 0
        self._closed = False
        self._stepping = False

    def __call__(self, reading: Reading) -> Stop | None:
        """Judge one reading. In the reader thread."""
        self._stepping = True
        try:
            if self._closed:
                return None
            alerts = self.pipeline.step(reading)
            if len(self._readings) < MAX_WAITING:
                self._readings.append(reading)
            else:
                self.dropped += 1
            if not alerts:
                return None
            self._alerts.extend(alerts)
            for alert in alerts:
                if alert.code in self._stop_codes:
                    return Stop(alert.why)
            return None
        finally:
            self._stepping = False

    def drain(self) -> tuple[list[Reading], list[Alert]]:
        """Return what was judged since the last call. In the session's thread."""
        alerts = [self._alerts.popleft() for _ in range(len(self._alerts))]
        readings = [self._readings.popleft() for _ in range(len(self._readings))]
        return readings, alerts

    def close(self) -> bool:
        """Judge nothing more; True once no step is under way (ask again until it is)."""
        self._closed = True
        return not self._stepping
