"""Slips of the bit, a broken tip, a stripped thread: shapes of falling torque while turning.

Part of the kernel. Each looks only at forward rotation at the deepest point: a pause, a restart
and the way back have low torque too and mean nothing of the kind.
"""

from __future__ import annotations

from collections.abc import MutableSequence
from typing import Final

from torquemon.signal.layout import (
    BIT_CAM_OUT,
    BIT_FRACTURE,
    BIT_STRIPPING,
    BODY,
    FALL_LOW_TH,
    FALL_REF,
    FALL_TH,
    LEVEL,
    PHASE,
    RESTARTING,
    SLIP_FIRST,
    SLIP_LOW,
    SLIP_N,
    SLIP_REF,
    SLIP_TH,
    STRIP_HELD,
    TH,
    TH_ENGAGED,
    TH_FRONT,
    TH_RESTART,
    TREND_PEAK,
    TREND_PEAK_TH,
    WHY_BEFORE,
    WHY_SPAN,
    Y,
)
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
    th = s[TH]
    fresh = th - s[TH_RESTART] < _AFTER_RESTART_DEG and s[TH_RESTART] > s[TH_ENGAGED]
    if fresh or s[PHASE] == RESTARTING or th < s[TH_FRONT]:
        s[SLIP_LOW] = 0.0
        s[FALL_REF] = 0.0
        return 0
    return _slips(s, th) | _fracture(s, th) | _stripping(s, th)


def _slips(s: MutableSequence[float], th: float) -> int:
    """Count torque that drops and comes back within some tens of degrees."""
    y = s[Y]
    if s[SLIP_LOW] == 0.0:
        level = s[LEVEL]
        if level > _MIN_LEVEL_NCM and y < _SLIP_LOW_SHARE * level:
            s[SLIP_LOW] = 1.0
            s[SLIP_TH] = th
            s[SLIP_REF] = level
        return 0
    back = y > _SLIP_BACK_SHARE * s[SLIP_REF]
    if th - s[SLIP_TH] > _SLIP_DEG:
        if back or s[LEVEL] < _SLIP_LOW_SHARE * s[SLIP_REF]:
            s[SLIP_LOW] = 0.0
        return 0
    if not back:
        return 0
    s[SLIP_LOW] = 0.0
    if s[SLIP_N] == 0.0 or th - s[SLIP_FIRST] > _SLIPS_WITHIN_DEG:
        s[SLIP_FIRST] = th
        s[SLIP_N] = 0.0
    s[SLIP_N] += 1.0
    if s[SLIP_N] < _SLIPS:
        return 0
    s[WHY_SPAN] = th - s[SLIP_FIRST]
    s[SLIP_N] = 0.0
    return BIT_CAM_OUT


def _fracture(s: MutableSequence[float], th: float) -> int:
    """Look for a collapse to nothing within a quarter turn that stays."""
    y = s[Y]
    level = s[LEVEL]
    if level > _MIN_LEVEL_NCM and y > _SLIP_LOW_SHARE * level:
        s[FALL_TH] = th
        s[FALL_REF] = level
        s[FALL_LOW_TH] = 0.0
        return 0
    ref = s[FALL_REF]
    if ref == 0.0 or y > _NOTHING_SHARE * ref + 0.1:
        s[FALL_LOW_TH] = 0.0
        return 0
    if s[FALL_LOW_TH] == 0.0:
        if th - s[FALL_TH] > _FALL_DEG:
            s[FALL_REF] = 0.0
        else:
            s[FALL_LOW_TH] = th
        return 0
    if th - s[FALL_LOW_TH] < _STAYS_DEG:
        return 0
    s[FALL_REF] = 0.0
    s[WHY_BEFORE] = ref
    s[WHY_SPAN] = s[FALL_LOW_TH] - s[FALL_TH]
    return BIT_FRACTURE


def _stripping(s: MutableSequence[float], th: float) -> int:
    """Look for a peak near the seat, then decay while turning on."""
    level = s[LEVEL]
    depth = depth_mm(s)
    body = s[BODY]
    from_mm = body - SEAT_MM if body > 0.0 else CORTEX_MM + SEAT_MM
    if depth < from_mm:
        return 0
    if level > s[TREND_PEAK]:
        s[TREND_PEAK] = level
        s[TREND_PEAK_TH] = th
        s[STRIP_HELD] = 0.0
        return 0
    peak = s[TREND_PEAK]
    low = _STRIP_SHARE * peak
    if s[STRIP_HELD] > 0.0 or peak < _MIN_LEVEL_NCM or level > low or s[Y] > low:
        return 0
    if th - s[TREND_PEAK_TH] < _STRIP_DEG or s[Y] < _NOTHING_SHARE * peak + 0.1:
        return 0
    s[STRIP_HELD] = 1.0
    s[WHY_BEFORE] = peak
    s[WHY_SPAN] = th - s[TREND_PEAK_TH]
    return BIT_STRIPPING
