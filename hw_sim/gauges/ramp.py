"""A torque over time that looks a little like a screw being wound in. It is no model of bone."""

from __future__ import annotations

import math
from typing import Final

RAMP_S: Final = 30.0
_BEGIN_S: Final = 2.0
_TOP_S: Final = 24.0
_END_S: Final = 26.0
SPEED_RPM: Final = 25.0
_RIPPLE: Final = 0.02


def ramp_ncm(time_s: float, peak_ncm: float) -> tuple[float, float, float]:
    """Return torque in N·cm, angle in degrees and speed in rpm at this time."""
    turning_s = min(max(time_s - _BEGIN_S, 0.0), _TOP_S - _BEGIN_S)
    angle_deg = turning_s * SPEED_RPM * 6.0
    if not _BEGIN_S < time_s < _END_S:
        return 0.0, angle_deg, 0.0
    share = turning_s / (_TOP_S - _BEGIN_S)
    ripple = 1.0 + _RIPPLE * math.sin(math.radians(angle_deg))
    return peak_ncm * share * ripple, angle_deg, SPEED_RPM if time_s < _TOP_S else 0.0
