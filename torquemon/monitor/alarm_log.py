"""The log of alarms: raised, acknowledged, cleared. For the screen; the journal keeps its own."""

from __future__ import annotations

from typing import Final

from torquemon.clock import Clock
from torquemon.local.view import AlarmEventView, AlarmStep, AlarmView

MAX_LINES: Final = 60
"""More than a screen shows. Older lines stand in the journal, with the insertion."""


class AlarmLog:
    """The last `MAX_LINES` steps, the oldest first."""

    def __init__(self, clock: Clock) -> None:
        self.lines: tuple[AlarmEventView, ...] = ()
        self._clock = clock
        self._numbered = 0

    def add(self, step: AlarmStep, alarm: AlarmView) -> None:
        """Log what became of an alarm."""
        self._numbered += 1
        line = AlarmEventView(
            number=self._numbered,
            step=step,
            code=alarm.code,
            priority=alarm.priority,
            utc=self._clock.utc_now().isoformat(timespec="seconds"),
            time_s=alarm.time_s,
        )
        self.lines = (*self.lines[-MAX_LINES + 1 :], line)
