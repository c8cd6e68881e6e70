"""What may stand in `destinations.toml` for an archive, and what is said of a mistake."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import pytest

from tests.authority import Authority
from torquemon.record.delivery.config import ConfigError, load
from torquemon.record.dicom.cstore import Peer
from torquemon.record.dicom.secret import Secret
from torquemon.record.dicom.settings import Web, read

HERE = {"host": "127.0.0.1", "port": 11112, "called_ae": "PACS"}
AWAY = {**HERE, "host": "pacs.example"}
SITE = {"url": "https://pacs.example/dicom-web/"}


def peer(**settings: Any) -> Peer:  # noqa: ANN401 - any setting
    found = read("archive", settings).reached
    assert isinstance(found, Peer)
    return found


def test_over_a_network_the_wire_is_encrypted_and_the_name_checked() -> None:
    context = peer(**AWAY).context
    assert context is not None
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
    assert peer(**HERE).context is None
    assert peer(**AWAY, tls=False).context is None
    assert peer(**HERE, tls=True).context is not None


def test_usual_values() -> None:
    found = peer(**HERE)
    assert (found.calling_ae, found.timeout_s, found.port) == ("TORQUEMON", 30, 11112)
    assert found.label == "the archive PACS at 127.0.0.1:11112"
    site = read("archive", SITE).reached
    assert isinstance(site, Web)
    assert site.url == "https://pacs.example/dicom-web"
    assert site.context is not None


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({}, "either url"),
        ({**HERE, **SITE}, "either url"),
        ({**HERE, "user": "x"}, "no setting user"),
        ({**SITE, "called_ae": "X"}, "no setting called_ae"),
        ({**HERE, "pasword": "x"}, "no setting pasword"),
        ({"host": "127.0.0.1", "called_ae": "X"}, "port is missing"),
        ({"host": "127.0.0.1", "port": 1}, "called_ae is missing"),
        ({**HERE, "port": 0}, "port must lie"),
        ({**HERE, "port": 65536}, "port must lie"),
        ({**HERE, "port": 104.5}, "whole number"),
        ({**HERE, "called_ae": "A" * 17}, "AE title"),
        ({**HERE, "called_ae": "A\\B"}, "AE title"),
        ({**HERE, "called_ae": "  "}, "AE title"),
        ({**HERE, "calling_ae": "ÄRZTE"}, "AE title"),
        ({**HERE, "timeout_s": 0.5}, "timeout_s must lie"),
        ({**HERE, "tls": "yes"}, "tls must be"),
        ({**HERE, "time_zone": "Mars/Olympus"}, "time_zone 'Mars/Olympus' is not known"),
        ({**HERE, "time_zone": "/etc/passwd"}, "is not known"),
        ({**HERE, "issuer": "A\\B"}, "issuer must be"),
        ({**HERE, "institution": "x" * 65}, "institution must be"),
        ({**AWAY, "ca": "/no/such.pem"}, "ca: there is no file"),
        ({**AWAY, "certificate": "/no/such.pem"}, "certificate: there is no file"),
        ({"url": "ftp://pacs.example"}, "address like https"),
        ({"url": "pacs.example"}, "address like https"),
        ({"url": "https://[bad"}, "address like https"),
        ({"url": "https://pacs.example:99999/"}, "address like https"),
        ({"url": "https://me:secret@pacs.example/"}, "url holds a user"),
        ({"url": "https://pacs.example/?token=1"}, "url holds a user"),
        ({"url": "http://pacs.example/"}, "unencrypted"),
        ({"url": "http://pacs.example/", "tls": True}, "unencrypted"),
        ({"url": "https://pacs.example/", "tls": False}, "contradicts"),
    ],
)
def test_a_mistake_is_a_sentence_that_names_the_setting(
    settings: dict[str, Any], says: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        read("archive", settings)
    assert says in str(refused.value)
    assert "secret" not in str(refused.value).replace("docs for secrets", "")


def test_http_without_tls_takes_a_word_in_so_many_letters() -> None:
    assert read("a", {"url": "http://pacs.example/x", "tls": False}).reached.context is None
    assert read("a", {"url": "http://localhost:8042/x"}).reached.context is None


def test_a_file_that_is_no_certificate_is_a_sentence(tmp_path: Path) -> None:
    bad = tmp_path / "bad.pem"
    bad.write_text("nonsense")
    with pytest.raises(ConfigError, match="PEM files are needed"):
        peer(**AWAY, ca=str(bad))


def test_a_key_with_a_pass_phrase_is_a_sentence_and_asks_nobody(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives.serialization import (
        BestAvailableEncryption,
        Encoding,
        PrivateFormat,
        load_pem_private_key,
    )

    certificate, key = Authority(tmp_path, "Practice").server("chair")
    loaded = load_pem_private_key(key.read_bytes(), None)
    locked = BestAvailableEncryption(b"phrase")
    key.write_bytes(loaded.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked))
    with pytest.raises(ConfigError, match="without a pass phrase"):
        peer(**AWAY, certificate=str(certificate), key=str(key))


def test_the_secret_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORQUEMON_DICOM_SECRET_THE_PACS", "word\n")
    assert Secret("the-pacs").read() == "word"


def test_destinations_toml_knows_the_kind(tmp_path: Path) -> None:
    path = tmp_path / "destinations.toml"
    path.write_text(
        '[pacs]\nkind = "dicom"\nnames = true\nhost = "localhost"\nport = 104\ncalled_ae = "P"\n'
    )
    (found,) = load(path).destinations
    assert found.open().label == "the archive P at localhost:104"
    path.write_text('[pacs]\nkind = "dicom"\n')
    with pytest.raises(ConfigError, match="either url"):
        load(path).destinations[0].open()
