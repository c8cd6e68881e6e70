"""Whatever a record holds: what is built of it passes our own look, and is marked."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fhir_cases import SYSTEM, Page, one_case, resources, transaction
from torquemon.model import Alert, AlertCode, Origin, Priority, Reading, Validity, VerdictKind
from torquemon.record.delivery.case import Case, Correction, Signed, Status
from torquemon.record.fhir.bundle import as_json, bundle
from torquemon.record.fhir.checks import problems
from torquemon.record.fhir.names import DOCUMENT, PROVENANCE, ROLES
from torquemon.record.fhir.resources.withdrawn import Withdrawal, withdrawn

_HOSTILE = st.one_of(
    st.text(max_size=60),
    st.sampled_from(
        [
            "",
            " ",
            "<script>alert(1)</script>",
            "]]>&amp;\"'",
            "\x1b[31m\x00",
            "a\u202eb",
            "Ω" * 500,
            "{{7*7}}",
            "Patient/1",
            "\ud800",
            "E U L",
            "N·cm",
        ]
    ),
)
_NUMBER = st.none() | st.floats(-1e6, 1e6) | st.sampled_from([0.0, -0.0, 1e-9, 123456.789])
_MOMENT = st.integers(631_152_000_000, 4_102_444_800_000).map(
    lambda ms: datetime.fromtimestamp(ms / 1000, UTC)
)
_READING = st.builds(
    Reading,
    seq=st.integers(0, 2**32),
    device_time_us=st.integers(0, 10**9),
    host_time_ns=st.integers(0, 10**15),
    torque_ncm=st.floats(-500, 500) | st.sampled_from([float("nan"), float("inf"), 1e300]),
    angle_deg=st.none() | st.floats(-1e5, 1e5),
    speed_rpm=st.none(),
    validity=st.sampled_from(Validity),
)
_SIGNED = st.builds(
    Signed, operator=_HOSTILE, meaning=_HOSTILE, said_utc=_MOMENT, number=st.just(4), hash=_HOSTILE
)
_CORRECTION = st.builds(
    Correction,
    field=st.sampled_from(["patient_ref", "fdi", "site"]),
    old=_HOSTILE,
    new=_HOSTILE,
    why=_HOSTILE,
    operator=_HOSTILE,
    said_utc=_MOMENT,
)
_ALERT = st.builds(
    Alert,
    code=st.sampled_from(AlertCode),
    priority=st.sampled_from(Priority),
    seq=st.just(1),
    time_s=st.just(1.0),
    torque_ncm=st.just(1.0),
    angle_deg=st.none(),
    why=_HOSTILE,
)
_TEXTS = ("patient", "site", "site_name", "teeth", "screw", "screw_name", "lot", "operator", "why")


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Draw an insertion as a record may hold it, hostile texts and holes included."""
    case = one_case()
    data: dict[str, Any] = {name: draw(_HOSTILE) for name in _TEXTS}
    data["teeth"] = draw(st.sampled_from(["15-16", "85-84", "11", ""]) | _HOSTILE)
    data["site"] = draw(st.sampled_from(["midpalate", "own-site", ""]) | _HOSTILE)
    data["rule_version"] = draw(_HOSTILE)
    data |= {name: draw(_NUMBER) for name in ("max_ncm", "final_ncm", "removal_ncm", "pitch_mm")}
    data["origin"] = draw(st.none() | st.sampled_from(Origin))
    data["purpose"] = draw(st.sampled_from(["insertion", "removal", "tightening"]))
    data["verdict"] = draw(st.sampled_from(VerdictKind))
    data["interrupted"] = draw(st.booleans())
    data["window"] = draw(st.sampled_from([None, case.data.window]))
    data["readings"] = tuple(draw(st.lists(_READING, max_size=8)))
    data["alerts"] = tuple(draw(st.lists(_ALERT, max_size=3)))
    data["device"] = replace(
        case.data.device,
        maker=draw(_HOSTILE),
        model=draw(_HOSTILE),
        serial=draw(_HOSTILE),
        firmware=draw(_HOSTILE),
        calibrated=draw(_HOSTILE | st.sampled_from(["2026-02-30", "2026-01-01"])),
        accuracy_ncm=draw(_NUMBER),
    )
    return replace(
        case,
        data=replace(case.data, **data),
        status=draw(st.sampled_from([Status.FINAL, Status.AMENDED])),
        opened_utc=draw(_MOMENT),
        closed_utc=draw(_MOMENT),
        recorded_utc=draw(_MOMENT),
        changed_utc=draw(_MOMENT),
        software=draw(_HOSTILE),
        revision_hash=draw(_HOSTILE),
        documents=Page(),
        corrections=tuple(draw(st.lists(_CORRECTION, max_size=2))),
        signatures=tuple(draw(st.lists(_SIGNED, max_size=2))),
        findings={"smoking": draw(_HOSTILE)},
        patient_name=draw(_HOSTILE),
    )


@given(case=cases(), by_id=st.booleans(), tooth_system=st.sampled_from(["urn:oid:1.2", ""]))
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
def test_what_is_built_passes_our_own_look(case: Case, *, by_id: bool, tooth_system: str) -> None:
    own = {"tooth_system": tooth_system} if tooth_system else {}
    made = transaction(case, by_id=by_id, max_points=1000, **own)
    assert problems(made) == []
    assert as_json(made) == as_json(
        transaction(copy.copy(case), by_id=by_id, max_points=1000, **own)
    )


@given(case=cases())
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_what_is_not_real_says_so_in_every_resource(case: Case) -> None:
    mark = case.data.mark
    for fields in resources(transaction(case, max_points=1000)):
        tested = "HTEST" in str(fields.get("meta"))
        assert tested == bool(mark)
        assert not mark or mark in fields["text"]["div"]
        for name in ("description", "conclusion"):
            assert name not in fields or fields[name].startswith(mark)
        for title in (
            *(each["name"] for each in fields.get("deviceName", [])),
            *(each["attachment"]["title"] for each in fields.get("content", [])),
        ):
            assert title.startswith(mark)


@given(case=cases())
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_a_name_stands_there_only_where_the_case_has_it(case: Case) -> None:
    sent = as_json(transaction(replace(case, patient_name="Zyx^Wvut"), max_points=1000))
    assert b"Zyx^Wvut" in sent
    assert b"Zyx^Wvut" not in as_json(transaction(replace(case, patient_name=""), max_points=1000))


@given(
    case=cases(),
    roles=st.lists(st.sampled_from(sorted(ROLES)), unique=True),
    documents=st.lists(st.integers(1, 10**6), unique=True, max_size=4),
    erased=st.booleans(),
    by_id=st.booleans(),
)
@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
def test_what_is_taken_back_passes_too(
    case: Case,
    *,
    roles: list[str],
    documents: list[int],
    erased: bool,
    by_id: bool,
) -> None:
    order = Withdrawal(
        case.insertion_id,
        case.data.mark,
        roles,
        documents,
        case.data.why,
        case.changed_utc,
        None if erased else {"type": "Patient", "identifier": {"system": SYSTEM, "value": "P-1"}},
        by_id,
    )
    found = withdrawn(order)
    kept = [role for role in roles if role not in (DOCUMENT, PROVENANCE)]
    assert len(found) == (len(kept) + len(documents) + 1 if kept or documents else 0)
    if found:
        assert problems(bundle(found, "https://server.example", by_id=by_id)) == []
    for fields in found.values():
        assert "entered-in-error" in (fields.get("status"), fields.get("operationalStatus")) or (
            fields["resourceType"] == "Provenance"
        )
        assert not erased or "P-1" not in str(fields)


def test_the_clock_that_was_set_back_gives_no_end() -> None:
    case = one_case()
    back = replace(case, closed_utc=case.opened_utc - timedelta(hours=1))
    assert problems(transaction(back)) == []
