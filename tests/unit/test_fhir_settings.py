"""The settings of a FHIR server: one clear sentence for each that cannot be used."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torquemon.record.delivery.config import ConfigError, load
from torquemon.record.fhir.codes import TOOTH
from torquemon.record.fhir.exporter import FhirExporter, from_settings
from torquemon.record.fhir.settings import parse, stays_here

URL = "https://server.example/fhir"


def test_an_address_is_enough() -> None:
    found = parse({"url": f"{URL}/"})
    assert (found.url, found.auth, found.ids, found.patient) == (
        URL,
        "none",
        "client",
        "identifier",
    )
    assert found.tooth_system == TOOTH
    assert found.host == "server.example"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "url is missing"),
        ({"url": "server.example"}, "url must be an address"),
        ({"url": "ftp://server.example"}, "url must be an address"),
        ({"url": "https://[::1"}, "url must be an address"),
        ({"url": "https://server:99999/fhir"}, "url must be an address"),
        ({"url": "http://server.example/fhir"}, "must begin with https"),
        ({"url": "http://127.0.0.1.example/fhir"}, "must begin with https"),
        ({"url": "https://me:secret@server.example"}, "must hold no password"),
        ({"url": "https://server.example/fhir?x=1"}, "must hold no"),
        ({"url": "https://server.example/fh ir"}, "must hold no"),
        ({"url": URL, "ca": "/no/such/file.pem"}, "ca names no file"),
        ({"url": URL, "auth": "basic"}, "auth must be one of"),
        ({"url": URL, "auth": "client"}, "token_url is missing"),
        ({"url": URL, "auth": "client", "token_url": "http://a.example/t"}, "begin with https"),
        (
            {"url": URL, "auth": "client", "token_url": "https://a.example/t"},
            "client_id is missing",
        ),
        ({"url": URL, "patient": "lookup"}, "needs patient_system"),
        ({"url": URL, "patient_system": "numbers"}, "must be a URI"),
        ({"url": URL, "ids": "theirs"}, "ids must be one of"),
        ({"url": URL, "curve_points": 5}, "curve_points must lie between"),
        ({"url": URL, "total_s": 1e9}, "total_s must lie between"),
        ({"url": URL, "password": "x"}, "there is no setting password"),
        ({"url": f"https://{'a' * 64}.example/fhir"}, "url has a host that cannot be a name"),
        ({"url": "https://server..example/fhir"}, "url has a host that cannot be a name"),
        ({"url": f"https://{'a.' * 200}example/fhir"}, "url has a host that cannot be a name"),
        (
            {"url": URL, "auth": "client", "client_id": "x", "token_url": f"https://{'ü' * 60}/t"},
            "token_url has a host that cannot be a name",
        ),
        ({"url": URL, "curve_points": 1000.5}, "curve_points must be a whole number"),
        ({"url": URL, "tooth_system": "a\nb"}, "one line of text"),
    ],
)
def test_what_cannot_be_used_is_said(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        parse(settings)
    assert "secret" not in str(caught.value)


@given(
    settings=st.dictionaries(
        st.sampled_from(["url", "ca", "auth", "token_url", "patient", "ids", "total_s", "x"]),
        st.text(max_size=30) | st.integers() | st.none() | st.just(URL) | st.floats(),
        max_size=5,
    )
)
def test_any_settings_are_used_or_refused(settings: dict[str, Any]) -> None:
    try:
        found = parse(settings)
    except ConfigError:
        return
    assert found.url.startswith("https://") or stays_here(found.host)


@pytest.mark.parametrize(
    ("host", "here"),
    [
        *(("localhost", True), ("127.0.0.1", True), ("::1", True), ("127.9.9.9", True)),
        *(("localhost.example", False), ("10.0.0.1", False), ("", False)),
        ("0.0.0.0", False),  # noqa: S104 - nothing is bound
    ],
)
def test_what_stays_on_this_machine(host: str, *, here: bool) -> None:
    assert stays_here(host) == here


def test_it_opens_from_the_file_of_destinations(tmp_path: Path) -> None:
    path = tmp_path / "destinations.toml"
    path.write_text(f'[ehr]\nkind = "fhir"\nurl = "{URL}"\n\n[bad]\nkind = "fhir"\n')
    loaded = load(path)
    good, bad = loaded.destinations
    exporter = good.open()
    assert isinstance(exporter, FhirExporter)
    assert exporter.label == "FHIR server at server.example"
    exporter.close()
    with pytest.raises(ConfigError, match="url is missing"):
        bad.open()


@pytest.mark.parametrize("part", ["httpx", "fhir.resources"])
def test_a_missing_part_is_named_where_it_is_set_up(
    part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, part, None)
    with pytest.raises(ConfigError, match=r"pip install 'torquemon\[fhir\]'"):
        from_settings("ehr", {"url": URL})


def test_the_libraries_are_loaded_only_where_they_are_used() -> None:
    code = (
        "import sys, torquemon.cli, torquemon.record.fhir.exporter as e;"
        "torquemon.cli.build_parser();"
        "sys.exit(any(m in sys.modules for m in ('httpx', 'fhir', 'keyring')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
