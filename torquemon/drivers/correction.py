"""What a check against a reference gauge says of one handpiece, as far as its readings need it.

A reading is corrected by the gain alone. The zero is not a matter of the certificate: the sensor is
zeroed before every insertion, and to take the offset off once more would put an error in. Pure; a
correction that is out of its bounds cannot be made.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

from torquemon.model import Origin
from torquemon.text import DeviceText

GAIN_MIN: Final = 0.5
GAIN_MAX: Final = 2.0
"""[E] A handpiece further off is broken: it wants service and no correction. Motors were found to
turn up to 54.6 % more than was set (Neugebauer 2009)."""
MAX_UNCERTAINTY_NCM: Final = 20.0
MAX_OFFSET_NCM: Final = 5.0
"""[E] More does not go away by zeroing: devices refuse to zero so much."""
MAX_VALID_MONTHS: Final = 24


class CorrectionError(ValueError):
    """Not to be applied, and why: a sentence with the remedy."""


@dataclass(frozen=True, slots=True)
class Correction:
    """One signed check. The true torque is the zeroed reading divided by `gain`.

    `uncertainty_ncm` is the expanded uncertainty of a corrected torque. It holds for one serial
    number, and for a simulated handpiece only where it was found on a simulated one.
    """

    id: str
    serial: DeviceText
    origin: Origin
    gain: float
    offset_ncm: float
    uncertainty_ncm: float
    measured: date
    valid_months: int

    def __post_init__(self) -> None:
        if not GAIN_MIN <= self.gain <= GAIN_MAX:  # NaN is no number between them
            raise CorrectionError(
                f"a handpiece that reads {self.gain:g} times the torque is not corrected, only "
                f"{GAIN_MIN:g} to {GAIN_MAX:g} times: have it serviced"
            )
        if not abs(self.offset_ncm) <= MAX_OFFSET_NCM:
            raise CorrectionError(
                f"a handpiece that reads {self.offset_ncm:g} N·cm without load is not corrected: "
                "have it serviced"
            )
        if not (
            math.isfinite(self.uncertainty_ncm) and 0 < self.uncertainty_ncm <= MAX_UNCERTAINTY_NCM
        ):
            raise CorrectionError(
                f"a check that leaves ±{self.uncertainty_ncm:g} N·cm open corrects nothing"
            )
        if not 1 <= self.valid_months <= MAX_VALID_MONTHS:
            raise CorrectionError(f"a check holds for 1 to {MAX_VALID_MONTHS} months")

    def fields(self) -> dict[str, object]:
        """Return what the description of an insertion keeps of it."""
        return {
            "id": self.id,
            "gain": self.gain,
            "offset_ncm": self.offset_ncm,
            "uncertainty_ncm": self.uncertainty_ncm,
            "measured": self.measured.isoformat(),
        }


@dataclass(frozen=True, slots=True)
class Corrections:
    """The corrections of this chair, the newest of each handpiece, and what could not be used."""

    by_device: Mapping[tuple[str, Origin], Correction]
    troubles: tuple[str, ...] = ()

    def of(self, serial: str, origin: Origin) -> Correction | None:
        """Return the correction of a handpiece; None where there is none for it."""
        found = self.by_device.get((serial, origin))
        return found if found is not None and serial else None


NO_CORRECTIONS: Final = Corrections(MappingProxyType({}))
