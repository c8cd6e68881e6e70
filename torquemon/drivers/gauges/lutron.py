"""Lutron meters with the 16-character stream (9600 baud, 8N1), among them the TQ torque meters.

Format: the same page in many Lutron manuals (for example GC-2028 page 11, TM-946 page 20): start
word 02, `4`, display (1 upper, 2 lower), two digits for the unit, polarity (0 or 1), decimal point
(0 to 3 from the right), eight digits, end word 0D. The meter sends by itself.

The two digits for units of *torque* are in no public manual that was found: the user says which
unit the display shows (see stated.py). Digits that are public and mean something else (temperature,
light, sound, vibration ...) are refused: then it is no torque meter. Nothing is ever sent.
"""

from __future__ import annotations

import re
from typing import Final, Literal

from torquemon.drivers.gauges.base import NOT_SAID, GaugeIdentity, GaugeSettings
from torquemon.drivers.gauges.reading import GaugeEvent, GaugeProblem
from torquemon.drivers.gauges.stated import StatedUnit
from torquemon.text import clean

FRAME_BYTES: Final = 16
_START: Final = b"\x02"
_FRAME: Final = re.compile(rb"\x024([12])([0-9]{2})([01])([0-3])([0-9]{8})\r")
_OTHER_QUANTITIES: Final = {
    "01": "°C",
    "02": "°F",
    "03": "%",
    "15": "lux",
    "16": "foot-candle",
    "17": "dB",
    "19": "ppm",
    "57": "g",
    "92": "m/s²",
    "93": "mm/s",
    "94": "mm",
    "95": "cm/s",
    "96": "inch",
    "97": "ft/s²",
    "98": "inch/s",
}
_UPPER: Final = b"1"


class Lutron:
    """One Lutron meter."""

    name = "lutron"
    baudrates = (9600,)
    rate_hz = 2.0
    gives_angle = False
    can_stop: Literal[False] = False

    def __init__(self, settings: GaugeSettings) -> None:
        self.identity = GaugeIdentity(clean("Lutron"), clean("16 characters"), NOT_SAID)
        self._unit = StatedUnit(settings.unit, "Lutron")
        self._rest = b""

    def opening(self) -> list[bytes]:
        """See `Gauge.opening`."""
        return []

    def poll(self) -> None:
        """See `Gauge.poll`: it sends by itself."""

    def feed(self, data: bytes, host_time_ns: int) -> list[GaugeEvent]:
        """See `Gauge.feed`."""
        events: list[GaugeEvent] = []
        rest = self._rest + data
        while (at := rest.find(_START)) >= 0 and len(rest) - at >= FRAME_BYTES:
            found = _FRAME.fullmatch(rest[at : at + FRAME_BYTES])
            if found is None:
                rest = rest[at + 1 :]  # a start word within a torn frame: look for the next
                continue
            rest = rest[at + FRAME_BYTES :]
            events += self._frame(found, host_time_ns)
        self._rest = rest[at:] if at >= 0 else b""
        return events

    def _frame(self, found: re.Match[bytes], host_time_ns: int) -> list[GaugeEvent]:
        if found[1] != _UPPER:
            return []  # the lower display: a maximum, a time
        code = found[2].decode()
        other = _OTHER_QUANTITIES.get(code)
        if other is not None:
            why = f"it measures {other}, no torque: connect a torque meter"
            return [GaugeProblem(host_time_ns, why)]
        value = int(found[5]) / 10 ** int(found[4])
        told = self._unit.reading(-value if found[3] == b"1" else value, code, host_time_ns)
        return [] if told is None else [told]
