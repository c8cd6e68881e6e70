"""The guardrail of the stop threshold: what may be armed, and which limit made it so.

Pure: everything it decides on is passed in. Bad input is refused first; then the lowest limit wins
and the reason is kept; then the result is floored to the device's step, never rounded up. By
default the threshold is the lower of the window's top and 0.7 of the lowest fracture torque stated
for the screw: fracture torque differs by brand and is lowest at the tip (Assad-Loss 2017).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

FRACTURE_SHARE: Final = 0.7
"""The guard is at most this share of the fracture torque that the maker states."""
ABSOLUTE_MAX_NCM: Final = 50.0
"""[E] No orthodontic mini-implant is meant to be wound at more; fracture torques are 25-72 N·cm
(Smith 2015)."""
ABSOLUTE_MIN_NCM: Final = 1.0
"""[E] Below this a threshold stops on friction alone."""


MARGIN_STOPS: Final = 3
"""Fewer measured stops say too little about how far a handpiece runs on."""
MARGIN_OF_LAST: Final = 20
"""A gear wears: only the last stops count."""
MARGIN_MAX_SHARE: Final = 0.2
"""[E] A handpiece that runs on by more than this share of the limit wants service, not a margin."""


class LimitError(ValueError):
    """No threshold can be armed, and why."""


@dataclass(frozen=True, slots=True)
class DeviceLimits:
    """What the device accepts, in N·cm of its own scale."""

    min_ncm: float
    max_ncm: float
    step_ncm: float

    def __post_init__(self) -> None:
        values = (self.min_ncm, self.max_ncm, self.step_ncm)
        if not all(math.isfinite(value) for value in values):
            raise LimitError("the device states a threshold limit that is not a number")
        if not 0 < self.min_ncm <= self.max_ncm or self.step_ncm <= 0:
            raise LimitError("the device states threshold limits that contradict each other")


@dataclass(frozen=True, slots=True)
class Threshold:
    """A threshold that may be armed, with the reasons that made it so, the deciding one first.

    `limit_ncm` is the torque that is not to be passed; `threshold_ncm` what the device is told,
    lower by the margin that covers its running on.
    """

    threshold_ncm: float
    limit_ncm: float
    reasons: tuple[str, ...]


def stop_threshold(
    *,
    wanted_ncm: float | None,
    window_high_ncm: float | None,
    fracture_torque_ncm: float | None,
    device: DeviceLimits | None,
    overshoots_ncm: Sequence[float] = (),
    gain: float = 1.0,
) -> Threshold:
    """Return the threshold to arm: the lowest of what applies, floored to the device's step.

    `wanted_ncm` is the operator's own figure; without it the window's top is taken.
    `overshoots_ncm` is how far this very device ran on in earlier stops, oldest first. `gain` is
    what the device reads of one N·cm, by a signed check: the threshold is translated to its scale,
    and lowered by that or left, never raised above what would hold without the check. Raises
    LimitError where nothing sensible is left.
    """
    if not (math.isfinite(gain) and gain > 0):
        raise LimitError(f"a gain must be a finite number above zero, got {gain}")
    for name, value in (
        ("wanted threshold", wanted_ncm),
        ("window's top", window_high_ncm),
        ("fracture torque", fracture_torque_ncm),
    ):
        if value is not None and not (math.isfinite(value) and value > 0):
            raise LimitError(f"the {name} must be a finite number of N·cm above zero, got {value}")
    candidates = _candidates(wanted_ncm, window_high_ncm, fracture_torque_ncm, device)
    if wanted_ncm is None and window_high_ncm is None:
        raise LimitError("no threshold: this site has no published window, so one must be given")
    limit_ncm, reason = min(candidates)
    notes = [reason]
    if fracture_torque_ncm is None:
        notes.append("screw limit unknown")
    margin_ncm, margin_note = _margin(overshoots_ncm, limit_ncm)
    notes += margin_note
    value_ncm = limit_ncm - margin_ncm
    step_ncm = device.step_ncm if device else 0.1
    own_ncm = value_ncm * min(gain, 1.0)  # on the device's scale, and never more than uncorrected
    floored_ncm = _floor_to_step(own_ncm, step_ncm)
    lowest_ncm = max(ABSOLUTE_MIN_NCM, device.min_ncm if device else 0.0)
    if floored_ncm < lowest_ncm - 1e-9:
        raise LimitError(
            f"no threshold: {value_ncm:g} N·cm ({reason}) is less than the lowest that can be "
            f"armed, {lowest_ncm:g} N·cm"
        )
    if floored_ncm < own_ncm - 1e-9:
        notes.append(f"floored to the device's step of {step_ncm:g} N·cm")
    if gain != 1.0:
        notes.append(f"{floored_ncm:g} N·cm on the handpiece's own scale, by a signed check")
    return Threshold(floored_ncm / gain, limit_ncm / max(gain, 1.0), tuple(notes))


def _margin(overshoots_ncm: Sequence[float], limit_ncm: float) -> tuple[float, list[str]]:
    """Return how much lower to arm, and the note on it: the worst of the last measured stops."""
    if not all(math.isfinite(value) and value >= 0 for value in overshoots_ncm):
        raise LimitError("a measured overshoot is not a number of N·cm")
    last = overshoots_ncm[-MARGIN_OF_LAST:]
    if len(last) < MARGIN_STOPS:
        return 0.0, []
    worst_ncm, cap_ncm = max(last), MARGIN_MAX_SHARE * limit_ncm
    if worst_ncm > cap_ncm:
        note = (
            f"lowered by {cap_ncm:.2f} N·cm, though this handpiece ran on by {worst_ncm:.2f} N·cm: "
            "have it serviced"
        )
        return cap_ncm, [note]
    if worst_ncm == 0:
        return 0.0, []
    return worst_ncm, [
        f"lowered by {worst_ncm:.2f} N·cm, the most that this handpiece ran on in {len(last)} stops"
    ]


def _candidates(
    wanted_ncm: float | None,
    window_high_ncm: float | None,
    fracture_torque_ncm: float | None,
    device: DeviceLimits | None,
) -> list[tuple[float, str]]:
    found: list[tuple[float, str]] = [(ABSOLUTE_MAX_NCM, "highest threshold of this program")]
    if wanted_ncm is not None:
        found.append((wanted_ncm, f"{wanted_ncm:g} N·cm chosen by the operator"))
    elif window_high_ncm is not None:
        found.append((window_high_ncm, f"top of the window, {window_high_ncm:g} N·cm"))
    if fracture_torque_ncm is not None:
        guard_ncm = FRACTURE_SHARE * fracture_torque_ncm
        found.append(
            (guard_ncm, f"{FRACTURE_SHARE:g} of the fracture torque, {fracture_torque_ncm:g} N·cm")
        )
    if device is not None:
        found.append((device.max_ncm, f"highest threshold of the device, {device.max_ncm:g} N·cm"))
    return found


def _floor_to_step(value_ncm: float, step_ncm: float) -> float:
    steps = math.floor(value_ncm / step_ncm + 1e-6)  # 12.0 / 0.1 is 119.99999999999999
    return round(steps * step_ncm, 9)
