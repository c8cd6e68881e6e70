"""The state before the first sample."""

from __future__ import annotations

from typing import Final

from torquemon.signal import layout as at
from torquemon.signal.setup import DEFAULT_SPEED_RPM, JudgeSetup
from torquemon.units import rpm_to_deg_per_s

_NAN: Final = float("nan")
_START_NOISE_NCM: Final = 0.1
"""[E] Until the curve has shown its own noise."""


def start_state(setup: JudgeSetup) -> list[float]:
    """Return the flat state for `setup`, as plain floats."""
    s = [0.0] * at.SIZE
    limit = setup.limit_ncm
    s[at.LIMIT] = at.NEVER if limit is None else float(limit)
    s[at.EXCESS_AT] = s[at.LIMIT]
    s[at.PITCH] = float(setup.pitch_mm)
    s[at.BODY] = -1.0 if setup.body_mm is None else float(setup.body_mm)
    s[at.FLARE] = float(setup.flare_mm)
    speed = DEFAULT_SPEED_RPM if setup.nominal_speed_rpm is None else setup.nominal_speed_rpm
    s[at.NOMINAL] = rpm_to_deg_per_s(speed) / 1000.0
    s[at.T_LAST] = -at.NEVER
    s[at.Q1] = s[at.Q2] = s[at.Q3] = s[at.Q4] = _NAN
    s[at.ANGLE] = s[at.A_BIN] = s[at.SPEED] = s[at.FLAT_Q] = _NAN
    s[at.BIN_MAX] = -at.NEVER
    s[at.NOISE] = _START_NOISE_NCM
    s[at.PHASE] = at.IDLE
    return s
