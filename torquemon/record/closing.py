"""Closes an insertion: judges the stored readings again and writes what they say.

The recorder does not copy the monitor's verdict, it comes to its own from the journal, with the
same rule; `agrees` says whether both are the same. An insertion without a conclusion, whose monitor
is gone, is closed as interrupted from what was stored.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from torquemon.clock import Clock
from torquemon.journal import DamagedEntryError, EntryKind, InsertionRow, Journal
from torquemon.model import Alert, Origin, Reading, Verdict
from torquemon.record.store import RecordRow
from torquemon.signal.pipeline import Pipeline
from torquemon.signal.setup import JudgeSetup


@dataclass(frozen=True, slots=True)
class Rejudged:
    """What the stored readings say."""

    verdict: Verdict
    alerts: tuple[Alert, ...]
    readings: tuple[Reading, ...]
    removal_torque_ncm: float | None
    """Largest torque while the screw was turned back; None where it was not."""


def stored_setup(meta: Mapping[str, object]) -> JudgeSetup:
    """Return what the judge was told when the insertion was opened. Raises ValueError."""
    fields = meta.get("judge")
    return JudgeSetup.from_fields(fields if isinstance(fields, Mapping) else {})


def rejudge(journal: Journal, row: InsertionRow) -> Rejudged:
    """Judge the stored readings of an insertion. Raises ValueError, JournalError."""
    pipeline = Pipeline(stored_setup(row.meta))
    readings: list[Reading] = []
    alerts: list[Alert] = []
    for reading in journal.readings(row.id):
        readings.append(reading)
        alerts.extend(pipeline.step(reading))
    conclusion = pipeline.finish()
    return Rejudged(
        conclusion.verdict,
        (*alerts, *conclusion.alerts),
        tuple(readings),
        conclusion.removal_torque_ncm,
    )


def close_insertion(journal: Journal, row: InsertionRow, clock: Clock) -> RecordRow:
    """Return the record of one insertion. Raises JournalError where the journal is damaged."""
    try:
        finish = _last_json(journal, row.id, EntryKind.FINISH)
        judged = rejudge(journal, row)
    except (ValueError, DamagedEntryError) as error:
        return RecordRow(
            row.id, clock.utc_now().isoformat(), complete=False, content={"error": str(error)}
        )
    verdict = judged.verdict.fields()
    origin = finish.get("origin", row.meta.get("origin")) if finish else row.meta.get("origin")
    content: dict[str, object] = {
        "meta": dict(row.meta),
        "opened_utc": row.opened_utc,
        "origin": Origin(str(origin)).value,
        "interrupted": finish is None,
        "verdict": verdict,
        "removal_torque_ncm": judged.removal_torque_ncm,
        "agrees": finish is not None and finish.get("verdict") == verdict,
        "alerts": [alert.fields() for alert in judged.alerts],
        "events": [
            {**json.loads(entry.data), "host_ns": entry.host_ns}
            for entry in journal.entries(row.id, EntryKind.EVENT)
        ],
        "samples": len(judged.readings),
        "missing_samples": _missing(judged.readings),
        "duration_s": _duration_s(judged.readings),
    }
    return RecordRow(
        row.id, clock.utc_now().isoformat(), complete=finish is not None, content=content
    )


def _last_json(journal: Journal, insertion_id: str, kind: EntryKind) -> dict[str, object] | None:
    found: dict[str, object] | None = None
    for entry in journal.entries(insertion_id, kind):
        found = json.loads(entry.data)
    return found


def _missing(readings: tuple[Reading, ...]) -> int:
    """Count the sample numbers that were skipped."""
    return sum(max(0, after.seq - before.seq - 1) for before, after in pairwise(readings))


def _duration_s(readings: tuple[Reading, ...]) -> float:
    if not readings:
        return 0.0
    return round((readings[-1].device_time_us - readings[0].device_time_us) / 1e6, 6)
