"""A server that answers anything but FHIR: nothing is lost, a sentence is said, no secret leaks."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fhir_cases import one_case
from tests.fhir_hostile import Hostile, dripping, endless, half, hostile, silent, whole
from torquemon.clock import ManualClock
from torquemon.record.delivery.case import Receipt
from torquemon.record.delivery.exporter import (
    MAX_RETRY_AFTER_S,
    AwayError,
    DestinationError,
    RejectedError,
    retry_after_s,
)
from torquemon.record.fhir.answers import (
    Answer,
    as_object,
    reasons,
    refusal,
    transaction_problem,
)
from torquemon.record.fhir.auth import KEYRING_SERVICE, variable
from torquemon.record.fhir.client import MAX_ANSWER_BYTES, Client
from torquemon.record.fhir.exporter import FhirExporter
from torquemon.record.fhir.names import DOCUMENTS
from torquemon.record.fhir.settings import FhirSettings

SECRET = "s3cret-0815"  # noqa: S105 - of a test
Server = tuple[Hostile, threading.Event]
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def server() -> Iterator[Server]:
    with hostile() as found:
        yield found


def exporter(server: Hostile, **settings: Any) -> FhirExporter:  # noqa: ANN401 - fields of settings
    chosen = {"connect_s": 2.0, "total_s": 5.0, **settings}
    return FhirExporter("ehr", FhirSettings(server.url, **chosen), ManualClock())


def outcome(*texts: str) -> bytes:
    issues = [{"severity": "error", "code": "invalid", "diagnostics": text} for text in texts]
    return json.dumps({"resourceType": "OperationOutcome", "issue": issues}).encode()


NOT_THERE = whole("404 Not Found")


@pytest.mark.parametrize("status", ["400 Bad Request", "422 Unprocessable Entity", "413 Too Large"])
def test_a_refusal_tells_the_reasons_cleaned_and_short(server: Server, status: str) -> None:
    told = outcome("Observation.status \x1b[31m is\u202e wrong", "x" * 5000)
    server[0].answers = [NOT_THERE, whole(status, told)]
    with pytest.raises(RejectedError) as caught:
        exporter(server[0]).deliver(one_case())
    said = str(caught.value)
    assert "Observation.status" in said
    assert "\x1b" not in said
    assert "\u202e" not in said
    assert len(said) < 700


def test_a_refusal_does_not_tell_who_the_patient_is(server: Server) -> None:
    told = outcome("subject 7 (Zyx, born 1990-01-02) of P-77: 7.5 N.cm is too much")
    server[0].answers = [NOT_THERE, whole("400 Bad Request", told)]
    case = one_case()
    case = replace(
        case,
        data=replace(case.data, patient="7"),
        patient_name="Zyx^Wvut",
        birth_date=date(1990, 1, 2),
    )
    with pytest.raises(RejectedError) as caught:
        exporter(server[0]).deliver(case)
    assert "subject […] ([…], born […]) of P-77" in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("status", ["401 Unauthorized", "403 Forbidden"])
def test_refused_credentials_are_named(
    server: Server, status: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable("ehr"), SECRET)
    server[0].answers = [whole(status, SECRET.encode(), "text/plain")]
    with pytest.raises(AwayError, match="credentials") as caught:
        exporter(server[0], auth="token").deliver(one_case())
    assert SECRET not in f"{caught.value!r} {caught.value.__cause__} {caught.value.__context__}"
    assert f"Bearer {SECRET}".encode() in server[0].requests[0]


@pytest.mark.parametrize(
    ("told", "wait_s"),
    [("7", 7.0), ("999999", MAX_RETRY_AFTER_S), ("", None), ("soon", None), ("-5", None)],
)
def test_a_server_that_asks_for_patience_gets_it(
    server: Server, told: str, wait_s: float | None
) -> None:
    server[0].answers = [NOT_THERE, whole("429 Too Many Requests", Retry_After=told)]
    with pytest.raises(AwayError, match="patience") as caught:
        exporter(server[0]).deliver(one_case())
    assert caught.value.retry_after_s == wait_s


def test_a_server_in_trouble_is_tried_later(server: Server) -> None:
    server[0].answers = [NOT_THERE, whole("503 Unavailable", Retry_After="30")]
    with pytest.raises(AwayError, match="answers 503") as caught:
        exporter(server[0]).deliver(one_case())
    assert caught.value.retry_after_s == 30.0


@pytest.mark.parametrize(
    "answer",
    [
        whole("500 Internal Server Error", b"<html>java.lang.NullPointerException"),
        whole("200 OK", b"<html>Please log in</html>", "text/html; charset=utf-8"),
        whole("200 OK", b'{"resourceType": "Bund'),
        whole("200 OK", b"[1, 2]"),
        whole("200 OK", b"[" * 500_000),
        whole("200 OK", b"\xff\xfe"),
        whole("200 OK", b"{}", Content_Encoding="gzip"),
        whole("302 Found", Location="http://elsewhere.invalid/fhir"),
        whole("307 Temporary Redirect", Location="/other"),
        whole("404 Not Found", outcome("no such place")),
        half(b'{"resourceType": "Bundle"'),
        lambda connection: connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n"),
        lambda connection: connection.close(),
        whole("200 OK", json.dumps({"resourceType": "Bundle", "type": "batch-response"}).encode()),
        whole(
            "200 OK",
            json.dumps({"resourceType": "Bundle", "type": "transaction-response"}).encode(),
        ),
    ],
    ids=lambda _: "answer",
)
def test_an_answer_that_is_none_leaves_everything_waiting(server: Server, answer: Any) -> None:  # noqa: ANN401 - any answer
    server[0].answers = [NOT_THERE, answer]
    with pytest.raises(AwayError) as caught:
        exporter(server[0]).deliver(one_case())
    assert str(caught.value).startswith("the FHIR server at 127.0.0.1 ")
    assert "NullPointer" not in str(caught.value)


def test_a_server_that_lets_nobody_read_is_written_to_all_the_same(server: Server) -> None:
    entries = [{"response": {"status": "201 Created"}}] * 11
    taken = {"resourceType": "Bundle", "type": "transaction-response", "entry": entries}
    server[0].answers = [whole("403 Forbidden"), whole("200 OK", json.dumps(taken).encode())]
    assert exporter(server[0]).deliver(one_case())["documents"] == str(one_case().revision)


@pytest.mark.parametrize("status", ["400 Bad Request", "", "900", None])
def test_an_entry_that_was_not_taken_counts_for_all(server: Server, status: str | None) -> None:
    entries = [{"response": {"status": "201 Created"}}] * 10 + [{"response": {"status": status}}]
    answer = {"resourceType": "Bundle", "type": "transaction-response", "entry": entries}
    server[0].answers = [NOT_THERE, whole("200 OK", json.dumps(answer).encode())]
    with pytest.raises(AwayError, match="of an entry in a transaction"):
        exporter(server[0]).deliver(one_case())


def test_what_a_server_says_of_documents_is_not_believed(server: Server) -> None:
    told = ["99999", "-1", "x", "1" * 400, None, {"a": 1}]
    identifier = [{"system": DOCUMENTS, "value": value} for value in told]
    report = {"resourceType": "DiagnosticReport", "id": "x", "identifier": identifier}
    entries = [{"response": {"status": "201 Created"}}] * 11
    taken = {"resourceType": "Bundle", "type": "transaction-response", "entry": entries}
    server[0].answers = [
        whole("200 OK", json.dumps(report).encode()),
        whole("200 OK", json.dumps(taken).encode()),
    ]
    case = replace(one_case(), previous=Receipt(4, {"roles": "report nonsense"}))
    assert exporter(server[0]).deliver(case)["documents"] == str(case.revision)


def test_a_redirect_is_not_followed(server: Server) -> None:
    with hostile() as (other, _):
        other.answers = [whole("200 OK", b"{}")]
        server[0].answers = [whole("302 Found", Location=other.url)]
        with pytest.raises(AwayError, match="redirects to another address, which is not followed"):
            exporter(server[0]).check()
        assert other.requests == []


def test_a_silent_server_is_given_up(server: Server) -> None:
    server[0].answers = [silent(server[1])]
    with pytest.raises(AwayError, match="does not answer in time"):
        exporter(server[0], total_s=0.3).deliver(one_case())


def test_a_server_that_drips_is_given_up_as_well(server: Server) -> None:
    server[0].answers = [dripping(server[1])]
    with pytest.raises(AwayError, match="does not answer in time"):
        exporter(server[0], total_s=0.5).deliver(one_case())


def test_a_body_of_two_gigabytes_is_cut_early(server: Server) -> None:
    server[0].answers = [endless(server[0], 2_000_000_000)]
    with pytest.raises(AwayError, match="more than 8 MB: cut off"):
        exporter(server[0], total_s=30.0).deliver(one_case())
    assert server[0].sent < 4 * MAX_ANSWER_BYTES


def test_a_conflict_is_tried_once_more(server: Server) -> None:
    conflict = whole("409 Conflict", outcome("written meanwhile"))
    server[0].answers = [NOT_THERE, conflict, conflict, NOT_THERE]
    with pytest.raises(RejectedError, match=r"409.*written meanwhile"):
        exporter(server[0]).deliver(one_case())
    assert [each[:4] for each in server[0].requests] == [b"GET ", b"POST", b"POST"]
    assert server[0].requests[1] == server[0].requests[2]


def test_nobody_there(server: Server) -> None:
    settings = FhirSettings("http://127.0.0.1:1/fhir", connect_s=1.0, total_s=2.0)
    with pytest.raises(AwayError, match="cannot be reached: nobody listens there"):
        FhirExporter("ehr", settings).check()
    assert server[0].requests == []


def token(life_s: int, name: str = "token-1") -> bytes:
    fields = {"access_token": name, "token_type": "Bearer", "expires_in": life_s}
    return json.dumps(fields).encode()


def with_token_endpoint(server: Hostile, other: Hostile, clock: ManualClock) -> Client:
    settings = FhirSettings(
        server.url, auth="client", token_url=other.url, client_id="me", scope="system/*.*"
    )
    return Client("ehr", settings, clock)


def test_a_token_is_kept_until_it_ends(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable("ehr"), SECRET)
    clock = ManualClock()
    with hostile() as (other, _):
        other.answers = [whole("200 OK", token(300), "application/json")]
        server[0].answers = [whole("200 OK", b"{}")]
        client = with_token_endpoint(server[0], other, clock)
        for seconds, asked in ((0, 1), (200, 1), (100, 2)):
            clock.advance(seconds)
            client.read("metadata")
            assert len(other.requests) == asked
        assert b"grant_type=client_credentials" in other.requests[0]
        assert b"scope=system" in other.requests[0]
        assert b"Bearer token-1" in server[0].requests[0]
        assert SECRET not in repr(client.__dict__)


def test_a_token_that_is_refused_is_fetched_anew_once(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable("ehr"), SECRET)
    with hostile() as (other, _):
        other.answers = [
            whole("200 OK", token(300, "old"), "application/json"),
            whole("200 OK", token(300, "new"), "application/json"),
        ]
        server[0].answers = [whole("401 Unauthorized"), whole("200 OK", b"{}")]
        client = with_token_endpoint(server[0], other, ManualClock())
        assert client.read("metadata")[0] == 200
        assert [b"Bearer old" in each for each in server[0].requests] == [True, False]


@pytest.mark.parametrize(
    "answer",
    [
        whole("401 Unauthorized", SECRET.encode(), "text/plain"),
        whole("500 Oops"),
        whole("200 OK", b"<html>", "text/html"),
        whole("200 OK", b"{}", "application/json"),
        whole("200 OK", b'{"access_token": "a\\r\\nb"}', "application/json"),
        whole("200 OK", b'{"access_token": 5}', "application/json"),
        whole("200 OK", b'{"access_token": "a", "token_type": "mac"}', "application/json"),
        whole("302 Found", Location="http://elsewhere.invalid"),
    ],
)
def test_a_token_endpoint_may_answer_anything(
    server: Server,
    answer: Any,  # noqa: ANN401 - any answer
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(variable("ehr"), SECRET)
    with hostile() as (other, _):
        other.answers = [answer]
        with pytest.raises(AwayError, match="token endpoint") as caught:
            with_token_endpoint(server[0], other, ManualClock()).read("metadata")
        assert SECRET not in str(caught.value)
        assert server[0].requests == []


def test_a_secret_may_come_from_the_keyring(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def held(service: str, account: str) -> str | None:
        return SECRET if (service, account) == (KEYRING_SERVICE, "ehr") else None

    monkeypatch.setattr("keyring.get_password", held)
    server[0].answers = [whole("200 OK", b"{}")]
    Client("ehr", FhirSettings(server[0].url, auth="token")).read("metadata")
    assert f"Bearer {SECRET}".encode() in server[0].requests[0]


@pytest.mark.parametrize("secret", ["two\r\nlines", "ümlaut", "x" * 20_000])
def test_a_secret_that_cannot_be_one_is_refused_without_being_told(
    server: Server, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable("ehr"), secret)
    with pytest.raises(AwayError, match="characters that no secret has") as caught:
        Client("ehr", FhirSettings(server[0].url, auth="token")).read("metadata")
    assert secret not in str(caught.value)
    assert server[0].requests == []


def test_nothing_of_the_surroundings_is_used(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    with hostile() as (proxy, _):
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("ALL_PROXY", proxy.url)
        server[0].answers = [whole("200 OK", b"{}")]
        Client("ehr", FhirSettings(server[0].url)).read("metadata")
        assert len(server[0].requests) == 1
        assert proxy.requests == []


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"resourceType": "Patient"}, "not sent|resourceType|speaks FHIR"),
        ({"resourceType": "CapabilityStatement", "fhirVersion": "5.0.0"}, "speaks FHIR 5.0.0"),
        ({"resourceType": "CapabilityStatement", "fhirVersion": ["4.0.1"]}, "speaks FHIR"),
    ],
)
def test_a_server_of_another_version_is_told(
    server: Server, fields: dict[str, Any], said: str
) -> None:
    server[0].answers = [whole("200 OK", json.dumps(fields).encode())]
    with pytest.raises(AwayError, match=said):
        exporter(server[0]).check()


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["resourceType", "type", "entry", "response", "status", "issue", "severity"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=15,
)


@given(body=st.binary(max_size=200) | _JSON.map(lambda value: json.dumps(value).encode()))
def test_no_answer_breaks_the_reader(body: bytes) -> None:
    for status in (200, 204, 301, 400, 404, 409, 429, 500, 599, 101):
        answer = Answer(status, "application/fhir+json", body, "1")
        assert isinstance(refusal(answer, "the server", NOW), DestinationError)
        assert len(reasons(answer, str)) < 1200
        try:
            found = as_object(answer, "the server")
        except AwayError:
            continue
        assert isinstance(transaction_problem(found, 3), str)


@given(text=st.text(max_size=40) | st.integers().map(str))
def test_any_retry_after_is_bounded(text: str) -> None:
    found = retry_after_s(text, NOW)
    assert found is None or 0.0 <= found <= MAX_RETRY_AFTER_S


def test_a_date_may_be_asked_for() -> None:
    assert retry_after_s("Thu, 01 Jan 2026 00:02:00 GMT", NOW) == 120.0
    assert retry_after_s("Thu, 01 Jan 2026 00:02:00 GMT", NOW + timedelta(hours=1)) == 0.0
    assert retry_after_s("Thu, 01 Jan 2099 00:02:00 GMT", NOW) == MAX_RETRY_AFTER_S
