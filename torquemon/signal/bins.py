"""What happens per bin of about 10 ms: rotation, noise, phase, trend, maximum, detectors.

Part of the kernel: plain arithmetic on the flat state, compilable by Numba.
"""

from __future__ import annotations

from collections.abc import MutableSequence
from typing import Final

from torquemon.signal import layout as at
from torquemon.signal.detect import detect
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
_MAX_HOLE_MS: Final = 250.0


def close_bin(s: MutableSequence[float], t_us: float) -> int:
    """Fold the bin that ends at `t_us` into the state; return alert bits."""
    dt_ms = (t_us - s[at.T_BIN]) / 1000.0
    s[at.T_BIN] = t_us
    count = s[at.BIN_N]
    y = s[at.BIN_SUM] / count
    s[at.SAMPLES] += count
    top = s[at.BIN_MAX]
    s[at.BIN_SUM] = 0.0
    s[at.BIN_N] = 0.0
    s[at.BIN_MAX] = -at.NEVER
    s[at.Y_BEFORE] = before = s[at.Y]
    s[at.Y] = y
    turned = _rotate(s, dt_ms)
    _learn_noise(s)
    per_sample = (y - before) / count
    s[at.CUSP] = 0.05 + 3.5 * s[at.NOISE] + 2.0 * (per_sample if per_sample > 0.0 else -per_sample)
    bits = _quality(s, dt_ms, turned, y - before)
    if y < s[at.LIMIT] * 0.95 - 0.25:
        s[at.EXCESS_AT] = s[at.LIMIT]
    advance_phase(s, dt_ms, turned)
    if s[at.ENGAGED] == 0.0:
        return bits
    _learn_peak(s, top)
    follow(s)
    return bits | detect(s, turned)


def _rotate(s: MutableSequence[float], dt_ms: float) -> float:
    """Return the rotation in this bin, from angle, else speed, else nominal speed."""
    angle = s[at.ANGLE]
    known = -_MAX_ANGLE_DEG < angle < _MAX_ANGLE_DEG
    turned = 0.0
    if known:
        turned = angle - s[at.A_BIN]
        s[at.A_BIN] = angle
        bound = _JITTER_DEG + _MAX_DEG_PER_MS * dt_ms
        if not -bound < turned < bound:
            turned = 0.0
            if s[at.ANGLE_BINS] > 0.0:
                s[at.BIN_BAD] += 1.0
                s[at.BAD_KIND] = 8.0
        if s[at.ANGLE_BINS] == 0.0 and s[at.ENGAGED] == 0.0:
            s[at.HAS_ANGLE] = 1.0
        s[at.ANGLE_BINS] += 1.0
        s[at.ANGLE_MISSED] = 0.0
    elif s[at.HAS_ANGLE] > 0.0:
        s[at.ANGLE_MISSED] += 1.0
        if s[at.ANGLE_MISSED] >= _ANGLE_LOST_BINS:
            s[at.HAS_ANGLE] = 0.0  # for good: the depth is lost with it
            s[at.BIN_BAD] += 1.0
            s[at.BAD_KIND] = 9.0
        return 0.0
    elif -_MAX_SPEED_RPM < s[at.SPEED] < _MAX_SPEED_RPM:
        turned = s[at.SPEED] * _DEG_PER_MS_PER_RPM * dt_ms
    elif s[at.PHASE] != at.PAUSED:
        turned = s[at.NOMINAL] * (min(_MAX_HOLE_MS, dt_ms))
    s[at.TH] += turned
    share = dt_ms / (dt_ms + _RATE_TAU_MS)
    s[at.RATE] += share * (turned / dt_ms - s[at.RATE])
    return turned


def _learn_noise(s: MutableSequence[float]) -> None:
    """Follow the noise of single samples by second differences, clipped against spikes."""
    bend = s[at.Q4] - 2.0 * s[at.Q3] + s[at.Q2]
    if bend < 0.0:
        bend = -bend
    bend *= _NOISE_PER_DIFFERENCE
    noise = s[at.NOISE]
    most = 3.0 * noise + 0.05
    s[at.NOISE] = noise + 0.04 * ((min(most, bend)) - noise)


def _quality(s: MutableSequence[float], dt_ms: float, turned: float, change: float) -> int:
    """Look for bad samples, a flat line and an impossible slope."""
    hold = s[at.QUALITY_HOLD]
    if hold > 0.0:
        s[at.QUALITY_HOLD] = hold = hold - dt_ms
    fault = s[at.BIN_BAD] > 0.0
    s[at.BIN_BAD] = 0.0
    if change > 3.0 + _JUMP_NCM_PER_MS * dt_ms:
        s[at.BAD_KIND] = 7.0
        s[at.BAD] += 1.0
        fault = True
    if _is_frozen(s, dt_ms, turned):
        s[at.FLAT_SEEN] = 1.0
        s[at.BAD_KIND] = 6.0
        fault = True
    if s[at.GAP_MS] > _MAX_HOLE_MS and s[at.GAP_TOLD] < s[at.GAP_MS]:
        s[at.GAP_TOLD] = s[at.GAP_MS]
        fault = True
    if not fault or hold > 0.0:
        return 0
    s[at.QUALITY_HOLD] = at.QUALITY_HOLD_MS
    return at.BIT_QUALITY


def _is_frozen(s: MutableSequence[float], dt_ms: float, turned: float) -> bool:
    """Tell whether the torque stands still to the last digit while the screw turns.

    Bone is never so even where the sensor showed noise before; a curve without any noise (a
    drawing) may be flat for a while, but not for most of its length.
    """
    if s[at.Q4] != s[at.FLAT_Q] or s[at.ENGAGED] == 0.0:
        s[at.FLAT_Q] = s[at.Q4]
        s[at.FLAT_MS] = 0.0
        s[at.FLAT_DEG] = 0.0
        s[at.FLAT_NOISE] = s[at.NOISE]
        return False
    s[at.FLAT_MS] += dt_ms
    s[at.FLAT_DEG] += turned
    if s[at.FLAT_MS] < _FLAT_MS or s[at.FLAT_DEG] < _FLAT_DEG:
        return False
    seen_ms = (s[at.T_BIN] - s[at.T_FIRST]) / 1000.0
    return s[at.FLAT_NOISE] > _NO_NOISE_NCM or s[at.FLAT_MS] > 0.5 * seen_ms


def _learn_peak(s: MutableSequence[float], top: float) -> None:
    """Update the maximum: smoothed along its own slope, as far as the noise demands.

    The highest of many noisy samples on a plateau lies above the torque; a plain mean on a steep
    rise lies below it. What the slope does not foretell gives way as it outgrows the noise, and
    no estimate is higher than the highest sample of its bin.
    """
    noise = s[at.NOISE]
    foretold = s[at.SMOOTH] + s[at.CLIMB]
    change = s[at.Y] - foretold
    weight = min(1.0, 0.3 + (change if change > 0.0 else -change) / (2.0 * noise + 1e-6))
    s[at.SMOOTH] = foretold + weight * change
    s[at.CLIMB] += 0.3 * weight * change
    best = s[at.SMOOTH]
    if s[at.CLIMB] > 0.0:
        best += 0.5 * s[at.CLIMB]
    best = min(best, top)
    if s[at.PHASE] == at.REMOVING:
        s[at.REMOVAL_PEAK] = max(s[at.REMOVAL_PEAK], -best)
    elif best > s[at.PEAK]:
        s[at.PEAK] = best
