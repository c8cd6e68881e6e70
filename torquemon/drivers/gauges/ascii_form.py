"""Any instrument that answers in lines of text, described by a TOML file (see form.py).

Format: whatever the file says; its writer names the source there. What is sent is the file's own
`poll` and nothing else: write a question there, never an order.
"""

from __future__ import annotations

from typing import Literal

from torquemon.drivers.gauges.base import (
    NOT_SAID,
    GaugeIdentity,
    GaugeSettings,
    LineCutter,
    line_text,
)
from torquemon.drivers.gauges.form import MAX_LINE_CHARS, load_form
from torquemon.drivers.gauges.form_line import GaugeForm, read_line
from torquemon.drivers.gauges.reading import LOW_BATTERY, NO_FLAGS, GaugeEvent
from torquemon.drivers.gauges.spec import GaugeError


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
        self._flags = NO_FLAGS

    def opening(self) -> list[bytes]:
        """See `Gauge.opening`."""
        return []

    def poll(self) -> bytes | None:
        """See `Gauge.poll`."""
        return self.form.poll or None

    def angles(self, data: bytes, host_time_ns: int) -> list[tuple[int, float]]:
        """Take bytes of a rotation sensor; return times and angles in degrees."""
        said = (read_line(self.form, line_text(line)) for line in self._lines.feed(data))
        angles = (line.angle_deg for line in said if line is not None)
        return [(host_time_ns, angle_deg) for angle_deg in angles if angle_deg is not None]

    def feed(self, data: bytes, host_time_ns: int) -> list[GaugeEvent]:
        """See `Gauge.feed`."""
        if not self.form.gives_torque:
            return []
        found = (self._line(line_text(line), host_time_ns) for line in self._lines.feed(data))
        return [event for event in found if event is not None]

    def _line(self, text: str, host_time_ns: int) -> GaugeEvent | None:
        said = read_line(self.form, text)
        if said is None:
            return None
        event = said.event(host_time_ns, self._flags)
        if event is None and said.low_battery:
            self._flags = frozenset({LOW_BATTERY})  # said alone: so from then on
        return event
