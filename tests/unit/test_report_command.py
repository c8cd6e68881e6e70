"""`torquemon report` on a record of a chair: files, forms, refusals."""

from __future__ import annotations

import stat
import sys
from datetime import date
from pathlib import Path

import pytest

from hw_sim.operator import insert
from tests.chairs import Chair
from tests.pdf_tools import pdf_attachment, pdf_text
from torquemon import paths
from torquemon.cli import main
from torquemon.journal import Journal
from torquemon.local.messages import OrderName
from torquemon.profiles import builtin
from torquemon.record.history import head_of
from torquemon.record.insertions import open_archive
from torquemon.record.remarks import Remarks


@pytest.fixture
def insertion_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A few seconds of a simulated insertion in the record of this chair."""
    monkeypatch.chdir(tmp_path)
    chair = Chair(script=insert(), plan={"site": "maxilla-buccal", "patient": "P-1"})
    chair.plug_in()
    chair.run(0.3)
    assert chair.order(OrderName.START).ok
    chair.run(8.0)
    chair.order(OrderName.FINISH)
    chair.run(0.2)
    journal = Journal(paths.journal_path())
    for row in chair.sink.rows:
        journal.open_insertion(row)
    journal.append(chair.sink.entries)
    journal.close()
    return str(chair.sink.rows[0].id)


def test_report_command_writes_a_private_pdf_with_the_curve_and_the_chain(
    insertion_id: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", insertion_id]) == 0
    path = tmp_path / f"{insertion_id}.pdf"
    assert capsys.readouterr().out == f"report in {path.name}\n"
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with open_archive() as archive:
        insertion = archive.get("last")
        readings = list(archive.readings(insertion))
        head = str(head_of(archive.store, insertion_id))
        # what is added elsewhere changes the chain, not this report
        Remarks(archive.store).person("P-2", "Somebody else", None, "Dr. M")
        assert str(archive.store.head()) != head
    text = pdf_text(path)
    assert head in text
    assert "P-1" in text
    assert builtin().version in text
    curve = pdf_attachment(path, tmp_path / "curve.csv").decode().splitlines()
    rows = [line for line in curve if not line.startswith("#")]
    assert len(rows) == len(readings) + 1
    assert [float(row.split(",")[1]) for row in rows[1:]] == [r.torque_ncm for r in readings]
    assert any("SIMULATED" in line for line in curve if line.startswith("#"))
    first = path.read_bytes()
    assert main(["report", "last", "--pdf", "again.pdf"]) == 0
    assert Path("again.pdf").read_bytes() == first
    assert sorted(p.name for p in tmp_path.glob(".torquemon-report-*")) == []


def test_report_command_prints_a_name_only_where_it_is_asked_for(
    insertion_id: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_archive() as archive:
        remarks = Remarks(archive.store)
        remarks.person("P-1", "Ada Example", date(2010, 4, 3), "Dr. M")
        remarks.finding(insertion_id, "smoking", "no", "Dr. M")
        wrong = remarks.finding(insertion_id, "bmi", "high", "Dr. M")
        remarks.finding(insertion_id, "bmi", "low", "Dr. M", wrong)
        remarks.sign(insertion_id, "Dr. M")
        head = str(head_of(archive.store, insertion_id))
    for words, named in (([], False), (["--with-name"], True)):
        assert main(["report", insertion_id, "--html", "r.html", *words]) == 0
        assert main(["report", insertion_id, "--pdf", "r.pdf", *words]) == 0
        capsys.readouterr()
        assert main(["show", insertion_id, *words]) == 0
        shown = capsys.readouterr().out
        assert main(["report", insertion_id, "--text", *words]) == 0
        assert capsys.readouterr().out == shown
        for text in (Path("r.html").read_text("utf-8"), pdf_text(Path("r.pdf")), shown):
            assert ("Ada Example" in text, "2010-04-03" in text) == (named, named)
            assert "Dr. M, " in text
            assert "smoking" in text
            assert "reviewed, of entry 6 (" in text
        assert head in pdf_text(Path("r.pdf"))
    assert "bmi low" in shown
    assert "bmi high" not in shown


def test_report_command_makes_html_in_german(insertion_id: str) -> None:
    assert main(["report", insertion_id, "--html", "r.html", "--language", "de"]) == 0
    page = Path("r.html").read_text("utf-8")
    assert '<html lang="de">' in page
    assert insertion_id in page
    assert "SIMULIERT" in page


def test_report_command_as_text_is_that_of_show(
    insertion_id: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", insertion_id, "--text"]) == 0
    told = capsys.readouterr().out
    assert main(["show", insertion_id]) == 0
    assert capsys.readouterr().out == told


def test_report_command_without_typst_makes_html_and_says_so(
    insertion_id: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)
    assert main(["report", insertion_id]) == 0
    said = capsys.readouterr()
    assert said.out == f"report in {insertion_id}.html\n"
    assert "torquemon[report]" in said.err
    assert main(["report", insertion_id, "--pdf", "r.pdf"]) == 2
    assert not Path("r.pdf").exists()


@pytest.mark.parametrize("wanted", ["../../etc/passwd", "01ARZ3NDEKTSV4RRFFQ69G5FAV", "", "\x00"])
def test_report_command_refuses_what_is_no_insertion(
    wanted: str, insertion_id: str, capsys: pytest.CaptureFixture[str]
) -> None:
    del insertion_id
    assert main(["report", wanted]) == 2
    said = capsys.readouterr().err
    assert said.startswith("torquemon: ")
    assert "`torquemon list`" in said


def test_report_command_says_where_it_cannot_write(
    insertion_id: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", insertion_id, "--pdf", "no/such/folder/r.pdf"]) == 2
    assert "no/such/folder/r.pdf cannot be written" in capsys.readouterr().err


def test_report_command_refuses_what_is_still_recorded(
    insertion_id: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("torquemon.record.insertions.close_due", lambda *_, **__: [])
    assert main(["report", insertion_id]) == 2
    assert "still being recorded" in capsys.readouterr().err
