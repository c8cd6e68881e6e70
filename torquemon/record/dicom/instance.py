"""A case as a DICOM data set: Encapsulated PDF (PS3.3 A.45.1), explicit little endian, UTF-8.

The same case gives the same bytes. Study and series carry only what no correction changes, since
every instance in them must say the same; what is amended stands in the instance. The curve stays
inside the PDF, as the attachment it has there.
"""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from torquemon.record.delivery.case import Case, Status
from torquemon.record.delivery.exporter import RejectedError
from torquemon.record.dicom import uids, values
from torquemon.record.dicom.filing import MAKER, Filed, Habits, frame, reference

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

MAX_PDF_BYTES: Final = 64_000_000
"""A report has a few hundred kilobytes; more is a mistake, and no archive is asked to take it."""
_TITLES: Final = {"insertion": "Insertion", "removal": "Removal", "tightening": "Tightening"}


def report_of(case: Case, habits: Habits) -> tuple[Dataset, dict[str, str]]:
    """Return the instance of a case that stands, and what the receipt must keep of it.

    Raises RejectedError, ReportError.
    """
    filed = Filed.of_case(case, habits)
    replaces = replaced(case, filed)
    uid = uids.instance(
        case.insertion_id,
        filed.patient,
        case.revision,
        case.status.value,
        replaces,
        case.revision_hash,
    )
    found = frame(filed, uid, habits)
    found.InstanceNumber = str(min(max(case.revision, 0), values.IS_MAX))
    moment = case.changed_utc.astimezone(filed.started.tzinfo)
    found.ContentDate, found.ContentTime = values.day(moment), values.time_of_day(moment)
    found.AcquisitionDateTime = values.date_time(filed.started)
    found.ContributingEquipmentSequence = [_handpiece(case), _software(case)]
    found.DocumentTitle = title_of(case, replaces=bool(replaces))
    if replaces:
        found.SourceInstanceSequence = [reference(replaces)]
    enclose(found, case.documents.pdf(), attachments=("text/csv",), identifies=True)
    kept = {**filed.references(), "instance": uid}
    if replaces:
        kept["replaces"] = replaces
    return found, kept


def replaced(case: Case, filed: Filed) -> str:
    """Return the UID of the instance before this one, in the same series; empty for the first."""
    before = case.previous
    if before is None or before.references.get("series") != filed.series:
        return ""
    if before.revision == case.revision:  # sent again: it names what it named the first time
        return before.references.get("replaces", "")
    return before.references.get("instance", "")


def title_of(case: Case, *, replaces: bool = False) -> str:
    """Return the title that people read in a list of documents, marks first.

    What a corrected field said before is not in it: that may be another patient's.
    """
    data = case.data
    where = " ".join(part for part in (data.site_name, data.teeth) if part)
    kind = _TITLES.get(data.purpose, _TITLES["insertion"])
    words = f"{kind} torque report, mini-implant" + (f", {where}" if where else "")
    if case.status is Status.AMENDED:
        what = dict.fromkeys(each.field.replace("_", " ") for each in case.corrections)
        told = f" (corrected: {', '.join(what)})" if what else " (added to)"
        words = f"AMENDED: {words}{told}" + (", replaces an earlier report" if replaces else "")
    return values.paragraph(f"{data.mark}: {words}" if data.mark else words)


def _handpiece(case: Case) -> Dataset:
    """Return who and what measured: the operator and the handpiece, in the instance."""
    device = case.data.device
    item = _contributing("109101", "Acquisition Equipment", values.long(device.maker))
    for keyword, text in (
        ("ManufacturerModelName", device.model),
        ("DeviceSerialNumber", device.serial),
        ("SoftwareVersions", device.firmware),
    ):
        if values.long(text):
            setattr(item, keyword, values.long(text))
    if values.name(case.data.operator):
        item.OperatorsName = values.name(case.data.operator)
    calibrated = _day_of(device.calibrated)
    if calibrated:
        item.DateOfLastCalibration = calibrated
    return item


def _software(case: Case) -> Dataset:
    """Return which version of this program closed the record."""
    item = _contributing("109102", "Processing Equipment", MAKER)
    if values.long(case.software):
        item.SoftwareVersions = values.long(case.software)
    return item


def _contributing(code: str, meaning: str, maker: str) -> Dataset:
    """Return an item of equipment; the codes are those of PS3.16 CID 7005."""
    from pydicom.dataset import Dataset

    purpose = Dataset()
    purpose.CodeValue = code
    purpose.CodingSchemeDesignator = "DCM"
    purpose.CodeMeaning = meaning
    item = Dataset()
    item.PurposeOfReferenceCodeSequence = [purpose]
    item.Manufacturer = maker or "not stated"  # type 1: never empty
    return item


def _day_of(text: str) -> str:
    """Return an ISO date as DA; empty where it is none."""
    try:
        return values.day(datetime.fromisoformat(text).replace(tzinfo=UTC))
    except ValueError:
        return ""


def enclose(
    found: Dataset, pdf: bytes, *, attachments: tuple[str, ...] = (), identifies: bool
) -> None:
    """Put a PDF into an instance. Raises RejectedError where it is none or too long."""
    if not pdf.startswith(b"%PDF-"):
        raise RejectedError("the report is no PDF: nothing is sent")
    if len(pdf) > MAX_PDF_BYTES:
        raise RejectedError(
            f"the report has more than {MAX_PDF_BYTES // 1_000_000} MB: nothing is sent"
        )
    found.BurnedInAnnotation = "YES" if identifies else "NO"
    found.MIMETypeOfEncapsulatedDocument = "application/pdf"
    if attachments:
        found.ListOfMIMETypes = list(attachments)
    found.EncapsulatedDocument = pdf + b"\0" * (len(pdf) % 2)  # values have even length
    found.EncapsulatedDocumentLength = len(pdf)


def document_of(found: Dataset) -> bytes:
    """Return the PDF of an instance as it was put in."""
    raw = bytes(found.EncapsulatedDocument)
    return raw[: int(found.EncapsulatedDocumentLength)]


def to_bytes(found: Dataset) -> bytes:
    """Return an instance as a file (PS3.10)."""
    from pydicom import dcmwrite

    file = io.BytesIO()
    dcmwrite(file, found, enforce_file_format=True)
    return file.getvalue()
