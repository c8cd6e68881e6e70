"""The clock. Nothing else in the project reads the time, so that tests can own it.

`monotonic_ns` orders and times everything; `utc_now` only labels it for people. The system clock
may be stepped at any moment, so no decision rests on it.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """What the rest of the program asks the time."""

    def monotonic_ns(self) -> int:
        """Nanoseconds from an arbitrary origin; never runs backwards."""
        ...

    def utc_now(self) -> datetime:
        """The present moment in UTC, aware; a label for people."""
        ...


class SystemClock:
    """The clock of this machine."""

    def monotonic_ns(self) -> int:
        """See `Clock`."""
        return time.monotonic_ns()

    def utc_now(self) -> datetime:
        """See `Clock`."""
        return datetime.now(UTC)


class ManualClock:
    """A clock that stands still until it is advanced. For tests and for the simulator."""

    def __init__(self, start: datetime | None = None) -> None:
        self._now_ns = 1_000_000_000
        self._utc = start or datetime(2026, 1, 1, tzinfo=UTC)

    def monotonic_ns(self) -> int:
        """See `Clock`."""
        return self._now_ns

    def utc_now(self) -> datetime:
        """See `Clock`."""
        return self._utc

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass. Raises ValueError if they are negative."""
        if seconds < 0:
            raise ValueError(f"time cannot run backwards by {-seconds} s")
        self._now_ns += round(seconds * 1e9)
        self._utc += timedelta(seconds=seconds)
