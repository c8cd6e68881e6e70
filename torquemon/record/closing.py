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
from typing import Any, Final

from torquemon.clock import Clock
from torquemon.journal import (
    DAMAGED,
    DamagedEntryError,
    EntryKind,
    InsertionRow,
    Journal,
    unpack_raw,
)
from torquemon.model import PURPOSES, Origin, Reading
from torquemon.model import Alert as JudgeAlert
from torquemon.record import blocks, models
from torquemon.record.closing_events import alarm_rows, command_rows, event_rows
from torquemon.record.store import RAW, READINGS, SOFTWARE
from torquemon.signal.pipeline import Conclusion, Pipeline
from torquemon.signal.setup import JudgeSetup
from torquemon.text import clean

_UNKNOWN: Final = "undetermined"


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


def opened(row: InsertionRow) -> datetime:
    """Return when an insertion was opened; the epoch where the journal's text is damaged."""
    found = _when(row.opened_utc)
    return found if found is not None else datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def _when(text: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


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


def _origin(row: InsertionRow, finish: Mapping[str, Any] | None) -> tuple[Origin, str]:
    """Return where the data come from; where that is damaged they never pass for real."""
    said = (finish or {}).get("origin", row.meta.get("origin"))
    try:
        return Origin(str(said)), ""
    except ValueError:
        return Origin.SIMULATED, "it is not known any more whether these data are real"


def recorded_insertion(
    row: InsertionRow,
    finish: Mapping[str, Any] | None,
    clock: Clock,
    *,
    problem: str,
) -> models.Insertion:
    """Return an insertion's own row as far as its description tells; it has no curve yet.

    `finish` is the monitor's conclusion, None where it ended before. Where the description is
    damaged the data never pass for real.
    """
    origin, origin_problem = _origin(row, finish)
    meta = dict(row.meta)
    patient = meta.pop("patient", "")  # in its own column, and nowhere else
    purpose = meta.get("purpose")
    damage = str(meta[DAMAGED]) if DAMAGED in meta else ""
    return models.Insertion(
        id=row.id,
        purpose=purpose if purpose in PURPOSES else PURPOSES[0],
        patient_ref=clean(str(patient or "")),
        operator=clean(str(meta.get("operator") or "")),
        origin=origin.value,
        complete=finish is not None,
        opened_utc=opened(row),
        opened_ns=row.opened_ns,
        closed_utc=_when(finish.get("closed_utc")) if finish else None,
        folded_utc=clock.utc_now(),
        **{name: _text(meta.get(key)) for name, key in _TEXTS.items()},
        **{name: _number(meta.get(key)) for name, key in _NUMBERS.items()},
        software=_text(meta.get("software")) or SOFTWARE,
        samples=0,
        missing_samples=0,
        duration_s=0.0,
        problem=damage or problem or origin_problem or None,
        description=meta,
    )


_TEXTS: Final = {
    "site": "site",
    "fdi": "fdi",
    "screw": "screw",
    "window": "window",
    "window_id": "window_id",
    "window_source": "window_source",
    "profile_version": "profile_version",
    "maker": "maker",
    "model": "model",
    "serial": "serial",
    "firmware": "firmware",
    "calibrated": "calibrated",
}
_NUMBERS: Final = {
    "limit_ncm": "threshold_ncm",
    "armed_threshold_ncm": "armed_threshold_ncm",
    "accuracy_ncm": "accuracy_ncm",
}


def _text(value: object) -> str | None:
    return None if value is None else clean(str(value), 200) or None


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    number = float(value)
    return number if abs(number) < 1e6 else None  # noqa: PLR2004 - refuses NaN and infinity


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


def stored_alert(
    insertion_id: str,
    raised_by: str,
    fields: Mapping[str, Any],
    host_ns: int | None = None,
    utc: datetime | None = None,
) -> models.Alert:
    """Return an alert's row from its JSON."""
    seq = fields.get("seq")
    return models.Alert(
        insertion_id=insertion_id,
        raised_by=raised_by,
        code=clean(str(fields.get("code")), 20),
        priority=clean(str(fields.get("priority")), 10),
        seq=seq if isinstance(seq, int) else None,
        time_s=_number(fields.get("time_s")),
        torque_ncm=_number(fields.get("torque_ncm")),
        angle_deg=_number(fields.get("angle_deg")),
        why=clean(str(fields.get("why")), 400),
        raised_utc=utc,
        raised_ns=host_ns,
    )


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


def stored_verdict(
    insertion_id: str, judge: str, fields: Mapping[str, Any], removal_ncm: float | None
) -> models.Verdict:
    """Return a verdict's row from its JSON."""
    return models.Verdict(
        insertion_id=insertion_id,
        judge=judge,
        kind=clean(str(fields.get("kind", _UNKNOWN)), 12),
        max_insertion_torque_ncm=_number(fields.get("max_insertion_torque_ncm")),
        final_torque_ncm=_number(fields.get("final_torque_ncm")),
        removal_torque_ncm=removal_ncm,
        window=_text(fields.get("window")),
        rule_version=clean(str(fields.get("rule_version")), 120),
        why=clean(str(fields.get("why")), 400),
    )
