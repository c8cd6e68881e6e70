"""The whole way: signed, corrected, withdrawn, erased; by the outbox, to a real server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cases import OPERATOR, signed_store
from tests.fhir_parts import get, sekmet
from torquemon.record.delivery.config import Destination
from torquemon.record.delivery.engine import Courier, Sweep
from torquemon.record.delivery.queue import Queue
from torquemon.record.erasing import erase_insertions
from torquemon.record.fhir.names import DOCUMENT, ROLES, resource_id
from torquemon.record.history import whole
from torquemon.record.remarks import Remarks
from torquemon.record.withdrawal import withdraw

TIMES = 10


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with sekmet(tmp_path_factory.mktemp("fhir") / "server") as url:
        yield url


class Chair:
    """A record with one insertion, and its way to the server."""

    def __init__(self, folder: Path, url: str) -> None:
        self.url = url
        self.destination = Destination(
            "ehr",
            "fhir",
            {"url": url, "patient_system": "urn:oid:1.2.3"},
            not_real=True,
            names=True,
        )
        self.store, self.id = signed_store(folder / "chair")
        self.queue = Queue(self.store, "ehr", "fhir", names=True)
        self.remarks = Remarks(self.store)

    def sweep(self) -> Sweep:
        exporter = self.destination.open()
        try:
            return Courier(self.store, self.destination, exporter).sweep()
        finally:
            exporter.close()

    def send(self) -> None:
        swept = self.sweep()
        assert (swept.sent, swept.waiting, swept.problem) == (1, 0, "")

    def again(self) -> None:
        chair = whole(self.store, self.id).insertion.chair_id
        assert self.queue.resend(chair, self.id)
        self.send()

    def read(self, role: str, revision: int | None = None) -> dict[str, Any]:
        kind, found_id = ROLES[role], resource_id(self.id, role, revision)
        return get(f"{self.url}/{kind}/{found_id}")[1]

    def everything(self) -> dict[str, Any]:
        return {role: self.read(role) for role in ROLES if role != DOCUMENT}


@pytest.fixture
def chair(tmp_path: Path, server: str) -> Iterator[Chair]:
    found = Chair(tmp_path, server)
    found.again()
    try:
        yield found
    finally:
        found.store.close()


def test_resent_ten_times_the_server_stays_as_it_is(chair: Chair) -> None:
    before = chair.everything()
    for _ in range(TIMES):
        chair.again()
    assert chair.everything() == before
    assert {each["meta"]["versionId"] for each in before.values() if each} == {"1"}


def test_what_is_corrected_and_named_and_withdrawn_follows(chair: Chair) -> None:
    chair.remarks.amend(chair.id, "patient_ref", "P-2", "mixed up", OPERATOR)
    chair.send()
    assert chair.read("report")["status"] == "amended"
    assert chair.read("report")["subject"]["identifier"]["value"] == "P-2"
    assert '"P-1"' not in json.dumps(chair.everything())
    chair.remarks.person("P-2", "Zyx^Wvut", None, OPERATOR)
    chair.send()
    assert chair.read("report")["subject"]["display"] == "Zyx^Wvut"
    for _ in range(TIMES):
        chair.again()
    version = chair.read("report")["meta"]["versionId"]
    assert version == "3"
    withdraw(chair.store, chair.id, "a trial of the handpiece", OPERATOR)
    chair.send()
    found = chair.everything()
    assert found["report"]["status"] == "entered-in-error"
    assert "a trial of the handpiece" in found["report"]["conclusion"]
    assert "valueSampledData" not in found["curve"]


def test_what_is_erased_here_is_emptied_there(chair: Chair) -> None:
    chair.remarks.amend(chair.id, "fdi", "14-15", "miscounted", OPERATOR)
    chair.send()
    erase_insertions(chair.store, [chair.id], "asked for", OPERATOR)
    chair.send()
    found = chair.everything()
    for role, fields in found.items():
        assert '"P-1"' not in json.dumps(fields), role
        assert OPERATOR not in json.dumps(fields), role
    assert found["report"]["status"] == "entered-in-error"
    assert chair.sweep() == Sweep()
