"""The per-sample step, written once: live runs it as plain Python, batch compiles it.

`step` is cheap (checks, despike, the excess decision) and closes a bin about every 10 ms;
everything heavier runs per bin. The excess decision rests on the despiked torque, never on a
smoothed one, and no sample can switch it off: what is refused changes no torque in the state.
Only +, -, *, / and comparisons are used, so that the compiled form gives the same bits.
"""
# Places are imported by name: `layout.X` would cost a look-up more each, some 40 times a sample.
# ruff: noqa: FURB136, SIM108 - min() costs four times a comparison, and this runs per sample

from __future__ import annotations

from collections.abc import MutableSequence
from typing import Final

from torquemon.signal.bins import close_bin
from torquemon.signal.layout import (
    A_BIN,
    ANGLE,
    BACK_MARK,
    BACK_N,
    BAD,
    BAD_KIND,
    BIN_BAD,
    BIN_END,
    BIN_MAX,
    BIN_N,
    BIN_SUM,
    BIT_EXCESS,
    BIT_QUALITY,
    CLEAN,
    CLIPPED,
    CLOCK_BACK,
    CUSP,
    ENGAGED,
    EXCESS_AT,
    EXCESS_TOP,
    GAP_MS,
    NEVER,
    OFFSET,
    Q1,
    Q2,
    Q3,
    Q4,
    QUALITY_HOLD,
    QUALITY_HOLD_MS,
    SAMPLES,
    SPEED,
    T_BIN,
    T_FIRST,
    T_LAST,
)

MAX_TORQUE_NCM: Final = 400.0
"""No mini-implant survives a tenth of this; a reading beyond it is no torque."""
_LEAST_NCM: Final = -MAX_TORQUE_NCM
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
    if not _LEAST_NCM < torque_ncm < MAX_TORQUE_NCM:
        return _refuse(s, 1.0)
    if validity > _QUESTIONABLE:
        if validity != _OVERFLOW:
            return _refuse(s, 3.0)
        s[CLIPPED] += 1.0
        s[BAD_KIND] = 4.0
        s[BIN_BAD] += 1.0
    a, b, c, d = s[Q1], s[Q2], s[Q3], s[Q4]
    if a != a:  # noqa: PLR0124 - NaN is the mark of the first sample and the only value unlike itself
        return _begin(s, t_us, torque_ncm, angle_deg, speed_rpm)
    middle = c
    offset = s[OFFSET]
    s[Q1] = b
    s[Q2] = c
    s[Q3] = d
    s[Q4] = e = torque_ncm
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
        clean = (e if e < c else c) - offset
    else:
        clean = (d if d < b else b) - offset
    s[CLEAN] = clean
    bits = 0
    if torque_ncm - offset > s[EXCESS_AT] and (clean > s[EXCESS_AT] or _climbs_over(s)):
        s[EXCESS_AT] = NEVER
        s[EXCESS_TOP] = max(s[EXCESS_TOP], s[CLEAN])
        bits = BIT_EXCESS
    past_us = t_us - s[T_LAST]
    if not 0.0 < past_us <= _MAX_HOLE_US:
        if not past_us > 0.0:
            return bits | _refuse_time(s, t_us)
        _note_hole(s, past_us / 1000.0)
    s[T_LAST] = t_us
    s[BIN_SUM] += clean
    s[BIN_N] += 1.0
    middle -= offset
    if middle > s[BIN_MAX]:
        s[BIN_MAX] = middle if middle < clean + s[CUSP] else clean
    if t_us >= s[BIN_END]:
        s[BIN_END] = t_us + _BIN_US
        s[ANGLE] = angle_deg
        s[SPEED] = speed_rpm
        bits |= close_bin(s, t_us)
    return bits


def _climbs_over(s: MutableSequence[float]) -> bool:
    """Tell whether the last two samples are over the limit and the one before led there.

    One sample earlier than the median of five says so; a spike of two samples leaps instead.
    """
    limit = s[EXCESS_AT] + s[OFFSET]
    cusp = s[CUSP]
    if s[Q3] > limit and s[Q2] > limit - cusp and s[Q3] < s[Q2] + cusp and s[Q4] < s[Q3] + cusp:
        s[CLEAN] = (s[Q3] if s[Q3] < s[Q4] else s[Q4]) - s[OFFSET]
        return True
    return False


def _refuse(s: MutableSequence[float], kind: float) -> int:
    """Count a sample that carries no torque; alert unless such an alert is fresh."""
    s[BAD] += 1.0
    s[BIN_BAD] += 1.0
    s[BAD_KIND] = kind
    if s[QUALITY_HOLD] > 0.0:
        return 0
    s[QUALITY_HOLD] = QUALITY_HOLD_MS
    return BIT_QUALITY


def _refuse_time(s: MutableSequence[float], t_us: float) -> int:
    """Keep the clock where it was; after several samples from the past take up the new clock."""
    taken = s[SAMPLES] + s[BIN_N]
    if taken != s[BACK_MARK]:
        s[BACK_MARK] = taken
        s[BACK_N] = 0.0
    s[BACK_N] += 1.0
    if s[BACK_N] >= _RESYNC and t_us == t_us:  # noqa: PLR0124 - false for NaN only
        s[T_LAST] = t_us
        s[T_BIN] = t_us
        s[BIN_END] = t_us + _BIN_US
        s[BACK_N] = 0.0
        s[CLOCK_BACK] += 1.0
    return _refuse(s, 2.0)


def _note_hole(s: MutableSequence[float], hole_ms: float) -> None:
    """Remember the longest hole while the screw was in bone."""
    if s[ENGAGED] > 0.0 and hole_ms > s[GAP_MS]:
        s[GAP_MS] = hole_ms
        s[BAD_KIND] = 5.0


def _begin(
    s: MutableSequence[float], t_us: float, torque_ncm: float, angle_deg: float, speed_rpm: float
) -> int:
    """Take the first usable sample as the start of time, angle and despiking."""
    if t_us != t_us:  # noqa: PLR0124 - true for NaN only
        return _refuse(s, 2.0)
    for place in range(Q1, Q4 + 1):
        s[place] = torque_ncm
    s[CLEAN] = torque_ncm
    s[T_FIRST] = s[T_LAST] = s[T_BIN] = t_us
    s[BIN_END] = t_us + _BIN_US
    s[ANGLE] = s[A_BIN] = angle_deg
    s[SPEED] = speed_rpm
    s[BIN_SUM] = torque_ncm
    s[BIN_MAX] = torque_ncm
    s[BIN_N] = 1.0
    return 0
