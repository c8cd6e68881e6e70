"""A case as a DICOM data set: Encapsulated PDF (PS3.3 A.45.1), explicit little endian, UTF-8.

The same case gives the same bytes. Study and series carry only what no correction changes, since
every instance in them must say the same; what is amended stands in the instance. The curve stays
inside the PDF, as the attachment it has there.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import TYPE_CHECKING, Final

from torquemon import __version__
from torquemon.model import Origin
from torquemon.record.delivery.case import Case, Status
from torquemon.record.delivery.exporter import RejectedError
from torquemon.record.dicom import uids, values

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

ENCAPSULATED_PDF: Final = "1.2.840.10008.5.1.4.1.1.104.1"
EXPLICIT_LITTLE: Final = "1.2.840.10008.1.2.1"
MAX_PDF_BYTES: Final = 64_000_000
"""A report has a few hundred kilobytes; more is a mistake, and no archive is asked to take it."""
_MAKER: Final = "TorqueMon"
_TITLES: Final = {"insertion": "Insertion", "removal": "Removal", "tightening": "Tightening"}


@dataclass(frozen=True, slots=True)
class Habits:
    """What a practice sets for all its instances."""

    zone: tzinfo | None = None
    """Whose days and hours are written; None is this computer's."""
    institution: str = ""
    issuer: str = ""
    """Who gave the patient references, for (0010,0021)."""


@dataclass(frozen=True, slots=True)
class Filed:
    """Where an instance belongs: patient, study and series. All that a note needs to know."""

    patient: str
    study: str
    series: str
    started: datetime
    """When the study began, in the zone that the instance is written in."""
    mark: str
    insertion_id: str
    chair_id: str
    name: str = ""
    birth_date: date | None = None

    def references(self) -> dict[str, str]:
        """Return it as a receipt keeps it: without name and birth date."""
        return {
            "patient": self.patient,
            "study": self.study,
            "series": self.series,
            "started": self.started.isoformat(),
            "mark": self.mark,
        }

    @classmethod
    def of_case(cls, case: Case, habits: Habits) -> Filed:
        """Return where a case belongs. Raises RejectedError where it has no usable patient."""
        patient = values.identity(case.data.patient, "patient reference")
        told = case.previous.references if case.previous is not None else {}
        series = uids.series(case.insertion_id, patient)
        started = _in_zone(case.opened_utc, habits.zone)
        if told.get("series") == series:  # the study keeps its day when the zone is set anew
            started = _moment(told.get("started", ""), started)
        return cls(
            patient=patient,
            study=uids.study(case.insertion_id, patient),
            series=series,
            started=started,
            mark=case.data.mark,
            insertion_id=case.insertion_id,
            chair_id=case.chair_id,
            name=case.patient_name,
            birth_date=case.birth_date,
        )

    @classmethod
    def of_receipt(cls, insertion_id: str, chair_id: str, told: Mapping[str, str]) -> Filed | None:
        """Return where a case was filed; None where the receipt names no instance."""
        if not told.get("instance"):
            return None
        # a moment without a zone is damaged too: what is sent says its own
        try:
            return cls(
                patient=told["patient"],
                study=told["study"],
                series=told["series"],
                started=datetime.fromisoformat(told["started"]),
                mark=told["mark"],
                insertion_id=insertion_id,
                chair_id=chair_id,
            )
        except (KeyError, ValueError):
            raise RejectedError(
                "what was sent of this insertion is not known any more: withdraw it at the archive"
            ) from None


def _moment(text: str, otherwise: datetime) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return otherwise
    return found if found.tzinfo is not None else otherwise


def _in_zone(moment_utc: datetime, zone: tzinfo | None) -> datetime:
    """Return a moment at the practice's hours, with a plain offset of whole minutes."""
    local = moment_utc.astimezone(zone)
    shift = local.utcoffset() or timedelta()
    return moment_utc.astimezone(timezone(timedelta(minutes=round(shift.total_seconds() / 60))))


def report_of(case: Case, habits: Habits) -> tuple[Dataset, dict[str, str]]:
    """Return the instance of a case that stands, and what the receipt must keep of it.

    Raises RejectedError, ReportError.
    """
    filed = Filed.of_case(case, habits)
    replaces = replaced(case, filed)
    uid = uids.instance(
        case.insertion_id, filed.patient, case.revision, case.status.value, replaces
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


def frame(filed: Filed, uid: str, habits: Habits) -> Dataset:
    """Return an instance without its document: patient, study, series, equipment."""
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import UID

    found = Dataset()
    found.file_meta = FileMetaDataset()
    found.file_meta.MediaStorageSOPClassUID = UID(ENCAPSULATED_PDF)
    found.file_meta.MediaStorageSOPInstanceUID = UID(uid)
    found.file_meta.TransferSyntaxUID = UID(EXPLICIT_LITTLE)
    found.file_meta.ImplementationClassUID = UID(uids.implementation())
    found.file_meta.ImplementationVersionName = values.short(f"TORQUEMON{__version__}")
    found.SpecificCharacterSet = "ISO_IR 192"
    found.TimezoneOffsetFromUTC = values.offset(filed.started)
    found.SOPClassUID = ENCAPSULATED_PDF
    found.SOPInstanceUID = uid
    _patient(found, filed, habits)
    _study(found, filed)
    _equipment(found, filed, habits)
    found.ConceptNameCodeSequence = []  # no code was verified for such a report: none is claimed
    return found


def _patient(found: Dataset, filed: Filed, habits: Habits) -> None:
    # the name stays empty unless it may be known: a number in its place would overwrite the
    # archive's name of this patient
    found.PatientName = values.name(filed.name)
    found.PatientID = filed.patient
    found.PatientBirthDate = values.day(filed.birth_date) if filed.birth_date is not None else ""
    found.PatientSex = ""
    if habits.issuer:
        found.IssuerOfPatientID = values.long(habits.issuer)
    if filed.mark in (Origin.SIMULATED.value.upper(), Origin.REPLAYED.value.upper()):
        # for real data it stays away, which says that nothing is known: a real handpiece may
        # have turned a screw into a test block
        found.QualityControlSubject = "YES"


def _study(found: Dataset, filed: Filed) -> None:
    marked = f"{filed.mark}: " if filed.mark else ""
    found.StudyInstanceUID = filed.study
    found.StudyDate = values.day(filed.started)
    found.StudyTime = values.time_of_day(filed.started)
    found.StudyID = filed.insertion_id[-values.SH_CHARS :]
    found.StudyDescription = values.long(f"{marked}Orthodontic mini-implant")
    found.ReferringPhysicianName = ""
    found.AccessionNumber = ""
    found.Modality = "DOC"
    found.SeriesInstanceUID = filed.series
    found.SeriesNumber = "1"
    found.SeriesDescription = values.long(f"{marked}Torque report")


def _equipment(found: Dataset, filed: Filed, habits: Habits) -> None:
    # no version here: a series has one equipment, and it is updated between two instances
    found.Manufacturer = _MAKER
    found.ManufacturerModelName = _MAKER
    found.DeviceSerialNumber = values.long(filed.chair_id)
    found.ConversionType = "WSD"
    if habits.institution:
        found.InstitutionName = values.long(habits.institution)


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
    item = _contributing("109102", "Processing Equipment", _MAKER)
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


def reference(uid: str) -> Dataset:
    """Return a reference to another instance of ours."""
    from pydicom.dataset import Dataset

    item = Dataset()
    item.ReferencedSOPClassUID = ENCAPSULATED_PDF
    item.ReferencedSOPInstanceUID = uid
    return item


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
