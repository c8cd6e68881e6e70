"""Judge arrays with the compiled kernel and name the alerts as live does. For benchmarks."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt

from bench.signal_other_model import OtherCurve
from torquemon.cohort.score import Case, Truth
from torquemon.model import Window
from torquemon.signal.batch import judge_curve_arrays
from torquemon.signal.setup import JudgeSetup

Floats = npt.NDArray[np.float64]
_WINDOW = Window(5.0, 15.0, "alveolar-5-15", "Cousley, 2nd ed., ch. 2")


class Curve(Protocol):
    """What is judged and what was true of it."""

    @property
    def time_s(self) -> Floats: ...  # noqa: D102 - named by the unit
    @property
    def torque_ncm(self) -> Floats: ...  # noqa: D102 - named by the unit
    @property
    def angle_deg(self) -> Floats: ...  # noqa: D102 - named by the unit
    @property
    def true_time_s(self) -> Floats: ...  # noqa: D102 - named by the unit
    @property
    def true_torque_ncm(self) -> Floats: ...  # noqa: D102 - named by the unit


def as_case(truth: Truth, setup: JudgeSetup, curve: Curve, *, with_angle: bool = True) -> Case:
    """Judge a curve and put it beside its truth."""
    angle = curve.angle_deg if with_angle else None
    alerts, verdict = judge_curve_arrays(setup, curve.time_s, curve.torque_ncm, angle)
    angle_at = torque_at = None
    if truth.contact_s is not None:
        angle_at = float(np.interp(truth.contact_s, curve.time_s, curve.angle_deg))
        torque_at = float(np.interp(truth.contact_s, curve.true_time_s, curve.true_torque_ncm))
    return Case(
        truth=truth,
        window=setup.window,
        alerts=alerts,
        verdict=verdict.kind,
        max_torque_ncm=verdict.max_insertion_torque_ncm,
        angle_at=angle_at,
        torque_at=torque_at,
    )


def truth_of_other(curve: OtherCurve) -> tuple[Truth, JudgeSetup]:
    """Return truth and setup of a curve of the other model."""
    setup = JudgeSetup(window=_WINDOW, pitch_mm=curve.pitch_mm, body_mm=curve.body_mm, flare_mm=2.0)
    contact_s = curve.contact_s
    if contact_s is not None and curve.seat_s is not None and curve.seat_s <= contact_s:
        contact_s = None
    over = np.flatnonzero(curve.true_torque_ncm > _WINDOW.high_ncm)
    truth = Truth(
        file="other",
        population="other",
        contact=curve.contact if contact_s is not None else "none",
        contact_s=contact_s,
        seat_s=curve.seat_s,
        max_torque_ncm=float(curve.true_torque_ncm.max()),
        crossing_s=float(curve.true_time_s[over[0]]) if len(over) else None,
    )
    return truth, setup
