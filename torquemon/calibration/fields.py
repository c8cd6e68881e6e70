"""A check as JSON and back: the held torques, the result. What is damaged is a sentence."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from torquemon.calibration.fit import Result
from torquemon.calibration.follow import Plateau
from torquemon.calibration.levels import Level
from torquemon.calibration.plan import Step, Way
from torquemon.calibration.uncertain import Part, Stated


class StoreError(Exception):
    """A check cannot be kept, read, found, signed or removed: a sentence."""


def plateau_fields(plateau: Plateau) -> dict[str, Any]:
    """Return a held torque for JSON."""
    fields = asdict(plateau)
    fields["step"]["way"] = plateau.step.way.value
    return fields


def plateaus_of(content: Mapping[str, Any]) -> list[Plateau]:
    """Return the held torques of a check.

    Raises ValueError, LookupError, TypeError or OverflowError where they are damaged.
    """
    return [_plateau(fields) for fields in content["plateaus"]]


def _plateau(fields: Mapping[str, Any]) -> Plateau:
    step = fields["step"]
    return Plateau(
        Step(int(step["series"]), Way(step["way"]), float(step["target_ncm"])),
        float(fields["time_s"]),
        float(fields["reference_ncm"]),
        float(fields["handpiece_ncm"]),
        int(fields["reference_samples"]),
        int(fields["handpiece_samples"]),
        float(fields["scatter_ncm"]),
    )


def result_fields(result: Result) -> dict[str, Any]:
    """Return a result for JSON; infinite freedom is null there."""
    fields = asdict(result)
    for value in fields.values():
        if isinstance(value, dict) and not math.isfinite(value["dof"]):
            value["dof"] = None
    fields["levels"] = list(fields["levels"])
    for name in ("offset_ncm", "gain", "hysteresis_ncm", "corrected_ncm"):
        fields[name]["parts"] = list(fields[name]["parts"])
    return fields


def result_of(content: Mapping[str, Any]) -> Result | None:
    """Return the result of a check; None where it was broken off. Raises StoreError."""
    fields = content.get("result")
    if fields is None:
        return None
    try:
        return Result(
            offset_ncm=_stated(fields["offset_ncm"]),
            gain=_stated(fields["gain"]),
            hysteresis_ncm=_stated(fields["hysteresis_ncm"]),
            hysteresis_share=_number(fields["hysteresis_share"]),
            drift_ncm=_number(fields["drift_ncm"]),
            repeatability_ncm=_number(fields["repeatability_ncm"]),
            nonlinearity_ncm=_number(fields["nonlinearity_ncm"]),
            corrected_ncm=_stated(fields["corrected_ncm"]),
            levels=tuple(_level(level) for level in fields["levels"]),
            steps=int(fields["steps"]),
            series=int(fields["series"]),
        )
    except (LookupError, TypeError, ValueError, OverflowError, AttributeError):
        raise StoreError("the result of this check is damaged") from None


def _number(value: Any) -> float:  # noqa: ANN401 - whatever JSON holds
    """Return a finite number. Raises TypeError, ValueError or OverflowError."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError
    if not math.isfinite(value):
        raise ValueError
    return float(value)


def _perhaps(value: Any) -> float | None:  # noqa: ANN401 - as above
    return None if value is None else _number(value)


def _level(fields: Mapping[str, Any]) -> Level:
    return Level(
        _number(fields["target_ncm"]),
        _perhaps(fields["error_up_ncm"]),
        _perhaps(fields["error_down_ncm"]),
        _perhaps(fields["hysteresis_ncm"]),
        _number(fields["nonlinearity_ncm"]),
    )


def _stated(fields: Mapping[str, Any]) -> Stated:
    dof = _perhaps(fields["dof"])
    return Stated(
        _number(fields["value"]),
        _number(fields["u_expanded"]),
        _number(fields["k"]),
        math.inf if dof is None else dof,
        tuple(Part(str(part["name"]), _number(part["u"])) for part in fields["parts"]),
    )
