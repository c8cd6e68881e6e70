"""`torquemon fhir` on the command line, and the example of the documentation."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.cases import signed_store
from tests.fhir_example import PATH, example
from tests.fhir_hostile import hostile, whole
from torquemon.cli import main
from torquemon.record.fhir.checks import problems
from torquemon.record.fhir.codes import codesystem, displays
from torquemon.record.fhir.names import CODES


@pytest.fixture
def recorded(chair_folder: Path) -> str:
    """A chair with one signed insertion."""
    store, insertion_id = signed_store(chair_folder)
    store.close()
    return insertion_id


def destinations(url: str, *, not_real: bool = True, **more: str) -> None:
    lines = [f'{name} = "{value}"' for name, value in more.items()]
    lines += ["not_real = true"] if not_real else []
    text = f'[ehr]\nkind = "fhir"\nurl = "{url}"\n' + "\n".join(lines)
    (Path(os.environ["TORQUEMON_HOME"]) / "destinations.toml").write_text(text)


def test_a_preview_needs_no_server(recorded: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fhir", "preview", recorded]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["type"] == "transaction"
    assert "server.invalid" in shown["entry"][0]["fullUrl"]
    assert "--whole shows them" in json.dumps(shown)


def test_a_whole_preview_is_what_is_sent(recorded: str, capsys: pytest.CaptureFixture[str]) -> None:
    destinations("http://127.0.0.1:1/fhir", patient_system="urn:oid:1.2.3")
    assert main(["fhir", "preview", "last", "--whole", "--to", "ehr"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert problems(shown) == []
    assert recorded in json.dumps(shown)
    assert "urn:oid:1.2.3" in json.dumps(shown)


@pytest.mark.parametrize("act", [["send", "last"], ["check"]])
def test_without_a_server_it_is_said_where_one_is_set_up(
    recorded: str, act: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert recorded
    assert main(["fhir", *act]) == 2
    assert "no FHIR server is set up: write one into destinations.toml" in capsys.readouterr().err


def test_a_name_that_is_not_set_up_is_said(
    recorded: str, capsys: pytest.CaptureFixture[str]
) -> None:
    destinations("http://127.0.0.1:1/fhir")
    assert main(["fhir", "send", recorded, "--to", "\x1b[31m"]) == 2
    said = capsys.readouterr().err
    assert "set up are: ehr" in said
    assert "\x1b" not in said


def test_an_id_that_is_none_is_said(recorded: str, capsys: pytest.CaptureFixture[str]) -> None:
    destinations("http://127.0.0.1:1/fhir")
    assert recorded
    for act in ("preview", "send"):
        assert main(["fhir", act, "nonsense"]) == 2
        assert "is no insertion id" in capsys.readouterr().err


def test_nothing_recorded_is_said(capsys: pytest.CaptureFixture[str], chair_folder: Path) -> None:
    chair_folder.mkdir()
    destinations("http://127.0.0.1:1/fhir")
    for act in ("preview", "send"):
        assert main(["fhir", act, "last"]) == 2
        assert "nothing was recorded yet" in capsys.readouterr().err


def test_a_server_that_is_away_lets_everything_wait(
    recorded: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with hostile() as (server, _):
        server.answers = [whole("503 Unavailable")]
        destinations(server.url)
        assert main(["fhir", "send", recorded]) == 1
        said = capsys.readouterr().out
        assert "ehr: 0 sent, 1 wait; the FHIR server at 127.0.0.1 answers 503" in said
        assert main(["fhir", "check"]) == 1
        assert "answers 503" in capsys.readouterr().out


def test_what_is_not_real_goes_nowhere_unless_it_is_wanted(
    recorded: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with hostile() as (server, _):
        server.answers = [whole("503 Unavailable")]
        destinations(server.url, not_real=False)
        assert main(["fhir", "send", recorded]) == 1
        assert "ehr: not sent, since it is simulated or replayed" in capsys.readouterr().out
        assert server.requests == []


def test_the_example_of_the_documentation_is_what_is_built() -> None:
    """`python -m tests.fhir_example` makes it anew."""
    assert PATH.read_text(encoding="utf-8") == example()


def test_the_code_system_is_whole() -> None:
    found = codesystem()
    assert found["url"] == CODES
    assert found["count"] == len(found["concept"]) == len(displays())
    assert all(each["definition"] for each in found["concept"])


def test_every_code_of_ours_is_documented() -> None:
    text = (Path(__file__).parents[2] / "docs" / "integration.md").read_text(encoding="utf-8")
    assert CODES in text
    for code in displays():
        assert f"`{code}`" in text, code
