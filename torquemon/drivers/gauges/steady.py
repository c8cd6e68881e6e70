"""A unit is believed when it was told several times in a row. Sans-I/O.

These lines carry no check. One byte that is lost makes `N.cm` into `N.m`, a factor of a hundred. So
the first readings, and the first after a switch, are held back until the unit stands.
"""

from __future__ import annotations

from typing import Final

from torquemon.drivers.gauges.reading import NO_NUMBER, GaugeEvent, GaugeReading

TIMES: Final = 3
"""Two lines in a row damaged in the same way are rare, three are another unit."""


class SteadyUnit:
    """Lets readings through whose unit was told `TIMES` times in a row, and those that go on."""

    def __init__(self) -> None:
        self.held_back = 0
        self._believed: str | None = None
        self._candidate = ""
        self._times = 0

    def lets_through(self, event: GaugeEvent) -> bool:
        """Whether an event may be told. Problems, and an overload without a number, always may."""
        if not isinstance(event, GaugeReading) or NO_NUMBER in event.flags:
            return True
        unit = str(event.unit_text)
        if unit == self._believed:
            self._times = 0
            return True
        self._times = self._times + 1 if unit == self._candidate else 1
        self._candidate = unit
        if self._times < TIMES:
            self.held_back += 1
            return False
        self._believed, self._times = unit, 0
        return True
