"""Where it all begins: the zero of the sensor and the place where the tip met bone."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from torquemon.model import Alert, AlertCode, Reading, Validity, Window
from torquemon.signal import layout as at
from torquemon.signal.phase import depth_mm
from torquemon.signal.pipeline import Pipeline
from torquemon.signal.setup import JudgeSetup

Floats = npt.NDArray[np.float64]
RATE_HZ = 130.0
DEG_S = 120.0
PITCH_MM = 0.8
SETUP = JudgeSetup(window=Window(5.0, 15.0, "w", "test"), pitch_mm=PITCH_MM, body_mm=9.0)
IDLE_S = 1.0
"""A third of a second at rest, the rest of it turning in the air."""


def judge(torque_ncm: Floats, angle_deg: Floats) -> tuple[Pipeline, list[Alert]]:
    pipeline = Pipeline(SETUP)
    alerts: list[Alert] = []
    rows = zip(torque_ncm.tolist(), angle_deg.tolist(), strict=True)
    for seq, (torque, angle) in enumerate(rows):
        time_us = round(seq * 1e6 / RATE_HZ)
        alerts += pipeline.step(Reading(seq, time_us, 0, torque, angle, None, Validity.VALID))
    return pipeline, alerts


def turning(seconds: float) -> tuple[Floats, Floats]:
    """Angle, and how far past the first touch it is."""
    time_s = np.arange(0.0, seconds, 1.0 / RATE_HZ)
    angle = np.maximum(0.0, time_s - IDLE_S / 3.0) * DEG_S
    return angle, np.maximum(0.0, angle - IDLE_S * 2.0 / 3.0 * DEG_S)


def weak_bone(beyond_deg: Floats, power: float) -> Floats:
    """Bone behind a pilot hole: 0.25 N·cm at one turn, and on from there."""
    return np.minimum(0.25 * (beyond_deg / 360.0) ** power, 6.0)


@pytest.mark.parametrize("first_ncm", [-0.6, 0.6])
def test_the_zero_is_not_the_noise_of_the_first_sample(first_ncm: float) -> None:
    angle, beyond = turning(4.0)
    noise = np.random.default_rng(7).normal(0.0, 0.15, len(angle))
    torque = 0.2 + noise + 8.0 * beyond / 360.0
    torque[0] += first_ncm
    torque[1] += first_ncm
    torque[2] += first_ncm
    pipeline, _ = judge(torque, angle)
    assert pipeline._state[at.OFFSET] == pytest.approx(0.2, abs=0.1)


def test_the_zero_does_not_follow_weak_bone() -> None:
    angle, beyond = turning(12.0)
    pipeline, _ = judge(-0.3 + weak_bone(beyond, 2.0), angle)
    assert pipeline._state[at.OFFSET] == pytest.approx(-0.3, abs=0.05)


@pytest.mark.parametrize("power", [1.5, 2.0, 2.5])
@pytest.mark.parametrize("seed", range(4))
def test_the_depth_counts_from_where_the_tip_met_weak_bone(power: float, seed: int) -> None:
    angle, beyond = turning(20.0)
    noise = np.random.default_rng(seed).normal(0.0, 0.2, len(angle))
    pipeline, _ = judge(weak_bone(beyond, power) + noise, angle)
    true_mm = float(beyond[-1]) / 360.0 * PITCH_MM
    assert depth_mm(pipeline._state) == pytest.approx(true_mm, abs=0.5)


def test_a_root_behind_a_far_cortex_is_told_once_more() -> None:
    angle, beyond = turning(20.0)
    torque = np.minimum(4.0, beyond / 90.0)
    torque += 20.0 * np.maximum(0.0, beyond - 1500.0) / 360.0
    hard_deg = 1700.0
    torque += 150.0 * np.maximum(0.0, beyond - hard_deg) / 360.0
    _, alerts = judge(np.minimum(torque, 60.0), angle)
    told = [alert for alert in alerts if alert.code is AlertCode.ROOT_CONTACT]
    assert len(told) == 2
    start_deg = IDLE_S * 2.0 / 3.0 * DEG_S
    assert told[0].angle_deg is not None
    assert told[0].angle_deg < start_deg + hard_deg
    assert told[1].angle_deg is not None
    assert start_deg + hard_deg < told[1].angle_deg < start_deg + hard_deg + 60.0
