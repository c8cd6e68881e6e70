"""What stands in an instance: identity, marks, times, amendments; and in a note."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from pydicom.sr.codedict import codes
from pydicom.uid import EncapsulatedPDFStorage, ExplicitVRLittleEndian

from tests.dicom_cases import UTC_HABITS, instance_of
from tests.folder_cases import SAID, Papers, corrected, make_case
from torquemon.model import Origin
from torquemon.record.delivery.case import Receipt, Status
from torquemon.record.delivery.exporter import RejectedError
from torquemon.record.dicom import filing, instance
from torquemon.record.dicom.filing import Filed, Habits
from torquemon.record.dicom.instance import document_of, report_of, to_bytes
from torquemon.record.dicom.note import Cause, Withdrawal, note_of


def test_identifiers_are_those_of_the_standard() -> None:
    assert EncapsulatedPDFStorage == filing.ENCAPSULATED_PDF
    assert ExplicitVRLittleEndian == filing.EXPLICIT_LITTLE
    handpiece, software = instance_of().ContributingEquipmentSequence
    for item, known in (
        (handpiece, codes.DCM.AcquisitionEquipment),
        (software, codes.DCM.ProcessingEquipment),
    ):
        (purpose,) = item.PurposeOfReferenceCodeSequence
        assert (purpose.CodeValue, purpose.CodeMeaning) == (known.value, known.meaning)


def test_the_pdf_is_inside_with_its_length_and_padded_to_an_even_one() -> None:
    for tag in ("odd", "even"):
        papers = Papers(tag)
        made = instance_of(replace(make_case(), documents=papers))
        assert document_of(made) == papers.pdf()
        assert len(made.EncapsulatedDocument) % 2 == 0
        assert made.EncapsulatedDocumentLength == len(papers.pdf())
    assert made.MIMETypeOfEncapsulatedDocument == "application/pdf"
    assert made.ListOfMIMETypes == "text/csv"  # the curve, attached inside the PDF


@pytest.mark.parametrize(("pdf", "says"), [(b"<html>", "no PDF"), (b"", "no PDF")])
def test_what_is_no_pdf_is_not_sent(pdf: bytes, says: str) -> None:
    class Odd(Papers):
        def pdf(self) -> bytes:
            return pdf

    with pytest.raises(RejectedError, match=says):
        instance_of(replace(make_case(), documents=Odd()))


def test_a_pdf_that_is_too_long_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instance, "MAX_PDF_BYTES", 8)
    with pytest.raises(RejectedError, match="more than"):
        instance_of()


def test_the_name_stays_away_unless_it_may_be_known() -> None:
    made = instance_of()
    assert (made.PatientID, made.PatientName, made.PatientBirthDate) == ("P-1024", "", "")
    named = instance_of(replace(make_case(), patient_name="Doe^Jane", birth_date=date(2009, 2, 28)))
    assert (named.PatientName, named.PatientBirthDate) == ("Doe^Jane", "20090228")
    assert named.BurnedInAnnotation == "YES"


@pytest.mark.parametrize("reference", ["", "A\\B", "x" * 65])
def test_a_patient_that_dicom_cannot_hold_is_refused_and_not_repeated(reference: str) -> None:
    with pytest.raises(RejectedError, match="patient reference") as refused:
        instance_of(make_case(patient=reference))
    assert not reference or reference not in str(refused.value)


@pytest.mark.parametrize(
    ("origin", "mark", "control"),
    [
        (Origin.SIMULATED, "SIMULATED", "YES"),
        (Origin.REPLAYED, "REPLAYED", "YES"),
        (None, "ORIGIN UNKNOWN", None),
        (Origin.REAL, "", None),
    ],
)
def test_data_that_are_not_real_are_marked_wherever_a_list_shows_them(
    origin: Origin | None, mark: str, control: str | None
) -> None:
    case = make_case(origin=origin)
    made, kept = report_of(case, UTC_HABITS)
    filed = Filed.of_receipt(case.insertion_id, case.chair_id, kept)
    assert filed is not None
    said = Withdrawal(case.insertion_id, 6, kept["instance"], SAID, Cause.ERASED)
    note, _ = note_of(filed, said, UTC_HABITS)
    for each in (made, note):
        for text in (each.StudyDescription, each.SeriesDescription, each.DocumentTitle):
            assert text.startswith(f"{mark}: ") == bool(mark)
        assert each.get("QualityControlSubject") == control


@pytest.mark.parametrize(
    ("zone", "opened", "expected"),
    [
        ("UTC", datetime(2026, 1, 1, 9, 30, tzinfo=UTC), ("20260101", "093000.000000", "+0000")),
        (
            "America/Los_Angeles",  # an afternoon there is the next day in UTC
            datetime(2026, 1, 2, 1, 15, tzinfo=UTC),
            ("20260101", "171500.000000", "-0800"),
        ),
        (
            "Asia/Kolkata",
            datetime(2026, 7, 1, 20, 0, tzinfo=UTC),
            ("20260702", "013000.000000", "+0530"),
        ),
    ],
)
def test_days_and_hours_are_those_of_the_practice(
    zone: str, opened: datetime, expected: tuple[str, str, str]
) -> None:
    made = instance_of(replace(make_case(), opened_utc=opened), Habits(ZoneInfo(zone)))
    day, time, offset = expected
    assert (made.StudyDate, made.StudyTime, made.TimezoneOffsetFromUTC) == expected
    assert made.AcquisitionDateTime == f"{day}{time}{offset}"


def test_one_offset_stands_for_all_times_of_an_instance() -> None:
    # opened in winter, amended in summer: the offset of the winter is stated, so it is used
    case = replace(make_case(), changed_utc=datetime(2026, 7, 1, 12, 0, tzinfo=UTC))
    made = instance_of(case, Habits(ZoneInfo("Europe/London")))
    assert made.TimezoneOffsetFromUTC == "+0000"
    assert made.ContentTime == "120000.000000"


def test_a_study_keeps_its_day_when_the_zone_is_set_anew() -> None:
    late = replace(make_case(), opened_utc=datetime(2026, 1, 1, 23, 30, tzinfo=UTC))
    first, kept = report_of(late, Habits(ZoneInfo("UTC")))
    again = replace(late, revision=6, status=Status.AMENDED, previous=Receipt(5, kept))
    second, _ = report_of(again, Habits(ZoneInfo("Asia/Tokyo")))
    assert (second.StudyDate, second.StudyTime) == (first.StudyDate, first.StudyTime)
    assert second.TimezoneOffsetFromUTC == first.TimezoneOffsetFromUTC


@pytest.mark.parametrize("started", ["", "not a moment", "2026-01-01T00:00:00"])
def test_a_receipt_with_a_damaged_moment_stops_nothing(started: str) -> None:
    case = make_case()
    _, kept = report_of(case, UTC_HABITS)
    again = replace(case, previous=Receipt(5, {**kept, "started": started}))
    assert to_bytes(instance_of(again, Habits(UTC))) == to_bytes(instance_of(case, Habits(UTC)))


def test_the_same_case_is_the_same_file_ten_times() -> None:
    case, made = make_case(), set()
    for _ in range(10):
        found, kept = report_of(case, UTC_HABITS)
        made.add(to_bytes(found))
        case = replace(case, previous=Receipt(case.revision, kept))
    assert len(made) == 1


def test_an_amendment_names_what_it_replaces_and_no_old_value() -> None:
    case = make_case()
    first, kept = report_of(case, UTC_HABITS)
    amended = replace(
        case,
        revision=7,
        status=Status.AMENDED,
        corrections=(corrected("fdi", "14-15", "15-16"), corrected("site", "old", "new")),
        previous=Receipt(5, kept),
    )
    second, kept_2 = report_of(amended, UTC_HABITS)
    assert second.SOPInstanceUID != first.SOPInstanceUID
    assert second.SeriesInstanceUID == first.SeriesInstanceUID
    assert second.SourceInstanceSequence[0].ReferencedSOPInstanceUID == first.SOPInstanceUID
    assert second.DocumentTitle.startswith("AMENDED: Insertion torque report")
    assert "(corrected: fdi, site), replaces an earlier report" in second.DocumentTitle
    assert "14-15" not in str(second.DocumentTitle)
    again, kept_3 = report_of(replace(amended, previous=Receipt(7, kept_2)), UTC_HABITS)
    assert to_bytes(again) == to_bytes(second)
    assert kept_3 == kept_2


def test_a_series_says_the_same_in_all_its_instances() -> None:
    case = make_case(origin=Origin.SIMULATED)
    first, kept = report_of(case, UTC_HABITS)
    changed = make_case(
        origin=Origin.SIMULATED,
        revision=9,
        status=Status.AMENDED,
        site_name="elsewhere",
        operator="another",
        software="torquemon 9",
        previous=Receipt(5, kept),
    )
    second, _ = report_of(changed, UTC_HABITS)
    filed = Filed.of_receipt(case.insertion_id, case.chair_id, kept)
    assert filed is not None
    said = Withdrawal(case.insertion_id, 11, kept["instance"], None, Cause.ERASED)
    note, _ = note_of(filed, said, UTC_HABITS)
    of_the_series = (
        "PatientID",
        "PatientSex",
        "StudyInstanceUID",
        "StudyDate",
        "StudyTime",
        "StudyID",
        "StudyDescription",
        "AccessionNumber",
        "ReferringPhysicianName",
        "Modality",
        "SeriesInstanceUID",
        "SeriesNumber",
        "SeriesDescription",
        "Manufacturer",
        "ManufacturerModelName",
        "DeviceSerialNumber",
        "SoftwareVersions",
        "InstitutionName",
        "TimezoneOffsetFromUTC",
        "ConversionType",
    )
    for keyword in of_the_series:
        assert first.get(keyword) == second.get(keyword) == note.get(keyword), keyword


def test_a_reassigned_report_is_another_study_that_does_not_tell_of_the_first() -> None:
    case = make_case()
    first, kept = report_of(case, UTC_HABITS)
    moved = make_case(
        patient="P-2",
        revision=6,
        status=Status.AMENDED,
        corrections=(corrected("patient_ref", "P-1024", "P-2"),),
        previous=Receipt(5, kept),
    )
    second, kept_2 = report_of(moved, UTC_HABITS)
    assert second.StudyInstanceUID != first.StudyInstanceUID
    assert "SourceInstanceSequence" not in second
    assert "replaces" not in kept_2
    for old in ("P-1024", first.SOPInstanceUID, first.StudyInstanceUID):
        assert str(old).encode() not in to_bytes(second).split(b"%PDF-")[0]


def test_the_same_number_after_a_restored_backup_is_another_instance() -> None:
    case = make_case()
    first = instance_of(case)
    again = instance_of(replace(case, revision_hash="0" * 128))
    assert again.SOPInstanceUID != first.SOPInstanceUID
    assert again.SeriesInstanceUID == first.SeriesInstanceUID
    assert instance_of(case).SOPInstanceUID == first.SOPInstanceUID


def test_a_note_holds_nothing_but_what_the_receipt_holds() -> None:
    case = replace(make_case(), patient_name="Doe^Jane", birth_date=date(2009, 2, 28))
    _, kept = report_of(case, UTC_HABITS)
    assert "Doe" not in str(kept)
    filed = Filed.of_receipt(case.insertion_id, case.chair_id, kept)
    assert filed is not None
    said = Withdrawal(case.insertion_id, 9, kept["instance"], None, Cause.ERASED)
    note, uid = note_of(filed, said, UTC_HABITS)
    assert (note.PatientID, note.PatientName, note.PatientBirthDate) == ("P-1024", "", "")
    assert note.DocumentTitle == "WITHDRAWN: torque report, erased at the practice"
    assert note.SourceInstanceSequence[0].ReferencedSOPInstanceUID == kept["instance"]
    assert (note.ContentDate, note.AcquisitionDateTime) == ("", "")
    assert note.BurnedInAnnotation == "NO"
    assert "ContributingEquipmentSequence" not in note
    assert document_of(note).startswith(b"%PDF-")
    assert b"P-1024" not in document_of(note)
    assert to_bytes(note_of(filed, said, UTC_HABITS)[0]) == to_bytes(note)
    assert note.SOPInstanceUID == uid


@pytest.mark.parametrize("missing", ["patient", "study", "series", "started", "mark"])
def test_a_damaged_receipt_is_a_sentence(missing: str) -> None:
    _, kept = report_of(make_case(), UTC_HABITS)
    del kept[missing]
    with pytest.raises(RejectedError, match="withdraw it at the archive"):
        Filed.of_receipt("01K", "01C", kept)


def test_no_receipt_of_an_instance_means_that_nothing_was_stored() -> None:
    assert Filed.of_receipt("01K", "01C", {}) is None


def test_what_is_not_stated_is_not_made_up() -> None:
    data = replace(make_case().data, operator="", device=type(make_case().data.device)())
    handpiece, _ = instance_of(replace(make_case(), data=data)).ContributingEquipmentSequence
    assert handpiece.Manufacturer == "not stated"
    stated = {"DeviceSerialNumber", "OperatorsName", "DateOfLastCalibration", "SoftwareVersions"}
    assert not stated & {element.keyword for element in handpiece}


def test_a_calibration_day_is_kept_and_nonsense_left_out() -> None:
    for text, expected in (("2026-01-05", "20260105"), ("2026-01-05T10:00:00", "20260105")):
        data = replace(make_case().data, device=replace(make_case().data.device, calibrated=text))
        item = instance_of(replace(make_case(), data=data)).ContributingEquipmentSequence[0]
        assert item.DateOfLastCalibration == expected
    data = replace(make_case().data, device=replace(make_case().data.device, calibrated="soon"))
    item = instance_of(replace(make_case(), data=data)).ContributingEquipmentSequence[0]
    assert "DateOfLastCalibration" not in item


def test_offsets_are_rounded_to_minutes() -> None:
    odd = replace(make_case(), opened_utc=datetime(1900, 6, 1, tzinfo=UTC))
    made = instance_of(odd, Habits(ZoneInfo("Europe/Amsterdam")))
    assert len(made.TimezoneOffsetFromUTC) == 5
    assert timedelta(0) <= timedelta(minutes=int(made.TimezoneOffsetFromUTC[-2:]))
