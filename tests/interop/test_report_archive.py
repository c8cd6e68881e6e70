"""The report as a file for the archive, held against PDF/A-3a and PDF/UA-1 with qpdf."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.pdf_archive import findings, qpdf
from tests.report_cases import case
from torquemon.record.report_data import Signed
from torquemon.record.report_page import make_page
from torquemon.record.report_typst import pdf
from torquemon.record.report_words import words


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    signed = Signed("Dr. M", "2026-01-02T09:30:00+00:00", "reviewed", "12:" + "0" * 64)
    data = replace(case(), signatures=(signed,), findings=(("smoking", "no"),))
    path = tmp_path_factory.mktemp("archive") / "report.pdf"
    path.write_bytes(pdf(make_page(data, words("en")), "time_s\n0\n", data.closed_utc))
    return path


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("name", ["nominal", "no-angle", "root-contact"])
def test_report_has_nothing_that_an_archive_would_refuse(
    name: str, language: str, tmp_path: Path
) -> None:
    data = case(name)
    path = tmp_path / "report.pdf"
    path.write_bytes(pdf(make_page(data, words(language)), "time_s\n0\n", data.closed_utc))
    assert findings(path) == []


def test_report_with_all_that_can_be_said_passes_too(report: Path) -> None:
    assert findings(report) == []


def test_the_checks_find_what_was_taken_away(report: Path, tmp_path: Path) -> None:
    changed = tmp_path / "changed.pdf"
    name = qpdf("--list-attachments", report).stdout.split(" -> ")[0]
    qpdf(report, f"--remove-attachment={name}", changed)
    assert [found[:5] for found in findings(changed)] == ["A 6.8"]
    qpdf(report, "--encrypt", "", "x", "256", "--", changed)
    assert any("encrypted" in found for found in findings(changed))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (b"<pdfaid:part>3<", b"<pdfaid:part>1<", "A 6.6.4"),
        (b"<pdfuaid:part>1<", b"<pdfuaid:part>2<", "U 5"),
        (b"/AFRelationship/Data", b"/AFRelationship/Date", "A 6.8"),
        (b"/DisplayDocTitle true", b"/DisplayDocTitle null", "U 7.1"),
        (b"/Marked true", b"/Marked null", "A 6.7.2"),
        (b"/GTS_PDFA1", b"/GTS_PDFX1", "A 6.2.3"),
        (b"/ToUnicode", b"/ToUnicorn", "A 6.2.11.7.2"),
        (b"/FontFile", b"/FontFill", "A 6.2.11.4"),
        (b"/Alt", b"/Alf", "U 7.3"),
    ],
)
def test_the_checks_find_what_was_changed(
    old: bytes, new: bytes, says: str, report: Path, tmp_path: Path
) -> None:
    plain = tmp_path / "plain.pdf"
    qpdf("--object-streams=disable", "--stream-data=uncompress", report, plain)
    data = plain.read_bytes()
    if old not in data:  # qpdf writes a blank between a name and its value
        old, new = old.replace(b"/Data", b" /Data"), new.replace(b"/Date", b" /Date")
    assert old in data, old
    changed = tmp_path / "changed.pdf"
    changed.write_bytes(data.replace(old, new))
    assert any(found.startswith(says) for found in findings(changed)), findings(changed)
