"""The values of a report that the record does not hold as such: computed from its readings.

Depth, turns and work are given only where the angle is known from the first reading to the last;
a curve with a hole in its angle has none of them, and the reason is said.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from torquemon.model import MEASURED, Reading, Validity
from torquemon.record.report_data import ReportData
from torquemon.signal.pipeline import Pipeline
from torquemon.signal.setup import JudgeSetup
from torquemon.units import DEGREES_PER_TURN, deg_to_turns, depth_mm, work_j

GAP_S: Final = 0.25
"""No valid frame for 250 ms is NO DATA on the screen, and a gap in the report."""
MAX_TURNS: Final = 200
"""A screw of 30 mm at the finest thread has fewer; more is an angle that is none."""
_AROUND: Final = 2
"""Readings each side of a full turn whose median is its torque: one spike is no torque."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One full turn since engagement: the torque when it was complete, the highest during it."""

    number: int
    depth_mm: float | None
    torque_ncm: float
    highest_ncm: float


@dataclass(frozen=True, slots=True)
class Gap:
    """A hole in the data. `missing` counts sample numbers that never came."""

    at_s: float
    lasted_s: float
    missing: int


@dataclass(frozen=True, slots=True)
class Figures:
    """What the readings add up to.

    `zero_deg` is the angle that turns are counted from: where the screw met bone, by the rule's own
    reckoning, or that of the first reading where it never did (`engaged`); None where the angle is
    not known throughout. `work_j` is the work done while the screw advanced, in joules. `unusable`
    counts readings that are no measurement, `clipped` those at the end of the sensor's range.
    """

    angle_known: bool
    engaged: bool
    zero_deg: float | None
    depth_mm: float | None
    turns: tuple[Turn, ...]
    work_j: float | None
    gaps: tuple[Gap, ...]
    unusable: int
    questionable: int
    clipped: int


def figures(data: ReportData) -> Figures:
    """Compute the figures of a report."""
    measured = [r for r in data.readings if r.validity in MEASURED]
    first_deg = _first_angle(measured)
    # a maximum without a final torque comes from a rule that did not trust the angle
    known = first_deg is not None and (data.max_ncm is None or data.final_ncm is not None)
    engaged_deg, depth = _engagement(data, measured) if known else (None, None)
    engaged = engaged_deg is not None
    return Figures(
        angle_known=known,
        engaged=engaged,
        zero_deg=(engaged_deg if engaged else first_deg) if known else None,
        depth_mm=depth,
        turns=() if engaged_deg is None else _turns(measured, engaged_deg, data.pitch_mm),
        work_j=None if engaged_deg is None else _work_j(measured, engaged_deg),
        gaps=tuple(_gaps(data.readings)),
        unusable=len(data.readings) - len(measured),
        questionable=sum(r.validity is Validity.QUESTIONABLE for r in measured),
        clipped=sum(r.validity is Validity.OVERFLOW for r in measured),
    )


def _first_angle(measured: Sequence[Reading]) -> float | None:
    """Return the angle of the first reading; None where any has none."""
    if not measured or any(reading.angle_deg is None for reading in measured):
        return None
    return measured[0].angle_deg


def _engagement(data: ReportData, measured: Sequence[Reading]) -> tuple[float | None, float | None]:
    """Return at which angle the screw engaged and how deep it went, as the rule reckons it."""
    if data.pitch_mm is None:
        return None, None
    try:
        setup = JudgeSetup(window=data.window, pitch_mm=data.pitch_mm, body_mm=data.body_mm)
    except ValueError:
        return None, None
    pipeline = Pipeline(setup)
    for reading in data.readings:
        pipeline.step(reading)
    depth = pipeline.snapshot().depth_mm
    if depth is None:
        return None, None
    furthest_deg = max(reading.angle_deg or 0.0 for reading in measured)
    return furthest_deg - depth / data.pitch_mm * DEGREES_PER_TURN, depth


def _turns(
    measured: Sequence[Reading], engaged_deg: float, pitch_mm: float | None
) -> tuple[Turn, ...]:
    found: list[Turn] = []
    highest = 0.0
    for index, reading in enumerate(measured):
        highest = max(highest, reading.torque_ncm)
        turned = deg_to_turns((reading.angle_deg or 0.0) - engaged_deg)
        if turned < len(found) + 1:
            continue
        number = len(found) + 1
        around = measured[max(0, index - _AROUND) : index + _AROUND + 1]
        depth = None if pitch_mm is None else depth_mm(number * DEGREES_PER_TURN, pitch_mm)
        torque = statistics.median(r.torque_ncm for r in around)
        found.append(Turn(number, depth, torque, highest))
        highest = reading.torque_ncm
        if number >= MAX_TURNS:
            break
    return tuple(found)


def _work_j(measured: Sequence[Reading], engaged_deg: float) -> float:
    """Return the work while the screw went deeper than ever before: turning back adds nothing."""
    front_deg = engaged_deg
    torque_ncm: float | None = None
    total = 0.0
    for reading in measured:
        angle_deg = reading.angle_deg or 0.0
        if angle_deg > front_deg:
            before = reading.torque_ncm if torque_ncm is None else torque_ncm
            total += work_j((before + reading.torque_ncm) / 2, angle_deg - front_deg)
            front_deg = angle_deg
        torque_ncm = reading.torque_ncm
    return total


def _gaps(readings: Sequence[Reading]) -> Iterator[Gap]:
    """Find where no valid reading came for 250 ms, or where the device started anew."""
    if not readings:
        return
    first_us = readings[0].device_time_us
    measured = (r for r in readings if r.validity in MEASURED)
    for before, after in pairwise(measured):
        lasted_s = (after.device_time_us - before.device_time_us) / 1e6
        if lasted_s > GAP_S or lasted_s < 0.0:
            at_s = (before.device_time_us - first_us) / 1e6
            missing = max(0, after.seq - before.seq - 1)
            yield Gap(at_s, lasted_s, missing)
