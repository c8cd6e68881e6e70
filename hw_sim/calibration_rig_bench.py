"""A bench for checking a handpiece: one torque, felt by a handpiece and by a reference gauge.

The handpiece's motor stands; somebody turns it against the gauge, step by step, up and down. The
sensor's error is known, and so is the gauge's own, which a certificate would only bound. Nothing
here knows the product's plan: the hand goes its round for ever, as a patient person would.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, repeat
from typing import Final

from hw_sim.device import HandpieceParams
from hw_sim.gauges.base import EmulatedGauge
from hw_sim.handpiece import EventSink, Handpiece, ignore_events
from hw_sim.sensor import SensorParams

LEVELS_NCM: Final = (5.0, 10.0, 15.0, 20.0, 25.0)
FULL_NCM: Final = LEVELS_NCM[-1]
_SPREAD_NCM: Final = 0.4
"""Nobody hits a step exactly."""
_TREMOR_PACE: Final = 0.02
_TREMOR_PULL: Final = 10.0
"""With that pace the tremor has about the stated standard deviation, however often it is asked."""
_REST_S: Final = 1.5
"""Before the first move the hand is off: both instruments are seen without load."""


@dataclass(frozen=True, slots=True)
class BenchParams:
    """Errors and habits. `hysteresis_percent` is a share of 25 N·cm, `drift_ncm` that of the zero.

    `gauge_percent` is the expanded (k = 2) uncertainty that the gauge's certificate would state:
    its true error is drawn from it, once a seed. `tremor_ncm` is how a hand trembles: not at all in
    a stand with a screw.
    """

    gain: float = 0.8
    offset_ncm: float = 0.3
    hysteresis_percent: float = 2.0
    noise_ncm: float = 0.03
    drift_ncm: float = 0.05
    gauge_percent: float = 0.5
    gauge_zero_ncm: float = 0.03
    gauge_noise_ncm: float = 0.02
    tremor_ncm: float = 0.0
    hold_s: float = 4.5
    move_s: float = 1.2

    @property
    def hysteresis_ncm(self) -> float:
        """Distance of the branches, in N·cm of true torque."""
        return self.hysteresis_percent / 100.0 * FULL_NCM

    def sensor(self) -> SensorParams:
        """The sensor of the handpiece."""
        return SensorParams(
            noise_ncm=self.noise_ncm,
            offset_ncm=self.offset_ncm,
            gain=self.gain,
            drift_ncm=self.drift_ncm,
            hysteresis_ncm=self.hysteresis_ncm,
        )


def _targets() -> Iterator[float]:
    """The torques in their order: none, once full, none, then series without end."""
    series = (*LEVELS_NCM, *reversed(LEVELS_NCM[:-1]), 0.0)
    return chain((FULL_NCM, 0.0), chain.from_iterable(repeat(series)))


class Hand:
    """The torque that a person puts on both instruments. Ask for rising times only."""

    def __init__(self, params: BenchParams, seed: int) -> None:
        self._params = params
        self._rng = random.Random(f"hand {seed}")
        self._targets = _targets()
        self._from_ncm = self._to_ncm = 0.0
        self._leaves_s = _REST_S + params.hold_s
        self._moved_s = 0.0
        self._tremor_ncm = 0.0

    def torque_ncm(self, time_s: float) -> float:
        """Return the torque at a time, in seconds since somebody listens."""
        params = self._params
        while time_s >= self._leaves_s:
            self._from_ncm = self._to_ncm
            self._to_ncm = target = next(self._targets)
            if target:
                self._to_ncm += self._rng.uniform(-_SPREAD_NCM, _SPREAD_NCM)
            self._moved_s = self._leaves_s + params.move_s
            self._leaves_s = self._moved_s + params.hold_s
        if time_s < self._moved_s:
            share = 1.0 - (self._moved_s - time_s) / params.move_s
            return self._from_ncm + (self._to_ncm - self._from_ncm) * share
        if self._to_ncm == 0.0 or not params.tremor_ncm:
            return self._to_ncm
        pull_ncm = self._rng.gauss(0.0, _TREMOR_PULL * params.tremor_ncm)
        self._tremor_ncm += _TREMOR_PACE * (pull_ncm - self._tremor_ncm)
        return self._to_ncm + self._tremor_ncm


class BenchHandpiece(Handpiece):
    """A handpiece whose motor stands: the torque comes from the hand that turns it."""

    def __init__(
        self,
        params: HandpieceParams,
        hand: Hand,
        seed: int,
        on_event: EventSink = ignore_events,
    ) -> None:
        super().__init__(params, seed, on_event)
        self._hand = hand
        self._begin_s: float | None = None

    def _turn(self) -> None:
        if self._begin_s is None and self.link.in_session:
            self._begin_s = self.time_s
        self.firmware.turning = False
        if self._begin_s is not None:
            self.torque_ncm = self._hand.torque_ncm(self.time_s - self._begin_s)


class Reference:
    """The gauge's own error: a share of the reading within its certificate, a zero, noise."""

    def __init__(self, params: BenchParams, seed: int) -> None:
        rng = random.Random(f"gauge {seed}")
        self.error_share = rng.gauss(0.0, params.gauge_percent / 200.0)
        self._zero_ncm = rng.uniform(-params.gauge_zero_ncm, params.gauge_zero_ncm)
        self._noise_ncm = params.gauge_noise_ncm
        self._rng = rng

    def feel(self, gauge: EmulatedGauge, torque_ncm: float) -> None:
        """Let the gauge feel a true torque."""
        shown_ncm = torque_ncm * (1.0 + self.error_share) + self._zero_ncm
        gauge.torque_ncm = shown_ncm + self._rng.gauss(0.0, self._noise_ncm)
