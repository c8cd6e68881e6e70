"""What a run says of a handpiece: offset, gain, hysteresis, repeatability, and how sure that is.

The model is a line with two branches whose zero may drift:

    reading = offset + gain x torque - way x hysteresis / 2 + drift x (time - middle of the run)

with way = 1 upwards and -1 downwards, fitted by least squares. What the fit cannot know is added by
the GUM: what the certificate of the gauge states, and the steps in which both instruments count.
Without a certificate its part is not invented: the result says that it is missing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean, stdev
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from torquemon.calibration.follow import Plateau
from torquemon.calibration.plan import MIN_LEVELS, MIN_SERIES, Way
from torquemon.calibration.uncertain import ReferenceUncertainty, Stated, gum, stated

PARAMETERS: Final = 4
STRAY_CHANCE: Final = 0.001
"""So rarely is a sound run refused for a step that strays."""
LEAST_GAIN: Final = 0.1
"""[E] What follows the gauge less than this is on another shaft."""
MIN_ZEROS: Final = 3
PEAK: Final = 2.5
"""[E] The outer edge of trembling during a hold, in standard deviations of it."""
_RECTANGLE: Final = 1.0 / math.sqrt(3.0)
_STEP: Final = 1.0 / math.sqrt(12.0)
_TINY: Final = 1e-12

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
class Level:
    """One step, all series together, in N·cm. `error_*` is reading minus reference."""

    target_ncm: float
    error_up_ncm: float | None
    error_down_ncm: float | None
    hysteresis_ncm: float | None
    """How much higher the handpiece reads on the way down, at the same torque."""
    nonlinearity_ncm: float
    """How far the mean of both branches lies from the fitted line."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a run says. Torques in N·cm of the handpiece's own scale where not named otherwise."""

    offset_ncm: Stated
    gain: Stated
    hysteresis_ncm: Stated
    hysteresis_share: float
    """Of the span of the readings."""
    drift_ncm: float
    """How far the zero moved from the first step to the last, by the fit."""
    repeatability_ncm: float
    """Standard deviation of a reading at the same torque from the same side."""
    nonlinearity_ncm: float
    corrected_ncm: Stated
    """What a reading at the highest step becomes when it was zeroed and divided by the gain."""
    levels: tuple[Level, ...]
    steps: int
    series: int

    def corrected(self, reading_ncm: float) -> float:
        """Return the torque that a zeroed reading stands for."""
        return reading_ncm / self.gain.value


@dataclass(frozen=True, slots=True)
class _Zero:
    """The gauge without load: value, standard uncertainty and degrees of freedom."""

    value_ncm: float
    u_ncm: float
    dof: float


@dataclass(frozen=True, slots=True)
class _Line:
    beta: Array
    covariance: Array
    scatter_ncm: float
    dof: float
    residuals: Array


def evaluate(plateaus: Sequence[Plateau], instruments: Instruments) -> Result:
    """Fit a run. Raises FitError where it holds too little or one step strays from all others."""
    zero = _gauge_zero(plateaus, instruments)
    used = [
        replace(plateau, reference_ncm=plateau.reference_ncm - zero.value_ncm)
        for plateau in plateaus
        if plateau.step.evaluated
    ]
    _enough(used)
    design, readings = _equations(used)
    line = _fitted(design, readings, instruments)
    _refuse_strays(used, design, line)
    return _result(used, line, instruments, zero)


def _gauge_zero(plateaus: Sequence[Plateau], instruments: Instruments) -> _Zero:
    """Return what the gauge shows without load, by all moments at which there was none."""
    values = [p.reference_ncm for p in plateaus if p.step.target_ncm == 0.0]
    step_ncm = _STEP * instruments.reference_step_ncm
    if len(values) < MIN_ZEROS:
        raise FitError("too little was measured: the gauge was not seen without load often enough")
    if not all(math.isfinite(value) for value in values):
        raise FitError("a step is no number: this run cannot be evaluated")
    mean_ncm, u_ncm = fmean(values), stdev(values) / math.sqrt(len(values))
    noise_ncm = fmean([p.scatter_ncm for p in plateaus if p.step.target_ncm == 0.0])
    # A gauge that stands still hides in its steps what it is off; noise across a step averages out.
    if u_ncm < step_ncm and noise_ncm < instruments.reference_step_ncm / 2.0:
        return _Zero(mean_ncm, step_ncm, math.inf)
    return _Zero(mean_ncm, u_ncm, len(values) - 1)


def _enough(used: Sequence[Plateau]) -> None:
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


def _equations(used: Sequence[Plateau]) -> tuple[Array, Array]:
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


def _fitted(design: Array, readings: Array, instruments: Instruments) -> _Line:
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
    counted_ncm = _STEP * math.hypot(
        instruments.handpiece_step_ncm, float(beta[1]) * instruments.reference_step_ncm
    )
    scatter_ncm, dof = (seen_ncm, dof) if seen_ncm >= counted_ncm else (counted_ncm, math.inf)
    inverse: Array = np.linalg.inv(design.T @ design).astype(np.float64)
    covariance: Array = inverse * np.float64(scatter_ncm**2)
    return _Line(beta, covariance, scatter_ncm, dof, residuals)


def _refuse_strays(used: Sequence[Plateau], design: Array, line: _Line) -> None:
    """Refuse a run of which one step lies where chance would hardly put it."""
    count = len(used)
    hat = np.einsum("ij,jk,ik->i", design, np.linalg.inv(design.T @ design), design)
    free = count - PARAMETERS - 1
    total = float(line.residuals @ line.residuals)
    if free < 1 or line.scatter_ncm <= _TINY:
        return
    limit = float(gum().reporting.k_factor(free, 100.0 * (1.0 - STRAY_CHANCE / count)))
    floor = 0.0 if math.isfinite(line.dof) else line.scatter_ncm
    for plateau, residual, leverage in zip(used, line.residuals, hat, strict=True):
        room = max(1.0 - float(leverage), _TINY)
        others = max((total - float(residual) ** 2 / room) / free, 0.0)
        spread_ncm = max(math.sqrt(others * room), floor, _TINY)
        if abs(float(residual)) > limit * spread_ncm:
            step = plateau.step
            raise FitError(
                f"one step strays: series {step.series}, {step.way.value} to "
                f"{step.target_ncm:g} N·cm lies {float(residual):+.2f} N·cm off the others. "
                "Something slipped or was touched: measure again"
            )


def _result(used: Sequence[Plateau], line: _Line, instruments: Instruments, zero: _Zero) -> Result:
    highest_ncm = max(p.reference_ncm for p in used)
    offset, gain, hysteresis, _ = _uncertain(line)
    hidden_ncm = _hidden(used, line) if instruments.by_hand else 0.0
    if hidden_ncm > 0.0:
        trembling = gum().ureal(0.0, _RECTANGLE * hidden_ncm, label="trembling of the hand")
        hysteresis = hysteresis + trembling
        offset = offset + trembling / 2.0  # without load one branch alone is seen
    true_gain, true_offset = _with_reference(offset, gain, highest_ncm, instruments.reference, zero)
    levels = _levels(used, line)
    repeat_ncm, repeats = _repeatability(used, line)
    nonlinear_ncm = max(abs(level.nonlinearity_ncm) for level in levels)
    reading_ncm = float(line.beta[1]) * highest_ncm
    lost = {
        "steps of the handpiece": _STEP * instruments.handpiece_step_ncm,
        "hysteresis": _RECTANGLE * (abs(float(line.beta[2])) + hidden_ncm),
        "bending of the line": _RECTANGLE * nonlinear_ncm,
    }
    gtc = gum()
    zeroed = reading_ncm + sum(gtc.ureal(0.0, u, label=name) for name, u in lost.items() if u > 0)
    if repeats and repeat_ncm > 0.0:
        zeroed = zeroed + gtc.ureal(0.0, repeat_ncm, repeats, label="repeatability")
    return Result(
        offset_ncm=stated(true_offset, together=3),
        gain=stated(true_gain, together=3),
        hysteresis_ncm=stated(hysteresis, together=3),
        hysteresis_share=float(line.beta[2]) / reading_ncm,
        drift_ncm=float(line.beta[3]),
        repeatability_ncm=repeat_ncm,
        nonlinearity_ncm=nonlinear_ncm,
        corrected_ncm=stated(zeroed / true_gain),
        levels=levels,
        steps=len(used),
        series=len({p.step.series for p in used}),
    )


def _hidden(used: Sequence[Plateau], line: _Line) -> float:
    """Return how much hysteresis a trembling hand may have hidden, on the handpiece's scale."""
    squares = [p.scatter_ncm**2 for p in used if p.step.target_ncm > 0.0]
    tremor_ncm = math.sqrt(sum(squares) / len(squares))
    return 2.0 * PEAK * tremor_ncm * float(line.beta[1])


def _uncertain(line: _Line) -> list[Any]:
    """Return the fitted values as uncertain numbers that know of each other."""
    gtc = gum()
    labels = ["scatter of the steps"] * PARAMETERS
    u = [math.sqrt(max(float(v), _TINY**2)) for v in np.diag(line.covariance)]
    values = [float(v) for v in line.beta]
    numbers: list[Any] = list(gtc.multiple_ureal(values, u, line.dof, label_seq=labels))
    for i in range(PARAMETERS):
        for j in range(i):
            together = float(line.covariance[i, j]) / (u[i] * u[j])
            gtc.set_correlation(min(max(together, -1.0), 1.0), numbers[i], numbers[j])
    return numbers


def _with_reference(
    offset: Any,  # noqa: ANN401 - GTC has no types
    gain: Any,  # noqa: ANN401 - as above
    highest_ncm: float,
    reference: ReferenceUncertainty | None,
    zero: _Zero,
) -> tuple[Any, Any]:
    """Return gain and offset against the true torque instead of what the gauge showed.

    A share of the reading is an error of the gauge's own gain. N·cm at any torque may be a shift as
    well as, at the highest step, an error of gain: both are taken. Its zero was read in its steps.
    """
    gtc = gum()
    shift: Any = 0.0
    if zero.u_ncm > 0.0:
        shift = gtc.ureal(0.0, zero.u_ncm, zero.dof, label="zero of the gauge")
    stretch: Any = 0.0
    if reference is not None and reference.share is not None:
        stretch = gtc.ureal(0.0, reference.share / reference.k, label="gauge (certificate)")
    elif reference is not None and reference.ncm is not None:
        u_ncm = reference.ncm / reference.k
        stretch = gtc.ureal(0.0, u_ncm / highest_ncm, label="gauge (certificate)")
        shift = shift + gtc.ureal(0.0, u_ncm, label="gauge (certificate), at zero")
    true_gain = gain / (1.0 + stretch)
    return true_gain, offset - true_gain * shift


def _levels(used: Sequence[Plateau], line: _Line) -> tuple[Level, ...]:
    """Return each step with the means of both ways."""
    errors: dict[tuple[float, Way], list[float]] = {}
    rests: dict[tuple[float, Way], list[float]] = {}
    for plateau, residual in zip(used, line.residuals, strict=True):
        key = (plateau.step.target_ncm, plateau.step.way)
        errors.setdefault(key, []).append(plateau.handpiece_ncm - plateau.reference_ncm)
        rests.setdefault(key, []).append(float(residual))
    found = []
    for target_ncm in sorted({plateau.step.target_ncm for plateau in used}):
        up, down = (target_ncm, Way.UP), (target_ncm, Way.DOWN)
        both = [mean for way in (up, down) if (mean := _mean(rests.get(way))) is not None]
        apart_ncm = float(line.beta[2]) + both[1] - both[0] if len(both) > 1 else None
        found.append(
            Level(
                target_ncm,
                _mean(errors.get(up)),
                _mean(errors.get(down)),
                apart_ncm,
                sum(both) / len(both),
            )
        )
    return tuple(found)


def _mean(values: list[float] | None) -> float | None:
    return fmean(values) if values else None


def _repeatability(used: Sequence[Plateau], line: _Line) -> tuple[float, int]:
    """Return the pooled standard deviation of what should have been the same, and its freedom."""
    groups: dict[tuple[float, Way], list[float]] = {}
    for plateau, residual in zip(used, line.residuals, strict=True):
        key = (plateau.step.target_ncm, plateau.step.way)
        groups.setdefault(key, []).append(float(residual))
    squares, free = 0.0, 0
    for values in groups.values():
        mean = sum(values) / len(values)
        squares += sum((value - mean) ** 2 for value in values)
        free += len(values) - 1
    return (math.sqrt(squares / free) if free else 0.0), free
