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
"""The torque is the last measured one: the instrument said *overload* and no figure."""


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
    """

    host_time_ns: int
    why: str
    ends: bool = False


GaugeEvent = GaugeReading | GaugeProblem
