"""The detectors, per bin: contact, near limit, slips, fracture, stripping.

Part of the kernel. Contact is a sequential test of slope change: for several onsets in the recent
past, the rise above what the trend of that onset foretold is set against a margin (wobble, bump,
noise) plus an allowance per turn (taper, cortex). The first onset that passes gives the alert.
"""

from __future__ import annotations

import math
from collections.abc import MutableSequence
from typing import Final

from torquemon.signal.damage import damage
from torquemon.signal.layout import (
    BIT_HARD,
    BIT_NEAR,
    BIT_ROOT,
    BIT_SEAT,
    BODY,
    CONTACT_HELD,
    CONTACT_TH,
    COSINE,
    FINAL,
    FLARE,
    HAS_ANGLE,
    LEARNED,
    LEVEL,
    LIMIT,
    LONG_PEAK,
    NEAR_HELD,
    NEAR_TH,
    NEVER,
    NOISE,
    P11,
    PAUSED,
    PHASE,
    PITCH,
    RECALL,
    REMOVING,
    RING,
    RING_COUNT,
    RING_HEAD,
    RING_LENGTH,
    RING_STEP_DEG,
    RING_WIDTH,
    SEATED,
    SINE,
    SLOPE,
    SMOOTH,
    STEEP,
    TH,
    TH_FRONT,
    TH_RESTART,
    WHY_DEG,
    WHY_RISE,
    WHY_SLOPE,
    WHY_SPAN,
    WHY_TREND,
    Y_BEFORE,
    Y,
)
from torquemon.signal.phase import CORTEX_MM, SEAT_MM, depth_mm

ALLOWED_RISE: Final = 7.3
"""[E] N·cm per turn above the running slope that bone may honestly add for a while."""
ALLOWED_RISE_FLARE: Final = 9.0
"""[E] The same where the body widens: taper up to about 15 is designed in."""
STEEP_RISE: Final = 30.0
"""[E] N·cm per turn that no cortex adds: twice what it is known to. Such a rise is told once more
behind one that was told already."""
_STEEPER: Final = 2.5
_MARGIN_NCM: Final = 0.3
_RESTART_SHARE: Final = 0.12
_RESTART_MARGIN_DEG: Final = 40.0
_LAGS: Final = ((12.0, 0.13), (24.0, 0.135), (48.0, 0.118), (72.0, 0.088), (96.0, 0.062))
"""Degrees back, and the share of the torque that a bump may add beyond the allowance over them."""
_CALM_NOISE: Final = 0.7
"""How much less of the noise is left in the smoothed torque that the longer spans are held to."""
_SLOPE_DOUBT: Final = 0.5
_QUICK_DEG: Final = 40.0
"""A rise within less than this is too quick for a torque that only comes back; half the margin over
where it was is enough then."""
_FIRST_LOOK_DEG: Final = 96.0
"""Torque that is not above what the trend of so long ago foretold needs no closer look."""
_MIN_RING: Final = 3.0
"""A trend younger than this foretells nothing."""
_CONTACT_AGAIN_DEG: Final = 120.0
_NEAR_DEG: Final = 45.0
_NEAR_SHARE: Final = 0.6
_AT_LIMIT_SHARE: Final = 0.95
_NEAR_CLEAR_SHARE: Final = 0.8
_NEAR_AGAIN_DEG: Final = 180.0
_STEEP_DEG: Final = 15.0


def detect(s: MutableSequence[float], turned: float) -> int:
    """Run every detector on the bin; return the bits of the alerts that begin with it."""
    phase = s[PHASE]
    bits = 0
    if phase not in (PAUSED, REMOVING, SEATED):
        if s[TH] >= s[TH_FRONT]:
            s[FINAL] = s[Y]
        bits = _contact(s)
        if turned > 0.0:
            bits |= _near_limit(s, turned)
        if s[LEARNED] > 0.0 or s[Y] < s[LEVEL]:
            bits |= damage(s)
    return bits


def _contact(s: MutableSequence[float]) -> int:
    """Test for a rise per turn that breaks with the running trend."""
    th = s[TH]
    count = s[RING_COUNT]
    if count < _MIN_RING or th < s[TH_FRONT] - 1.0:
        return 0
    y = s[Y]
    level = max(0.0, s[LEVEL])
    fixed = _MARGIN_NCM + 1.2 * s[NOISE]
    if th - s[TH_RESTART] < _RESTART_MARGIN_DEG:
        fixed += _RESTART_SHARE * level
    newest = th - s[RING + int(s[RING_HEAD]) * RING_WIDTH]
    if count * RING_STEP_DEG > _FIRST_LOOK_DEG:
        place = _place_back(s, int((_FIRST_LOOK_DEG - newest) / RING_STEP_DEG))
        if y - _foretold(s, place) < 0.5 * fixed:
            if th - s[CONTACT_TH] > _CONTACT_AGAIN_DEG:
                s[CONTACT_HELD] = 0.0
            return 0
    if s[CONTACT_HELD] > 0.0:
        return _steeper_still(s, y, fixed)
    return _closer_look(s, y, fixed, newest)


def _steeper_still(s: MutableSequence[float], y: float, fixed: float) -> int:
    """Tell a second, far steeper rise behind one that was told: a root behind a far cortex."""
    steep = s[STEEP]
    if steep < STEEP_RISE or steep < _STEEPER * s[WHY_SLOPE]:
        return 0
    if _comes_back(s, y - fixed - _LAGS[0][1] * max(0.0, s[LEVEL])):
        return 0
    span = max(s[TH] - s[CONTACT_TH], _STEEP_DEG)
    return _name_contact(s, steep * _STEEP_DEG / 360.0, min(span, _STEEP_DEG), s[SLOPE])


def _closer_look(s: MutableSequence[float], y: float, fixed: float, newest: float) -> int:
    """Set the rise since each of several onsets against its margin and allowance."""
    level = max(0.0, s[LEVEL])
    calm = fixed - _CALM_NOISE * s[NOISE]
    allowed = _allowed_per_deg(s)
    for lag, share in _LAGS:
        back = int((lag - newest) / RING_STEP_DEG)
        if back < 0:
            continue
        if back >= s[RING_COUNT]:
            break
        place = _place_back(s, back)
        span = s[TH] - s[place]
        now, spread = (y, fixed) if span < _QUICK_DEG else (s[SMOOTH], calm)
        rise = now - _foretold(s, place)
        margin = spread + share * level
        if rise > margin + allowed * span and not _comes_back(
            s, now - (0.5 if span < _QUICK_DEG else 1.0) * margin
        ):
            return _name_contact(s, rise, span, max(0.0, s[place + 2]))
    return 0


def _place_back(s: MutableSequence[float], back: int) -> int:
    """Return where in the state the trend of `back` steps ago is kept."""
    index = int(s[RING_HEAD]) - max(0, back)
    if index < 0:
        index += RING_LENGTH
    return RING + index * RING_WIDTH


def _foretold(s: MutableSequence[float], place: int) -> float:
    """Return the torque that the trend kept at `place` foretells for the present rotation."""
    slope = s[place + 2]
    level = s[place + 1] + s[place + 3] * s[SINE] + s[place + 4] * s[COSINE]
    return level + slope * (s[TH] - s[place]) if slope > 0.0 else level


def _comes_back(s: MutableSequence[float], above_ncm: float) -> bool:
    """Tell whether the torque only comes back to where it was within the last half turn.

    Without an angle a pause looks like turning on with a falling torque, so there the past is all
    that was.
    """
    if s[HAS_ANGLE] == 0.0 and above_ncm < s[LONG_PEAK]:
        return True
    for back in range(RECALL, int(s[RING_COUNT])):
        if above_ncm < s[_place_back(s, back) + 5]:
            return True
    return False


def _allowed_per_deg(s: MutableSequence[float]) -> float:
    """What bone and screw may add to the running slope here, in N·cm per degree."""
    body = s[BODY]
    flares = body > 0.0 and depth_mm(s) > body - s[FLARE]
    allowed = ALLOWED_RISE_FLARE if flares else ALLOWED_RISE
    return allowed / 360.0 + _SLOPE_DOUBT * math.sqrt(s[P11])


def _name_contact(s: MutableSequence[float], rise: float, span: float, slope: float) -> int:
    """Say what a broken trend means at this depth."""
    depth = depth_mm(s)
    steep = s[STEEP] - slope * 360.0
    since = rise / steep * 360.0 if steep > 0.0 else span
    onset_mm = depth - min(since, span) / 360.0 * s[PITCH]
    if depth < CORTEX_MM:
        return 0
    s[CONTACT_HELD] = 1.0
    s[CONTACT_TH] = s[TH]
    s[WHY_RISE] = rise
    s[WHY_SPAN] = span
    s[WHY_SLOPE] = rise / span * 360.0 + slope * 360.0
    s[WHY_TREND] = slope * 360.0
    body = s[BODY]
    if s[HAS_ANGLE] == 0.0 or body < 0.0:
        return BIT_HARD
    if onset_mm > body - SEAT_MM:
        return BIT_SEAT
    return BIT_ROOT


def _near_limit(s: MutableSequence[float], turned: float) -> int:
    """Extrapolate to the limit at the present slope, over some tens of degrees."""
    y = s[Y]
    limit = s[LIMIT]
    share = turned / (turned + _STEEP_DEG)
    s[STEEP] += share * ((y - s[Y_BEFORE]) / turned * 360.0 - s[STEEP])
    if s[NEAR_HELD] > 0.0:
        far = s[TH] - s[NEAR_TH] > _NEAR_AGAIN_DEG and y < _NEAR_CLEAR_SHARE * limit
        if far or y < 0.9 * _NEAR_SHARE * limit:
            s[NEAR_HELD] = 0.0
        return 0
    if y < _NEAR_SHARE * limit:
        return 0
    steep = s[STEEP]
    if y < _AT_LIMIT_SHARE * limit and (limit - y) * 360.0 > steep * _NEAR_DEG:
        return 0
    s[NEAR_HELD] = 1.0
    s[NEAR_TH] = s[TH]
    s[WHY_DEG] = (limit - y) * 360.0 / steep if steep > 0.0 else NEVER
    return BIT_NEAR
