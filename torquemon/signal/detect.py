"""The detectors, per bin: contact, near limit, slips, fracture, stripping.

Part of the kernel. Contact is a sequential test of slope change: for several onsets in the recent
past, the rise above what the trend of that onset foretold is set against a margin (wobble, bump,
noise) plus an allowance per turn (taper, cortex). The first onset that passes gives the alert.
"""

from __future__ import annotations

import math
from collections.abc import MutableSequence
from typing import Final

from torquemon.signal import layout as at
from torquemon.signal.damage import damage
from torquemon.signal.phase import CORTEX_MM, SEAT_MM, depth_mm

ALLOWED_RISE: Final = 6.6
"""[E] N·cm per turn above the running slope that bone may honestly add for a while."""
ALLOWED_RISE_FLARE: Final = 9.0
"""[E] The same where the body widens: taper up to about 15 is designed in."""
_MARGIN_NCM: Final = 0.3
_RESTART_SHARE: Final = 0.12
_RESTART_MARGIN_DEG: Final = 40.0
_LAGS: Final = ((12.0, 0.13), (24.0, 0.13), (48.0, 0.105), (72.0, 0.08), (96.0, 0.07))
"""Degrees back, and the share of the torque that a bump may add beyond the allowance over them."""
_SLOPE_DOUBT: Final = 0.5
_RECALL: Final = 16
"""Places back in the ring of past trends from which on torque is the past: about 64 degrees."""
_QUICK_DEG: Final = 40.0
"""A rise within less than this is too quick for a torque that only comes back; half the margin over
where it was is enough then."""
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
    phase = s[at.PHASE]
    bits = 0
    if phase not in (at.PAUSED, at.REMOVING, at.SEATED):
        if s[at.TH] >= s[at.TH_FRONT]:
            s[at.FINAL] = s[at.Y]
        bits = _contact(s)
        if turned > 0.0:
            bits |= _near_limit(s, turned) | damage(s)
    return bits


def _contact(s: MutableSequence[float]) -> int:
    """Test for a rise per turn that breaks with the running trend."""
    th = s[at.TH]
    if s[at.RING_COUNT] < _MIN_RING or th < s[at.TH_FRONT] - 1.0:
        return 0
    y = s[at.Y]
    level = s[at.LEVEL]
    fixed = _MARGIN_NCM + 1.2 * s[at.NOISE]
    if th - s[at.TH_RESTART] < _RESTART_MARGIN_DEG:
        fixed += _RESTART_SHARE * level
    allowed = _allowed_per_deg(s)
    sine = s[at.SINE]
    cosine = s[at.COSINE]
    head = int(s[at.RING_HEAD])
    count = s[at.RING_COUNT]
    newest = th - s[at.RING + head * at.RING_WIDTH]
    quiet = True
    for lag, share in _LAGS:
        back = int((lag - newest) / at.RING_STEP_DEG)
        if back < 0:
            continue
        if back >= count:
            break
        index = head - back
        if index < 0:
            index += at.RING_LENGTH
        place = at.RING + index * at.RING_WIDTH
        span = th - s[place]
        slope = max(s[place + 2], 0.0)
        foretold = s[place + 1] + slope * span + s[place + 3] * sine + s[place + 4] * cosine
        rise = y - foretold
        beyond = rise - allowed * span
        margin = fixed + share * level
        if (
            beyond > margin
            and s[at.CONTACT_HELD] == 0.0
            and not _comes_back(s, y - (0.5 if span < _QUICK_DEG else 1.0) * margin)
        ):
            return _name_contact(s, rise, span, slope)
        if beyond > 0.3 * margin:
            quiet = False
    if quiet and th - s[at.CONTACT_TH] > _CONTACT_AGAIN_DEG:
        s[at.CONTACT_HELD] = 0.0
    return 0


def _comes_back(s: MutableSequence[float], above_ncm: float) -> bool:
    """Tell whether the torque only comes back to where it was within the last half turn."""
    head = int(s[at.RING_HEAD])
    for back in range(_RECALL, int(s[at.RING_COUNT])):
        index = head - back
        if index < 0:
            index += at.RING_LENGTH
        if above_ncm < s[at.RING + index * at.RING_WIDTH + 5]:
            return True
    return False


def _allowed_per_deg(s: MutableSequence[float]) -> float:
    """What bone and screw may add to the running slope here, in N·cm per degree."""
    body = s[at.BODY]
    flares = body > 0.0 and depth_mm(s) > body - s[at.FLARE]
    allowed = ALLOWED_RISE_FLARE if flares else ALLOWED_RISE
    return allowed / 360.0 + _SLOPE_DOUBT * math.sqrt(s[at.P11])


def _name_contact(s: MutableSequence[float], rise: float, span: float, slope: float) -> int:
    """Say what a broken trend means at this depth."""
    depth = depth_mm(s)
    steep = s[at.STEEP] - slope * 360.0
    since = rise / steep * 360.0 if steep > 0.0 else span
    onset_mm = depth - min(since, span) / 360.0 * s[at.PITCH]
    if depth < CORTEX_MM:
        return 0
    s[at.CONTACT_HELD] = 1.0
    s[at.CONTACT_TH] = s[at.TH]
    s[at.WHY_RISE] = rise
    s[at.WHY_SPAN] = span
    s[at.WHY_SLOPE] = rise / span * 360.0 + slope * 360.0
    s[at.WHY_TREND] = slope * 360.0
    body = s[at.BODY]
    if s[at.HAS_ANGLE] == 0.0 or body < 0.0:
        return at.BIT_HARD
    if onset_mm > body - SEAT_MM:
        return at.BIT_SEAT
    return at.BIT_ROOT


def _near_limit(s: MutableSequence[float], turned: float) -> int:
    """Extrapolate to the limit at the present slope, over some tens of degrees."""
    y = s[at.Y]
    limit = s[at.LIMIT]
    share = turned / (turned + _STEEP_DEG)
    s[at.STEEP] += share * ((y - s[at.Y_BEFORE]) / turned * 360.0 - s[at.STEEP])
    if s[at.NEAR_HELD] > 0.0:
        far = s[at.TH] - s[at.NEAR_TH] > _NEAR_AGAIN_DEG and y < _NEAR_CLEAR_SHARE * limit
        if far or y < 0.9 * _NEAR_SHARE * limit:
            s[at.NEAR_HELD] = 0.0
        return 0
    if y < _NEAR_SHARE * limit:
        return 0
    steep = s[at.STEEP]
    if y < _AT_LIMIT_SHARE * limit and (limit - y) * 360.0 > steep * _NEAR_DEG:
        return 0
    s[at.NEAR_HELD] = 1.0
    s[at.NEAR_TH] = s[at.TH]
    s[at.WHY_DEG] = (limit - y) * 360.0 / steep if steep > 0.0 else at.NEVER
    return at.BIT_NEAR
