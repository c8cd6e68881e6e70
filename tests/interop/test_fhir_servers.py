"""Two FHIR servers of other people's: what is sent is there, once, and stays true.

`sekmet-fhir` (a Python program with a store) and the router of Medplum (in Node, in memory).
"""

from __future__ import annotations

import base64
import hashlib
import json
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import pytest
from ulid import ULID

from tests.fhir_cases import SYSTEM, one_case
from tests.fhir_parts import get, medplum, sekmet
from torquemon.model import MEASURED
from torquemon.record.delivery.building import AMENDED_MARK
from torquemon.record.delivery.case import Case, Correction, Erased, Receipt, Status
from torquemon.record.delivery.exporter import AwayError, RejectedError
from torquemon.record.fhir.auth import variable
from torquemon.record.fhir.exporter import FhirExporter, from_settings
from torquemon.record.fhir.names import DOCUMENT, INSERTION, ROLES, Fields, query_of, resource_id

TIMES: Final = 10


@dataclass(frozen=True, slots=True)
class Server:
    """A running server and how it is used."""

    url: str
    ids: str

    def exporter(self, **settings: str) -> FhirExporter:
        return from_settings(
            "ehr", {"url": self.url, "patient_system": SYSTEM, "ids": self.ids, **settings}
        )

    def read(self, case_id: str, role: str, revision: int | None = None) -> Fields:
        """Return a resource of an insertion as the server has it now."""
        kind, found_id = ROLES[role], resource_id(case_id, role, revision)
        if self.ids == "client":
            return get(f"{self.url}/{kind}/{found_id}")[1]
        entries = get(f"{self.url}/{query_of(kind, found_id)}")[1].get("entry", [])
        assert len(entries) <= 1
        return entries[0]["resource"] if entries else {}

    def versions(self, fields: Fields) -> int:
        """Return how many versions of a resource there were."""
        found = get(f"{self.url}/{fields['resourceType']}/{fields['id']}/_history")[1]
        return len(found["entry"])


@pytest.fixture(scope="module", params=["sekmet", "sekmet-server-ids", "medplum"])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    start = medplum if request.param == "medplum" else sekmet
    with start(tmp_path_factory.mktemp("fhir") / "server") as url:
        yield Server(url, "server" if "server-ids" in request.param else "client")


@pytest.fixture
def case() -> Case:
    """Another insertion for each test, so that they can share a server."""
    return replace(one_case(), insertion_id=str(ULID()))


def amended(case: Case, references: Any, revision: int, **data: Any) -> Case:  # noqa: ANN401
    """Return the case after something was corrected that the server has."""
    return replace(
        case,
        status=Status.AMENDED,
        revision=revision,
        revision_hash=f"{revision:064x}",
        data=replace(case.data, **data),
        previous=Receipt(case.revision, dict(references)),
        corrections=(
            *case.corrections,
            Correction("site", "x", "y", "mistaken", "Dr A", case.changed_utc),
        ),
    )


def parts(server: Server, case: Case) -> dict[str, Fields]:
    """Return everything the server has of an insertion, by role."""
    return {
        role: server.read(case.insertion_id, role, case.revision if role == DOCUMENT else None)
        for role in ROLES
    }


def test_an_insertion_is_read_back_with_the_same_values_and_curve(
    server: Server, case: Case
) -> None:
    exporter = server.exporter()
    exporter.deliver(case)
    found = parts(server, case)
    assert found.pop("removal") == {}
    assert all(found.values())
    data = case.data
    assert found["maximum"]["valueQuantity"]["value"] == data.max_ncm
    assert found["maximum"]["valueQuantity"]["code"] == "N.cm"
    assert found["final"]["valueQuantity"]["value"] == data.final_ncm
    assert found["energy"]["valueQuantity"]["code"] == "J"
    curve = found["curve"]["valueSampledData"]
    tokens = [int(token) * curve["factor"] for token in curve["data"].split(" ")]
    assert tokens == pytest.approx([r.torque_ncm for r in data.readings])
    assert {r.validity for r in data.readings} <= MEASURED
    attachment = found[DOCUMENT]["content"][0]["attachment"]
    pdf = base64.b64decode(attachment["data"])
    assert pdf == case.documents.pdf()
    sha1 = hashlib.sha1(pdf, usedforsecurity=False).digest()
    assert base64.b64decode(attachment["hash"]) == sha1
    teeth = [s["coding"][0]["code"] for s in found["procedure"]["bodySite"]]
    assert teeth == ["site-maxilla-buccal", "15", "16"]
    assert found["screw"]["lotNumber"] == "LOT-7"
    assert found["handpiece"]["serialNumber"] == "SIM-0001"
    assert found["metric"]["calibration"][0]["state"] == "calibrated"
    for fields in found.values():
        assert fields["meta"]["security"][0]["code"] == "HTEST"
        assert "SIMULATED" in fields["text"]["div"]
    assert case.revision_hash in json.dumps(found["provenance"]["entity"])


def test_references_lead_to_each_other(server: Server, case: Case) -> None:
    server.exporter().deliver(case)
    found = parts(server, case)
    there = {f"{f['resourceType']}/{f['id']}" for f in found.values() if f}
    assert {each["reference"] for each in found["provenance"]["target"]} <= there
    assert {each["reference"] for each in found["report"]["result"]} <= there
    assert found["maximum"]["derivedFrom"][0]["reference"] in there
    assert found["procedure"]["usedReference"][0]["reference"] in there
    assert found["metric"]["source"]["reference"] in there


def test_sent_ten_times_nothing_doubles_and_nothing_changes(server: Server, case: Case) -> None:
    first = server.exporter().deliver(case)
    for number in range(TIMES - 1):
        previous = Receipt(case.revision, first) if number % 2 else None
        assert server.exporter().deliver(replace(case, previous=previous)) == first
    for fields in parts(server, case).values():
        assert not fields or server.versions(fields) == 1
    for kind in ("Procedure", "DiagnosticReport", "DocumentReference"):
        query = f"{kind}?identifier={INSERTION}%7C{case.insertion_id}"
        assert len(get(f"{server.url}/{query}")[1]["entry"]) == 1


def test_a_correction_keeps_the_ids_and_replaces_the_document(server: Server, case: Case) -> None:
    references = server.exporter().deliver(case)
    before = parts(server, case)
    later = amended(case, references, case.revision + 2, teeth="25-26")
    told = dict(server.exporter().deliver(later))
    assert told[AMENDED_MARK] == "yes"
    after = parts(server, later)
    for role in ("maximum", "curve", "report"):
        assert after[role]["id"] == before[role]["id"]
        assert after[role]["status"] == "amended"
    assert "25" in json.dumps(after["procedure"]["bodySite"])
    old = server.read(case.insertion_id, DOCUMENT, case.revision)
    assert old["status"] == "superseded"
    assert old["content"] == before[DOCUMENT]["content"]
    new = after[DOCUMENT]
    assert (new["status"], new["docStatus"]) == ("current", "amended")
    assert new["relatesTo"][0]["code"] == "replaces"
    assert resource_id(case.insertion_id, DOCUMENT, case.revision) in json.dumps(new["relatesTo"])
    versions = [server.versions(f) for f in [*after.values(), old] if f]
    again = replace(later, previous=Receipt(later.revision, told))
    assert dict(server.exporter().deliver(again)) == told
    assert [server.versions(f) for f in [*after.values(), old] if f] == versions


def test_another_patient_gets_the_same_resources(server: Server, case: Case) -> None:
    references = server.exporter().deliver(case)
    before = parts(server, case)
    later = amended(case, references, case.revision + 1, patient="P-2")
    wrong = Correction("patient_ref", "P-1", "P-2", "mixed up", "Dr A", case.changed_utc)
    server.exporter().deliver(replace(later, corrections=(wrong,)))
    after = parts(server, later)
    assert "P-1" not in json.dumps({**after, DOCUMENT: after[DOCUMENT]["text"]})
    for role, fields in after.items():
        subject = fields.get("subject") or fields.get("patient")
        if subject is not None:
            assert subject["identifier"]["value"] == "P-2"
        if role != DOCUMENT and fields:
            assert fields["id"] == before[role]["id"]
    old = server.read(case.insertion_id, DOCUMENT, case.revision)
    assert old["subject"]["identifier"]["value"] == "P-2"


def test_a_value_that_is_no_longer_there_is_an_error(server: Server, case: Case) -> None:
    references = server.exporter().deliver(case)
    later = amended(case, references, case.revision + 1, readings=())
    server.exporter().deliver(later)
    assert server.read(case.insertion_id, "curve")["status"] == "entered-in-error"
    assert server.read(case.insertion_id, "energy")["status"] == "entered-in-error"
    assert server.read(case.insertion_id, "maximum")["status"] == "amended"


@pytest.mark.parametrize("receipt", [True, False], ids=["receipt", "no receipt"])
def test_a_withdrawn_insertion_is_entered_in_error(
    server: Server, case: Case, *, receipt: bool
) -> None:
    references = server.exporter().deliver(case)
    gone = replace(
        case,
        status=Status.WITHDRAWN,
        revision=case.revision + 1,
        corrections=(
            Correction("status", "", "entered-in-error", "a trial", "Dr A", case.changed_utc),
        ),
        previous=Receipt(case.revision, references) if receipt else None,
    )
    told = server.exporter().deliver(gone)
    found = parts(server, case)
    check_withdrawn(found)
    assert "a trial" in found["report"]["conclusion"]
    assert found["procedure"]["subject"]["identifier"]["value"] == "P-1"
    versions = [server.versions(f) for f in found.values() if f]
    again = replace(gone, previous=Receipt(gone.revision, told))
    server.exporter().deliver(again)
    assert [server.versions(f) for f in found.values() if f] == versions


def check_withdrawn(found: dict[str, Fields]) -> None:
    for role, fields in found.items():
        if not fields:
            assert role == "removal"
        elif role == "provenance":
            assert fields["activity"]["coding"][0]["code"] == "NULLIFY"
        elif role == "metric":
            assert fields["operationalStatus"] == "entered-in-error"
        else:
            assert fields["status"] == "entered-in-error"
    assert "data" not in json.dumps(found[DOCUMENT]["content"])
    assert "valueSampledData" not in found["curve"]
    assert all("HTEST" in json.dumps(f["meta"]) for f in found.values() if f)


def test_an_erased_insertion_leaves_no_patient(server: Server, case: Case) -> None:
    references = server.exporter().deliver(case)
    later = amended(case, references, case.revision + 1, readings=())
    references = server.exporter().deliver(later)
    assert server.read(case.insertion_id, "curve")["subject"]["identifier"]["value"] == "P-1"
    erased = Erased(
        case.insertion_id,
        case.chair_id,
        later.revision + 1,
        case.changed_utc,
        Receipt(later.revision, references),
    )
    for _ in range(2):
        server.exporter().withdraw(erased)
    found = parts(server, later)
    check_withdrawn(found)
    old = server.read(case.insertion_id, DOCUMENT, case.revision)
    for fields in [*found.values(), old]:
        assert "P-1" not in json.dumps(fields)
        assert "Dr A" not in json.dumps(fields)
    assert old["status"] == "entered-in-error"
    assert server.versions(found["report"]) == 3


def test_a_name_leaves_what_was_withdrawn(server: Server, case: Case) -> None:
    named = replace(case, patient_name="Zyx^Wvut")
    references = server.exporter().deliver(named)
    gone = replace(
        named, status=Status.WITHDRAWN, previous=Receipt(case.revision, references), revision=9
    )
    references = server.exporter().deliver(gone)
    assert server.read(case.insertion_id, "report")["subject"]["display"] == "Zyx^Wvut"
    unnamed = replace(gone, patient_name="", revision=10, previous=Receipt(9, references))
    server.exporter().deliver(unnamed)
    assert "Zyx^Wvut" not in json.dumps(parts(server, case))


def test_what_never_came_is_not_taken_back(server: Server, case: Case) -> None:
    gone = replace(case, status=Status.WITHDRAWN)
    assert server.exporter().deliver(gone) == {}
    nothing = Receipt(case.revision, {})
    erased = Erased(case.insertion_id, case.chair_id, 9, case.changed_utc, nothing)
    server.exporter().withdraw(erased)
    assert not any(parts(server, case).values())


def test_a_name_that_was_erased_stands_in_no_document(server: Server, case: Case) -> None:
    named = replace(case, patient_name="Zyx^Wvut")
    references = dict(server.exporter().deliver(named)) | {"named": "yes"}
    assert server.read(case.insertion_id, "report")["subject"]["display"] == "Zyx^Wvut"
    later = amended(case, references, case.revision + 1)
    server.exporter().deliver(later)
    old = server.read(case.insertion_id, DOCUMENT, case.revision)
    assert old["status"] == "superseded"
    assert "data" not in json.dumps(old["content"])
    everything = json.dumps([*parts(server, later).values(), old])
    assert everything.count("Zyx^Wvut") == 0


def put(url: str, fields: Fields) -> None:
    request = urllib.request.Request(  # noqa: S310 - loopback
        f"{url}/{fields['resourceType']}/{fields['id']}",
        data=json.dumps(fields).encode(),
        method="PUT",
        headers={"Content-Type": "application/fhir+json"},
    )
    with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 - loopback
        answer.read()


def test_the_patient_is_found_at_the_server(server: Server, case: Case) -> None:
    number = f"N-{case.insertion_id}"
    case = replace(case, data=replace(case.data, patient=number))
    exporter = server.exporter(patient="lookup")
    with pytest.raises(RejectedError, match="no patient with this insertion's number"):
        exporter.deliver(case)
    patient = {"resourceType": "Patient", "identifier": [{"system": SYSTEM, "value": number}]}
    put(server.url, {**patient, "id": f"a-{case.insertion_id}"})
    exporter.deliver(case)
    subject = server.read(case.insertion_id, "report")["subject"]
    assert subject["reference"] == f"Patient/a-{case.insertion_id}"
    put(server.url, {**patient, "id": f"b-{case.insertion_id}"})
    with pytest.raises(RejectedError, match="more than one patient"):
        exporter.deliver(case)


def test_the_server_is_looked_at_without_storing_anything(server: Server) -> None:
    assert "FHIR 4.0.1" in server.exporter().check()


def test_an_insertion_without_a_patient_is_not_sent(server: Server, case: Case) -> None:
    nobody = replace(case, data=replace(case.data, patient=""))
    with pytest.raises(RejectedError, match="names no patient"):
        server.exporter().deliver(nobody)


def test_a_server_that_takes_few_conditional_entries_says_so(tmp_path: Path, case: Case) -> None:
    """Medplum's router; docs/integration.md tells of it."""
    with medplum(tmp_path / "server") as url:
        exporter = Server(url, "server").exporter()
        with pytest.raises(RejectedError, match="has too many entries"):
            exporter.deliver(case)


def test_credentials_a_server_asks_for(
    tmp_path: Path, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    right, wrong = "right-token-4711", "wrong-token-4712"
    with sekmet(tmp_path / "server", f"types: [bearer], tokens: [{right}]") as url:
        exporter = from_settings("ehr", {"url": url, "auth": "token"})
        with pytest.raises(AwayError, match="no secret is known"):
            exporter.check()
        monkeypatch.setenv(variable("ehr"), wrong)
        for act in (exporter.check, lambda: exporter.deliver(case)):
            with pytest.raises(AwayError, match="credentials") as caught:
                act()
            assert wrong not in str(caught.value)
        monkeypatch.setenv(variable("ehr"), right)
        assert "answers" in exporter.check()
        exporter.deliver(case)
        report = resource_id(case.insertion_id, "report")
        assert get(f"{url}/DiagnosticReport/{report}")[0] == 401
        assert get(f"{url}/DiagnosticReport/{report}", right)[1]["status"] == "final"


def test_client_credentials_of_a_real_token_endpoint(
    tmp_path: Path, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = "{client_id: torquemon, client_secret: s3cret-4711, scopes: 'system/*.*'}"
    with sekmet(tmp_path / "server", f"types: [smart], smart_clients: [{client}]") as url:
        token_url = url.replace("/fhir", "/auth/token")
        settings = {"url": url, "auth": "client", "token_url": token_url, "client_id": "torquemon"}
        monkeypatch.setenv(variable("ehr"), "wrong-4712")
        with pytest.raises(AwayError, match="token endpoint refuses") as caught:
            from_settings("ehr", {**settings, "scope": "system/*.*"}).deliver(case)
        assert "4712" not in str(caught.value)
        monkeypatch.setenv(variable("ehr"), "s3cret-4711")
        exporter = from_settings("ehr", {**settings, "scope": "system/*.*"})
        assert exporter.deliver(case)["roles"]
        assert "answers" in exporter.check()
