"""What was asked for and is not sent says why, once, and is no success."""

from __future__ import annotations

import builtins
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cases import OPERATOR, signed_store
from torquemon.cli import main
from torquemon.record.delivery.asking import send_again
from torquemon.record.delivery.config import load
from torquemon.record.errors import RefusedError
from torquemon.record.store import Store
from torquemon.record.withdrawal import withdraw

FOLDER = '[docs]\nkind = "folder"\npath = "{path}"\ndocument = "html"\n'
FHIR = '[ehr]\nkind = "fhir"\nurl = "http://127.0.0.1:1/fhir"\n'
DICOM = '[pacs]\nkind = "dicom"\nhost = "127.0.0.1"\nport = 1\ncalled_ae = "A"\n'


def chair(folder: Path, *, signed: bool = True, more: str = "") -> str:
    """A chair with one simulated insertion and a folder; return its id."""
    store, insertion_id = signed_store(folder, signed=signed)
    store.close()
    inbox = folder / "inbox"
    inbox.mkdir()
    (folder / "destinations.toml").write_text(FOLDER.format(path=inbox) + more)
    return insertion_id


def said(capsys: pytest.CaptureFixture[str], *words: str, code: int) -> tuple[str, str]:
    assert main(list(words)) == code
    found = capsys.readouterr()
    return found.out, found.err


def test_a_simulated_one_says_why_it_is_not_sent(
    chair_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chair(chair_folder)
    out, _ = said(capsys, "outbox", "resend", "last", code=1)
    assert "docs: not sent, since it is simulated or replayed (not_real = true" in out


def test_one_that_nobody_signed_says_so(
    chair_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chair(chair_folder, signed=False, more="not_real = true\n")
    out, _ = said(capsys, "outbox", "resend", "last", code=1)
    assert "docs: not sent yet, since nobody has signed it" in out


def test_one_that_was_withdrawn_says_so(
    chair_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store, insertion_id = signed_store(chair_folder)
    withdraw(store, insertion_id, "a trial", OPERATOR)
    store.close()
    (chair_folder / "destinations.toml").write_text(
        FOLDER.format(path=chair_folder) + "not_real = true\n"
    )
    out, _ = said(capsys, "outbox", "resend", insertion_id, code=1)
    assert "docs: not sent, since it was withdrawn" in out


def test_one_that_may_go_goes(chair_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chair(chair_folder, more="not_real = true\n")
    for _ in range(2):
        out, _ = said(capsys, "outbox", "resend", "last", code=0)
        assert out == "docs: 1 sent, 0 wait\n"


def test_the_dashboard_does_not_promise_what_will_not_go(chair_folder: Path) -> None:
    insertion_id = chair(chair_folder)
    settings = chair_folder / "destinations.toml"
    store = Store(chair_folder / "record.db")
    try:
        with pytest.raises(RefusedError, match="simulated or replayed: it goes nowhere"):
            send_again(store, insertion_id)
        settings.write_text(settings.read_text() + "not_real = true\n")
        assert send_again(store, insertion_id).endswith("to: docs")
    finally:
        store.close()


# --- a secret has one server ---------------------------------------------------------------------


@pytest.mark.parametrize("names", [("a-b", "a_b"), ("x_y-z", "x-y_z")])
def test_two_names_that_share_a_secret_are_refused(tmp_path: Path, names: tuple[str, str]) -> None:
    path = tmp_path / "destinations.toml"
    url = 'kind = "fhir"\nurl = "http://127.0.0.1:1/fhir"\n'
    path.write_text("".join(f"[{name}]\n{url}" for name in (*names, "ab")))
    found = load(path)
    assert [each.name for each in found.destinations] == ["ab"]
    assert found.left_out == names
    assert all("would share one secret" in each for each in found.problems)


# --- a part that is missing ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "act", "table", "part"),
    [
        ("fhir", "send", FHIR, "httpx"),
        ("fhir", "check", FHIR, "httpx"),
        ("dicom", "send", DICOM, "pynetdicom"),
        ("dicom", "echo", DICOM, "pynetdicom"),
    ],
)
@pytest.mark.parametrize("by_name", [True, False])
def test_a_missing_part_is_all_that_is_said(
    chair_folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    act: str,
    table: str,
    part: str,
    *,
    by_name: bool,
) -> None:
    chair(chair_folder, more=table)
    without(part, monkeypatch)
    name = "ehr" if kind == "fhir" else "pacs"
    words = [kind, act, *(["last"] if act == "send" else [])]
    if by_name:
        words += [name] if act == "echo" else ["--to", name]
    _, error = said(capsys, *words, code=2)
    (line,) = error.splitlines()
    assert f"[{name}]: " in line
    assert f"pip install 'torquemon[{kind}]'" in line


@pytest.mark.parametrize("kind", ["fhir", "dicom"])
def test_a_preview_without_its_part_names_no_option_that_it_does_not_have(
    chair_folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
) -> None:
    chair(chair_folder)
    without("typst", monkeypatch)
    _, error = said(capsys, kind, "preview", "last", code=2)
    (line,) = error.splitlines()
    assert "--html" not in line
    assert "pip install 'torquemon[report]'" in line


def without(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a part look as if it were not installed, however it is looked for."""
    import importlib.util

    spec, real = importlib.util.find_spec, builtins.__import__

    def no_spec(name: str, package: str | None = None) -> Any:  # noqa: ANN401 - as in importlib
        return None if name.partition(".")[0] == part else spec(name, package)

    def no_import(name: str, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as in builtins
        if name.partition(".")[0] == part:
            raise ImportError(name)
        return real(name, *args, **kwargs)

    for known in [each for each in sys.modules if each.partition(".")[0] == part]:
        monkeypatch.delitem(sys.modules, known)
    monkeypatch.setattr(importlib.util, "find_spec", no_spec)
    monkeypatch.setattr("torquemon.record.dicom.exporter.find_spec", no_spec)
    monkeypatch.setattr(builtins, "__import__", no_import)
