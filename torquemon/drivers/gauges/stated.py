"""Units that an instrument sends as a code whose meaning is not public. Sans-I/O.

Then the user reads the unit off the display and says so (`unit=N.cm`). It is bound to the code that
came with the first value: another code means that the instrument was switched, and nothing more is
taken. Every such reading is questionable and says why.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from torquemon.drivers.gauges.numbers import make_reading, read_unit
from torquemon.drivers.gauges.reading import GaugeEvent, GaugeProblem, GaugeReading
from torquemon.drivers.gauges.spec import GaugeError
from torquemon.model import Validity
from torquemon.text import clean

UNIT_STATED: Final = "unit stated by the user"


class StatedUnit:
    """The unit that the user read off the display, bound to the instrument's own code for it."""

    def __init__(self, unit: str, family: str) -> None:
        """Raises GaugeError where the unit is none that is known."""
        if unit and read_unit(unit) is None:
            raise GaugeError(
                f"unit={clean(unit, 12)} is no torque unit that is known: N.cm, N.mm, N.m, mN.m, "
                "kgf.cm, gf.cm, lbf.in or ozf.in"
            )
        self._unit = unit
        self._family = family
        self._code: str | None = None

    def reading(
        self,
        value: float,
        code: str,
        host_time_ns: int,
        *,
        overload: bool = False,
        flags: frozenset[str] = frozenset(),
        angle_deg: float | None = None,
        speed_rpm: float | None = None,
    ) -> GaugeEvent:
        """Return the reading, or why there is none."""
        why = self._refusal(code)
        if why:
            return GaugeProblem(host_time_ns, why)
        event = make_reading(
            value,
            self._unit,
            host_time_ns,
            overload=overload,
            flags=flags | {UNIT_STATED},
            angle_deg=angle_deg,
            speed_rpm=speed_rpm,
        )
        if isinstance(event, GaugeReading) and event.validity is Validity.VALID:
            return replace(event, validity=Validity.QUESTIONABLE)
        return event

    def _refusal(self, code: str) -> str:
        if not self._unit:
            return (
                f"the {self._family} gauge sends its unit as a code ({clean(code, 24)}) whose "
                "meaning is not public: read the unit off its display and say it, for example "
                "unit=N.cm"
            )
        if self._code is None:
            self._code = code
        if code != self._code:
            return (
                f"the unit of the {self._family} gauge was switched (code {clean(self._code, 24)} "
                f"became {clean(code, 24)}): switch it back, or begin again with the unit that it "
                "shows now"
            )
        return ""
