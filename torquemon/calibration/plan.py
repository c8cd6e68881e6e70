"""What is to be held, in which order: steps of torque up and down. Pure.

First without load (the gauge's zero), then once up to the highest step and back, which is not
evaluated: play and spring take the side from which every series begins. Then each series goes up
through all steps and down again to nothing. The usual steps span what mini-implants are wound at;
surgical motors were found wrong by as much as half there (Neugebauer 2009).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final

USUAL_LEVELS_NCM: Final = (5.0, 10.0, 15.0, 20.0, 25.0)
USUAL_SERIES: Final = 3
MIN_SERIES: Final = 2
"""One series says nothing of how well a torque comes back."""
MAX_SERIES: Final = 10
MIN_LEVELS: Final = 3
MAX_LEVELS: Final = 12
MIN_LEVEL_NCM: Final = 1.0
MAX_LEVEL_NCM: Final = 50.0
"""[E] No orthodontic mini-implant is meant to be wound at more."""
LEAST_APART_NCM: Final = 2.0
"""[E] Nearer steps cannot be told apart when held by hand."""


class PlanError(ValueError):
    """These steps cannot be measured, and why."""


class Way(StrEnum):
    """From where a torque is reached: from below, from above."""

    UP = "up"
    DOWN = "down"

    @property
    def sign(self) -> int:
        """1 upwards, -1 downwards."""
        return 1 if self is Way.UP else -1


@dataclass(frozen=True, slots=True)
class Step:
    """One torque to be held. `series` counts from 1; 0 is what is held but not evaluated."""

    series: int
    way: Way
    target_ncm: float

    @property
    def evaluated(self) -> bool:
        """Whether it goes into the result."""
        return self.series > 0

    def sentence(self) -> str:
        """Say to the operator what to do."""
        if self.target_ncm == 0.0:
            return "let go: no load at all on handpiece and gauge"
        goal = "up" if self.way is Way.UP else "down"
        return f"turn against the gauge {goal} to about {self.target_ncm:g} N·cm and hold it still"


def make_steps(
    levels_ncm: Sequence[float] = USUAL_LEVELS_NCM, series: int = USUAL_SERIES
) -> tuple[Step, ...]:
    """Return all steps of a run, in order. Raises PlanError."""
    if not MIN_SERIES <= series <= MAX_SERIES:
        raise PlanError(f"{MIN_SERIES} to {MAX_SERIES} series can be measured, not {series}")
    levels = _checked(levels_ncm)
    steps = [Step(0, Way.DOWN, 0.0), Step(0, Way.UP, levels[-1]), Step(0, Way.DOWN, 0.0)]
    for number in range(1, series + 1):
        steps += [Step(number, Way.UP, level) for level in levels]
        steps += [Step(number, Way.DOWN, level) for level in reversed(levels[:-1])]
        steps.append(Step(number, Way.DOWN, 0.0))
    return tuple(steps)


def _checked(levels_ncm: Sequence[float]) -> list[float]:
    if not MIN_LEVELS <= len(levels_ncm) <= MAX_LEVELS:
        raise PlanError(f"{MIN_LEVELS} to {MAX_LEVELS} different torques are needed")
    if not all(math.isfinite(v) and MIN_LEVEL_NCM <= v <= MAX_LEVEL_NCM for v in levels_ncm):
        raise PlanError(
            f"a step lies between {MIN_LEVEL_NCM:g} and {MAX_LEVEL_NCM:g} N·cm, each a number"
        )
    levels = sorted(levels_ncm)
    if any(high - low < LEAST_APART_NCM for low, high in pairwise(levels)):
        raise PlanError(f"steps must lie at least {LEAST_APART_NCM:g} N·cm apart")
    return levels
