"""What was erased leaves no report and no name in the chair's folder either."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cases import signed_store
from torquemon.cli import main
from torquemon.clock import SystemClock
from torquemon.record.gdt.waiting import Waiting, last_taken, put
from torquemon.record.report_job import report_path

WORDS = ("--why", "asked for", "--operator", "Dr A", "--yes")


@pytest.fixture
def insertion_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("TORQUEMON_HOME", str(tmp_path))
    store, found = signed_store(tmp_path)
    store.close()
    report_path(found).parent.mkdir()
    for name in (found, "01KBSOMEBODYELSE"):
        report_path(name).write_bytes(b"%PDF-")
    return found


def test_its_report_goes_and_nobody_elses(insertion_id: str) -> None:
    assert main(("erase", "--insertion", insertion_id, *WORDS)) == 0
    assert not report_path(insertion_id).exists()
    assert report_path("01KBSOMEBODYELSE").exists()


def test_a_report_that_cannot_go_keeps_the_record_as_it_is(
    insertion_id: str, capsys: pytest.CaptureFixture[str]
) -> None:
    report_path(insertion_id).unlink()
    report_path(insertion_id).mkdir()
    assert main(("erase", "--insertion", insertion_id, *WORDS)) == 2
    assert "cannot be removed" in capsys.readouterr().err
    report_path(insertion_id).rmdir()
    assert main(("erase", "--insertion", insertion_id, *WORDS)) == 0


@pytest.mark.parametrize(("erased", "waits"), [("P-1", False), ("P-2", True)])
def test_an_erased_patient_no_longer_waits(insertion_id: str, erased: str, waits: bool) -> None:  # noqa: FBT001
    del insertion_id
    put(Waiting("P-1", "Müller, Änne", "2009-02-28", "GDT"), SystemClock())
    main(("erase", "--patient", erased, *WORDS))
    said = last_taken()
    assert (said is not None and bool(said.name)) is waits
