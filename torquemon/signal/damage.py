"""Slips of the bit, a broken tip, a stripped thread: shapes of falling torque while turning.

Part of the kernel. Each looks only at forward rotation at the deepest point: a pause, a restart
and the way back have low torque too and mean nothing of the kind.
"""

from __future__ import annotations

from collections.abc import MutableSequence
from typing import Final

from torquemon.signal import layout as at
from torquemon.signal.phase import CORTEX_MM, SEAT_MM, depth_mm

_MIN_LEVEL_NCM: Final = 2.0
"""Below this torque a fall says nothing."""
_SLIP_LOW_SHARE: Final = 0.6  # [E]
_SLIP_BACK_SHARE: Final = 0.8  # [E]
_SLIP_DEG: Final = 70.0
_SLIPS: Final = 3.0
_SLIPS_WITHIN_DEG: Final = 720.0
_NOTHING_SHARE: Final = 0.15  # [E]
_FALL_DEG: Final = 90.0
_STAYS_DEG: Final = 45.0
_STRIP_SHARE: Final = 0.7  # [E]
_STRIP_DEG: Final = 150.0
_AFTER_RESTART_DEG: Final = 40.0


def damage(s: MutableSequence[float]) -> int:
    """Return the bits of a slip series, a fracture or a stripping that begins with this bin."""
    th = s[at.TH]
    fresh = th - s[at.TH_RESTART] < _AFTER_RESTART_DEG and s[at.TH_RESTART] > s[at.TH_ENGAGED]
    if fresh or s[at.PHASE] == at.RESTARTING or th < s[at.TH_FRONT]:
        s[at.SLIP_LOW] = 0.0
        s[at.FALL_REF] = 0.0
        return 0
    return _slips(s, th) | _fracture(s, th) | _stripping(s, th)


def _slips(s: MutableSequence[float], th: float) -> int:
    """Count torque that drops and comes back within some tens of degrees."""
    y = s[at.Y]
    if s[at.SLIP_LOW] == 0.0:
        level = s[at.LEVEL]
        if level > _MIN_LEVEL_NCM and y < _SLIP_LOW_SHARE * level:
            s[at.SLIP_LOW] = 1.0
            s[at.SLIP_TH] = th
            s[at.SLIP_REF] = level
        return 0
    back = y > _SLIP_BACK_SHARE * s[at.SLIP_REF]
    if th - s[at.SLIP_TH] > _SLIP_DEG:
        if back or s[at.LEVEL] < _SLIP_LOW_SHARE * s[at.SLIP_REF]:
            s[at.SLIP_LOW] = 0.0
        return 0
    if not back:
        return 0
    s[at.SLIP_LOW] = 0.0
    if s[at.SLIP_N] == 0.0 or th - s[at.SLIP_FIRST] > _SLIPS_WITHIN_DEG:
        s[at.SLIP_FIRST] = th
        s[at.SLIP_N] = 0.0
    s[at.SLIP_N] += 1.0
    if s[at.SLIP_N] < _SLIPS:
        return 0
    s[at.WHY_SPAN] = th - s[at.SLIP_FIRST]
    s[at.SLIP_N] = 0.0
    return at.BIT_CAM_OUT


def _fracture(s: MutableSequence[float], th: float) -> int:
    """Look for a collapse to nothing within a quarter turn that stays."""
    y = s[at.Y]
    level = s[at.LEVEL]
    if level > _MIN_LEVEL_NCM and y > _SLIP_LOW_SHARE * level:
        s[at.FALL_TH] = th
        s[at.FALL_REF] = level
        s[at.FALL_LOW_TH] = 0.0
        return 0
    ref = s[at.FALL_REF]
    if ref == 0.0 or y > _NOTHING_SHARE * ref + 0.1:
        s[at.FALL_LOW_TH] = 0.0
        return 0
    if s[at.FALL_LOW_TH] == 0.0:
        if th - s[at.FALL_TH] > _FALL_DEG:
            s[at.FALL_REF] = 0.0
        else:
            s[at.FALL_LOW_TH] = th
        return 0
    if th - s[at.FALL_LOW_TH] < _STAYS_DEG:
        return 0
    s[at.FALL_REF] = 0.0
    s[at.WHY_BEFORE] = ref
    s[at.WHY_SPAN] = s[at.FALL_LOW_TH] - s[at.FALL_TH]
    return at.BIT_FRACTURE


def _stripping(s: MutableSequence[float], th: float) -> int:
    """Look for a peak near the seat, then decay while turning on."""
    level = s[at.LEVEL]
    depth = depth_mm(s)
    body = s[at.BODY]
    from_mm = body - SEAT_MM if body > 0.0 else CORTEX_MM + SEAT_MM
    if depth < from_mm:
        return 0
    if level > s[at.TREND_PEAK]:
        s[at.TREND_PEAK] = level
        s[at.TREND_PEAK_TH] = th
        s[at.STRIP_HELD] = 0.0
        return 0
    peak = s[at.TREND_PEAK]
    low = _STRIP_SHARE * peak
    if s[at.STRIP_HELD] > 0.0 or peak < _MIN_LEVEL_NCM or level > low or s[at.Y] > low:
        return 0
    if th - s[at.TREND_PEAK_TH] < _STRIP_DEG or s[at.Y] < _NOTHING_SHARE * peak + 0.1:
        return 0
    s[at.STRIP_HELD] = 1.0
    s[at.WHY_BEFORE] = peak
    s[at.WHY_SPAN] = th - s[at.TREND_PEAK_TH]
    return at.BIT_STRIPPING
