"""Reads one insertion out of the record for its report: the only door between the two."""

from __future__ import annotations

import io
from dataclasses import dataclass

from torquemon.journal import DamagedEntryError
from torquemon.model import Reading
from torquemon.record.csv_export import write_csv
from torquemon.record.delivery.case import WITHDRAWN_FIELD
from torquemon.record.errors import RecordError
from torquemon.record.history import head_of, person_of, withdrawn_why
from torquemon.record.insertions import Archive, Insertion
from torquemon.record.report_data import ReportData, ReportError
from torquemon.record.report_read import from_record

_LOT = "screw_lot"


@dataclass(frozen=True, slots=True)
class Source:
    """What a report is made of, and the curve that is attached to it."""

    data: ReportData
    curve_csv: str


def read_source(archive: Archive, wanted: str, *, with_name: bool = False) -> Source:
    """Return one insertion by id, or the newest for `last`.

    `with_name` adds who the patient is, where the record knows it.

    Raises ReportError where it is still being recorded, NoInsertionError, RecordError,
    JournalError.
    """
    insertion = archive.get(wanted)
    if insertion.content is None or insertion.whole is None:
        raise ReportError(
            f"insertion {insertion.row.id} is still being recorded: finish it, then ask again"
        )
    readings, problem = _readings(archive, insertion)
    table = io.StringIO()
    write_csv(insertion, readings, table)
    whole = insertion.whole
    findings = whole.standing(whole.findings)
    lots = [row.value for row in findings if row.name == _LOT]
    content = {
        **({"error": problem} if problem else {}),
        **insertion.content,
        "purpose": whole.insertion.purpose,
        "software": whole.entry.software,
        "profile_version": whole.insertion.profile_version,
        "amended": sum(each.field != WITHDRAWN_FIELD for each in whole.amendments),
        "withdrawn": withdrawn_why(whole),
        "lot": lots[-1] if lots else lot_of(insertion),
        "findings": [{"name": f.name, "value": f.value} for f in findings if f.name != _LOT],
        "signatures": [
            {
                "who": signed.operator,
                "utc": signed.said_utc.isoformat(),
                "meaning": signed.meaning,
                "number": signed.signed_number,
                "hash": signed.signed_hash,
            }
            for signed in whole.signatures
        ],
        **(_person(archive, whole.summary.patient_ref) if with_name else {}),
    }
    data = from_record(
        insertion.row.id,
        insertion.row.opened_utc,
        insertion.row.opened_ns,
        content,
        readings,
        # not the newest of the chair: the same record gives the same report tomorrow
        witness=str(head_of(archive.store, insertion.row.id)),
    )
    return Source(data, table.getvalue())


def lot_of(insertion: Insertion) -> str:
    """Return the lot that was named at the start; what was said later goes before it."""
    return str(insertion.row.meta.get("lot") or "")


def _person(archive: Archive, patient_ref: str) -> dict[str, object]:
    """Return who a reference is; nothing where nobody has said."""
    with archive.store.read() as session:
        person = person_of(session, patient_ref)
    if person is None:
        return {}
    born = person.birth_date.isoformat() if person.birth_date else ""
    return {"person": {"name": person.name or "", "birth_date": born}}


def _readings(archive: Archive, insertion: Insertion) -> tuple[tuple[Reading, ...], str]:
    """Return the curve; none and why where it is damaged, so that the rest is still reported."""
    try:
        return tuple(archive.readings(insertion)), ""
    except (RecordError, DamagedEntryError) as error:
        return (), str(error)
