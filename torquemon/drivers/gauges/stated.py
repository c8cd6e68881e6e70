"""Units that an instrument sends as a code whose meaning is not public. Sans-I/O.

Then the user reads the unit off the display and says so (`unit=N.cm`). It is bound to the code that
came with the first values: another code means that the instrument was switched, and nothing more is
taken. One damaged line is no code: both are believed when they came several times in a row. Every
such reading is questionable and says why.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from torquemon.drivers.gauges.numbers import make_reading, read_unit
from torquemon.drivers.gauges.reading import GaugeProblem, GaugeReading, Told
from torquemon.drivers.gauges.spec import GaugeError
from torquemon.model import Validity
from torquemon.text import clean

UNIT_STATED: Final = "unit stated by the user"
TIMES: Final = 3
"""Two lines in a row damaged in the same way are rare, three are another unit."""
_BRIEF_NOT_SAID: Final = "the unit is a code: begin again with unit= as the display shows"
_BRIEF_SWITCHED: Final = "the gauge's unit was switched: switch it back, or begin again"


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
        self._candidate = ""
        self._times = 0

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
    ) -> Told | None:
        """Return the reading, or why there is none; None while a code does not stand."""
        if not self._unit:
            return GaugeProblem(host_time_ns, self._not_said(code), brief=_BRIEF_NOT_SAID)
        if not self._stands(code):
            return None
        if code != self._code:
            return self._switched(code, host_time_ns)
        told = make_reading(
            value,
            self._unit,
            host_time_ns,
            overload=overload,
            flags=flags | {UNIT_STATED},
            angle_deg=angle_deg,
            speed_rpm=speed_rpm,
        )
        if isinstance(told, GaugeReading) and told.validity is Validity.VALID:
            return replace(told, validity=Validity.QUESTIONABLE)
        return told

    def _stands(self, code: str) -> bool:
        """Take a code; return whether it is the bound one, or came several times in a row."""
        if code == self._code:
            self._times = 0
            return True
        self._times = self._times + 1 if code == self._candidate else 1
        self._candidate = code
        if self._times >= TIMES and self._code is None:
            self._code = code
        return self._times >= TIMES

    def _not_said(self, code: str) -> str:
        return (
            f"the {self._family} gauge sends its unit as a code ({clean(code, 24)}) whose "
            "meaning is not public: read the unit off its display and say it, for example "
            "unit=N.cm"
        )

    def _switched(self, code: str, host_time_ns: int) -> GaugeProblem:
        before = clean(self._code or "", 24)
        why = (
            f"the unit of the {self._family} gauge was switched (code {before} became "
            f"{clean(code, 24)}): switch it back, or begin again with the unit that it shows now"
        )
        return GaugeProblem(host_time_ns, why, brief=_BRIEF_SWITCHED)
