"""Nidec-Shimpo FG-7000T torque gauges (also sold under other names; 38,400 baud, 8N1).

Format: *FG7000T series - RS232 Communication Command*, V1.0 (`3F` returns a real-time value, "the
returned data is in the string format: for example -2.3456 N.m"; 38,400 baud) and *Force & Torque
Inst. Data Transfer Protocol*, V1.0, section 2.1 (sign, number of 1 to 6 characters, space, unit,
CR; units N.m, N.cm, kgf.m, kgf.cm, lbf.ft, lbf.in). No answer is documented for overload or an
empty battery: the instrument shows both on its display.

Only `?` is sent: it asks and sets nothing.
"""

from __future__ import annotations

from torquemon.drivers.gauges.base import GaugeSettings
from torquemon.drivers.gauges.textline import TextGauge


class Shimpo(TextGauge):
    """One FG-7000T."""

    name = "shimpo"
    maker = "Nidec-Shimpo"
    model = "FG-7000T"
    baudrates = (38_400, 9600, 19_200, 115_200)
    rate_hz = 50.0

    def __init__(self, settings: GaugeSettings) -> None:
        del settings
        super().__init__()

    def poll(self) -> bytes:
        """See `Gauge.poll`."""
        return b"?"
