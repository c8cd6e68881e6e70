"""Unipulse TM400 portable torque monitor with a UTM II torque meter (USB serial).

Format: Unipulse, *TM400 Operation Manual* (01FEB2018), pages 39 and 43: `RI` CR reads three
current values, answered by `RI,` and three fields: the angle (nine characters; `---------` where no
encoder is used), the torque (sign, five characters with the point) and the rotation speed (sign,
five digits). That the angle comes first is read from the layout of that page, not from a worked
example. `R01`, `R09`, `R0A` CR read the UTM's capacity, the unit and the place of the point; the
codes of the units are not on those pages and are **not verified**. So the user says which unit the
display shows, and those settings are read again around every value (see stated.py, bracket.py).

Only questions beginning with `R` are sent; `W` writes and is never sent.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from torquemon.drivers.gauges.base import GaugeSettings
from torquemon.drivers.gauges.numbers import read_number
from torquemon.drivers.gauges.reading import GaugeEvent
from torquemon.drivers.gauges.stated import StatedUnit
from torquemon.drivers.gauges.textline import TextGauge

_SETTINGS: Final = b"R01\rR09\rR0A\r"
_VALUES: Final = b"RI\r"
_SETTING: Final = re.compile(r"[RW](01|09|0A)[ ,]?([+0-9-][0-9]{1,8})")
_ROW: Final = re.compile(r"RI,([+-][0-9.]{8}|-{9}),([+-][0-9]{0,4}\.[0-9]{1,4}),([+-][0-9]{5})")
_NO_ENCODER: Final = "-" * 9


_RATE_HZ_AT_9600: Final = 8.0
"""What is asked and answered for one value takes 110 ms at 9600 baud."""
_RATE_HZ: Final = 20.0


class _Row(NamedTuple):
    torque: float
    angle_deg: float | None
    speed_rpm: float
    host_time_ns: int


class Unipulse(TextGauge):
    """One TM400. Gives an angle only where an encoder is used: then each reading has one."""

    name = "unipulse"
    maker = "Unipulse"
    model = "TM400"
    baudrates = (9600, 19_200, 38_400, 57_600, 115_200, 230_400)
    gives_angle = True

    def __init__(self, settings: GaugeSettings) -> None:
        super().__init__()
        baud_rate = settings.baud_rate or self.baudrates[0]
        self.rate_hz = min(_RATE_HZ, _RATE_HZ_AT_9600 * baud_rate / 9600)
        self._unit = StatedUnit(settings.unit, "Unipulse")
        self._told: dict[str, str] = {}
        self._contradicted = False
        self._before: dict[str, str] = {}
        self._row: _Row | None = None

    def poll(self) -> bytes:
        """See `Gauge.poll`: the settings, the values, the settings again."""
        return _SETTINGS + _VALUES + _SETTINGS

    def _line(self, text: str, host_time_ns: int) -> list[GaugeEvent]:
        setting = _SETTING.fullmatch(text)
        if setting is not None:
            return self._setting(setting[1], setting[2])
        row = _ROW.fullmatch(text)
        if row is not None:
            self._begin(row, host_time_ns)
        return []

    def _begin(self, row: re.Match[str], host_time_ns: int) -> None:
        """Take the values; they wait until the settings were told again."""
        whole = len(self._told) == _SETTINGS.count(b"\r") and not self._contradicted
        self._before = self._told if whole else {}
        self._told, self._contradicted, self._row = {}, False, None
        torque, speed = read_number(row[2]), read_number(row[3])
        angle = None if row[1] == _NO_ENCODER else read_number(row[1])
        if torque is None or speed is None or (row[1] != _NO_ENCODER and angle is None):
            return
        self._row = _Row(torque, angle, speed, host_time_ns)

    def _setting(self, name: str, value: str) -> list[GaugeEvent]:
        """Take a setting; the last of them lets the values go, if none has changed."""
        self._contradicted |= self._told.get(name, value) != value
        self._told[name] = value
        row = self._row
        if row is None or self._contradicted or not self._before or self._told != self._before:
            return []
        self._row = None
        code = " ".join(f"{key}={self._told[key]}" for key in sorted(self._told))
        told = self._unit.reading(
            row.torque,
            code,
            row.host_time_ns,
            angle_deg=row.angle_deg,
            speed_rpm=row.speed_rpm,
        )
        return [] if told is None else [told]
