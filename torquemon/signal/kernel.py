"""The per-sample step, written once: live runs it as plain Python, batch compiles it.

`step` is cheap (checks, despike, the excess decision) and closes a bin about every 10 ms;
everything heavier runs per bin. The excess decision rests on the despiked torque, never on a
smoothed one, and no sample can switch it off: what is refused changes no torque in the state.
Only +, -, *, / and comparisons are used, so that the compiled form gives the same bits.
"""
# ruff: noqa: FURB136, SIM108 - min() costs four times a comparison, and this runs per sample

from __future__ import annotations

from collections.abc import MutableSequence
from typing import Final

from torquemon.signal import layout as at
from torquemon.signal.bins import close_bin

MAX_TORQUE_NCM: Final = 400.0
"""No mini-implant survives a tenth of this; a reading beyond it is no torque."""
_BIN_US: Final = 9_500.0
"""A bin closes with the first sample at least this long after it opened: 10 ms at 1 kHz, one
sample at 100 Hz. Group delay of a bin's mean: half of it, 5 ms, and two samples of despiking."""
_MAX_HOLE_US: Final = 100_000.0
_RESYNC: Final = 5
"""Samples in a row from the past after which the device's clock has restarted."""
_VALID: Final = 0.0
_QUESTIONABLE: Final = 1.0
_OVERFLOW: Final = 3.0


def step(  # noqa: C901, PLR0912 - one call per sample: a function for each part would cost more than it
    s: MutableSequence[float],
    t_us: float,
    torque_ncm: float,
    angle_deg: float,
    speed_rpm: float,
    validity: float,
) -> int:
    """Judge one sample; return the bits of the alerts that begin with it (nearly always 0).

    An unknown angle or speed is NaN. Any float is accepted.
    """
    if not -MAX_TORQUE_NCM < torque_ncm < MAX_TORQUE_NCM:
        return _refuse(s, 1.0)
    if validity > _QUESTIONABLE:
        if validity != _OVERFLOW:
            return _refuse(s, 3.0)
        s[at.CLIPPED] += 1.0
        s[at.BAD_KIND] = 4.0
        s[at.BIN_BAD] += 1.0
    a, b, c, d = s[at.Q1], s[at.Q2], s[at.Q3], s[at.Q4]
    if a != a:  # noqa: PLR0124 - NaN is the mark of the first sample and the only value unlike itself
        return _begin(s, t_us, torque_ncm, angle_deg, speed_rpm)
    s[at.Q0] = a
    s[at.Q1] = b
    s[at.Q2] = c
    s[at.Q3] = d
    s[at.Q4] = e = torque_ncm
    # Median of five: sort two pairs, drop the smallest, take the second of what is left.
    if a > b:
        a, b = b, a
    if c > d:
        c, d = d, c
    if c < a:
        b, c, d = d, a, b
    if b > e:
        b, e = e, b
    if b < c:
        clean = (e if e < c else c) - s[at.OFFSET]
    else:
        clean = (d if d < b else b) - s[at.OFFSET]
    s[at.CLEAN] = clean
    bits = 0
    if torque_ncm - s[at.OFFSET] > s[at.EXCESS_AT] and (clean > s[at.EXCESS_AT] or _climbs_over(s)):
        s[at.EXCESS_AT] = at.NEVER
        bits = at.BIT_EXCESS
    if not t_us > s[at.T_LAST]:
        return bits | _refuse_time(s, t_us)
    if t_us - s[at.T_LAST] > _MAX_HOLE_US:
        _note_hole(s, (t_us - s[at.T_LAST]) / 1000.0)
    s[at.T_LAST] = t_us
    s[at.BACK_N] = 0.0
    s[at.ANGLE] = angle_deg
    s[at.SPEED] = speed_rpm
    s[at.BIN_SUM] += clean
    s[at.BIN_N] += 1.0
    middle = s[at.Q2] - s[at.OFFSET]
    if middle > s[at.BIN_MAX]:
        s[at.BIN_MAX] = middle if middle < clean + s[at.CUSP] else clean
    if t_us >= s[at.BIN_END]:
        s[at.BIN_END] = t_us + _BIN_US
        bits |= close_bin(s, t_us)
    return bits


def _climbs_over(s: MutableSequence[float]) -> bool:
    """Tell whether the last two samples are over the limit and the one before led there.

    One sample earlier than the median of five says so; a spike of two samples leaps instead.
    """
    limit = s[at.EXCESS_AT] + s[at.OFFSET]
    cusp = s[at.CUSP]
    if (
        s[at.Q3] > limit
        and s[at.Q2] > limit - cusp
        and s[at.Q3] < s[at.Q2] + cusp
        and s[at.Q4] < s[at.Q3] + cusp
    ):
        s[at.CLEAN] = (s[at.Q3] if s[at.Q3] < s[at.Q4] else s[at.Q4]) - s[at.OFFSET]
        return True
    return False


def _refuse(s: MutableSequence[float], kind: float) -> int:
    """Count a sample that carries no torque; alert unless such an alert is fresh."""
    s[at.BAD] += 1.0
    s[at.BIN_BAD] += 1.0
    s[at.BAD_KIND] = kind
    if s[at.QUALITY_HOLD] > 0.0:
        return 0
    s[at.QUALITY_HOLD] = at.QUALITY_HOLD_MS
    return at.BIT_QUALITY


def _refuse_time(s: MutableSequence[float], t_us: float) -> int:
    """Keep the clock where it was; after several samples from the past take up the new clock."""
    s[at.BACK_N] += 1.0
    if s[at.BACK_N] >= _RESYNC and t_us == t_us:  # noqa: PLR0124 - false for NaN only
        s[at.T_LAST] = t_us
        s[at.T_BIN] = t_us
        s[at.BIN_END] = t_us + _BIN_US
        s[at.BACK_N] = 0.0
    return _refuse(s, 2.0)


def _note_hole(s: MutableSequence[float], hole_ms: float) -> None:
    """Remember the longest hole while the screw was in bone."""
    if s[at.ENGAGED] > 0.0 and hole_ms > s[at.GAP_MS]:
        s[at.GAP_MS] = hole_ms
        s[at.BAD_KIND] = 5.0


def _begin(
    s: MutableSequence[float], t_us: float, torque_ncm: float, angle_deg: float, speed_rpm: float
) -> int:
    """Take the first usable sample as the start of time, angle and despiking."""
    if t_us != t_us:  # noqa: PLR0124 - true for NaN only
        return _refuse(s, 2.0)
    for place in range(at.Q0, at.Q4 + 1):
        s[place] = torque_ncm
    s[at.CLEAN] = torque_ncm
    s[at.T_FIRST] = s[at.T_LAST] = s[at.T_BIN] = t_us
    s[at.BIN_END] = t_us + _BIN_US
    s[at.ANGLE] = s[at.A_BIN] = angle_deg
    s[at.SPEED] = speed_rpm
    s[at.BIN_SUM] = torque_ncm
    s[at.BIN_MAX] = torque_ncm
    s[at.BIN_N] = 1.0
    return 0
