"""What the judge is told before the first sample: site window, screw, limits, device facts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from torquemon.model import Window
from torquemon.profiles import Screw

RULE_VERSION: Final = "signal-2026.2"
"""Named in every verdict, so that a record can be judged again later."""

DEFAULT_SPEED_RPM: Final = 25.0
"""Middle of the usual 15-35 rpm (Cousley, 2nd ed., ch. 2); for want of angle and speed."""
MAX_PITCH_MM: Final = 3.0
MIN_PITCH_MM: Final = 0.2
MAX_LIMIT_NCM: Final = 200.0
MAX_SPEED_RPM: Final = 200.0
FLARE_LENGTH_MM: Final = 2.0
"""[E] Length over which a 1.5 mm body widens to 2.0 mm; the maker says "the last part"."""


def _require(value: float, low: float, high: float, what: str) -> None:
    """Refuse NaN and everything outside `low`..`high`."""
    if not (math.isfinite(value) and low <= value <= high):
        raise ValueError(f"{what} must lie between {low:g} and {high:g}, got {value!r}")


def _flare_mm(screw: Screw) -> float:
    """Return over what length the body widens; 0 for one that does not."""
    if screw.flare_to_mm is None:
        return 0.0
    return FLARE_LENGTH_MM if screw.flare_mm is None else screw.flare_mm


@dataclass(frozen=True, slots=True)
class JudgeSetup:
    """The facts a curve is judged with.

    `window` is None where no window is published and none was chosen. `body_mm` is None where the
    depth of seating is unknown (`generic`). `flare_mm` is the length of the body's end that widens
    (0: a cylinder). `threshold_ncm` is the armed or wanted stop; `near_limit` and `excess_torque`
    relate to it, without one to the window's top. `accuracy_ncm` is the device's stated accuracy
    (0: not stated). Values out of range raise ValueError.
    """

    window: Window | None = None
    pitch_mm: float = 0.7
    body_mm: float | None = None
    flare_mm: float = 0.0
    fracture_torque_ncm: float | None = None
    threshold_ncm: float | None = None
    nominal_speed_rpm: float | None = None
    accuracy_ncm: float = 0.0

    def __post_init__(self) -> None:
        _require(self.pitch_mm, MIN_PITCH_MM, MAX_PITCH_MM, "pitch_mm")
        _require(self.flare_mm, 0.0, 30.0, "flare_mm")
        _require(self.accuracy_ncm, 0.0, MAX_LIMIT_NCM, "accuracy_ncm")
        if self.body_mm is not None:
            _require(self.body_mm, 1.0, 30.0, "body_mm")
        if self.threshold_ncm is not None:
            _require(self.threshold_ncm, 0.1, MAX_LIMIT_NCM, "threshold_ncm")
        if self.nominal_speed_rpm is not None:
            _require(self.nominal_speed_rpm, 0.5, MAX_SPEED_RPM, "nominal_speed_rpm")

    @property
    def limit_ncm(self) -> float | None:
        """The torque that `near_limit` and `excess_torque` relate to; None where there is none."""
        if self.threshold_ncm is not None:
            return self.threshold_ncm
        return None if self.window is None else self.window.high_ncm

    @property
    def limit_name(self) -> str:
        """What that torque is called in a sentence."""
        if self.threshold_ncm is not None:
            return "the limit"
        return "the window's top"

    @classmethod
    def for_insertion(
        cls,
        screw: Screw,
        window: Window | None,
        *,
        pitch_mm: float | None = None,
        threshold_ncm: float | None = None,
        nominal_speed_rpm: float | None = None,
        accuracy_ncm: float = 0.0,
    ) -> JudgeSetup:
        """Build the setup from a screw's profile and the window resolved for the site.

        `pitch_mm` overrides the profile's. Raises ValueError for values out of range.
        """
        return cls(
            window=window,
            pitch_mm=screw.pitch_mm if pitch_mm is None else pitch_mm,
            body_mm=screw.body_mm,
            flare_mm=_flare_mm(screw),
            fracture_torque_ncm=screw.fracture_torque_ncm,
            threshold_ncm=threshold_ncm,
            nominal_speed_rpm=nominal_speed_rpm,
            accuracy_ncm=accuracy_ncm,
        )

    def fields(self) -> dict[str, object]:
        """Return the setup for JSON: a record is judged again whatever becomes of the catalogue."""
        return asdict(self)

    @classmethod
    def from_fields(cls, fields: Mapping[str, Any]) -> JudgeSetup:
        """Read back what `fields` gave. Raises ValueError where it is damaged."""
        try:
            window = fields["window"]
            return cls(**{**fields, "window": None if window is None else Window(**window)})
        except (KeyError, TypeError) as error:
            raise ValueError(f"the stored setup of the judge is damaged: {error}") from error
