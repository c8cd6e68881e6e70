"""Whether the angle fits the torque: backwards, in another unit, or stuck.

Part of the kernel. An angle that is not believed is as if there were none: the depth is lost, the
nominal speed takes its place. A pause, a stall of less than two seconds, half a turn back and a
removal are no contradiction.
"""

from __future__ import annotations

from collections.abc import MutableSequence
from typing import Final

from torquemon.signal.layout import (
    AGAINST_DEG,
    AGAINST_LOW,
    ANGLE_AGAINST,
    ANGLE_FAULT,
    ANGLE_STILL,
    BAD_KIND,
    BIN_BAD,
    ENGAGED,
    HAS_ANGLE,
    NOISE,
    NOMINAL,
    PHASE,
    QUALITY_HOLD,
    RATE,
    RESTARTING,
    STILL_MS,
    TH,
    TH_FRONT,
    UNTURNED_DEG,
    UNTURNED_LOW,
    UNTURNED_MS,
    Y,
)

_AGAINST_FROM_DEG: Final = 90.0
"""[E] The torque at the first quarter turn back is friction let go of, not a climb."""
_AGAINST_DEG: Final = 270.0
_AGAINST_NCM: Final = 2.0  # [E]
_AGAINST_RATIO: Final = 1.3
"""[E] The once-a-turn wobble of a torque that falls is less."""
_UNTURNED_NCM: Final = 3.0  # [E]
_UNTURNED_FOOT_NCM: Final = 0.5  # [E]
_UNTURNED_MS: Final = 2000.0
_LEAST_DEG_PER_MS: Final = 0.0045
"""[E] 0.75 rpm, a fortieth of the usual speed; 42 rpm counted in radians looks like that."""


def doubt_angle(s: MutableSequence[float], dt_ms: float, turned: float) -> None:
    """Give the angle up where the torque contradicts it."""
    fault = 0.0
    if _runs_against(s, turned):
        fault = ANGLE_AGAINST
    elif _hardly_turns(s, dt_ms, turned):
        fault = ANGLE_STILL
    if fault == 0.0:
        return
    s[ANGLE_FAULT] = fault
    s[BAD_KIND] = 9.0 + fault
    s[BIN_BAD] += 1.0
    s[QUALITY_HOLD] = 0.0  # it happens once and is told whatever came just before
    s[HAS_ANGLE] = 0.0
    s[RATE] = s[NOMINAL]
    s[STILL_MS] = 0.0
    if s[ENGAGED] > 0.0:
        s[TH] = max(s[TH], s[TH_FRONT])
        s[PHASE] = RESTARTING


def _runs_against(s: MutableSequence[float], turned: float) -> bool:
    """Tell whether the torque climbs as it does in bone while the angle runs backwards."""
    y = s[Y]
    back = max(0.0, s[AGAINST_DEG] - turned)
    s[AGAINST_DEG] = back
    if back < _AGAINST_FROM_DEG:
        s[AGAINST_LOW] = max(0.0, y)
        return False
    if turned > 0.0:
        s[AGAINST_LOW] = max(s[AGAINST_LOW], y)
        return False
    low = s[AGAINST_LOW] = max(0.0, min(s[AGAINST_LOW], y))
    if back < _AGAINST_DEG:
        return False
    return y > low + _AGAINST_NCM + 2.0 * s[NOISE] and y > _AGAINST_RATIO * low


def _hardly_turns(s: MutableSequence[float], dt_ms: float, turned: float) -> bool:
    """Tell whether the torque climbed for seconds with next to no rotation.

    A climb counts from half a N·cm above its foot: a pause before it is no part of it.
    """
    y = s[Y]
    low = s[UNTURNED_LOW] = min(s[UNTURNED_LOW], y)
    if y < low + _UNTURNED_FOOT_NCM + s[NOISE]:
        s[UNTURNED_MS] = 0.0
        s[UNTURNED_DEG] = 0.0
        return False
    s[UNTURNED_MS] += dt_ms
    s[UNTURNED_DEG] += turned if turned > 0.0 else -turned
    if y < low + _UNTURNED_NCM + s[NOISE]:
        return False
    took_ms = s[UNTURNED_MS]
    still = s[UNTURNED_DEG] < _LEAST_DEG_PER_MS * took_ms
    s[UNTURNED_LOW] = y
    s[UNTURNED_MS] = 0.0
    s[UNTURNED_DEG] = 0.0
    return still and took_ms > _UNTURNED_MS
