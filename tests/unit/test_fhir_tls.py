"""TLS to a FHIR server: its certificate and its name are looked at, with real handshakes."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from tests.authority import Authority
from tests.fhir_hostile import hostile, whole
from torquemon.record.delivery.exporter import AwayError
from torquemon.record.fhir.auth import variable
from torquemon.record.fhir.client import Client
from torquemon.record.fhir.settings import FhirSettings


def serving(authority: Authority, host: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate, key = authority.server(host)
    context.load_cert_chain(certificate, key)
    return context


def client(url: str, ca: Path | None, host: str = "localhost") -> Client:
    address = url.replace("http://127.0.0.1", f"https://{host}")
    settings = FhirSettings(address, ca=ca, auth="token", connect_s=5.0, total_s=10.0)
    return Client("ehr", settings)


def test_only_a_certificate_that_is_trusted_gets_the_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable("ehr"), "s3cret")
    practice, stranger = Authority(tmp_path, "practice"), Authority(tmp_path, "stranger")
    with hostile(serving(practice, "localhost")) as (server, _):
        server.answers = [whole("200 OK", b'{"resourceType": "CapabilityStatement"}')]
        for ca in (None, stranger.file):
            with pytest.raises(AwayError, match="its certificate is not trusted"):
                client(server.url, ca).read("metadata")
        with pytest.raises(AwayError, match="its certificate is not trusted"):
            client(server.url, practice.file, host="127.0.0.1").read("metadata")
        assert server.requests == []
        assert client(server.url, practice.file).read("metadata")[0] == 200
        assert b"Bearer s3cret" in server.requests[0]


def test_what_speaks_no_tls_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable("ehr"), "s3cret")
    with hostile() as (server, _):
        server.answers = [lambda connection: connection.sendall(b"SSH-2.0-x\r\n")]
        address = server.url.replace("http:", "https:")
        settings = FhirSettings(address, auth="token", connect_s=0.5, total_s=2.0)
        with pytest.raises(AwayError, match=r"TLS|in time|breaks off"):
            Client("ehr", settings).read("metadata")
        assert all(b"s3cret" not in each for each in server.requests)


def test_a_file_that_holds_no_certificate_is_told(tmp_path: Path) -> None:
    empty = tmp_path / "ca.pem"
    empty.write_text("nothing")
    settings = FhirSettings("https://localhost:1/fhir", ca=empty)
    with pytest.raises(AwayError, match="certificates in ca cannot be read"):
        Client("ehr", settings).read("metadata")
