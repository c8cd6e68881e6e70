"""What every emulated gauge is: a torque, a unit, a battery, and answers. Sans-I/O.

The factors of the units are written out here as exact fractions and not taken from the product:
two tables that agree are a check, one table that agrees with itself is none.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Final

_G: Final = Fraction("9.80665")
_LBF: Final = Fraction("4.4482216152605")
_INCH_M: Final = Fraction("0.0254")

NM_PER_UNIT: Final[dict[str, Fraction]] = {
    "Nm": Fraction(1),
    "Ncm": Fraction(1, 100),
    "Nmm": Fraction(1, 1000),
    "mNm": Fraction(1, 1000),
    "kgfcm": _G / 100,
    "gfcm": _G / 100_000,
    "kgfm": _G,
    "lbfin": _LBF * _INCH_M,
    "lbfft": _LBF * _INCH_M * 12,
    "ozfin": _LBF * _INCH_M / 16,
}
"""N·m in one of each unit."""
MAX_COMMAND_BYTES: Final = 64


class EmulatedGauge:
    """One gauge. Its public fields are what the world does to it; set them at any moment.

    `unit` is a key of `NM_PER_UNIT`, or what else its display can be switched to.
    """

    baud_rate = 9600
    rate_hz = 10.0
    units: tuple[str, ...] = ("Ncm",)

    def __init__(self) -> None:
        self.torque_ncm = 0.0
        self.angle_deg = 0.0
        self.speed_rpm = 0.0
        self.unit = self.units[0]
        self.capacity_ncm = 500.0
        self.low_battery = False
        self.in_menu = False
        self._rest = b""

    @property
    def overloaded(self) -> bool:
        """Whether the torque is beyond what the instrument can measure."""
        return abs(self.torque_ncm) > self.capacity_ncm

    def in_unit(self) -> Fraction:
        """The torque in the present unit, exactly; not beyond the capacity."""
        shown_ncm = max(-self.capacity_ncm, min(self.capacity_ncm, self.torque_ncm))
        return Fraction(shown_ncm) / 100 / NM_PER_UNIT[self.unit]

    def receive(self, data: bytes) -> bytes:
        """Take bytes from the host; return what is answered at once. Lines end in CR."""
        *lines, self._rest = (self._rest + data).replace(b"\n", b"").split(b"\r")
        self._rest = self._rest[-MAX_COMMAND_BYTES:]
        return b"".join(self.answer(line) for line in lines if line)

    def answer(self, command: bytes) -> bytes:
        """Return the answer to one command."""
        raise NotImplementedError

    def unasked(self, time_s: float) -> bytes:
        """Return what it sends by itself until this moment."""
        del time_s
        return b""


def decimal(value: Fraction, digits: int) -> str:
    """Write a number with a fixed count of decimals, rounded half to even; no minus zero."""
    scaled = round(value * 10**digits)
    sign = "-" if scaled < 0 else ""
    text = f"{abs(scaled):0{digits + 1}d}"
    return f"{sign}{text[:-digits]}.{text[-digits:]}" if digits else f"{sign}{text}"
