"""What a run says of a handpiece: offset, gain, hysteresis, repeatability, and how sure that is.

What the fit of the line cannot know is added by the GUM: what the certificate of the gauge states,
and the steps in which both instruments count. Without a certificate its part is not invented: the
result says that it is missing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean, stdev
from typing import Any, Final

import numpy as np

from torquemon.calibration.follow import Plateau
from torquemon.calibration.levels import Level, levels_of, repeatability
from torquemon.calibration.line import (
    PARAMETERS,
    STEP,
    TINY,
    FitError,
    Instruments,
    Line,
    enough,
    equations,
    fitted,
    refuse_strays,
)
from torquemon.calibration.uncertain import ReferenceUncertainty, Stated, gum, stated

MIN_ZEROS: Final = 3
PEAK: Final = 2.5
"""[E] The outer edge of trembling during a hold, in standard deviations of it."""
_RECTANGLE: Final = 1.0 / math.sqrt(3.0)
_STATED: Final = 3
"""Offset, gain and hysteresis: their uncertainties are stated so that all three hold at once."""


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


def evaluate(plateaus: Sequence[Plateau], instruments: Instruments) -> Result:
    """Fit a run. Raises FitError where it holds too little or one step strays from all others."""
    zero = _gauge_zero(plateaus, instruments)
    used = [
        replace(plateau, reference_ncm=plateau.reference_ncm - zero.value_ncm)
        for plateau in plateaus
        if plateau.step.evaluated
    ]
    enough(used)
    design, readings = equations(used)
    line = fitted(design, readings, instruments)
    refuse_strays(used, design, line)
    return _result(used, line, instruments, zero)


def _gauge_zero(plateaus: Sequence[Plateau], instruments: Instruments) -> _Zero:
    """Return what the gauge shows without load, by all moments at which there was none."""
    values = [p.reference_ncm for p in plateaus if p.step.target_ncm == 0.0]
    step_ncm = STEP * instruments.reference_step_ncm
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


def _result(used: Sequence[Plateau], line: Line, instruments: Instruments, zero: _Zero) -> Result:
    highest_ncm = max(p.reference_ncm for p in used)
    offset, gain, hysteresis, _ = _uncertain(line)
    hidden_ncm = _hidden(used, line) if instruments.by_hand else 0.0
    if hidden_ncm > 0.0:
        trembling = gum().ureal(0.0, _RECTANGLE * hidden_ncm, label="trembling of the hand")
        hysteresis = hysteresis + trembling
        offset = offset + trembling / 2.0  # without load one branch alone is seen
    true_gain, true_offset = _with_reference(offset, gain, highest_ncm, instruments.reference, zero)
    levels = levels_of(used, line)
    repeat_ncm, repeats = repeatability(used, line)
    nonlinear_ncm = max(abs(level.nonlinearity_ncm) for level in levels)
    reading_ncm = float(line.beta[1]) * highest_ncm
    lost = {
        "steps of the handpiece": STEP * instruments.handpiece_step_ncm,
        "hysteresis": _RECTANGLE * (abs(float(line.beta[2])) + hidden_ncm),
        "bending of the line": _RECTANGLE * nonlinear_ncm,
    }
    gtc = gum()
    zeroed = reading_ncm + sum(gtc.ureal(0.0, u, label=name) for name, u in lost.items() if u > 0)
    if repeats and repeat_ncm > 0.0:
        zeroed = zeroed + gtc.ureal(0.0, repeat_ncm, repeats, label="repeatability")
    return Result(
        offset_ncm=stated(true_offset, together=_STATED),
        gain=stated(true_gain, together=_STATED),
        hysteresis_ncm=stated(hysteresis, together=_STATED),
        hysteresis_share=float(line.beta[2]) / reading_ncm,
        drift_ncm=float(line.beta[3]),
        repeatability_ncm=repeat_ncm,
        nonlinearity_ncm=nonlinear_ncm,
        corrected_ncm=stated(zeroed / true_gain),
        levels=levels,
        steps=len(used),
        series=len({p.step.series for p in used}),
    )


def _hidden(used: Sequence[Plateau], line: Line) -> float:
    """Return how much hysteresis a trembling hand may have hidden, on the handpiece's scale."""
    squares = [p.scatter_ncm**2 for p in used if p.step.target_ncm > 0.0]
    tremor_ncm = math.sqrt(sum(squares) / len(squares))
    return 2.0 * PEAK * tremor_ncm * float(line.beta[1])


def _uncertain(line: Line) -> list[Any]:
    """Return the fitted values as uncertain numbers that know of each other."""
    gtc = gum()
    labels = ["scatter of the steps"] * PARAMETERS
    u = [math.sqrt(max(float(v), TINY**2)) for v in np.diag(line.covariance)]
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
