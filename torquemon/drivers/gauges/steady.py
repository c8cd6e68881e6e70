"""A unit is believed when it was told several times in a row. Sans-I/O.

These lines carry no check. One byte that is lost makes `N.cm` into `N.m`, a factor of a hundred. So
the first readings, and the first after a switch, are held back until the unit stands. An overload
without a number is at least the last torque that was let through: never one that was held back.
"""

from __future__ import annotations

from typing import Final

from torquemon.drivers.gauges.reading import (
    NO_NUMBER,
    OVERLOAD,
    GaugeEvent,
    GaugeOverload,
    GaugeProblem,
    GaugeReading,
    Told,
)
from torquemon.drivers.gauges.stated import TIMES, UNIT_STATED
from torquemon.model import Validity

_NOISE_NCM: Final = 0.5
"""[E] A last reading nearer to zero says nothing of the side on which the range was left."""
NOTHING_BEFORE: Final = "the instrument is overloaded: take the load off it"


class SteadyUnit:
    """Lets readings through whose unit was told `TIMES` times in a row, and those that go on."""

    def __init__(self) -> None:
        self.held_back = 0
        self._believed: str | None = None
        self._candidate = ""
        self._before = ""
        self._times = 0
        self._in_a_row = 0
        self._last: GaugeReading | None = None

    @property
    def changing(self) -> str:
        """What is wrong where every reading is held back; empty where none is, or it is early."""
        if not self._before or not self._times or self._before == self._candidate:
            return ""
        if self._in_a_row < TIMES:  # one damaged line is no change
            return ""
        return f"the unit changes ({self._before}, {self._candidate}): set one on the instrument"

    def told(self, event: GaugeEvent) -> Told | None:
        """Return what may be told of an event; None where it is held back."""
        if isinstance(event, GaugeProblem):
            return event
        if isinstance(event, GaugeOverload):
            return self._at_least(event)
        if not self._lets_through(event):
            return None
        self._last = event
        return event

    def _lets_through(self, reading: GaugeReading) -> bool:
        unit = str(reading.unit_text)
        if unit == self._believed or UNIT_STATED in reading.flags:
            self._times = self._in_a_row = 0
            return True
        if unit != self._candidate:
            self._before, self._candidate, self._times = self._candidate, unit, 0
        self._times += 1
        if self._times < TIMES:
            self.held_back += 1
            self._in_a_row += 1
            return False
        self._believed, self._before, self._times, self._in_a_row = unit, "", 0, 0
        return True

    def _at_least(self, over: GaugeOverload) -> Told:
        last = self._last
        if last is None:
            return GaugeProblem(over.host_time_ns, NOTHING_BEFORE)
        least_ncm = abs(last.torque_ncm)
        negative = over.sign == "-" or (not over.sign and last.torque_ncm < -_NOISE_NCM)
        return GaugeReading(
            over.host_time_ns,
            -least_ncm if negative else least_ncm,
            over.angle_deg,
            over.speed_rpm,
            Validity.OVERFLOW,
            last.unit_text,
            over.flags | (last.flags & {UNIT_STATED}) | {OVERLOAD, NO_NUMBER},
        )
