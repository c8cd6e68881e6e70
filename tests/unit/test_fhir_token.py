"""What a token endpoint may answer, and how it is told who we are."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.fhir_hostile import Hostile, hostile, whole
from torquemon.clock import ManualClock
from torquemon.record.delivery.exporter import AwayError
from torquemon.record.fhir.auth import variable
from torquemon.record.fhir.client import Client
from torquemon.record.fhir.settings import FhirSettings


@pytest.fixture
def server() -> Iterator[Hostile]:
    with hostile() as (found, _):
        found.answers = [whole("200 OK", b"{}")]
        yield found


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hostile]:
    monkeypatch.setenv(variable("ehr"), "s:e/c r%t")
    with hostile() as (found, _):
        yield found


def client(server: Hostile, endpoint: Hostile, clock: ManualClock | None = None) -> Client:
    settings = FhirSettings(server.url, auth="client", token_url=endpoint.url, client_id="a:b c")
    return Client("ehr", settings, clock or ManualClock())


def token(**fields: Any) -> bytes:  # noqa: ANN401 - any JSON
    return json.dumps({"access_token": "t", "token_type": "Bearer", **fields}).encode()


@pytest.mark.parametrize(
    "life", ["1" + "0" * 400, "1e400", "-1" + "0" * 400, "true", '"60"', "[]", "null", "1e-300"]
)
def test_any_life_of_a_token_is_bounded(server: Hostile, endpoint: Hostile, life: str) -> None:
    body = b'{"access_token": "t", "token_type": "Bearer", "expires_in": %s}' % life.encode()
    endpoint.answers = [whole("200 OK", body, "application/json")]
    clock = ManualClock()
    asking = client(server, endpoint, clock)
    asking.read("metadata")
    clock.advance(86_400)
    asking.read("metadata")
    assert len(endpoint.requests) == 2


@pytest.mark.parametrize("given", ["", " ", "\t", None])
def test_an_endpoint_that_gives_no_token_is_named(
    server: Hostile, endpoint: Hostile, given: str | None
) -> None:
    endpoint.answers = [whole("200 OK", token(access_token=given), "application/json")]
    with pytest.raises(AwayError, match="the token endpoint gave no token"):
        client(server, endpoint).read("metadata")
    assert server.requests == []


@pytest.mark.parametrize("given", [" t", "t ", "t t"])
def test_a_token_with_a_blank_is_none(server: Hostile, endpoint: Hostile, given: str) -> None:
    endpoint.answers = [whole("200 OK", token(access_token=given), "application/json")]
    with pytest.raises(AwayError, match="no bearer token that can be used"):
        client(server, endpoint).read("metadata")


def test_a_blank_secret_is_none(server: Hostile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable("ehr"), "  ")
    with pytest.raises(AwayError, match="no secret is known"):
        Client("ehr", FhirSettings(server.url, auth="token")).read("metadata")


def test_id_and_secret_are_form_encoded_before_basic(server: Hostile, endpoint: Hostile) -> None:
    """RFC 6749, 2.3.1: else a colon in the id ends it, and a server decodes a percent sign."""
    endpoint.answers = [whole("200 OK", token(), "application/json")]
    client(server, endpoint).read("metadata")
    found = re.search(rb"(?i)authorization: basic (\S+)", endpoint.requests[0])
    assert found is not None
    assert base64.b64decode(found[1]) == b"a%3Ab+c:s%3Ae%2Fc+r%25t"
