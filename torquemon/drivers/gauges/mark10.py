"""Mark-10: 7i and Series 5 indicators (GCL2) and the TT series of torque gauges and testers.

Format: Mark-10, *Model 7i Force / Torque Indicator User's Guide*, section 14.6 (command set GCL2:
`?C` asks for the present reading, answers end in CR LF) and *Series TT03 / TT01 User's Guide*,
section 9.3 / 12.1.4 (`?`, answers `-18.78 lbFin`, `4.285 Nm`; clockwise is positive; `*10` is an
illegal command). Baud rates and the errors `*11` to `*22` are as given in the project's issue; what
each of the latter means could not be verified against the manual.

Only `?C` and `?` are sent: they ask and set nothing. What these instruments can be set to and the
answer does not show: *invert polarity* and *omit polarity* (docs/instruments.md says so).
"""

from __future__ import annotations

import re
from typing import Final, Literal

from torquemon.drivers.gauges.base import (
    NOT_SAID,
    GaugeIdentity,
    GaugeSettings,
    LineCutter,
)
from torquemon.drivers.gauges.numbers import make_reading, read_number, unit_sentence
from torquemon.drivers.gauges.reading import GaugeEvent, GaugeProblem
from torquemon.text import clean

PRESENT: Final = b"?C\r"
"""The present torque, whatever the display shows (GCL2)."""
DISPLAYED: Final = b"?\r"
"""What the display shows: the TT series knows no other question."""
ILLEGAL: Final = "*10"
_LINE: Final = re.compile(r"([+-]? ?[0-9.]{1,12}) ?([A-Za-z.*·-]{0,8})")
_ERROR: Final = re.compile(r"\*[12]\d")


class Mark10:
    """One Mark-10 instrument. Asks `?C`; one that calls it illegal is asked `?` from then on."""

    name = "mark10"
    baudrates = (115_200, 9600, 19_200, 38_400, 57_600)
    rate_hz = 50.0
    gives_angle = False
    can_stop: Literal[False] = False

    def __init__(self, settings: GaugeSettings) -> None:
        del settings
        self.identity = GaugeIdentity(clean("Mark-10"), clean("GCL2"), NOT_SAID)
        self._lines = LineCutter()
        self._question = PRESENT

    def opening(self) -> list[bytes]:
        """See `Gauge.opening`: nothing; the first question comes by `poll`."""
        return []

    def poll(self) -> bytes:
        """See `Gauge.poll`."""
        return self._question

    def feed(self, data: bytes, host_time_ns: int) -> list[GaugeEvent]:
        """See `Gauge.feed`."""
        found = (self._line(line, host_time_ns) for line in self._lines.feed(data))
        return [event for event in found if event is not None]

    def _line(self, line: bytes, host_time_ns: int) -> GaugeEvent | None:
        text = line.decode("ascii", errors="replace").strip()
        if _ERROR.fullmatch(text):
            return self._error(text, host_time_ns)
        found = _LINE.fullmatch(text)
        value = read_number(found[1]) if found else None
        if found is None or value is None:
            return None  # noise; a wire that brings nothing else is told as such
        if not found[2]:
            return GaugeProblem(host_time_ns, unit_sentence(""))
        return make_reading(value, found[2], host_time_ns)

    def _error(self, code: str, host_time_ns: int) -> GaugeEvent | None:
        if code == ILLEGAL and self._question == PRESENT:
            self._question = DISPLAYED
            self.identity = GaugeIdentity(clean("Mark-10"), clean("TT series"), NOT_SAID)
            return None
        return GaugeProblem(
            host_time_ns,
            f"the Mark-10 instrument answers with its error {code}: leave its menu and show the "
            "measuring screen",
        )
