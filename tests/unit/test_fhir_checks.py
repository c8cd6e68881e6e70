"""The look at a transaction before it leaves: twelve faults are seen, each said as a sentence."""

from __future__ import annotations

import copy

import pytest

from tests.fhir_cases import BREAKAGES, Breakage, of, one_case, resources, transaction
from torquemon.record.fhir.bundle import as_json, bundle
from torquemon.record.fhir.checks import MAX_PROBLEMS, problems, resource_faults
from torquemon.record.fhir.names import Fields
from torquemon.record.fhir.rules import resource_problems


@pytest.fixture(scope="module")
def made() -> Fields:
    return transaction(one_case())


def test_what_is_built_passes(made: Fields) -> None:
    assert problems(made) == []


@pytest.mark.parametrize("fault", BREAKAGES, ids=lambda fault: fault.name)
def test_each_breakage_is_seen_before_it_is_sent(made: Fields, fault: Breakage) -> None:
    broken, _ = fault.broken(made)
    assert problems(broken)
    assert all(fault.kind in sentence for sentence in problems(broken))


def test_there_are_twelve_breakages_and_each_breaks_something(made: Fields) -> None:
    assert len({fault.name for fault in BREAKAGES}) == 12
    for fault in BREAKAGES:
        broken, _ = fault.broken(made)
        assert broken != made


def test_the_library_alone_misses_seven_of_them(made: Fields) -> None:
    missed = set()
    for fault in BREAKAGES:
        _, fields = fault.broken(made)
        ours = set(resource_problems(fields))
        if all(sentence in ours for sentence in resource_faults(fields)):
            missed.add(fault.name)
    assert missed == {
        "wrong status code",
        "text for a number",
        "value with absent reason",
        "bad token",
        "end before start",
        "wrong reference type",
        "unit without system",
    }


@pytest.mark.parametrize(
    ("kind", "code", "path", "value", "said"),
    [
        ("DocumentReference", "", ("status",), "final", "DocumentReference.status"),
        ("DocumentReference", "", ("docStatus",), "done", "docStatus"),
        ("Procedure", "", ("subject",), {}, "Procedure.subject"),
        ("Procedure", "", ("status",), "final", "Procedure.status"),
        ("Provenance", "", ("recorded",), "", "Provenance.recorded"),
        ("Provenance", "", ("agent",), [], "Provenance.agent"),
        ("DeviceMetric", "", ("category",), "torque", "DeviceMetric.category"),
        ("Observation", "torque-curve", ("valueSampledData", "dimensions"), 2, "dimensions"),
        ("Observation", "torque-curve", ("valueSampledData", "period"), -1, "period"),
        ("Observation", "torque-curve", ("valueSampledData", "data"), "", "data"),
        ("Observation", "torque-curve", ("valueSampledData", "data"), "1  2", "data"),
        ("Observation", "torque-curve", ("valueSampledData", "data"), "1.5", "data"),
        ("Observation", "final-torque", ("valueQuantity", "value"), float("nan"), "value"),
        ("Observation", "final-torque", ("valueQuantity", "value"), True, "value"),
        ("Observation", "final-torque", ("code",), {}, "code"),
        ("Observation", "final-torque", ("note",), [{"text": "a\x00b"}], "control"),
        ("Observation", "final-torque", ("note",), [], "note"),
        ("Observation", "final-torque", ("method",), {"text": " "}, "method"),
        ("Observation", "final-torque", ("id",), "no id at all", "must put Observation"),
        ("DiagnosticReport", "", ("result",), [{"reference": "Procedure/1"}], "result"),
        ("DiagnosticReport", "", ("subject",), {"reference": "nonsense"}, "subject"),
        ("DiagnosticReport", "", ("subject",), {"type": "Patient"}, "subject"),
        ("DiagnosticReport", "", ("conclusionCode",), [{"coding": [{"code": "x"}]}], "no system"),
        ("DiagnosticReport", "", ("issued",), None, "null"),
    ],
)
def test_other_faults_are_seen_too(
    made: Fields, kind: str, code: str, path: tuple[str, ...], value: object, said: str
) -> None:
    broken = copy.deepcopy(made)
    fields = of(broken, kind, code)
    for name in path[:-1]:
        fields = fields[name]
    fields[path[-1]] = value
    assert any(said in sentence for sentence in problems(broken))


def test_a_resource_that_is_there_twice_is_seen(made: Fields) -> None:
    twice = {**made, "entry": [*made["entry"], made["entry"][0]]}
    assert any("there twice" in sentence for sentence in problems(twice))


def test_a_reference_to_what_is_not_sent_is_seen(made: Fields) -> None:
    less = {**made, "entry": [e for e in made["entry"] if "torque-curve" not in str(e)[:2000]]}
    assert len(less["entry"]) == len(made["entry"]) - 1
    assert any("is not in the transaction" in sentence for sentence in problems(less))


def test_a_resource_of_a_kind_that_is_never_sent_is_refused() -> None:
    patient = {"resourceType": "Patient", "id": "1"}
    found = problems(bundle({"1": patient}, "https://server.example", by_id=True))
    assert found == ["Patient is nothing that is sent"]
    assert "Person is no resource of R4" not in resource_faults(patient)


def test_nothing_to_send_is_seen() -> None:
    assert problems({"resourceType": "Bundle", "type": "transaction", "entry": []})
    assert problems({"resourceType": "Bundle", "type": "collection"})


def test_problems_are_few_and_short(made: Fields) -> None:
    broken = copy.deepcopy(made)
    for fields in resources(broken):
        for name in list(fields):
            if name != "resourceType":
                fields[name] = "x" * 5000
    found = problems(broken)
    assert 0 < len(found) <= MAX_PROBLEMS
    assert all(len(sentence) <= 300 for sentence in found)


def test_the_same_insertion_is_the_same_bytes() -> None:
    assert as_json(transaction(one_case())) == as_json(transaction(one_case()))
