"""Reads a recorded curve: CSV with `time_s,torque_ncm` and optional `angle_deg`.

A file from outside is untrusted: bounded in size, every number finite, time rising. What is wrong
is said in one sentence with the line.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from torquemon.text import clean

MAX_FILE_BYTES: Final = 64_000_000
"""Half an hour at 2 kHz with angle is under half of this."""
MAX_TORQUE_NCM: Final = 1000.0
MAX_ANGLE_DEG: Final = 1_000_000.0
MAX_TIME_S: Final = 86_400.0
_BOUNDS: Final = {
    "time_s": MAX_TIME_S,
    "torque_ncm": MAX_TORQUE_NCM,
    "angle_deg": MAX_ANGLE_DEG,
}
_MICRO: Final = 1_000_000


class CurveError(ValueError):
    """A file that is no curve; the message names the line."""


@dataclass(frozen=True, slots=True)
class RecordedCurve:
    """Samples in the order of the file. `time_us` rises strictly and counts from the first."""

    time_us: tuple[int, ...]
    torque_ncm: tuple[float, ...]
    angle_deg: tuple[float, ...] | None


def read_curve(path: Path) -> RecordedCurve:
    """Read a curve. Raises CurveError."""
    name = clean(path.name)
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise CurveError(f"{name}: larger than {MAX_FILE_BYTES // 1_000_000} MB")
        with path.open(encoding="utf-8-sig", newline="") as lines:
            return parse_curve(lines, name)
    except OSError as error:
        raise CurveError(f"{name}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise CurveError(f"{name}: is not a text file in UTF-8") from error


def parse_curve(lines: Iterable[str], name: str) -> RecordedCurve:
    """Read a curve from lines of text. Raises CurveError."""
    rows = csv.reader(lines)
    try:
        header = [cell.strip() for cell in next(rows, [])]
        missing = [column for column in ("time_s", "torque_ncm") if column not in header]
        if missing:
            raise CurveError(f"{name}, line 1: no column {' and no column '.join(missing)}")
        places = {column: header.index(column) for column in _BOUNDS if column in header}
        samples: list[tuple[float, ...]] = []
        for row in rows:
            where = f"{name}, line {rows.line_num}"
            if row:
                values = [_number(row, at, column, where) for column, at in places.items()]
                _check_time(values[0], samples, where)
                samples.append(tuple(values))
    except csv.Error as error:
        raise CurveError(f"{name}, line {rows.line_num}: is not CSV ({error})") from error
    return _curve(samples, name, with_angle="angle_deg" in places)


def _number(row: list[str], place: int, column: str, where: str) -> float:
    if place >= len(row):
        raise CurveError(f"{where}: no value for {column}")
    try:
        value = float(row[place])
    except ValueError:
        raise CurveError(f"{where}: {column} is {clean(row[place], 30)!r}, not a number") from None
    if not math.isfinite(value):
        raise CurveError(f"{where}: {column} is {value:g}, not a finite number")
    if abs(value) > _BOUNDS[column]:
        raise CurveError(f"{where}: {column} is {value:g}, beyond {_BOUNDS[column]:g}")
    return value


def _check_time(time_s: float, before: list[tuple[float, ...]], where: str) -> None:
    """Raise CurveError where a sample does not come a microsecond or more after the last."""
    if before and round(time_s * _MICRO) <= round(before[-1][0] * _MICRO):
        raise CurveError(f"{where}: time_s {time_s:g} does not come after {before[-1][0]:g}")


def _curve(samples: list[tuple[float, ...]], name: str, *, with_angle: bool) -> RecordedCurve:
    if len(samples) < 2:  # noqa: PLR2004 - one point is no curve
        raise CurveError(f"{name}: {len(samples)} samples are no curve")
    first_us = round(samples[0][0] * _MICRO)
    return RecordedCurve(
        tuple(round(sample[0] * _MICRO) - first_us for sample in samples),
        tuple(sample[1] for sample in samples),
        tuple(sample[2] for sample in samples) if with_angle else None,
    )
