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
from typing import Final

from torquemon.drivers.gauges.base import NOT_SAID, GaugeIdentity, GaugeSettings
from torquemon.drivers.gauges.reading import GaugeEvent, GaugeProblem
from torquemon.drivers.gauges.textline import TextGauge
from torquemon.text import clean

PRESENT: Final = b"?C\r"
"""The present torque, whatever the display shows (GCL2)."""
DISPLAYED: Final = b"?\r"
"""What the display shows: the TT series knows no other question."""
ILLEGAL: Final = "*10"
_ERROR: Final = re.compile(r"\*[12][0-9]")


class Mark10(TextGauge):
    """One Mark-10 instrument. Asks `?C`; one that calls it illegal is asked `?` from then on."""

    name = "mark10"
    maker = "Mark-10"
    model = "GCL2"
    baudrates = (115_200, 9600, 19_200, 38_400, 57_600)
    rate_hz = 50.0

    def __init__(self, settings: GaugeSettings) -> None:
        del settings
        super().__init__()
        self._question = PRESENT

    def poll(self) -> bytes:
        """See `Gauge.poll`."""
        return self._question

    def _line(self, text: str, host_time_ns: int) -> list[GaugeEvent]:
        if not _ERROR.fullmatch(text):
            return super()._line(text, host_time_ns)
        if text == ILLEGAL and self._question == PRESENT:
            self._question = DISPLAYED
            self.identity = GaugeIdentity(clean(self.maker), clean("TT series"), NOT_SAID)
            return []
        return [
            GaugeProblem(
                host_time_ns,
                f"the Mark-10 instrument answers with its error {text}: leave its menu and show "
                "the measuring screen",
                brief=f"the Mark-10 answers error {text}: show its measuring screen",
            )
        ]
