"""The data set of any case at all: written, read back equal, and within DICOM's limits."""

from __future__ import annotations

import io
import warnings
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import dcmread
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.valuerep import validate_value

from tests.dicom_cases import instance_of
from tests.folder_cases import make_case
from torquemon.model import Origin
from torquemon.record.delivery.case import Case, Correction, Receipt, Status
from torquemon.record.delivery.exporter import RejectedError
from torquemon.record.dicom import uids, values
from torquemon.record.dicom.filing import Habits
from torquemon.record.dicom.instance import document_of, to_bytes
from torquemon.record.report_data import Device
from torquemon.text import clean

texts = st.one_of(
    st.text(max_size=200),
    st.text(alphabet="\\^=\x00\x1b\r\n \u202e\ufffdé漢ﬀ\U0001f9b7ab", max_size=200),
    st.sampled_from(["", "\\", "A\\B", "A^B=C", "^" * 70, "=" * 70, "x" * 500, " lead", "trail "]),
)
cleaned = texts.map(clean)
SECONDS = 7_000_000_000
"""Until 2191."""
moments = st.integers(0, SECONDS).map(lambda s: datetime.fromtimestamp(s, UTC))
zones = st.integers(-12 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))
LIMITS = {"LO": 64, "SH": 16, "ST": 1024, "CS": 16, "UI": 64, "IS": 12, "PN": 64, "DT": 26}


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A case of which every text is whatever was drawn."""
    maker, model, serial, firmware, calibrated = (draw(cleaned) for _ in range(5))
    device = Device(maker, model, serial, firmware, calibrated)
    refs = draw(st.none() | st.just({}) | st.just({"series": "1.2", "instance": "1.2.3"}))
    return make_case(
        patient=draw(cleaned),
        revision=draw(st.integers(0, 2**62)),
        status=draw(st.sampled_from([Status.FINAL, Status.AMENDED])),
        origin=draw(st.sampled_from([None, *Origin])),
        previous=None if refs is None else Receipt(draw(st.integers(0, 9)), refs),
        operator=draw(cleaned),
        site_name=draw(cleaned),
        teeth=draw(cleaned),
        device=device,
        opened_utc=draw(moments),
        changed_utc=draw(moments),
        software=draw(cleaned),
        patient_name=draw(cleaned),
        birth_date=draw(st.none() | st.dates(date(1900, 1, 1), date(2100, 1, 1))),
        corrections=tuple(
            Correction(draw(cleaned), "old", "new", "why", "who", datetime(2026, 1, 1, tzinfo=UTC))
            for _ in range(draw(st.integers(0, 3)))
        ),
    )


def every(found: Dataset) -> list[DataElement]:
    """All elements, those in sequences too."""
    return [element for element in found.iterall() if element.VR != "SQ"]


@given(cases(), zones, cleaned, cleaned)
def test_any_case_is_written_and_read_back_equal(
    case: Case, zone: timezone, institution: str, issuer: str
) -> None:
    habits = Habits(zone, institution, issuer)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        if not _can_be_held(case.data.patient):
            with pytest.raises(RejectedError) as refused:
                instance_of(case, habits)
            assert len(case.data.patient) < 10 or case.data.patient not in str(refused.value)
            return
        made = instance_of(case, habits)
        raw = to_bytes(made)
        read = dcmread(io.BytesIO(raw))
    assert read == made
    assert document_of(read) == case.documents.pdf()
    assert read.PatientID == case.data.patient.strip()
    for element in every(read):
        _within(element)
    assert to_bytes(instance_of(case, habits)) == raw


def _can_be_held(reference: str) -> bool:
    return 0 < len(reference) <= 64 and "\\" not in reference


def _within(element: DataElement) -> None:
    vr, value = str(element.VR), element.value
    if isinstance(value, bytes | int):
        return
    assert not isinstance(value, list | MultiValue), element
    text = str(value)
    assert len(text) <= LIMITS.get(vr, 64), element
    if vr != "ST":
        assert "\\" not in text, element
    assert text.isprintable(), element
    validate_value(vr, text, 2)  # pydicom's own idea, raising


@given(texts)
def test_texts_keep_their_limits_and_say_the_same_again(text: str) -> None:
    for make, limit in ((values.short, 16), (values.long, 64), (values.paragraph, 1024)):
        made = make(text)
        assert len(made) <= limit
        assert make(made) == made
    named = values.name(text)
    assert len(named) <= 64
    assert named.count("^") <= 4
    assert "=" not in named
    assert "\\" not in named
    assert values.name(named) == named


@given(st.text(max_size=80))
def test_an_identity_is_kept_or_refused_and_never_altered(text: str) -> None:
    try:
        assert values.identity(text, "patient reference") == text
    except RejectedError:
        return
    assert text == text.strip()
    assert "\\" not in text


@given(st.lists(st.tuples(st.text(max_size=8), st.text(max_size=8)), min_size=2, max_size=6))
def test_uids_are_valid_and_of_one_insertion_and_patient(pairs: list[tuple[str, str]]) -> None:
    found = {pair: uids.study(*pair) for pair in pairs} | {
        (*pair, "s"): uids.series(*pair) for pair in pairs
    }
    assert len(set(found.values())) == len(found)
    for uid in found.values():
        assert len(uid) <= 64
        assert uid.removeprefix("2.25.").isdecimal()
        assert not uid.removeprefix("2.25.").startswith("0")


@given(cases(), st.integers(1, 2**31), st.sampled_from(["final", "amended", "withdrawn"]))
def test_a_revision_has_its_own_instance(case: Case, more: int, role: str) -> None:
    first, patient = case.insertion_id, case.data.patient
    revision = case.revision
    one = uids.instance(first, patient, revision, role, "")
    assert one == uids.instance(first, patient, revision, role, "")
    assert one != uids.instance(first, patient, revision + more, role, "")
    assert one != uids.instance(first, patient, revision, role, one)
    assert one != uids.instance(first, patient + "x", revision, role, "")


def test_names_do_not_matter_to_a_uid() -> None:
    named = replace(make_case(), patient_name="Doe^Jane")
    assert instance_of(named).SOPInstanceUID == instance_of(make_case()).SOPInstanceUID
