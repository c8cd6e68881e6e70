"""What happens per bin of about 10 ms: rotation, noise, phase, trend, maximum, detectors.

Part of the kernel: plain arithmetic on the flat state, compilable by Numba.
"""

from __future__ import annotations

from collections.abc import MutableSequence
from typing import Final

from torquemon.signal.detect import detect
from torquemon.signal.doubt import doubt_angle
from torquemon.signal.layout import (
    A_BIN,
    ANGLE,
    ANGLE_BINS,
    ANGLE_FAULT,
    ANGLE_MISSED,
    BAD,
    BAD_KIND,
    BIN_BAD,
    BIN_MAX,
    BIN_N,
    BIN_SUM,
    BIT_QUALITY,
    CLIMB,
    CUSP,
    ENGAGED,
    EXCESS_AT,
    FLAT_DEG,
    FLAT_MS,
    FLAT_NOISE,
    FLAT_Q,
    FLAT_SEEN,
    GAP_MS,
    GAP_TOLD,
    HAS_ANGLE,
    LIMIT,
    NEVER,
    NOISE,
    NOMINAL,
    PAUSED,
    PEAK,
    PHASE,
    Q2,
    Q3,
    Q4,
    QUALITY_HOLD,
    QUALITY_HOLD_MS,
    RATE,
    REMOVAL_PEAK,
    REMOVING,
    SAMPLES,
    SMOOTH,
    SPEED,
    T_BIN,
    T_FIRST,
    TH,
    Y_BEFORE,
    Y,
)
from torquemon.signal.phase import advance_phase
from torquemon.signal.trend import follow

_DEG_PER_MS_PER_RPM: Final = 0.006
_MAX_DEG_PER_MS: Final = 1.0  # 167 rpm; no handpiece for mini-implants turns so fast
_JITTER_DEG: Final = 6.0
_MAX_ANGLE_DEG: Final = 1e7
_MAX_SPEED_RPM: Final = 200.0
_ANGLE_LOST_BINS: Final = 10.0
_RATE_TAU_MS: Final = 30.0
_NOISE_PER_DIFFERENCE: Final = 0.5117
"""Standard deviation per mean absolute second difference of white noise: 1 / (sqrt(6)·0.7979)."""
_JUMP_NCM_PER_MS: Final = 1.5
"""[E] 500 N·cm per turn at 40 rpm is 0.33 N·cm per ms; four times that is no bone."""
_FLAT_MS: Final = 1500.0
_FLAT_DEG: Final = 180.0
_NO_NOISE_NCM: Final = 0.004
"""Half the finest step that a torque sensor of this range resolves [E]."""
_MAX_BIN_MS: Final = 10_000.0
"""What lies behind a longer hole is unknown anyway; the state stays within bounds."""
_MAX_HOLE_MS: Final = 250.0


def close_bin(s: MutableSequence[float], t_us: float) -> int:
    """Fold the bin that ends at `t_us` into the state; return alert bits."""
    dt_ms = min(_MAX_BIN_MS, (t_us - s[T_BIN]) / 1000.0)
    s[T_BIN] = t_us
    count = s[BIN_N]
    y = s[BIN_SUM] / count
    s[SAMPLES] += count
    top = s[BIN_MAX]
    s[BIN_SUM] = 0.0
    s[BIN_N] = 0.0
    s[BIN_MAX] = -NEVER
    s[Y_BEFORE] = before = s[Y]
    s[Y] = y
    turned = _rotate(s, dt_ms)
    _learn_noise(s)
    if s[ANGLE_FAULT] == 0.0 and s[ANGLE_BINS] > 0.0 and s[ANGLE_MISSED] == 0.0:
        doubt_angle(s, dt_ms, turned)
    per_sample = (y - before) / count
    s[CUSP] = 0.05 + 3.5 * s[NOISE] + 2.0 * (per_sample if per_sample > 0.0 else -per_sample)
    bits = _quality(s, dt_ms, turned, y - before)
    if y < s[LIMIT] * 0.95 - 0.25:
        s[EXCESS_AT] = s[LIMIT]
    advance_phase(s, dt_ms, turned)
    if s[ENGAGED] == 0.0:
        return bits
    _learn_peak(s, top)
    follow(s)
    return bits | detect(s, turned)


def _rotate(s: MutableSequence[float], dt_ms: float) -> float:
    """Return the rotation in this bin, from angle, else speed, else nominal speed."""
    angle = s[ANGLE]
    known = s[ANGLE_FAULT] == 0.0 and -_MAX_ANGLE_DEG < angle < _MAX_ANGLE_DEG
    turned = 0.0
    if known:
        turned = angle - s[A_BIN]
        s[A_BIN] = angle
        bound = _JITTER_DEG + _MAX_DEG_PER_MS * dt_ms
        if not -bound < turned < bound:
            turned = 0.0
            if s[ANGLE_BINS] > 0.0:
                s[BIN_BAD] += 1.0
                s[BAD_KIND] = 8.0
        if s[ANGLE_BINS] == 0.0 and s[ENGAGED] == 0.0:
            s[HAS_ANGLE] = 1.0
        s[ANGLE_BINS] += 1.0
        s[ANGLE_MISSED] = 0.0
    elif s[HAS_ANGLE] > 0.0:
        s[ANGLE_MISSED] += 1.0
        if s[ANGLE_MISSED] >= _ANGLE_LOST_BINS:
            s[HAS_ANGLE] = 0.0  # for good: the depth is lost with it
            s[BIN_BAD] += 1.0
            s[BAD_KIND] = 9.0
        return 0.0
    elif -_MAX_SPEED_RPM < s[SPEED] < _MAX_SPEED_RPM:
        turned = s[SPEED] * _DEG_PER_MS_PER_RPM * dt_ms
    elif s[PHASE] != PAUSED:
        turned = s[NOMINAL] * (min(_MAX_HOLE_MS, dt_ms))
    s[TH] += turned
    share = dt_ms / (dt_ms + _RATE_TAU_MS)
    s[RATE] += share * (turned / dt_ms - s[RATE])
    return turned


def _learn_noise(s: MutableSequence[float]) -> None:
    """Follow the noise of single samples by second differences, clipped against spikes."""
    bend = s[Q4] - 2.0 * s[Q3] + s[Q2]
    if bend < 0.0:
        bend = -bend
    bend *= _NOISE_PER_DIFFERENCE
    noise = s[NOISE]
    most = 3.0 * noise + 0.05
    s[NOISE] = noise + 0.04 * ((min(most, bend)) - noise)


def _quality(s: MutableSequence[float], dt_ms: float, turned: float, change: float) -> int:
    """Look for bad samples, a flat line and an impossible slope."""
    hold = s[QUALITY_HOLD]
    if hold > 0.0:
        s[QUALITY_HOLD] = hold = hold - dt_ms
    fault = s[BIN_BAD] > 0.0
    s[BIN_BAD] = 0.0
    if change > 3.0 + _JUMP_NCM_PER_MS * dt_ms:
        s[BAD_KIND] = 7.0
        s[BAD] += 1.0
        fault = True
    if _is_frozen(s, dt_ms, turned):
        s[FLAT_SEEN] = 1.0
        s[BAD_KIND] = 6.0
        fault = True
    if s[GAP_MS] > _MAX_HOLE_MS and s[GAP_TOLD] < s[GAP_MS]:
        s[GAP_TOLD] = s[GAP_MS]
        fault = True
    if not fault or hold > 0.0:
        return 0
    s[QUALITY_HOLD] = QUALITY_HOLD_MS
    return BIT_QUALITY


def _is_frozen(s: MutableSequence[float], dt_ms: float, turned: float) -> bool:
    """Tell whether the torque stands still to the last digit while the screw turns.

    Bone is never so even where the sensor showed noise before; a curve without any noise (a
    drawing) may be flat for a while, but not for most of its length.
    """
    if s[Q4] != s[FLAT_Q] or s[ENGAGED] == 0.0:
        s[FLAT_Q] = s[Q4]
        s[FLAT_MS] = 0.0
        s[FLAT_DEG] = 0.0
        s[FLAT_NOISE] = s[NOISE]
        return False
    s[FLAT_MS] += dt_ms
    s[FLAT_DEG] += turned
    if s[FLAT_MS] < _FLAT_MS or s[FLAT_DEG] < _FLAT_DEG:
        return False
    seen_ms = (s[T_BIN] - s[T_FIRST]) / 1000.0
    return s[FLAT_NOISE] > _NO_NOISE_NCM or s[FLAT_MS] > 0.5 * seen_ms


def _learn_peak(s: MutableSequence[float], top: float) -> None:
    """Update the maximum: smoothed along its own slope, as far as the noise demands.

    The highest of many noisy samples on a plateau lies above the torque; a plain mean on a steep
    rise lies below it. What the slope does not foretell gives way as it outgrows the noise, and
    no estimate is higher than the highest sample of its bin.
    """
    noise = s[NOISE]
    foretold = s[SMOOTH] + s[CLIMB]
    change = s[Y] - foretold
    weight = min(1.0, 0.3 + (change if change > 0.0 else -change) / (2.0 * noise + 1e-6))
    s[SMOOTH] = foretold + weight * change
    s[CLIMB] += 0.3 * weight * change
    best = s[SMOOTH]
    if s[CLIMB] > 0.0:
        best += 0.5 * s[CLIMB]
    best = min(best, top)
    if s[PHASE] == REMOVING:
        s[REMOVAL_PEAK] = max(s[REMOVAL_PEAK], -best)
    s[PEAK] = max(s[PEAK], best)
