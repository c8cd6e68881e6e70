"""The note that takes a report back: an instance of its own beside it, which holds nothing else.

DICOM has no message that unsays an instance, so the archive gets a page that people find next to
the report. It needs only what the receipt holds, so it can be made after the content was erased.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from torquemon.record.dicom import uids, values
from torquemon.record.dicom.filing import Filed, Habits, frame, reference
from torquemon.record.dicom.instance import enclose
from torquemon.record.report_data import ReportError
from torquemon.record.report_typst import NoTypstError, drawable

if TYPE_CHECKING:
    from pydicom.dataset import Dataset


class Cause(StrEnum):
    """Why a report is taken back; also the role in the note's UID."""

    WITHDRAWN = "withdrawn"
    REASSIGNED = "reassigned"
    ERASED = "erased"


_TITLES: Final = {
    Cause.WITHDRAWN: "WITHDRAWN: torque report, entered in error",
    Cause.REASSIGNED: "WITHDRAWN: torque report, filed under the wrong patient",
    Cause.ERASED: "WITHDRAWN: torque report, erased at the practice",
}
_LINES: Final = {
    Cause.WITHDRAWN: (
        "The torque report beside this note was entered in error. Do not use it.",
        "Der Drehmomentbericht neben dieser Notiz wurde irrtümlich abgelegt. Nicht verwenden.",
    ),
    Cause.REASSIGNED: (
        "The torque report beside this note belongs to another patient. Do not use it.",
        "Der Drehmomentbericht neben dieser Notiz gehört zu einer anderen Person. Nicht verwenden.",
    ),
    Cause.ERASED: (
        "The torque reports beside this note were erased at the practice. Delete them here too.",
        "Die Drehmomentberichte neben dieser Notiz wurden in der Praxis gelöscht. Bitte auch hier.",
    ),
}


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """What is taken back, and why."""

    insertion_id: str
    revision: int
    instance: str
    """UID of the instance that is taken back."""
    when: datetime | None
    """An aware moment of the record, never of sending; None where that is not known."""
    cause: Cause


def note_of(filed: Filed, said: Withdrawal, habits: Habits) -> tuple[Dataset, str]:
    """Return the note as an instance, and its UID. Raises RejectedError, ReportError."""
    uid = uids.instance(
        said.insertion_id, filed.patient, said.revision, said.cause.value, said.instance
    )
    found = frame(filed, uid, habits)
    found.InstanceNumber = str(min(max(said.revision, 0), values.IS_MAX))
    moment = None if said.when is None else said.when.astimezone(filed.started.tzinfo)
    found.ContentDate = "" if moment is None else values.day(moment)
    found.ContentTime = "" if moment is None else values.time_of_day(moment)
    found.AcquisitionDateTime = ""
    marked = f"{filed.mark}: " if filed.mark else ""
    # not why: what an operator writes may be about another patient
    found.DocumentTitle = values.paragraph(f"{marked}{_TITLES[said.cause]}")
    found.SourceInstanceSequence = [reference(said.instance)]
    enclose(found, _page(filed, said, moment), identifies=False)
    return found, uid


def _page(filed: Filed, said: Withdrawal, moment: datetime | None) -> bytes:
    """Set the page. Raises NoTypstError, ReportError."""
    try:
        import typst
    except ImportError as error:
        raise NoTypstError("the note needs the part `torquemon[report]`") from error
    english, german = _LINES[said.cause]
    fields = {
        "title": _TITLES[said.cause],
        "english": english,
        "german": german,
        "when": "" if moment is None else f"{moment:%Y-%m-%d %H:%M} (UTC{values.offset(moment)})",
        "instance": said.instance,
        "insertion": drawable(said.insertion_id)[0],
        "mark": filed.mark,
    }
    try:
        made = typst.compile(
            files("torquemon.record.dicom").joinpath("note.typ").read_bytes(),
            format="pdf",
            font_paths=[],
            ignore_system_fonts=True,
            sys_inputs={"note": json.dumps(fields)},
            pdf_standards=["a-2a"],
            timestamp=max(0, int((moment or filed.started).timestamp())),
        )
    except typst.TypstError as error:
        raise ReportError(f"the note cannot be set: {error.message}") from error
    if not isinstance(made, bytes):
        raise ReportError("the note cannot be set: Typst made no single file")
    return made
