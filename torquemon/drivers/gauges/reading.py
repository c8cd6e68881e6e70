"""What a gauge says, in the house's units. Sans-I/O.

A value leaves here in N·cm only with the unit that the instrument itself stated beside it: a
number without a unit, or with one that is not known, is a `GaugeProblem` and never a reading.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from torquemon.model import Validity

NO_FLAGS: Final[frozenset[str]] = frozenset()
LOW_BATTERY: Final = "low battery"
OVERLOAD: Final = "overload"
HELD: Final = "held"
"""The instrument shows a held peak, not the present torque."""
NO_NUMBER: Final = "overload without a number"
"""The torque is the last that was told: the instrument said *overload* and no figure."""
WIRE_TEXT_BYTES: Final = 64
"""A problem that happens while a gauge is read reaches the screen in so many bytes of UTF-8."""


@dataclass(frozen=True, slots=True)
class GaugeReading:
    """One value of an instrument.

    `host_time_ns` is the monotonic clock of this machine when its last byte came. The sign is the
    instrument's. `unit_text` is the unit as the instrument wrote it. An overload is `OVERFLOW`.
    """

    host_time_ns: int
    torque_ncm: float
    angle_deg: float | None
    speed_rpm: float | None
    validity: Validity
    unit_text: str
    flags: frozenset[str] = NO_FLAGS


@dataclass(frozen=True, slots=True)
class GaugeProblem:
    """Why there is no value: a sentence with the remedy.

    `ends`: the instrument is gone or unfit, nothing more will come until it is opened again.
    `brief`: the same in `WIRE_TEXT_BYTES`, where the sentence is longer.
    """

    host_time_ns: int
    why: str
    ends: bool = False
    brief: str = ""

    def wire_text(self) -> bytes:
        """Return what is wrong and the remedy in `WIRE_TEXT_BYTES` of whole characters."""
        text = self.brief or self.why
        what, colon, remedy = text.rpartition(": ")
        room = WIRE_TEXT_BYTES - len(f"…{colon}{remedy}".encode())
        if len(text.encode()) <= WIRE_TEXT_BYTES:
            return text.encode()
        if not colon or room < 0:
            return _cut(text, WIRE_TEXT_BYTES)
        return _cut(what, room) + f"…{colon}{remedy}".encode()


def _cut(text: str, most: int) -> bytes:
    """Return at most so many bytes of UTF-8, without a torn character."""
    return text.encode()[:most].decode(errors="ignore").encode()


@dataclass(frozen=True, slots=True)
class GaugeOverload:
    """The instrument says *overload* and no number. A driver adds none: see `steady.py`.

    `sign`: `-` or `+` as it was written, else empty.
    """

    host_time_ns: int
    sign: str = ""
    angle_deg: float | None = None
    speed_rpm: float | None = None
    flags: frozenset[str] = NO_FLAGS


Told = GaugeReading | GaugeProblem
"""What is told of a gauge."""
GaugeEvent = Told | GaugeOverload
"""What a driver reads."""
