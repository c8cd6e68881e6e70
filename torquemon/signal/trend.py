"""The running trend: level, slope and once-a-turn wobble over the angle, as a Kalman filter.

Part of the kernel. The filter is the Bayesian form of "the running slope so far": its noise terms
say how fast bone may honestly change the slope and how large a wobble is likely. A ring of past
trends is kept, so that a detector can ask what the trend of some degrees ago foretold for now.
"""

from __future__ import annotations

from collections.abc import MutableSequence
from typing import Final

from torquemon.signal.layout import (
    COSINE,
    LEARNED,
    LEVEL,
    LONG_PEAK,
    NOISE,
    P00,
    P01,
    P02,
    P03,
    P11,
    P12,
    P13,
    P22,
    P23,
    P33,
    PAUSED,
    PHASE,
    RECALL,
    REMOVING,
    RESTARTING,
    RING,
    RING_COUNT,
    RING_HEAD,
    RING_LENGTH,
    RING_NEXT,
    RING_STEP_DEG,
    RING_WIDTH,
    SEATED,
    SINE,
    SLOPE,
    TH,
    TH_TREND,
    TREND_ON,
    WOB_C,
    WOB_S,
    Y,
)
from torquemon.signal.phase import CORTEX_MM, depth_mm

_LEVEL_VAR_PER_DEG: Final = 4e-4
"""[E] Local unevenness of bone: 0.2 N·cm over 100 degrees."""
_SLOPE_VAR_PER_DEG: Final = (2.0 / 360.0) ** 2 / 360.0
"""[E] The slope may change by 2 N·cm per turn within a turn."""
_CORTEX_FACTOR: Final = 12.0
_WOBBLE_VAR_PER_DEG: Final = 0.15**2 / 360.0
_START_SLOPE_VAR: Final = (4.0 / 360.0) ** 2
_START_WOBBLE_SHARE: Final = 0.08
_LEARN_DEG: Final = 2.5
"""The trend takes in a bin about this often: the steps between say nothing new."""
_DIP_DEG: Final = 50.0


def wave(turns: float) -> float:
    """Sine of a full turn times `turns`, by a parabola (error below 0.0012)."""
    x = turns - float(int(turns))
    if x < 0.0:
        x += 1.0
    x = 1.0 - 2.0 * x  # sin(2·pi·t) = sin(pi·(1 - 2t)) with the argument in -1..1
    p = 4.0 * x * (1.0 - (x if x > 0.0 else -x))
    return 0.225 * (p * (p if p > 0.0 else -p) - p) + p


def restart_trend(s: MutableSequence[float], spread_ncm: float) -> None:
    """Begin the trend anew at the present torque."""
    s[LEVEL] = s[Y]
    s[WOB_S] = s[WOB_C] = 0.0
    for place in range(P00, P33 + 1):
        s[place] = 0.0
    s[P00] = spread_ncm * spread_ncm + 0.01
    s[P11] = _START_SLOPE_VAR
    wobble = _START_WOBBLE_SHARE * s[Y]
    s[P22] = s[P33] = wobble * wobble + 1e-4
    s[TH_TREND] = s[TH]
    s[RING_COUNT] = 0.0
    s[TREND_ON] = 1.0


def follow(s: MutableSequence[float]) -> None:
    """Let the trend learn from the bin, if the bin is of the kind that it may learn from.

    The trend learns only while the screw advances at its deepest point: neither a pause nor a
    way back belongs to it. Torque well above it moves the trend by no more than a bound, torque
    well below it not at all for 50 degrees (a restart comes back by then).
    """
    phase = s[PHASE]
    s[LEARNED] = 0.0
    if s[TREND_ON] == 0.0:
        s[SLOPE] = 0.0
        restart_trend(s, 0.5)
        return
    ahead = s[TH] - s[TH_TREND]
    if ahead < _LEARN_DEG or phase in (PAUSED, REMOVING, SEATED):
        return
    s[SINE] = sine = wave(s[TH] / 360.0)
    s[COSINE] = cosine = wave(s[TH] / 360.0 + 0.25)
    foretold = s[LEVEL] + s[SLOPE] * ahead + s[WOB_S] * sine + s[WOB_C] * cosine
    residual = s[Y] - foretold
    gate = 0.35 + 0.07 * max(0.0, s[LEVEL]) + 3.0 * s[NOISE]
    if residual < -gate:
        if ahead > _DIP_DEG and phase != RESTARTING:
            restart_trend(s, 1.0)
    elif phase != RESTARTING:
        s[LEARNED] = 1.0
        _learn(s, ahead, min(residual, gate), sine, cosine)
        _remember(s)


def _learn(
    s: MutableSequence[float], ahead: float, residual: float, sine: float, cosine: float
) -> None:
    """One Kalman step over `ahead` degrees."""
    faster = _CORTEX_FACTOR if depth_mm(s) < CORTEX_MM else 1.0
    p01, p02, p03 = s[P01], s[P02], s[P03]
    p11, p12, p13 = s[P11], s[P12], s[P13]
    p22, p23, p33 = s[P22], s[P23], s[P33]
    p00 = s[P00] + ahead * (2.0 * p01 + ahead * p11) + _LEVEL_VAR_PER_DEG * ahead
    p01 += ahead * p11
    p02 += ahead * p12
    p03 += ahead * p13
    p11 += _SLOPE_VAR_PER_DEG * ahead * faster
    p22 += _WOBBLE_VAR_PER_DEG * ahead
    p33 += _WOBBLE_VAR_PER_DEG * ahead
    v0 = p00 + p02 * sine + p03 * cosine
    v1 = p01 + p12 * sine + p13 * cosine
    v2 = p02 + p22 * sine + p23 * cosine
    v3 = p03 + p23 * sine + p33 * cosine
    noise = s[NOISE]
    total = v0 + v2 * sine + v3 * cosine + 0.01 + 0.5 * noise * noise
    k0 = v0 / total
    k1 = v1 / total
    k2 = v2 / total
    k3 = v3 / total
    s[LEVEL] += s[SLOPE] * ahead + k0 * residual
    s[SLOPE] += k1 * residual
    s[WOB_S] += k2 * residual
    s[WOB_C] += k3 * residual
    s[P00] = p00 - k0 * v0
    s[P01] = p01 - k0 * v1
    s[P02] = p02 - k0 * v2
    s[P03] = p03 - k0 * v3
    s[P11] = p11 - k1 * v1
    s[P12] = p12 - k1 * v2
    s[P13] = p13 - k1 * v3
    s[P22] = p22 - k2 * v2
    s[P23] = p23 - k2 * v3
    s[P33] = p33 - k3 * v3
    s[TH_TREND] = s[TH]


def _remember(s: MutableSequence[float]) -> None:
    """Keep the trend of about every 4 degrees."""
    th = s[TH]
    if s[RING_COUNT] > 0.0 and th < s[RING_NEXT]:
        return
    due = s[RING_NEXT] + RING_STEP_DEG
    s[RING_NEXT] = due if s[RING_COUNT] > 0.0 and due > th else th + RING_STEP_DEG
    head = int(s[RING_HEAD])
    head = head + 1 if head + 1 < RING_LENGTH else 0
    place = RING + head * RING_WIDTH
    s[place] = th
    s[place + 1] = s[LEVEL]
    s[place + 2] = s[SLOPE]
    s[place + 3] = s[WOB_S]
    s[place + 4] = s[WOB_C]
    s[place + 5] = s[Y]
    s[RING_HEAD] = float(head)
    if s[RING_COUNT] < RING_LENGTH:
        s[RING_COUNT] += 1.0
    if s[RING_COUNT] > RECALL:
        old = head - RECALL
        if old < 0:
            old += RING_LENGTH
        s[LONG_PEAK] = max(s[LONG_PEAK], s[RING + old * RING_WIDTH + 5])
