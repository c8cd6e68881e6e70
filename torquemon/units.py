"""Units of the field, and the only place in the project that holds a factor between them.

Inside the program a torque is in newton centimetres (N·cm), an angle in degrees with clockwise
(insertion) positive, a rotational speed in revolutions per minute. Everything else is converted
here, at the edge where it comes in.
"""

from __future__ import annotations

import math
from enum import IntEnum
from typing import Final

DEGREES_PER_TURN: Final = 360.0
SECONDS_PER_MINUTE: Final = 60.0

STANDARD_GRAVITY_M_S2: Final = 9.80665
"""Exact by definition (CGPM 1901)."""
POUND_FORCE_N: Final = 4.4482216152605
"""Exact by definition: 0.45359237 kg in standard gravity."""
INCH_CM: Final = 2.54
"""Exact by definition."""


class TorqueUnit(IntEnum):
    """A unit in which an instrument states torque. The number is its code on the wire."""

    NCM = 1
    NMM = 2
    MNM = 3
    NM = 4
    KGFCM = 5
    GFCM = 6
    LBFIN = 7
    OZFIN = 8


NCM_PER_UNIT: Final[dict[TorqueUnit, float]] = {
    TorqueUnit.NCM: 1.0,
    TorqueUnit.NMM: 0.1,
    TorqueUnit.MNM: 0.1,
    TorqueUnit.NM: 100.0,
    TorqueUnit.KGFCM: STANDARD_GRAVITY_M_S2,
    TorqueUnit.GFCM: STANDARD_GRAVITY_M_S2 / 1000.0,
    TorqueUnit.LBFIN: POUND_FORCE_N * INCH_CM,
    TorqueUnit.OZFIN: POUND_FORCE_N * INCH_CM / 16.0,
}
"""N·cm in one of each unit."""

# Tenths and hundredths are not exact in binary: dividing by the whole number that belongs to the
# unit rounds once, so that a count read off the wire equals the same figure read from a text file.
_UNITS_PER_NCM: Final[dict[TorqueUnit, int]] = {
    TorqueUnit.NCM: 1,
    TorqueUnit.NMM: 10,
    TorqueUnit.MNM: 10,
}


def counts_to_ncm(counts: int, resolution_millionths: int, unit: TorqueUnit) -> float:
    """Turn a device's torque count into N·cm.

    `resolution_millionths` is what one count is worth, in millionths of `unit`. The result is the
    double nearest to the exact decimal value for N·cm, N·mm and mN·m.
    """
    divisor = _UNITS_PER_NCM.get(unit)
    if divisor is not None:
        return counts * resolution_millionths / (1_000_000 * divisor)
    return counts * resolution_millionths / 1_000_000 * NCM_PER_UNIT[unit]


def torque_to_ncm(value: float, unit: TorqueUnit) -> float:
    """Turn a torque that an instrument states in `unit` into N·cm."""
    divisor = _UNITS_PER_NCM.get(unit)
    return value * NCM_PER_UNIT[unit] if divisor is None else value / divisor


def ncm_to_counts_floor(torque_ncm: float, resolution_millionths: int, unit: TorqueUnit) -> int:
    """Turn N·cm into device counts, rounding **down**: a limit never grows by rounding.

    Raises ValueError for NaN and infinity.
    """
    if not math.isfinite(torque_ncm):
        raise ValueError(f"a torque must be a finite number, got {torque_ncm!r}")
    exact = torque_ncm / NCM_PER_UNIT[unit] * 1_000_000 / resolution_millionths
    counts = math.floor(exact + 1e-6)  # 12.0 stored as 11.9999999 is still twelve
    while counts_to_ncm(counts, resolution_millionths, unit) > torque_ncm + 1e-9:
        counts -= 1
    return counts


def rpm_to_deg_per_s(speed_rpm: float) -> float:
    """Rotational speed in degrees per second."""
    return speed_rpm * DEGREES_PER_TURN / SECONDS_PER_MINUTE


def deg_to_turns(angle_deg: float) -> float:
    """Full turns in an angle."""
    return angle_deg / DEGREES_PER_TURN


def depth_mm(angle_deg: float, pitch_mm: float) -> float:
    """Nominal insertion depth of a screw of `pitch_mm` per turn after `angle_deg` of rotation."""
    return angle_deg / DEGREES_PER_TURN * pitch_mm


def work_j(torque_ncm: float, angle_deg: float) -> float:
    """Work of a torque through an angle, in joules (1 N·cm through one radian is 0.01 J)."""
    return torque_ncm / 100.0 * math.radians(angle_deg)
