"""The torque sensor: noise, offset, drift with temperature, saturation, quantisation, silence."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from typing import Final

_NOISE_VALUES: Final = 4096
_DRIFT_EVERY: Final = 64
"""Drift is slow: it is computed anew every so many samples."""


@dataclass(frozen=True, slots=True)
class SensorParams:
    """Errors of the sensor, in N·cm where not named otherwise [E].

    `gain` is its calibration error as a factor. `drift_ncm` is reached as the handpiece warms up,
    with the time constant `drift_s`. `hysteresis_ncm` is the play of gear and spring: the torque
    that is felt lags by half of it, so rising and falling branches lie so far apart (the play
    operator of Prandtl). Without it a sensor forgets where it came from.
    """

    noise_ncm: float = 0.03
    offset_ncm: float = 0.12
    gain: float = 1.0
    drift_ncm: float = 0.05
    drift_s: float = 120.0
    resolution_ncm: float = 0.01
    low_ncm: float = -5.0
    high_ncm: float = 60.0
    hysteresis_ncm: float = 0.0


class Sensor:
    """Turns true torque into counts. `silent` makes it deliver nothing."""

    __slots__ = (
        "_count",
        "_drift_ncm",
        "_felt_ncm",
        "_high",
        "_low",
        "_noise",
        "_params",
        "_scale",
        "silent",
    )

    def __init__(self, params: SensorParams, seed: int) -> None:
        rng = random.Random(f"sensor {seed}")
        self._params = params
        # Drawn once and walked round: a fresh normal number per tick would cost half the tick.
        self._noise = [rng.gauss(0.0, params.noise_ncm) for _ in range(_NOISE_VALUES)]
        self._scale = 1.0 / params.resolution_ncm
        self._low = round(params.low_ncm * self._scale)
        self._high = round(params.high_ncm * self._scale)
        self._count = 0
        self._drift_ncm = 0.0
        self._felt_ncm = 0.0
        self.silent = False

    def sample(self, torque_ncm: float, time_s: float) -> int | None:
        """Return the counts read at a true torque; None while silent."""
        if self.silent:
            return None
        count = self._count = self._count + 1
        params = self._params
        if count % _DRIFT_EVERY == 0:
            share = 1.0 - math.exp(-time_s / params.drift_s)
            self._drift_ncm = params.drift_ncm * share
        if params.hysteresis_ncm:
            torque_ncm = self._lagging(torque_ncm)
        read = torque_ncm * params.gain + params.offset_ncm + self._drift_ncm
        counts = round((read + self._noise[count % _NOISE_VALUES]) * self._scale)
        if counts < self._low:
            return self._low
        return min(counts, self._high)

    @property
    def zero_ncm(self) -> float:
        """What is read without any torque at present: offset and what has drifted."""
        return self._params.offset_ncm + self._drift_ncm

    def _lagging(self, torque_ncm: float) -> float:
        """Return the torque that is felt behind the play."""
        half = self._params.hysteresis_ncm / 2
        self._felt_ncm = min(max(self._felt_ncm, torque_ncm - half), torque_ncm + half)
        return self._felt_ncm
