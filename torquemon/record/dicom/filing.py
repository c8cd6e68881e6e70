"""Where an instance belongs: patient, study, series and equipment, the same for all in a series.

A series carries only what no correction changes. It can be made again from a receipt alone, so that
a note can still be put beside a report whose content was erased.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone, tzinfo
from typing import TYPE_CHECKING, Final

from torquemon import __version__
from torquemon.model import Origin
from torquemon.record.delivery.case import Case
from torquemon.record.delivery.exporter import RejectedError
from torquemon.record.dicom import uids, values

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

ENCAPSULATED_PDF: Final = "1.2.840.10008.5.1.4.1.1.104.1"
EXPLICIT_LITTLE: Final = "1.2.840.10008.1.2.1"
MAKER: Final = "TorqueMon"


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


def frame(filed: Filed, uid: str, habits: Habits) -> Dataset:
    """Return an instance without its document: patient, study, series, equipment."""
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import UID

    found = Dataset()
    found.preamble = b"\0" * 128  # without it, STOW-RS would carry something that is no DICOM file
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
    found.Manufacturer = MAKER
    found.ManufacturerModelName = MAKER
    found.DeviceSerialNumber = values.long(filed.chair_id)
    found.ConversionType = "WSD"
    if habits.institution:
        found.InstitutionName = values.long(habits.institution)


def reference(uid: str) -> Dataset:
    """Return a reference to another instance of ours."""
    from pydicom.dataset import Dataset

    item = Dataset()
    item.ReferencedSOPClassUID = ENCAPSULATED_PDF
    item.ReferencedSOPInstanceUID = uid
    return item
