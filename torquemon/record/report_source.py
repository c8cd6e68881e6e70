"""Reads one insertion out of the record for its report: the only door between the two."""

from __future__ import annotations

import io
from dataclasses import dataclass

from torquemon.journal import DamagedEntryError
from torquemon.model import Reading
from torquemon.record.csv_export import write_csv
from torquemon.record.errors import RecordError
from torquemon.record.history import head_of
from torquemon.record.insertions import Archive, Insertion
from torquemon.record.report_data import ReportData, ReportError, from_record

_LOT = "screw_lot"


@dataclass(frozen=True, slots=True)
class Source:
    """What a report is made of, and the curve that is attached to it."""

    data: ReportData
    curve_csv: str


def read_source(archive: Archive, wanted: str) -> Source:
    """Return one insertion by id, or the newest for `last`.

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
    lots = [row.value for row in whole.standing(whole.findings) if row.name == _LOT]
    content = {
        **({"error": problem} if problem else {}),
        **insertion.content,
        "purpose": whole.insertion.purpose,
        "software": whole.entry.software,
        "profile_version": whole.insertion.profile_version,
        "amended": len(whole.amendments),
        "lot": lots[-1] if lots else "",
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


def _readings(archive: Archive, insertion: Insertion) -> tuple[tuple[Reading, ...], str]:
    """Return the curve; none and why where it is damaged, so that the rest is still reported."""
    try:
        return tuple(archive.readings(insertion)), ""
    except (RecordError, DamagedEntryError) as error:
        return (), str(error)
