"""Where the practice is: no password in it, nothing over a network that is not checked."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest

from torquemon.cli import main
from torquemon.record import practice
from torquemon.record.practice import Practice, PracticeError, parse_address


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("host=db dbname=t user=u password=secret", "password"),
        ("postgresql://u:secret@db/t", "password"),
        ("host=db user=u", "names no database"),
        ("host=db dbname=t sslmode=require", "verify-full"),
        ("host=db dbname=t sslmode=disable", "verify-full"),
        ("host=/run/pg,db dbname=t sslmode=prefer", "verify-full"),
        ("hostaddr=10.0.0.1 dbname=t sslmode=prefer", "verify-full"),
        ("this is nothing", "cannot be read"),
        ("host=db dbname=t\x00", "cannot be read"),
    ],
)
def test_practice_address_is_refused_with_a_sentence(address: str, why: str) -> None:
    with pytest.raises(PracticeError, match=why) as raised:
        parse_address(address)
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("host", ["db.example", "10.0.0.7", "2001:db8::1", "localhost.example"])
def test_practice_over_a_network_is_checked_and_encrypted(host: str) -> None:
    found = parse_address(f"host={host} dbname=t user=u")
    assert (found["sslmode"], found["sslrootcert"]) == ("verify-full", "system")


@pytest.mark.parametrize("host", ["/run/postgresql", "localhost", "127.0.0.1", "::1"])
def test_practice_on_this_machine_needs_no_certificate(host: str) -> None:
    assert "sslmode" not in parse_address(f"host={host} dbname=t user=u")


def test_practice_password_comes_from_the_keyring_where_nothing_else_gives_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[tuple[str, str]] = []

    class Ring(ModuleType):
        def get_password(self, service: str, who: str) -> str:
            asked.append((service, who))
            return "from the ring"

    errors = ModuleType("keyring.errors")
    errors.KeyringError = RuntimeError  # type: ignore[attr-defined] # the name that is looked for
    monkeypatch.setitem(sys.modules, "keyring", Ring("keyring"))
    monkeypatch.setitem(sys.modules, "keyring.errors", errors)
    monkeypatch.delenv("PGPASSWORD", raising=False)
    found = {"host": "db", "user": "chair1", "dbname": "t"}
    assert practice._password(found) == "from the ring"
    assert asked == [("torquemon-practice", "chair1@db/t")]
    assert practice._password({**found, "passfile": "/x"}) is None
    monkeypatch.setenv("PGPASSWORD", "from the environment")
    assert practice._password(found) is None
    monkeypatch.setitem(sys.modules, "keyring", None)
    monkeypatch.delenv("PGPASSWORD")
    assert practice._password(found) is None


def test_practice_without_its_part_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(PracticeError, match=r"torquemon\[practice\]"):
        Practice("host=/run dbname=t")
    assert main(["sync", "--to", "host=/run dbname=t"]) == 2
    assert "torquemon[practice]" in capsys.readouterr().err


def test_practice_command_keeps_no_address_that_it_refuses(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TORQUEMON_HOME", str(tmp_path))
    assert main(["sync", "--to", "host=db dbname=t password=hunter2"]) == 2
    said = capsys.readouterr()
    assert "hunter2" not in said.out + said.err
    assert not (tmp_path / "practice.conninfo").exists()


@pytest.mark.parametrize("value", ["0", "nan", "-1", "1e9", "soon"])
def test_practice_command_refuses_a_pause_that_is_none(value: str) -> None:
    with pytest.raises(SystemExit):
        main(["sync", "--every-s", value])
