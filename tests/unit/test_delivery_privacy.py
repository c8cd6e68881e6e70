"""What a server says of a patient is neither shown nor kept, in whatever spelling it says it."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.cases import signed_store
from tests.dicom_cases import archive, shelf
from tests.fhir_cases import one_case
from tests.fhir_hostile import Hostile, hostile, whole
from tests.folder_cases import SAID, corrected, make_case
from torquemon.clock import ManualClock
from torquemon.record.delivery.building import build_case
from torquemon.record.delivery.case import Case, Erased, Receipt
from torquemon.record.delivery.exporter import AwayError, DestinationError, RejectedError
from torquemon.record.delivery.privacy import HIDDEN, redacted, without
from torquemon.record.fhir.exporter import FhirExporter
from torquemon.record.fhir.settings import FhirSettings
from torquemon.record.remarks import Remarks

QUOTED = "No match for GEHEIM, ANNA (born 03.04.2010, 20100403) nr 4711; geheim@x Geheims Pat_4711"
TELLING = re.compile(r"geheim|anna|2010|4711", re.IGNORECASE)
NOT_THERE = whole("404 Not Found")


def of_somebody(case: Case, name: str = "Geheim^Anna", patient: str = "4711") -> Case:
    return replace(
        case,
        data=replace(case.data, patient=patient),
        patient_name=name,
        birth_date=date(2010, 4, 3),
    )


SOMEBODY = of_somebody(make_case())


def outcome(text: str) -> bytes:
    issue = [{"severity": "error", "code": "invalid", "diagnostics": text}]
    return json.dumps({"resourceType": "OperationOutcome", "issue": issue}).encode()


def answered(status: str) -> bytes:
    entries = [{"response": {"status": "201 Created"}}] * 10 + [{"response": {"status": status}}]
    told = {"resourceType": "Bundle", "type": "transaction-response", "entry": entries}
    return json.dumps(told).encode()


@pytest.fixture
def server() -> Iterator[tuple[Hostile, threading.Event]]:
    with hostile() as found:
        yield found


def exporter(server: Hostile) -> FhirExporter:
    return FhirExporter("ehr", FhirSettings(server.url, total_s=5.0), ManualClock())


# --- the words -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "said",
    [
        QUOTED,
        "born 03042010 04032010 2010-04-03 04/03/2010 3.4.2010 2010/4/3 3/4/2010 20100304",
        "born 3 April 2010, Apr 3rd, 2010, 3. Apr. 2010, 2010-Apr-03",
        "patient004711x, PID:4711^^^H, Anna-Lena, ANNAGEHEIM",
        "Ge\u0068eim annA\u0301 4711",
    ],
)
def test_no_spelling_of_the_patient_is_left(said: str) -> None:
    assert not TELLING.search(redacted(said, SOMEBODY))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Müller^Änne", "MUELLER Muller müller MÜLLER Mu\u0308ller Aenne anne"),
        ("Mueller^Joerg", "Müller Mueller jörg JOERG"),
        ("Strauß^Zoë", "STRAUSS strauß zoe ZOË"),
        ("Meyer-Große^Ann Kathrin", "meyer grosse meyer-große Kathrin"),
        ("O'Brien^Li", "obrien? O'BRIEN li, (Li)"),
    ],
)
def test_accents_and_double_names_are_no_hiding_place(name: str, said: str) -> None:
    left = redacted(said, of_somebody(make_case(), name))
    assert not re.search(r"[^\W\d_]{3,}", left.replace("obrien", "")), left


def test_what_is_no_patient_stays_readable() -> None:
    said = "Observation.status: invalid code, 7.5 N.cm on 2026-01-02 is too much (rule 471)"
    assert redacted(said, SOMEBODY) == said
    short = of_somebody(make_case(), "Li^Jo", "7")
    assert redacted("P-77 in Joule, a line; 7 of Li", short) == (
        f"P-77 in Joule, a line; {HIDDEN} of {HIDDEN}"
    )


def test_an_earlier_number_is_the_patients_too() -> None:
    case = make_case(patient="P-1", corrections=(corrected("patient_ref", "P-4711", "P-1"),))
    assert redacted("P-4711, 4711, P-1", case) == f"{HIDDEN}, {HIDDEN}, {HIDDEN}"


def test_a_name_that_may_not_go_out_is_hidden_as_well(tmp_path: Path) -> None:
    store, insertion_id = signed_store(tmp_path / "record", patient="4711")
    Remarks(store).person("4711", "Geheim^Anna", date(2010, 4, 3), "Dr A")
    try:
        case = build_case(store, insertion_id)
    finally:
        store.close()
    assert (case.patient_name, case.birth_date) == ("", None)
    assert "Geheim" not in repr(case)
    assert not TELLING.search(redacted(QUOTED, case))


@given(
    name=st.text(min_size=3, max_size=12, alphabet=st.characters(categories=["Lu", "Ll"])),
    around=st.text(max_size=5),
)
@example(name="ßüÄ", around="")
def test_any_name_is_found_in_upper_and_lower_case(name: str, around: str) -> None:
    case = of_somebody(make_case(), name)
    for spelt in (name, name.upper(), name.lower()):
        assert spelt not in redacted(f"{around}{spelt}{around}", case) or spelt in "[…]"


def test_an_error_stays_what_it_was() -> None:
    away = without(AwayError("4711", 7.0), SOMEBODY)
    assert isinstance(away, AwayError)
    assert (str(away), away.retry_after_s) == (HIDDEN, 7.0)
    assert isinstance(without(RejectedError("x"), SOMEBODY), RejectedError)


# --- FHIR ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["400 Bad Request", "422 Unprocessable Entity"])
@pytest.mark.parametrize("said", [QUOTED, "x" * 195 + " Geheim^Anna", "x" * 1990 + " Geheim"])
def test_a_refusal_of_fhir_does_not_tell_who(
    server: tuple[Hostile, threading.Event], status: str, said: str
) -> None:
    server[0].answers = [NOT_THERE, whole(status, outcome(said))]
    with pytest.raises(RejectedError, match=status[:3]) as caught:
        exporter(server[0]).deliver(of_somebody(one_case()))
    assert not TELLING.search(str(caught.value))
    assert "Gehe" not in str(caught.value)


@pytest.mark.parametrize(
    "answer",
    [
        whole("200 OK", answered("422 Geheim^Anna 4711")),
        whole("200 OK", answered("Geheim^Anna 4711")),
        whole("200 OK", b"{}", "text/geheim-anna-4711"),
    ],
)
def test_an_odd_answer_of_fhir_does_not_tell_who(
    server: tuple[Hostile, threading.Event],
    answer: Any,  # noqa: ANN401 - any answer
) -> None:
    server[0].answers = [NOT_THERE, answer]
    # without the words to look for: nothing may be quoted at all
    with pytest.raises(AwayError) as caught:
        exporter(server[0]).deliver(one_case())
    assert not TELLING.search(str(caught.value))


def test_what_a_server_says_of_an_erased_patient_is_not_told(
    server: tuple[Hostile, threading.Event],
) -> None:
    case = one_case()
    told = Erased(case.insertion_id, case.chair_id, 20, SAID, Receipt(5, {"roles": "report"}))
    server[0].answers = [NOT_THERE, whole("422 Unprocessable Entity", outcome(QUOTED))]
    with pytest.raises(RejectedError, match="422") as caught:
        exporter(server[0]).withdraw(told)
    assert not TELLING.search(str(caught.value))


# --- DICOM ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [0xA700, 0xA900, 0xB000, 0xB006, 0xC001, 0x0122])
def test_what_an_archive_says_is_neither_told_nor_kept(status: int) -> None:
    with shelf() as there:
        there.status, there.comment = status, "Patient Geheim^Anna 4711 refused"
        try:
            told = str(archive(there.port).deliver(make_case(patient="P-1")))
        except DestinationError as error:
            told = str(error)
    assert f"0x{status:04X}" in told
    assert not re.search("geheim|anna|4711", told, re.IGNORECASE)


def test_the_receipt_of_an_archive_keeps_the_code_alone() -> None:
    with shelf() as there:
        there.status, there.comment = 0xB000, "Geheim^Anna"
        assert archive(there.port).deliver(make_case())["said"] == "0xB000"
