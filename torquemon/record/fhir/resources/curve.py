"""The curve as SampledData: a regular grid of time, one token a slot.

The grid's step is the median of the handpiece's own steps, so a handpiece that keeps time gives one
reading a slot and every reading is there. A slot holds the highest torque measured in it; where
nothing was measured stands E, where the sensor was clipped U. Longer curves get wider slots, never
fewer peaks.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from torquemon.model import MEASURED, Reading, Validity
from torquemon.record.fhir.codes import torque
from torquemon.record.fhir.names import Fields

ERROR: Final = "E"
ABOVE: Final = "U"
_FACTORS: Final = (1.0, 0.1, 0.01, 0.001, 0.0001)
_NEAR: Final = 1e-6
_MAX_COUNT: Final = 10**12
_US_PER_MS: Final = 1000.0
_MAX_STEP_US: Final = 10_000_000
"""A handpiece that measures once in ten seconds makes no curve."""


@dataclass(frozen=True, slots=True)
class Sampled:
    """The data and a sentence on how it was made."""

    data: Fields
    said: str


def sampled(readings: Sequence[Reading], max_points: int) -> Sampled | None:
    """Return the curve on a regular grid of at most `max_points`; None where nothing is there."""
    times_us = _times_us(readings)
    if not times_us:
        return None
    step_us = _step_us(times_us)
    span = _slot(times_us[-1], step_us) + 1
    if span > max_points:
        step_us *= math.ceil(span / (max_points - 1))  # rounding to the next may add one
    slots: list[Reading | None] = [None] * (_slot(times_us[-1], step_us) + 1)
    shared = 0
    for time_us, reading in zip(times_us, readings, strict=True):
        if reading.validity not in MEASURED or not math.isfinite(reading.torque_ncm):
            continue
        slot = _slot(time_us, step_us)
        held = slots[slot]
        shared += held is not None
        if held is None or _rank(reading) > _rank(held):
            slots[slot] = reading
    factor = _factor([reading.torque_ncm for reading in slots if reading is not None])
    tokens = [_token(reading, factor) for reading in slots]
    clipped = [r.torque_ncm for r in slots if r is not None and r.validity is Validity.OVERFLOW]
    data: Fields = {
        "origin": {**torque(0.0), "value": 0},
        "period": step_us / _US_PER_MS,
        "factor": factor,
        "dimensions": 1,
        "data": " ".join(tokens),
    }
    if clipped:
        data["upperLimit"] = round(min(clipped), 4)
    return Sampled(data, _said(len(readings), len(tokens), tokens.count(ERROR), step_us, shared))


def _times_us(readings: Sequence[Reading]) -> list[int]:
    """Return the time of each reading from the first, by the handpiece's clock.

    Where that clock started anew the time between is what this machine's clock says.
    """
    times: list[int] = [0] if readings else []
    for before, after in pairwise(readings):
        passed_us = after.device_time_us - before.device_time_us
        if passed_us < 0:
            passed_us = max(0, (after.host_time_ns - before.host_time_ns) // 1000)
        times.append(times[-1] + passed_us)
    return times


def _step_us(times_us: Sequence[int]) -> int:
    steps = [after - before for before, after in pairwise(times_us) if after > before]
    return min(_MAX_STEP_US, max(1, round(statistics.median(steps)))) if steps else 1000


def _slot(time_us: int, step_us: int) -> int:
    """Return the nearest slot: a clock that trembles by a microsecond leaves none empty."""
    return (time_us + step_us // 2) // step_us


def _rank(reading: Reading) -> tuple[bool, float]:
    return reading.validity is Validity.OVERFLOW, reading.torque_ncm


def _factor(values_ncm: Sequence[float]) -> float:
    """Return the coarsest step that says every value as it is; else 0.0001 N·cm."""
    for factor in _FACTORS:
        if all(abs(value / factor - round(value / factor)) < _NEAR for value in values_ncm):
            return factor
    return _FACTORS[-1]


def _token(reading: Reading | None, factor: float) -> str:
    if reading is None:
        return ERROR
    if reading.validity is Validity.OVERFLOW:
        return ABOVE
    count = round(reading.torque_ncm / factor)
    return str(count) if abs(count) < _MAX_COUNT else ERROR


def _said(readings: int, tokens: int, empty: int, step_us: int, shared: int) -> str:
    more = f"; {shared} readings share a slot with a higher one" if shared else ""
    return (
        f"{readings} readings on a regular grid of {step_us / _US_PER_MS:g} ms ({tokens} slots, "
        f"{empty} without a measurement: E){more}; a slot holds the highest torque measured in it; "
        f"U: the sensor was at the end of its range; every reading is in the table attached to the "
        "report"
    )
