"""Any instrument that answers in lines of text, described by a TOML file (see form.py).

Format: whatever the file says; its writer names the source there. What is sent is the file's own
`poll` and nothing else: write a question there, never an order.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final, Literal

from torquemon.drivers.gauges.base import NOT_SAID, GaugeIdentity, GaugeSettings, LineCutter
from torquemon.drivers.gauges.form import MAX_LINE_CHARS, GaugeForm, load_form
from torquemon.drivers.gauges.numbers import make_reading, read_number
from torquemon.drivers.gauges.reading import LOW_BATTERY, OVERLOAD, GaugeEvent, GaugeReading
from torquemon.drivers.gauges.spec import GaugeError
from torquemon.drivers.gauges.stated import UNIT_STATED
from torquemon.model import Validity

MAX_ANGLE_DEG: Final = 1_000_000.0
"""Nearly 3,000 turns: more is another number."""


class AsciiForm:
    """One instrument as its file describes it."""

    name = "ascii"
    can_stop: Literal[False] = False

    def __init__(self, settings: GaugeSettings) -> None:
        if settings.form is None:
            raise GaugeError("an ascii gauge needs its description: form=FILE.toml")
        self.form: GaugeForm = load_form(settings.form)
        self.baudrates = self.form.baudrates
        self.rate_hz = self.form.rate_hz
        self.gives_angle = self.form.gives_angle
        self.identity = GaugeIdentity(self.form.maker, self.form.model, NOT_SAID)
        self._lines = LineCutter(MAX_LINE_CHARS)

    def opening(self) -> list[bytes]:
        """See `Gauge.opening`."""
        return []

    def poll(self) -> bytes | None:
        """See `Gauge.poll`."""
        return self.form.poll or None

    def angles(self, data: bytes, host_time_ns: int) -> list[tuple[int, float]]:
        """Take bytes of a rotation sensor; return times and angles in degrees."""
        found: list[tuple[int, float]] = []
        for line in self._lines.feed(data):
            angle_deg = _angle(self._match(line).get("angle"))
            if angle_deg is not None:
                found.append((host_time_ns, angle_deg))
        return found

    def feed(self, data: bytes, host_time_ns: int) -> list[GaugeEvent]:
        """See `Gauge.feed`."""
        if not self.form.gives_torque:
            return []
        found = (self._line(line, host_time_ns) for line in self._lines.feed(data))
        return [event for event in found if event is not None]

    def _match(self, line: bytes) -> dict[str, str | None]:
        found = self.form.pattern.fullmatch(line.decode("latin-1").strip())
        return found.groupdict() if found else {}

    def _line(self, line: bytes, host_time_ns: int) -> GaugeEvent | None:
        groups = self._match(line)
        value = read_number(groups.get("value") or "")
        if value is None:
            return None
        stated, over = bool(self.form.unit), bool(groups.get("overload"))
        flags = {UNIT_STATED} if stated else set()
        flags |= {OVERLOAD} if over else set()
        flags |= {LOW_BATTERY} if groups.get("low_battery") else set()
        event = make_reading(
            value,
            self.form.unit or groups.get("unit") or "",
            host_time_ns,
            overload=over,
            flags=frozenset(flags),
            angle_deg=_angle(groups.get("angle")),
            speed_rpm=read_number(groups.get("speed") or ""),
        )
        if stated and isinstance(event, GaugeReading) and event.validity is Validity.VALID:
            return replace(event, validity=Validity.QUESTIONABLE)
        return event


def _angle(text: str | None) -> float | None:
    angle_deg = read_number(text or "")
    return angle_deg if angle_deg is None or abs(angle_deg) <= MAX_ANGLE_DEG else None
