"""The uncertainty of the reference as its certificate states it, and the numbers of the GUM.

Propagation, effective degrees of freedom (Welch-Satterthwaite) and coverage factors are those of
GTC, the GUM Tree Calculator of the Measurement Standards Laboratory of New Zealand; it is loaded
here only.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Final

from torquemon.text import clean

COVERAGE_PERCENT: Final = 95.45
"""What k = 2 covers of a normal distribution; with few repeats k is larger (GUM, annex G)."""
USUAL_K: Final = 2.0
MAX_SHARE: Final = 0.2
MAX_NCM: Final = 5.0
"""[E] A reference this uncertain is none."""
_STATED: Final = re.compile(r"([0-9]{1,4}(?:[.,][0-9]{1,6})?)\s*(%|N[·.]?cm)", re.IGNORECASE)


class UncertaintyError(ValueError):
    """No uncertainty can be stated, and why: a sentence with the remedy."""


@dataclass(frozen=True, slots=True)
class ReferenceUncertainty:
    """What the certificate of the gauge states: expanded, with its coverage factor.

    One of the two is set: a share of the reading, or N·cm at any torque.
    """

    text: str
    k: float
    share: float | None = None
    ncm: float | None = None

    def sentence(self) -> str:
        """Say it in words."""
        return f"{self.text} (k = {self.k:g}), as its certificate states"


def read_reference(text: str, k: float = USUAL_K) -> ReferenceUncertainty:
    """Read `0.5%` or `0.1 N·cm`. Raises UncertaintyError."""
    found = _STATED.fullmatch(text.strip().replace("\N{BULLET}", "·"))
    value = float(found[1].replace(",", ".")) if found else 0.0
    if not found or value <= 0.0:
        raise UncertaintyError(
            f"{clean(text, 30)!r} is no uncertainty: give what the gauge's certificate states, for "
            "example 0.5% (of the reading) or 0.1Ncm"
        )
    if not 1.0 <= k <= 4.0:  # noqa: PLR2004 - NaN is no number between them
        raise UncertaintyError(f"a coverage factor lies between 1 and 4 and is mostly 2, not {k:g}")
    if found[2] == "%":
        if value / 100 > MAX_SHARE:
            raise UncertaintyError(f"a gauge that is uncertain by {value:g} % is no reference")
        return ReferenceUncertainty(f"{value:g} % of the reading", k, share=value / 100)
    if value > MAX_NCM:
        raise UncertaintyError(f"a gauge that is uncertain by {value:g} N·cm is no reference")
    return ReferenceUncertainty(f"{value:g} N·cm", k, ncm=value)


def gum() -> ModuleType:
    """Return GTC. Raises UncertaintyError where it is not installed."""
    try:
        import GTC
    except ImportError:
        raise UncertaintyError(
            "the uncertainty needs the part `torquemon[calibrate]` "
            "(pip install 'torquemon[calibrate]'): what was measured is kept, evaluate it with "
            "`torquemon calibrate --show ID` afterwards"
        ) from None
    module: ModuleType = GTC
    return module


@dataclass(frozen=True, slots=True)
class Part:
    """One line of a budget: what it is, and its standard uncertainty on the result."""

    name: str
    u: float


@dataclass(frozen=True, slots=True)
class Stated:
    """A value with its expanded uncertainty `u_expanded` = `k` times the standard one.

    `dof` is the effective number of degrees of freedom, infinite where nothing was estimated from
    few values.
    """

    value: float
    u_expanded: float
    k: float
    dof: float
    parts: tuple[Part, ...]

    def covers(self, true: float) -> bool:
        """Whether a true value lies within the stated uncertainty."""
        return abs(self.value - true) <= self.u_expanded


def stated(number: Any, together: int = 1) -> Stated:  # noqa: ANN401 - GTC has no types
    """Return an uncertain number of GTC as what is stated of it.

    Of figures that are read `together` all are to hold in `COVERAGE_PERCENT`, so each is stated
    wider: what may fail is shared among them (Bonferroni), whatever they know of each other.
    """
    gtc = gum()
    dof = float(number.df)
    percent = 100.0 - (100.0 - COVERAGE_PERCENT) / together
    k = float(gtc.reporting.k_factor(min(dof, 1e6), percent)) if dof >= 1.0 else math.inf
    squares: dict[str, float] = {}
    for part in gtc.reporting.budget(number, trim=0):
        squares[str(part.label)] = squares.get(str(part.label), 0.0) + float(part.u) ** 2
    parts = [Part(name, math.sqrt(square)) for name, square in squares.items() if square > 0.0]
    parts.sort(key=lambda part: -part.u)
    return Stated(float(number.x), k * float(number.u), k, dof, tuple(parts))
