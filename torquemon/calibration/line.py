"""The line through the steps of a run: offset, gain, hysteresis and drift by least squares.

    reading = offset + gain x torque - way x hysteresis / 2 + drift x (time - middle of the run)

with way = 1 upwards and -1 downwards. A run is refused where too little was measured, where the
handpiece does not follow, or where one step strays from all others.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from torquemon.calibration.follow import Plateau
from torquemon.calibration.plan import MIN_LEVELS, MIN_SERIES, Way
from torquemon.calibration.uncertain import ReferenceUncertainty, gum

PARAMETERS: Final = 4
STRAY_CHANCE: Final = 0.001
"""So rarely is a sound run refused for a step that strays."""
LEAST_GAIN: Final = 0.1
"""[E] What follows the gauge less than this is on another shaft."""
STEP: Final = 1.0 / math.sqrt(12.0)
"""Standard deviation of what counts in steps of one."""
TINY: Final = 1e-12

Array = NDArray[np.float64]


class FitError(ValueError):
    """A run that gives no result, and why: a sentence."""


@dataclass(frozen=True, slots=True)
class Instruments:
    """The steps in which both count, in N·cm, and what is known of the reference.

    `by_hand`: the torque was held by hand and not by a stand. A hand that trembles carries a sensor
    with play to the outer edge of the trembling, so both branches come nearer to each other than
    they are; how far cannot be told from the noise of the gauge.
    """

    handpiece_step_ncm: float
    reference_step_ncm: float
    reference: ReferenceUncertainty | None
    by_hand: bool = True

    def __post_init__(self) -> None:
        for value in (self.handpiece_step_ncm, self.reference_step_ncm):
            if not (math.isfinite(value) and 0.0 <= value <= 1.0):
                raise FitError(f"an instrument that counts in steps of {value:g} N·cm is no use")


@dataclass(frozen=True, slots=True)
class Line:
    """A fit: offset, gain, hysteresis and drift with their covariance, N·cm of the handpiece."""

    beta: Array
    covariance: Array
    scatter_ncm: float
    dof: float
    residuals: Array


def enough(used: Sequence[Plateau]) -> None:
    """Raise FitError where the steps are too few or no numbers."""
    values = [(p.reference_ncm, p.handpiece_ncm, p.time_s) for p in used]
    if not all(math.isfinite(value) for row in values for value in row):
        raise FitError("a step is no number: this run cannot be evaluated")
    for way in Way:
        series = {p.step.series for p in used if p.step.way is way and p.step.target_ncm > 0.0}
        levels = {p.step.target_ncm for p in used if p.step.way is way}
        if len(series) < MIN_SERIES or len(levels) < MIN_LEVELS:
            raise FitError(
                f"too little was measured on the way {way.value}: {MIN_SERIES} series of "
                f"{MIN_LEVELS} steps at least are needed; what there is is kept"
            )


def equations(used: Sequence[Plateau]) -> tuple[Array, Array]:
    """Return the design matrix, shape (steps, 4), and the readings, shape (steps,), in N·cm."""
    time_s = np.array([p.time_s for p in used])
    span_s = float(np.ptp(time_s))
    if span_s <= 0.0:
        raise FitError("the times of the steps are all the same: this is no run")
    design = np.column_stack(
        (
            np.ones(len(used)),
            [p.reference_ncm for p in used],
            [-p.step.way.sign / 2.0 for p in used],
            (time_s - time_s.mean()) / span_s,
        )
    )
    return design, np.array([p.handpiece_ncm for p in used])


def fitted(design: Array, readings: Array, instruments: Instruments) -> Line:
    """Fit the line. Raises FitError where the handpiece does not follow the gauge."""
    count = len(readings)
    found, _, rank, _ = np.linalg.lstsq(design, readings, rcond=None)
    beta: Array = found.astype(np.float64)
    if rank < PARAMETERS or beta[1] < LEAST_GAIN:
        raise FitError(
            "the handpiece does not follow the gauge: are both on the same shaft, and is the "
            "right handpiece on this port?"
        )
    residuals: Array = readings - design @ beta
    dof = float(count - PARAMETERS)
    seen_ncm = math.sqrt(float(residuals @ residuals) / dof)
    # Steps that scatter less than the instruments count hide in the steps: the larger of both.
    counted_ncm = STEP * math.hypot(
        instruments.handpiece_step_ncm, float(beta[1]) * instruments.reference_step_ncm
    )
    scatter_ncm, dof = (seen_ncm, dof) if seen_ncm >= counted_ncm else (counted_ncm, math.inf)
    inverse: Array = np.linalg.inv(design.T @ design).astype(np.float64)
    covariance: Array = inverse * np.float64(scatter_ncm**2)
    return Line(beta, covariance, scatter_ncm, dof, residuals)


def refuse_strays(used: Sequence[Plateau], design: Array, line: Line) -> None:
    """Refuse a run of which one step lies where chance would hardly put it."""
    count = len(used)
    hat = np.einsum("ij,jk,ik->i", design, np.linalg.inv(design.T @ design), design)
    free = count - PARAMETERS - 1
    total = float(line.residuals @ line.residuals)
    if free < 1 or line.scatter_ncm <= TINY:
        return
    limit = float(gum().reporting.k_factor(free, 100.0 * (1.0 - STRAY_CHANCE / count)))
    floor = 0.0 if math.isfinite(line.dof) else line.scatter_ncm
    for plateau, residual, leverage in zip(used, line.residuals, hat, strict=True):
        room = max(1.0 - float(leverage), TINY)
        others = max((total - float(residual) ** 2 / room) / free, 0.0)
        spread_ncm = max(math.sqrt(others * room), floor, TINY)
        if abs(float(residual)) > limit * spread_ncm:
            step = plateau.step
            raise FitError(
                f"one step strays: series {step.series}, {step.way.value} to "
                f"{step.target_ncm:g} N·cm lies {float(residual):+.2f} N·cm off the others. "
                "Something slipped or was touched: measure again"
            )
