"""The curve of an insertion as CSV: every stored reading, with what is needed to judge it again."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from typing import Any, TextIO

from torquemon import DISCLAIMER, __version__
from torquemon.model import Reading
from torquemon.record.insertions import Insertion
from torquemon.text import clean

COLUMNS = ("time_s", "torque_ncm", "angle_deg", "speed_rpm", "validity", "seq", "device_time_us")
_CELL_ENDS = re.compile(r"[,;\t\r\n\"]")
_NOTED = ("site", "screw", "window", "pitch_mm", "threshold_ncm", "accuracy_ncm")


def write_csv(insertion: Insertion, readings: Iterable[Reading], out: TextIO) -> int:
    """Write the curve and return how many readings it has.

    Lines that begin with `#` say what the columns mean and where the data comes from. `time_s`
    counts from the first reading, by the handpiece's clock. Torque in N·cm, angle in degrees
    (clockwise positive), speed in revolutions per minute; empty where it was not measured.
    """
    if insertion.origin != "real":
        out.write(f"# {insertion.origin.upper()}: not measured on a patient\n")
    out.write(f"# TorqueMon {__version__}. {DISCLAIMER}\n")
    out.write(f"# insertion: {insertion.row.id}, opened {insertion.row.opened_utc}\n")
    out.writelines(f"# {name}: {value}\n" for name, value in noted(insertion))
    out.writelines(f"# {line}\n" for line in corrected_lines(insertion.row.meta))
    out.write("# time_s from the first reading; N·cm; degrees clockwise; revolutions per minute\n")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    count = 0
    first_us: int | None = None
    for reading in readings:
        first_us = reading.device_time_us if first_us is None else first_us
        writer.writerow(_row(reading, first_us))
        count += 1
    return count


def noted(insertion: Insertion) -> list[tuple[str, str]]:
    """Return what is needed to judge the curve again; no value can begin a cell of its own."""
    meta = insertion.row.meta
    return [(name, _CELL_ENDS.sub(" ", str(meta.get(name)))) for name in _NOTED]


def corrected_lines(meta: Mapping[str, Any]) -> list[str]:
    """Say by which check the readings were corrected."""
    check = meta.get("correction")
    if not isinstance(check, Mapping):
        return []
    name, day = clean(str(check.get("id"))), clean(str(check.get("measured")))
    gain = check.get("gain")
    by = f"{gain:.4f}" if isinstance(gain, float) else "what is not known"
    return [f"corrected  divided by {by}, check {name} of {day}"]


def _row(reading: Reading, first_us: int) -> tuple[str | int, ...]:
    return (
        f"{(reading.device_time_us - first_us) / 1e6:.6f}",
        repr(reading.torque_ncm),
        "" if reading.angle_deg is None else repr(reading.angle_deg),
        "" if reading.speed_rpm is None else repr(reading.speed_rpm),
        reading.validity.name.lower(),
        reading.seq,
        reading.device_time_us,
    )
