"""Mecmesin Tornado torque gauges.

Format: Mecmesin, *Tornado operating manual*, page 32, table *RS232 Commands: Configuration* (`?`
transmits the current reading, `U` tells the current units, single characters without an end; units
N.m, N.cm, mN.m, gf.cm, kgf.cm, kgf.m, ozf.in, lbf.ft, lbf.in). The layout of the answers is not on
that page and is **not verified**: a number with a unit in one line is taken as it is, a number
alone only between two equal answers to `U`. Baud rates are not verified either.

Only `?` and `U` are sent. The letters `a` to `i` (which switch the unit), `r` to `y` (mode) and
the keys 01 to 05 are never sent.
"""

from __future__ import annotations

from typing import Final

from torquemon.drivers.gauges.base import GaugeSettings
from torquemon.drivers.gauges.bracket import Bracket
from torquemon.drivers.gauges.numbers import make_reading, read_unit, unit_sentence
from torquemon.drivers.gauges.reading import GaugeEvent, GaugeProblem
from torquemon.drivers.gauges.textline import TextGauge, is_over

VALUE: Final = b"?"
VALUE_BETWEEN_UNITS: Final = b"U?U"
_LONGEST_UNIT: Final = 12


class Mecmesin(TextGauge):
    """One Tornado."""

    name = "mecmesin"
    maker = "Mecmesin"
    model = "Tornado"
    baudrates = (9600, 19_200, 38_400, 57_600, 115_200)
    rate_hz = 20.0

    def __init__(self, settings: GaugeSettings) -> None:
        del settings
        super().__init__()
        self._question = VALUE
        self._bracket = Bracket(self._make)

    def poll(self) -> bytes:
        """See `Gauge.poll`."""
        return self._question

    def _make(self, value: float, unit: str, host_time_ns: int, _: bool) -> GaugeEvent:  # noqa: FBT001 - as Bracket calls it
        return make_reading(value, unit, host_time_ns, flags=self._flags)

    def _line(self, text: str, host_time_ns: int) -> list[GaugeEvent]:
        if self._question == VALUE_BETWEEN_UNITS and len(text) <= _LONGEST_UNIT:
            if read_unit(text) is not None:
                return self._bracket.unit(text)
            digits = any(char.isdigit() for char in text)
            if "." in text and not digits and not is_over(text):
                self._bracket.unit(text)  # a unit that is not known confirms nothing
                return [GaugeProblem(host_time_ns, unit_sentence(text))]
        return super()._line(text, host_time_ns)

    def _value(self, value: float, unit_text: str, host_time_ns: int) -> list[GaugeEvent]:
        if unit_text:
            event = make_reading(value, unit_text, host_time_ns, flags=self._flags)
            return [event]
        if self._question == VALUE:
            self._question = VALUE_BETWEEN_UNITS
            return []
        self._bracket.value(value, host_time_ns)
        return []
