"""Tables for other programs: the list of insertions, curves as Parquet, and what a column means.

A text that a spreadsheet would take for a formula gets an apostrophe in front: patient references,
notes and device names come from people and devices.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, TextIO

from torquemon import DISCLAIMER
from torquemon.model import Reading
from torquemon.record.errors import RecordError
from torquemon.record.history import MAX_LISTED, Summary, search
from torquemon.record.store import SOFTWARE, Store

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")
CURVE: Final = (
    ("time_s", "s", "from the first reading, by the handpiece's clock"),
    ("torque_ncm", "N·cm", "torque; insertion positive"),
    ("angle_deg", "degree", "angle; clockwise positive; empty where it was not measured"),
    ("speed_rpm", "1/min", "rotational speed; empty where it was not measured"),
    ("validity", "", "valid, questionable, calibrating, overflow, underflow or invalid"),
    ("seq", "", "number of the sample since the handpiece started"),
    ("device_time_us", "µs", "the handpiece's own clock"),
)
"""Columns of a curve: name, unit, meaning."""
INSERTIONS: Final = (
    ("id", "", "insertion (ULID)"),
    ("chair_id", "", "chair whose chain holds it (ULID)"),
    ("opened_utc", "UTC", "when the recording began"),
    ("origin", "", "real, simulated or replayed"),
    ("purpose", "", "insertion, removal or tightening"),
    ("complete", "", "false where the monitor ended before the recording was finished"),
    ("amended", "", "true where a field stands corrected; values are as known today"),
    ("patient_ref", "", "reference of the practice"),
    ("operator", "", "who inserted"),
    ("site", "", "insertion site"),
    ("fdi", "", "teeth beside it (ISO 3950)"),
    ("screw", "", "screw profile"),
    ("serial", "", "serial number of the handpiece"),
    ("verdict", "", "below, within or above the window, or undetermined"),
    ("max_insertion_torque_ncm", "N·cm", "maximum insertion torque"),
)
"""Columns of the list of insertions: name, unit, meaning."""
_WHOLE_NUMBERS: Final = ("seq", "device_time_us")


def guarded(value: object) -> str:
    """Return a cell as text that no spreadsheet computes."""
    if value is None:
        return ""
    text = str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(_FORMULA) else text


def write_insertions(store: Store, out: TextIO, text: str = "") -> int:
    """Write all insertions, newest first, as CSV; return how many."""
    out.write(f"# {SOFTWARE}. {DISCLAIMER}\n")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([name for name, _, _ in INSERTIONS])
    count = 0
    for summary in _all(store, text):
        writer.writerow([guarded(_cell(summary, name)) for name, _, _ in INSERTIONS])
        count += 1
    return count


def _cell(summary: Summary, name: str) -> object:
    value = getattr(summary, name)
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if name == "opened_utc" else value


def _all(store: Store, text: str) -> Iterator[Summary]:
    before = None
    while page := search(store, text, limit=MAX_LISTED, before=before):
        yield from page
        before = (page[-1].opened_utc, page[-1].id)


def write_dictionary(out: TextIO) -> None:
    """Write what every column of the exports means, with its unit, as CSV."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("table", "column", "unit", "meaning"))
    for table, columns in (("curve", CURVE), ("insertions", INSERTIONS)):
        writer.writerows((table, *column) for column in columns)


def parquet(readings: Iterable[Reading], facts: Sequence[tuple[str, str]]) -> tuple[int, bytes]:
    """Return how many readings a curve has, and its Parquet: units and facts in the metadata.

    Made in memory: pyarrow removes the file that it was given where it cannot write it, even a
    device. Raises RecordError where pyarrow is missing.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise RecordError(
            "Parquet needs pyarrow: pip install torquemon[parquet]; CSV needs nothing"
        ) from None
    rows = list(readings)
    first_us = rows[0].device_time_us if rows else 0
    columns: dict[str, list[Any]] = {
        "time_s": [(r.device_time_us - first_us) / 1e6 for r in rows],
        "torque_ncm": [r.torque_ncm for r in rows],
        "angle_deg": [r.angle_deg for r in rows],
        "speed_rpm": [r.speed_rpm for r in rows],
        "validity": [r.validity.name.lower() for r in rows],
        "seq": [r.seq for r in rows],
        "device_time_us": [r.device_time_us for r in rows],
    }
    fields = [
        pa.field(name, _arrow(pa, name), metadata={"unit": unit, "meaning": meaning})
        for name, unit, meaning in CURVE
    ]
    schema = pa.schema(fields, metadata={name: value for name, value in facts if value})
    made = io.BytesIO()
    pq.write_table(pa.table(columns, schema=schema), made)
    return len(rows), made.getvalue()


def _arrow(pa: Any, name: str) -> Any:  # noqa: ANN401 - an optional library
    if name == "validity":
        return pa.string()
    return pa.int64() if name in _WHOLE_NUMBERS else pa.float64()
