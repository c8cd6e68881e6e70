"""An emulated Mark-10: GCL2 (7i, Series 5) or a TT series gauge, which knows `?` only.

Format: *Model 7i User's Guide* section 14.6, *Series TT03 User's Guide* sections 9.2 and 9.3.
"""

from __future__ import annotations

from typing import Final

from hw_sim.gauges.base import EmulatedGauge, decimal

_SPELLED: Final = {
    "Ncm": "Ncm",
    "Nm": "Nm",
    "Nmm": "Nmm",
    "mNm": "mNm",
    "lbfin": "lbFin",
    "ozfin": "ozFin",
    "kgfcm": "kgFcm",
    "lbfft": "lbFft",
}
ILLEGAL: Final = b"*10\r\n"


class EmulatedMark10(EmulatedGauge):
    """`only_displayed` is the TT series. `with_units` off is *numeric only* in its menu."""

    baud_rate = 115_200
    rate_hz = 50.0
    units = ("Ncm", "Nm", "Nmm", "mNm", "lbfin", "ozfin", "kgfcm", "lbfft")

    def __init__(self, *, only_displayed: bool = False) -> None:
        super().__init__()
        self.only_displayed = only_displayed
        self.with_units = True
        self.digits = 3

    def answer(self, command: bytes) -> bytes:
        """See `EmulatedGauge.answer`."""
        known = (b"?",) if self.only_displayed else (b"?", b"?C")
        if self.in_menu:
            return b""  # communication is possible in the main screen only
        if command not in known:
            return ILLEGAL
        number = decimal(self.in_unit(), self.digits)
        unit = f" {_SPELLED[self.unit]}" if self.with_units else ""
        return f"{number}{unit}\r\n".encode()
