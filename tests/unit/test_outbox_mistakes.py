"""A mistake in one destination is said with its name, and the others are asked all the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fhir_parts import free_port
from torquemon.cli import main
from torquemon.record.delivery.config import load, load_checked

GOOD = '[good]\nkind = "folder"\npath = "{path}"\ndocument = "html"\n'
MISTAKE = '[bad]\nkind = "folder"\npaht = "/srv/inbox"\n'


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    folder.mkdir(mode=0o700)
    monkeypatch.setenv("TORQUEMON_HOME", str(folder))
    return folder


def test_check_names_the_mistake_and_asks_the_others(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "destinations.toml").write_text(MISTAKE + GOOD.format(path=tmp_path))
    assert main(["outbox", "check"]) == 1
    said = capsys.readouterr()
    assert "destinations.toml, [bad]: there is no setting paht" in said.err
    assert f"good: the folder {tmp_path} takes reports" in said.out


def test_check_without_one_that_can_be_used_says_where_to_mend(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "destinations.toml").write_text(MISTAKE)
    assert main(["outbox", "check"]) == 2
    said = capsys.readouterr().err
    assert "no destination can be used: mend" in said
    assert "no destination is set up" not in said


def test_one_with_a_mistake_is_still_set_up(tmp_path: Path) -> None:
    path = tmp_path / "destinations.toml"
    path.write_text(MISTAKE + GOOD.format(path=tmp_path) + '[worse]\nkind = "ftp"\n')
    found = load_checked(path)
    assert [each.name for each in found.destinations] == ["good"]
    assert found.left_out == ("worse", "bad")
    assert all(found.may_set_up(name) for name in ("good", "bad", "worse"))
    assert not found.may_set_up("gone")


def test_of_a_file_that_cannot_be_read_nothing_is_called_gone(tmp_path: Path) -> None:
    path = tmp_path / "destinations.toml"
    path.write_text("[a\n")
    assert load(path).may_set_up("anything")


@pytest.mark.parametrize(("kind", "command"), [("fhir", "check"), ("dicom", "echo")])
def test_the_commands_of_a_kind_ask_the_others_too(
    kind: str, command: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = f'url = "http://127.0.0.1:{free_port()}/x"'
    (home / "destinations.toml").write_text(
        f'[bad]\nkind = "{kind}"\n{place}\nhots = "x"\n[good]\nkind = "{kind}"\n{place}\n'
    )
    assert main([kind, command]) == 1
    said = capsys.readouterr()
    assert "[bad]: there is no setting hots" in said.err
    assert said.out.startswith("good: the ")
