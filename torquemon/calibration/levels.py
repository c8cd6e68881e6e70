"""What a run says at each of its steps: errors on both ways, and how far repeats differ."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from torquemon.calibration.follow import Plateau
from torquemon.calibration.line import Line
from torquemon.calibration.plan import Way


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


def levels_of(used: Sequence[Plateau], line: Line) -> tuple[Level, ...]:
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


def repeatability(used: Sequence[Plateau], line: Line) -> tuple[float, int]:
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
