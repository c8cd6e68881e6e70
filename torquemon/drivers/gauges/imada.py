"""Imada HTG2 torque gauges and DST/DSV displays (19,200 baud, 8N1; USB models 460,800).

Format: public code that reads an HTG2-4 (`D` CR asks; the answer is a number and three characters:
unit, mode `T` or `P`, condition `O`, `H`, `L` or `E`; CR) and a DS2 (same question, 19,200 baud).
The letters are as given in the project's issue and in that code; no manual could be read: what the
unit's letter means on a torque gauge, that mode `P` is a held peak, conditions `H` and `L` a
comparator's and `E` an overload, is **not verified**. So the user says which unit the display shows
(see stated.py), and a held peak is not taken.

Only `D` is sent: it asks and sets nothing.
"""

from __future__ import annotations

import re
from typing import Final

from torquemon.drivers.gauges.base import GaugeSettings
from torquemon.drivers.gauges.numbers import read_number
from torquemon.drivers.gauges.reading import NO_FLAGS, OVERLOAD, GaugeEvent, GaugeProblem
from torquemon.drivers.gauges.stated import StatedUnit
from torquemon.drivers.gauges.textline import TextGauge

_LINE: Final = re.compile(r"([+-]? {0,8}[0-9.]{1,10}) {0,4}([A-Z])([TP])([OHLE])")
"""Other letters are none of this format: `5.25Ncm` is another instrument, or another output."""
_PEAK: Final = "P"
_OVERLOAD: Final = "E"
_ERROR: Final = "E"
"""The whole answer to a question that it does not know."""


class Imada(TextGauge):
    """One Imada instrument."""

    name = "imada"
    maker = "Imada"
    model = "HTG2/DST"
    baudrates = (19_200, 460_800, 9600, 38_400)
    rate_hz = 30.0

    def __init__(self, settings: GaugeSettings) -> None:
        super().__init__()
        self._unit = StatedUnit(settings.unit, "Imada")

    def poll(self) -> bytes:
        """See `Gauge.poll`."""
        return b"D\r"

    def _line(self, text: str, host_time_ns: int) -> list[GaugeEvent]:
        if text == _ERROR:
            why = "the Imada gauge answers with an error: show its measuring screen"
            return [GaugeProblem(host_time_ns, why)]
        found = _LINE.fullmatch(text)
        value = read_number(found[1]) if found else None
        if found is None or value is None:
            return []
        if found[3] == _PEAK:
            why = "it holds a peak, not the present torque: switch to track mode"
            return [GaugeProblem(host_time_ns, why)]
        over = found[4] == _OVERLOAD
        flags = frozenset({OVERLOAD}) if over else NO_FLAGS
        told = self._unit.reading(value, found[2], host_time_ns, overload=over, flags=flags)
        return [] if told is None else [told]
