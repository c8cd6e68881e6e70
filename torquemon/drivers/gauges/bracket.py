"""Values whose unit is asked for separately: let go only between two equal answers. Sans-I/O.

An instrument that tells its unit only when asked can be switched between the question for the
value and the one for the unit. So a value waits until the unit was told again, and goes on only if
it is the one that was told before the value.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final, NamedTuple

from torquemon.drivers.gauges.reading import GaugeEvent

MAX_WAITING: Final = 256
"""Values between two answers; more (the unit is never told) push out the oldest."""


class _Waiting(NamedTuple):
    value: float
    host_time_ns: int
    overload: bool


class Bracket:
    """Holds values between two tellings of the unit. `make` turns value and unit into an event."""

    def __init__(self, make: Callable[[float, str, int, bool], GaugeEvent]) -> None:
        self._make = make
        self._unit: str | None = None
        self._waiting: deque[_Waiting] = deque(maxlen=MAX_WAITING)
        self.dropped = 0

    def value(self, value: float, host_time_ns: int, *, overload: bool = False) -> None:
        """Take a value; without a unit told before it is worth nothing."""
        if self._unit is None:
            self.dropped += 1
            return
        self._waiting.append(_Waiting(value, host_time_ns, overload))

    def unit(self, unit: str) -> list[GaugeEvent]:
        """Take the unit as told now; return what it confirms. Another one confirms nothing."""
        waiting = list(self._waiting)
        self._waiting.clear()
        before, self._unit = self._unit, unit
        if before != unit:
            self.dropped += len(waiting)
            return []
        return [self._make(each.value, unit, each.host_time_ns, each.overload) for each in waiting]
