"""Emulated gauges that answer in lines of text: Imada, Mecmesin, Shimpo, Unipulse.

Formats: as named in the drivers of the same name (`torquemon/drivers/gauges/`), read from the same
public pages and written down a second time.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from hw_sim.gauges.base import EmulatedGauge, decimal


class EmulatedImada(EmulatedGauge):
    """`letters` are the codes for its units; mode `T` is track, `P` a held peak."""

    baud_rate = 19_200
    rate_hz = 30.0
    units = ("Ncm", "Nm", "kgfcm", "lbfin")
    letters: Final = {"Ncm": "N", "Nm": "M", "kgfcm": "K", "lbfin": "L"}

    def __init__(self) -> None:
        super().__init__()
        self.mode = "T"

    def answer(self, command: bytes) -> bytes:
        """See `EmulatedGauge.answer`."""
        if command != b"D" or self.in_menu:
            return b"E\r"
        value = decimal(self.in_unit(), 2)
        sign = "" if value.startswith("-") else "+"
        condition = "E" if self.overloaded else "O"
        return f"{sign}{value}{self.letters[self.unit]}{self.mode}{condition}\r".encode()


class EmulatedMecmesin(EmulatedGauge):
    """Single characters, no end. `with_units` off: a number alone, as its menu can be set.

    `orders` are the letters of units and modes, and the keys.
    """

    orders: Final = frozenset(bytes((byte,)) for byte in b"abcdefghirstuvwxy\x01\x02\x03\x04\x05")

    baud_rate = 9600
    rate_hz = 20.0
    units = ("Ncm", "Nm", "mNm", "gfcm", "kgfcm", "kgfm", "ozfin", "lbfft", "lbfin")
    spelled: Final = {
        "Nm": "N.m",
        "Ncm": "N.cm",
        "mNm": "mN.m",
        "gfcm": "gf.cm",
        "kgfcm": "kgf.cm",
        "kgfm": "kgf.m",
        "ozfin": "ozf.in",
        "lbfft": "lbf.ft",
        "lbfin": "lbf.in",
    }

    def __init__(self) -> None:
        super().__init__()
        self.with_units = True
        self.set_by_host: list[bytes] = []

    def receive(self, data: bytes) -> bytes:
        """See `EmulatedGauge.receive`: every byte is a command."""
        return b"".join(self.answer(bytes((byte,))) for byte in data)

    def answer(self, command: bytes) -> bytes:
        """See `EmulatedGauge.answer`."""
        if command == b"?":
            unit = f" {self.spelled[self.unit]}" if self.with_units else ""
            return f"{decimal(self.in_unit(), 4)}{unit}\r\n".encode()
        if command == b"U":
            return f"{self.spelled[self.unit]}\r\n".encode()
        if command in self.orders:
            self.set_by_host.append(command)
        return b""


class EmulatedShimpo(EmulatedGauge):
    """`?` returns a real-time value such as `-2.3456 N.m`; other first bytes set something."""

    baud_rate = 38_400
    rate_hz = 50.0
    units = ("Ncm", "Nm", "kgfm", "kgfcm", "lbfft", "lbfin", "Nmm")
    spelled: Final = {
        "Nm": "N.m",
        "Ncm": "N.cm",
        "kgfm": "kgf.m",
        "kgfcm": "kgf.cm",
        "lbfft": "lbf.ft",
        "lbfin": "lbf.in",
        "Nmm": "N.mm",
    }

    def __init__(self) -> None:
        super().__init__()
        self.set_by_host: list[bytes] = []

    def receive(self, data: bytes) -> bytes:
        """See `EmulatedGauge.receive`: every byte is a command."""
        return b"".join(self.answer(bytes((byte,))) for byte in data)

    def answer(self, command: bytes) -> bytes:
        """See `EmulatedGauge.answer`: one to six characters, a space, the unit."""
        if command != b"?":
            if command in (b"S", b"P"):  # the first bytes of what sets a unit, and the zero
                self.set_by_host.append(command)
            return b""
        value = self.in_unit()
        digits = 4
        while digits and len(decimal(abs(value), digits)) > 6:  # noqa: PLR2004 - the format's width
            digits -= 1
        return f"{decimal(value, digits)} {self.spelled[self.unit]}\r".encode()


class EmulatedUnipulse(EmulatedGauge):
    """A TM400; `encoder` off: it measures no angle. `codes` stand for the settings of its units."""

    baud_rate = 9600
    rate_hz = 20.0
    units = ("Ncm", "Nm", "mNm")
    codes: Final = {"Ncm": "+00000003", "Nm": "+00000001", "mNm": "+00000002"}

    def __init__(self) -> None:
        super().__init__()
        self.encoder = True
        self.written: list[bytes] = []

    def answer(self, command: bytes) -> bytes:
        """See `EmulatedGauge.answer`."""
        if command[:1] == b"W":
            self.written.append(command)
            return b""
        fixed = {b"R01": "R01+00000005", b"R0A": "R0A+00000002"}
        if command in fixed:
            return f"{fixed[command]}\r".encode()
        if command == b"R09":
            return f"R09{self.codes[self.unit]}\r".encode()
        if command not in (b"RH", b"RI"):
            return b""
        angle = _signed(Fraction(self.angle_deg), 2, 9) if self.encoder else "-" * 9
        torque = _signed(self.in_unit(), 2 if self.unit != "Nm" else 4, 6)
        speed = _signed(Fraction(self.speed_rpm), 0, 6)
        return f"{command.decode()},{angle},{torque},{speed}\r".encode()


def _signed(value: Fraction, digits: int, width: int) -> str:
    """Write a number with its sign always, filled with zeros to a width."""
    text = decimal(abs(value), digits)
    return f"{'-' if value < 0 else '+'}{text:0>{width - 1}}"
