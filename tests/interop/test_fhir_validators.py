"""What three validators of other people's say of what we send, and what R4 says of our rules."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

import pytest

from tests.fhir_cases import BREAKAGES, SYSTEM, Breakage, as_read, one_case, resources, transaction
from tests.fhir_parts import Validators, validators
from torquemon.model import Origin, Validity
from torquemon.record.delivery.case import Case, Correction, Status
from torquemon.record.fhir.codes import HL7, TEST_DATA, TOOTH
from torquemon.record.fhir.names import CODES, ROLES, Fields
from torquemon.record.fhir.resources.withdrawn import Withdrawal, withdrawn
from torquemon.record.fhir.rules import CODED, REQUIRED, TARGETS
from torquemon.record.report_data import Device

SCENARIOS: Final = ("nominal", "no-angle", "removal")


@pytest.fixture(scope="module")
def others() -> Iterator[Validators]:
    with validators() as found:
        yield found


def changed(**data: Any) -> Case:  # noqa: ANN401 - fields of ReportData
    case = one_case()
    return replace(case, data=replace(case.data, **data))


def clipped() -> Case:
    readings = one_case().data.readings[:1000]
    return changed(
        readings=tuple(
            each._replace(validity=Validity.OVERFLOW) if index % 100 == 0 else each
            for index, each in enumerate(readings)
        )
    )


def nothing_known() -> Case:
    case = changed(
        **dict.fromkeys(("max_ncm", "final_ncm", "pitch_mm", "window")),
        **dict.fromkeys(("operator", "site", "site_name", "teeth", "screw"), ""),
        **dict.fromkeys(("screw_name", "lot", "why", "rule_version"), ""),
        device=Device(),
        readings=(),
        alerts=(),
    )
    return replace(case, signatures=(), findings={})


def amended() -> Case:
    case = one_case()
    said = Correction("site", "a", '<b> & "c"', "why", "Dr A", case.changed_utc)
    return replace(case, status=Status.AMENDED, corrections=(said,) * 3)


VARIANTS: Final[Mapping[str, Callable[[], Case]]] = {
    **{name: functools.partial(one_case, name) for name in SCENARIOS},
    "named": lambda: replace(one_case(), patient_name="Muster^Max"),
    "real": lambda: changed(origin=Origin.REAL),
    "unknown origin": lambda: changed(origin=None),
    "interrupted": lambda: changed(interrupted=True),
    "clipped": clipped,
    "midpalate": lambda: changed(site="midpalate", teeth=""),
    "milk teeth": lambda: changed(teeth="55-54"),
    "nothing known": nothing_known,
    "amended": amended,
}
"""Insertions of every kind that there is."""


@pytest.mark.parametrize(
    ("name", "by_id"),
    [*((name, True) for name in VARIANTS), ("nominal", False), ("removal", False)],
)
def test_no_validator_finds_an_error_in_what_is_built(
    others: Validators, name: str, *, by_id: bool
) -> None:
    for fields in resources(transaction(VARIANTS[name](), by_id=by_id)):
        read = as_read(fields)
        if not by_id:  # urn:uuid becomes an id when the server takes it
            assert "id" not in read
        assert others.errors(read) == {"lantana": [], "medplum": [], "fhirpath": []}, name


@pytest.mark.parametrize("erased", [True, False], ids=["erased", "withdrawn"])
def test_no_validator_finds_an_error_in_what_is_taken_back(
    others: Validators, *, erased: bool
) -> None:
    case = one_case()
    subject = {"type": "Patient", "identifier": {"system": SYSTEM, "value": "P-1"}}
    order = Withdrawal(
        case.insertion_id,
        case.data.mark,
        tuple(ROLES),
        (5, 7),
        "a trial",
        case.changed_utc,
        None if erased else subject,
    )
    for fields in withdrawn(order).values():
        assert not any(others.errors(as_read(fields)).values()), fields["resourceType"]


@pytest.mark.parametrize("fault", BREAKAGES, ids=lambda fault: fault.name)
def test_which_validator_sees_which_breakage(others: Validators, fault: Breakage) -> None:
    """The table of tests/interop/README.md."""
    _, fields = fault.broken(transaction(one_case()))
    said = others.errors(as_read(fields))
    assert {name for name, errors in said.items() if errors} == fault.seen_by


@pytest.mark.parametrize("path", [p for p in CODED if "." in p and p != "text.status"])
def test_our_words_for_codes_are_those_of_r4(others: Validators, path: str) -> None:
    assert set(CODED[path]) == set(others.ask(element=path)["codes"])


def test_codes_of_data_types_are_those_of_r4(others: Validators) -> None:
    for path, name in (("Narrative.status", "text.status"), ("Quantity.comparator", "comparator")):
        assert set(CODED[name]) == set(others.ask(element=path)["codes"])


@pytest.mark.parametrize("path", TARGETS)
def test_our_references_lead_where_r4_lets_them(others: Validators, path: str) -> None:
    assert set(TARGETS[path]) == set(others.ask(element=path)["targets"])


def test_what_r4_requires_is_required(others: Validators) -> None:
    for kind, names in REQUIRED.items():
        for name in names:
            least = others.ask(element=f"{kind}.{name}")["min"]
            ours_alone = f"{kind}.{name}" in ("Device.status", "Procedure.code")
            assert ours_alone or least == 1, (kind, name)


def test_every_code_of_hl7_that_is_sent_is_in_its_definitions(others: Validators) -> None:
    sent = [each for make in VARIANTS.values() for each in codings(transaction(make()))]
    case = one_case()
    order = Withdrawal(case.insertion_id, "", tuple(ROLES), (5,), "why", case.changed_utc)
    sent += [each for fields in withdrawn(order).values() for each in codings(fields)]
    theirs = {(c["system"], c["code"]): c.get("display") for c in sent if c["system"] != CODES}
    assert (TEST_DATA["system"], "HTEST") in theirs
    checked = 0
    for (system, code), display in theirs.items():
        if system.startswith(HL7):
            found = others.ask(system=system, code=code)["display"]
            assert found is not None, (system, code)
            assert display is None or display == found
            checked += 1
    assert checked >= 10
    assert {system for system, _ in theirs if not system.startswith(HL7)} == {
        "http://unitsofmeasure.org",
        "urn:ietf:rfc:3986",
    }
    assert (TOOTH, "15") in theirs


def codings(value: object) -> Iterator[Fields]:
    if isinstance(value, dict):
        if "code" in value and "system" in value and "value" not in value:
            yield value
        for inner in value.values():
            yield from codings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from codings(inner)


@pytest.mark.parametrize("unit", ["N.cm", "J"])
def test_our_units_are_those_of_ucum(others: Validators, unit: str) -> None:
    assert others.ask(unit=unit)["valid"]
    assert not others.ask(unit="N·cm")["valid"]
