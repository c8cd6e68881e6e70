"""Where in the insertion the curve is: engagement, rotation, pause, restart, seat, reversal.

Part of the kernel. Every change has a hysteresis, so that a ripple does not make it chatter.
"""

from __future__ import annotations

from collections.abc import MutableSequence, Sequence
from typing import Final

from torquemon.signal.layout import (
    ADVANCING,
    BODY,
    CORTEX,
    ENGAGE_N,
    ENGAGED,
    ENGAGING,
    HAS_ANGLE,
    IDLE,
    LEVEL,
    NOISE,
    NOMINAL,
    OFFSET,
    OFFSET_N,
    PAUSED,
    PHASE,
    PITCH,
    RATE,
    REMOVAL_PEAK,
    REMOVING,
    RESTARTING,
    SEATED,
    SEATING,
    SMOOTH,
    SPEED,
    STILL_MS,
    TH,
    TH_CLEAR,
    TH_ENGAGED,
    TH_FRONT,
    TH_RESTART,
    TH_ZERO,
    TIP_SOUGHT,
    TREND_ON,
    Y_BEFORE,
    Y_SLOW,
    Y_START,
    Y,
)

CORTEX_MM: Final = 2.0
"""Cortical thickness is 1-2 mm (Cousley, 2nd ed., ch. 2)."""
SEAT_MM: Final = 0.9
"""Within about this of the nominal seat a steep rise may be the neck meeting bone."""
_ENGAGE_NCM: Final = 0.4  # [E]
_TIP_DEG: Final = 30.0
"""The first torque is averaged over about twice this rotation, and lags by this much."""
_TIP_NCM: Final = 0.1
_TIP_CLEAR_NCM: Final = 0.25
_TIP_SHARE: Final = 1.0
"""[E] The tip is a cone and meets bone gently. From one of these torques to the other it goes on by
0.6 of the way before, were the torque as the square of the depth, by 1.5, were it as the depth."""
_TIP_MM: Final = 1.2
"""[E] The deepest that a tip may be before its torque shows."""
_ENGAGE_BINS: Final = 3.0
_MAX_OFFSET_NCM: Final = 1.0
"""[E] A sensor further off needs a tare, not a correction."""
_OFFSET_BINS: Final = 20.0
_OFFSET_CREEP: Final = 0.02 / 360.0
"""[E] N·cm per degree. The drift of a warming sensor is slower, weak bone ten times as fast."""
_OFFSET_RISE_NCM: Final = 0.08
"""[E] A curve that begins above zero begins with an offset if it stays flat for 0.2 s,
else in bone: at 15 rpm a cortex rises by more than this meanwhile."""
_STILL_DEG_PER_MS: Final = 0.009  # 1.5 rpm
_MOVING_DEG_PER_MS: Final = 0.015  # 2.5 rpm
_STILL_MS: Final = 60.0
_BACK_DEG: Final = 8.0
_RESTART_DEG: Final = 25.0
"""[E] After a pause the torque is back within a few degrees; twist of the shaft is included."""


def depth_mm(s: Sequence[float]) -> float:
    """Deepest nominal depth reached since engagement, mm."""
    return (s[TH_FRONT] - s[TH_ENGAGED]) / 360.0 * s[PITCH]


def advance_phase(s: MutableSequence[float], dt_ms: float, turned: float) -> None:
    """Find the phase after a bin in which the screw turned by `turned` degrees."""
    if s[ENGAGED] == 0.0:
        _wait_for_bone(s, turned)
        return
    rate = s[RATE]
    phase = s[PHASE]
    if s[HAS_ANGLE] == 0.0 and s[SPEED] != s[SPEED]:
        rate = _guess_rate(s)
    if rate < _STILL_DEG_PER_MS and rate > -_STILL_DEG_PER_MS:
        s[STILL_MS] += dt_ms
    elif rate > _MOVING_DEG_PER_MS or rate < -_MOVING_DEG_PER_MS:
        s[STILL_MS] = 0.0
    s[TH_FRONT] = max(s[TH_FRONT], s[TH])
    if s[TIP_SOUGHT] > 0.0:
        _follow_tip(s, turned)
        _date_back(s)
    behind = s[TH_FRONT] - s[TH]
    if s[STILL_MS] > _STILL_MS:
        seated = s[BODY] > 0.0 and depth_mm(s) > s[BODY] - SEAT_MM
        s[PHASE] = SEATED if seated else PAUSED
        s[TH_RESTART] = s[TH]
    elif behind > _BACK_DEG:
        s[PHASE] = REMOVING if rate < 0.0 else RESTARTING
        s[TH_RESTART] = s[TH_FRONT]
    elif phase in (PAUSED, SEATED, REMOVING):
        s[PHASE] = RESTARTING
    elif s[TH] - s[TH_RESTART] > _RESTART_DEG or s[TH_RESTART] == s[TH_ENGAGED]:
        s[PHASE] = _advancing_phase(s)


def _advancing_phase(s: MutableSequence[float]) -> float:
    """Name the phase of a screw that turns forward at its deepest point."""
    depth = depth_mm(s)
    if s[BODY] > 0.0 and depth > s[BODY] - SEAT_MM:
        return SEATING
    return CORTEX if depth < CORTEX_MM else ADVANCING


def _wait_for_bone(s: MutableSequence[float], turned: float) -> None:
    """Learn the zero offset and find the engagement."""
    y = s[Y]
    _follow_tip(s, turned)
    if s[RATE] < -_MOVING_DEG_PER_MS and (y if y > 0.0 else -y) > _ENGAGE_NCM:
        s[PHASE] = REMOVING  # the recording begins with a screw that is turned out
        s[REMOVAL_PEAK] = max(s[REMOVAL_PEAK], y if y > 0.0 else -y)
        return
    if y <= _ENGAGE_NCM + 2.0 * s[NOISE]:
        s[ENGAGE_N] = 0.0
        s[PHASE] = IDLE
        _learn_offset(s, y, 1.0, turned)
        return
    s[ENGAGE_N] += 1.0
    if s[ENGAGE_N] == 1.0:
        s[TH_ENGAGED] = s[TH] - turned
        s[Y_START] = y
    s[PHASE] = ENGAGING
    if s[OFFSET_N] == 0.0 and y < _MAX_OFFSET_NCM:
        if s[ENGAGE_N] < _OFFSET_BINS:
            return
        if y - s[Y_START] < _OFFSET_RISE_NCM + 0.5 * s[NOISE]:
            s[ENGAGE_N] = 0.0
            _learn_offset(s, y, _OFFSET_BINS, 0.0)
            return
    if s[ENGAGE_N] >= _ENGAGE_BINS:
        s[ENGAGED] = 1.0
        if s[OFFSET_N] > 0.0:
            s[TIP_SOUGHT] = 1.0
            s[TH_ENGAGED] = s[TH_ZERO] - _TIP_DEG
            _date_back(s)
        s[TH_FRONT] = s[TH]
        s[TH_RESTART] = s[TH_ENGAGED]
        s[PHASE] = CORTEX
        s[SMOOTH] = y


def _follow_tip(s: MutableSequence[float], turned: float) -> None:
    """Follow the first torque over the rotation, and remember where it was last next to nothing.

    Over the rotation, not over time: at any speed and rate the noise of as long a way is averaged.
    """
    if turned > 0.0:
        s[Y_SLOW] += turned / (turned + _TIP_DEG) * (s[Y] - s[Y_SLOW])
    if s[Y_SLOW] < _TIP_NCM:
        s[TH_ZERO] = s[TH]
    if s[Y_SLOW] < _TIP_CLEAR_NCM:
        s[TH_CLEAR] = s[TH]


def _date_back(s: MutableSequence[float]) -> None:
    """Once the torque is clear, count the depth from where the tip must have met bone.

    That is told by how fast the first torque grew. Weak bone hides a millimetre otherwise.
    """
    if s[Y_SLOW] < _TIP_CLEAR_NCM:
        return
    s[TIP_SOUGHT] = 0.0
    hidden = min(_TIP_MM / s[PITCH] * 360.0, _TIP_SHARE * (s[TH_CLEAR] - s[TH_ZERO]))
    s[TH_ENGAGED] = s[TH_ZERO] - _TIP_DEG - hidden


def _learn_offset(s: MutableSequence[float], y: float, bins: float, turned: float) -> None:
    """Let the zero follow an idle torque, within a stated bound; a first rise is not idle.

    The first 0.2 s are taken as they come: held to the first of them, the zero would stay where its
    noise was. Once known it creeps only while the screw turns: else it would follow weak bone.
    """
    near = (0.05 if s[OFFSET_N] > _OFFSET_BINS else _ENGAGE_NCM) + 0.3 * s[NOISE]
    if s[OFFSET_N] > 0.0 and not -near < y < near:
        return
    if -_MAX_OFFSET_NCM < y + s[OFFSET] < _MAX_OFFSET_NCM:
        s[OFFSET_N] += bins
        change = y * bins / min(1000.0, s[OFFSET_N])
        if s[OFFSET_N] > _OFFSET_BINS and turned > 0.0:
            most = _OFFSET_CREEP * turned
            change = min(most, max(-most, change))
        s[OFFSET] += change


def _guess_rate(s: MutableSequence[float]) -> float:
    """Return a rate without any measured rotation: none while the torque relaxes, else nominal.

    A motor at rest lets the torque fall by a large part within a fraction of a second and then
    stay; it turns again when the torque climbs.
    """
    y = s[Y]
    if s[PHASE] == PAUSED:
        return s[NOMINAL] if y > s[Y_BEFORE] + 0.1 + 2.0 * s[NOISE] else 0.0
    if s[TREND_ON] > 0.0 and y < 0.8 * s[LEVEL] - 0.3 and y < s[Y_BEFORE]:
        return 0.0
    return s[NOMINAL]
