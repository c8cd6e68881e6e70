"""What one line of an instrument says, read as its file describes it. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

from torquemon.drivers.gauges.numbers import make_reading, read_number
from torquemon.drivers.gauges.reading import (
    LOW_BATTERY,
    NO_FLAGS,
    OVERLOAD,
    GaugeEvent,
    GaugeOverload,
    GaugeReading,
)
from torquemon.drivers.gauges.stated import UNIT_STATED
from torquemon.model import Validity
from torquemon.text import DeviceText

MAX_ANGLE_DEG: Final = 1_000_000.0
"""Nearly 3,000 turns: more is another number."""
_NUMBERS: Final = ("value", "angle", "speed")


@dataclass(frozen=True, slots=True)
class GaugeForm:
    """One instrument as its file describes it. `unit` is empty where the answer carries one."""

    name: DeviceText
    maker: DeviceText
    model: DeviceText
    baudrates: tuple[int, ...]
    rate_hz: float
    poll: bytes
    pattern: re.Pattern[str]
    unit: str
    decimal: str = "."

    @property
    def gives_torque(self) -> bool:
        """Whether its answers carry a torque; a rotation sensor's do not."""
        return "value" in self.pattern.groupindex

    @property
    def gives_angle(self) -> bool:
        """Whether its answers carry an angle."""
        return "angle" in self.pattern.groupindex


class FormLine:
    """A line that matches the pattern: its groups, as numbers and as an event."""

    def __init__(self, form: GaugeForm, groups: dict[str, str | None]) -> None:
        self._form = form
        self._groups = groups

    @property
    def low_battery(self) -> bool:
        """Whether it says that the battery is low."""
        return bool(self._groups.get("low_battery"))

    @property
    def angle_deg(self) -> float | None:
        """The angle in degrees; None where there is none, or one that cannot be."""
        angle_deg = self._number("angle")
        return None if angle_deg is None or abs(angle_deg) > MAX_ANGLE_DEG else angle_deg

    @property
    def unread(self) -> str:
        """The first text in the place of a number that is none; empty where all are numbers."""
        over = bool(self._groups.get("overload"))
        texts = ((name, self._groups.get(name)) for name in _NUMBERS)
        unread = (
            text
            for name, text in texts
            if text and self._number(name) is None and not (over and name == "value")
        )
        return next(unread, "")

    def event(self, host_time_ns: int, flags: frozenset[str] = NO_FLAGS) -> GaugeEvent | None:
        """Return the reading, the overload, or what is wrong; None where it says neither."""
        form, groups = self._form, self._groups
        value, over = self._number("value"), groups.get("overload") or ""
        flags |= {OVERLOAD} if over else NO_FLAGS
        flags |= {LOW_BATTERY} if self.low_battery else NO_FLAGS
        angle_deg, speed_rpm = self.angle_deg, self._number("speed")
        if value is None:
            sign = ((groups.get("value") or "") + over).strip()[:1]
            sign = sign if sign in ("+", "-") else ""
            return GaugeOverload(host_time_ns, sign, angle_deg, speed_rpm, flags) if over else None
        flags |= {UNIT_STATED} if form.unit else NO_FLAGS
        told = make_reading(
            value,
            form.unit or groups.get("unit") or "",
            host_time_ns,
            overload=bool(over),
            flags=flags,
            angle_deg=angle_deg,
            speed_rpm=speed_rpm,
        )
        if UNIT_STATED in flags and isinstance(told, GaugeReading) and not over:
            return replace(told, validity=Validity.QUESTIONABLE)
        return told

    def _number(self, name: str) -> float | None:
        text = self._groups.get(name) or ""
        if self._form.decimal == ",":
            text = text.replace(".", "?").replace(",", ".")
        return read_number(text)


def read_line(form: GaugeForm, text: str) -> FormLine | None:
    """Return what a line says; None where it does not match the pattern."""
    found = form.pattern.fullmatch(text)
    return None if found is None else FormLine(form, found.groupdict())
