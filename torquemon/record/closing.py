"""Closes an insertion: judges the stored readings again and folds the journal into rows.

The recorder does not copy the monitor's verdict, it comes to its own from the journal, with the
same rule; both are kept. An insertion without a conclusion, whose monitor is gone, is closed as
interrupted from what was stored. What cannot be read is said, and all that can be read is kept.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from torquemon.clock import Clock
from torquemon.journal import (
    DamagedEntryError,
    EntryKind,
    InsertionRow,
    Journal,
    unpack_raw,
)
from torquemon.model import Alert as JudgeAlert
from torquemon.model import Reading
from torquemon.record import blocks, models
from torquemon.record.closing_events import alarm_rows, command_rows, event_rows
from torquemon.record.closing_rows import opened, recorded_insertion, stored_alert, stored_verdict
from torquemon.record.store import RAW, READINGS
from torquemon.signal.pipeline import Conclusion, Pipeline
from torquemon.signal.setup import JudgeSetup
from torquemon.text import clean


@dataclass(slots=True)
class _Curve:
    """What the walk over the stored readings gives, block by block."""

    rows: list[models.Block] = field(default_factory=list)
    alerts: list[JudgeAlert] = field(default_factory=list)
    conclusion: Conclusion | None = None
    samples: int = 0
    missing: int = 0
    first_us: int = 0
    last_us: int = 0
    problem: str = ""


def stored_setup(meta: Mapping[str, object]) -> JudgeSetup:
    """Return what the judge was told when the insertion was opened. Raises ValueError."""
    fields = meta.get("judge")
    return JudgeSetup.from_fields(fields if isinstance(fields, Mapping) else {})


def close_insertion(journal: Journal, row: InsertionRow, clock: Clock) -> list[models.Content]:
    """Return the rows of one insertion: raw first. Raises JournalError where the file is damaged.

    The insertion's own row is the first that is no block.
    """
    wire, wire_problem = _wire(journal, row.id)
    curve = _curve(journal, row)
    events, event_problem = _events(journal, row.id)
    finish = _finish(journal, row.id)
    moment = _Moment.of(row)
    problem = curve.problem or wire_problem or event_problem
    insertion = recorded_insertion(row, finish, clock, problem=problem)
    insertion.samples, insertion.missing_samples = curve.samples, curve.missing
    insertion.duration_s = round((curve.last_us - curve.first_us) / 1e6, 6)
    said = [*_judged(journal, row, moment), *_again(curve, journal, row)]
    return [
        *wire,
        *curve.rows,
        insertion,
        *said,
        *alarm_rows(row.id, events, moment.utc, said),
        *command_rows(row.id, events, moment.utc),
        *event_rows(row.id, events, moment.utc),
        *_verdicts(row.id, finish, curve),
    ]


@dataclass(frozen=True, slots=True)
class _Moment:
    """Turns the monotonic times of one insertion into UTC."""

    opened_utc: datetime
    opened_ns: int

    @classmethod
    def of(cls, row: InsertionRow) -> _Moment:
        return cls(opened(row), row.opened_ns)

    def utc(self, host_ns: int) -> datetime:
        """Return when this was, by the clock that labelled the opening."""
        try:
            return self.opened_utc + timedelta(microseconds=(host_ns - self.opened_ns) / 1000)
        except OverflowError:
            return self.opened_utc


def _wire(journal: Journal, insertion_id: str) -> tuple[list[models.Block], str]:
    chunks: list[blocks.WireChunk] = []
    problem = ""
    for entry in journal.entries(insertion_id, EntryKind.RAW):
        try:
            chunks.extend(blocks.WireChunk(*chunk) for chunk in unpack_raw(entry.data))
        except DamagedEntryError as error:
            problem = problem or str(error)
    found = [
        models.Block(
            insertion_id=insertion_id,
            kind=RAW,
            count=len(part),
            first_ns=part[0].host_ns,
            last_ns=part[-1].host_ns,
            data=blocks.pack_wire(part),
        )
        for part in blocks.split_wire(chunks)
    ]
    return found, problem


def _curve(journal: Journal, row: InsertionRow) -> _Curve:
    """Judge and pack the stored readings in one walk; a curve of an hour is never held whole."""
    curve = _Curve()
    try:
        pipeline = Pipeline(stored_setup(row.meta))
    except ValueError as error:
        curve.problem = clean(str(error), 200)
        pipeline = None
    block: list[Reading] = []
    before: Reading | None = None
    try:
        for reading in journal.readings(row.id):
            if before is None:
                curve.first_us = reading.device_time_us
            else:
                curve.missing += max(0, reading.seq - before.seq - 1)
            before = reading
            curve.samples += 1
            if pipeline is not None:
                curve.alerts.extend(pipeline.step(reading))
            block.append(reading)
            if len(block) == blocks.MAX_READINGS:
                curve.rows.append(_block(row.id, block))
                block = []
    except (DamagedEntryError, ValueError) as error:
        curve.problem = curve.problem or clean(str(error), 200)
        pipeline = None
    if block:
        curve.rows.append(_block(row.id, block))
    if before is not None:
        curve.last_us = before.device_time_us
    if pipeline is not None:
        curve.conclusion = pipeline.finish()
        curve.alerts.extend(curve.conclusion.alerts)
    return curve


def _block(insertion_id: str, readings: Sequence[Reading]) -> models.Block:
    return models.Block(
        insertion_id=insertion_id,
        kind=READINGS,
        count=len(readings),
        first_ns=readings[0].host_time_ns,
        last_ns=readings[-1].host_time_ns,
        data=blocks.pack_readings(readings),
    )


def _objects(
    journal: Journal, insertion_id: str, kind: EntryKind
) -> Iterator[tuple[int, dict[str, Any] | None]]:
    for entry in journal.entries(insertion_id, kind):
        try:
            found = json.loads(entry.data)
        except ValueError:
            found = None
        yield entry.host_ns, found if isinstance(found, dict) else None


def _events(journal: Journal, insertion_id: str) -> tuple[list[tuple[int, dict[str, Any]]], str]:
    found = list(_objects(journal, insertion_id, EntryKind.EVENT))
    whole = [(host_ns, fields) for host_ns, fields in found if fields is not None]
    return whole, "" if len(whole) == len(found) else "an event beside the curve is damaged"


def _finish(journal: Journal, insertion_id: str) -> dict[str, Any] | None:
    last: dict[str, Any] | None = None
    for _, fields in _objects(journal, insertion_id, EntryKind.FINISH):
        last = fields
    return last


def _judged(journal: Journal, row: InsertionRow, moment: _Moment) -> list[models.Alert]:
    """Return the alerts that the operator saw."""
    return [
        stored_alert(row.id, "judge", fields, host_ns, moment.utc(host_ns))
        for host_ns, fields in _objects(journal, row.id, EntryKind.ALERT)
        if fields is not None
    ]


def _again(curve: _Curve, journal: Journal, row: InsertionRow) -> list[models.Alert]:
    """Return the alerts that only the recorder's own judgement raises."""
    seen = [
        {key: value for key, value in fields.items() if key != "why"}
        for _, fields in _objects(journal, row.id, EntryKind.ALERT)
        if fields is not None
    ]
    found: list[models.Alert] = []
    for alert in curve.alerts:
        fields = alert.fields()
        if {key: value for key, value in fields.items() if key != "why"} not in seen:
            found.append(stored_alert(row.id, "recorder", fields, None, None))
    return found


def _verdicts(
    insertion_id: str, finish: Mapping[str, Any] | None, curve: _Curve
) -> list[models.Verdict]:
    found: list[models.Verdict] = []
    if curve.conclusion is not None:
        fields = curve.conclusion.verdict.fields()
        removal = curve.conclusion.removal_torque_ncm
        found.append(stored_verdict(insertion_id, "recorder", fields, removal))
    given = finish.get("verdict") if finish else None
    if isinstance(given, dict):
        found.append(stored_verdict(insertion_id, "monitor", given, None))
    return found
