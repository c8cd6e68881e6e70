"""The report as PDF: opened with somebody else's programs and compared with the record."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cases import signed_case
from tests.pdf_tools import (
    pdf_attachment,
    pdf_fonts,
    pdf_info,
    pdf_picture,
    pdf_tags,
    pdf_text,
)
from tests.report_cases import HEAD, case
from torquemon import DISCLAIMER
from torquemon.model import Origin
from torquemon.record.report_data import ReportData, ReportError, Signed
from torquemon.record.report_html import html
from torquemon.record.report_page import make_page
from torquemon.record.report_typst import NoTypstError, drawable, pdf
from torquemon.record.report_words import words

CSV = "time_s,torque_ncm\n0.0,1.0\n"


def made(data: ReportData, folder: Path, language: str = "en") -> Path:
    path = folder / f"{language}.pdf"
    path.write_bytes(pdf(make_page(data, words(language)), CSV, data.closed_utc))
    return path


def test_report_is_one_tagged_page_with_embedded_fonts(tmp_path: Path) -> None:
    path = made(case(), tmp_path)
    info = pdf_info(path)
    assert (info["Pages"], info["Tagged"], info["JavaScript"]) == ("1", "yes", "no")
    tags = pdf_tags(path)
    for tag in ("H1", "H2", "Figure", "Table", "TH", "TD"):
        assert tag in tags
    assert b"pdfaid:part" in path.read_bytes()
    fonts = pdf_fonts(path)
    assert {row[0].partition("+")[2].partition("-")[0] for row in fonts} <= {
        "LibertinusSerif",
        "DejaVuSansMono",
    }
    assert all(row[-5:-2] == ["yes", "yes", "yes"] for row in fonts)  # embedded, subset, unicode


@pytest.mark.requirement("REQ-SHOW-6")
def test_report_text_is_the_record(tmp_path: Path) -> None:
    data = case()
    assert data.window is not None
    assert data.max_ncm is not None
    assert data.final_ncm is not None
    text = pdf_text(made(data, tmp_path))
    for words_of_the_record in (
        data.patient,
        data.insertion_id,
        data.operator,
        "Maxilla, buccal, between 15-16",
        "Infinitas 1.5 x 9 mm, short neck",
        data.lot,
        data.window.id,
        data.window.source,
        "Within the window",
        f"{data.max_ncm:.2f} N·cm",
        f"{data.final_ncm:.2f} N·cm",
        data.why,
        data.device.serial,
        data.device.calibrated,
        data.rule_version,
        data.software,
        f"{data.samples} in {data.duration_s:.1f} s, 0 missing",
        "none of 250 ms or more",
        DISCLAIMER,
        "not validated by another program",
        "SIMULATED: not measured on a patient",
        *(alert.why for alert in data.alerts),
    ):
        assert words_of_the_record in text
    assert HEAD in text


SIGNED = Signed("Dr. M. Muster", "2026-01-02T09:30:00+00:00", "reviewed", "12:" + "0a1b2c3d" * 8)
SAID = replace(
    case(),
    findings=(("age_years", "14"), ("smoking", "no"), ("mucosa", "attached")),
    signatures=(SIGNED,),
)


def test_report_shows_findings_and_who_signed(tmp_path: Path) -> None:
    path = made(SAID, tmp_path)
    text = pdf_text(path)
    assert "age in years: 14; smoking: no; mucosa: attached" in text
    signed = "Dr. M. Muster, 2026-01-02 09:30:00 UTC, reviewed, of entry 12 (0a1b2c3d0a1b2c3d…)"
    assert signed in text
    assert pdf_info(path)["Pages"] == "1"
    german = pdf_text(made(SAID, tmp_path, "de"))
    assert "Rauchen: nein; Schleimhaut: befestigt" in german
    assert "geprüft, zu Eintrag 12 (0a1b2c3d0a1b2c3d…)" in german
    page = html(make_page(SAID, words("en")), CSV)
    assert signed in page
    assert "by nobody yet" in pdf_text(made(case(), tmp_path))


def test_report_of_many_signatures_shows_the_newest(tmp_path: Path) -> None:
    many = tuple(replace(SIGNED, who=f"Dr. {number}") for number in range(30))
    text = pdf_text(made(replace(SAID, signatures=many), tmp_path))
    assert [who in text for who in ("Dr. 29,", "Dr. 27,", "Dr. 26,")] == [True, True, False]
    assert "and 27 earlier" in text


def test_report_names_the_patient_only_where_it_is_given(tmp_path: Path) -> None:
    named = replace(case(), person="Ada Example", birth_date="2010-04-03")
    assert "P-1024 · Ada Example · born 2010-04-03" in pdf_text(made(named, tmp_path))
    assert "Ada Example" not in repr(named), "nothing personal in a log line"


def test_report_head_of_the_chain_stands_whole_in_the_file(tmp_path: Path) -> None:
    assert HEAD.encode() in made(case(), tmp_path).read_bytes()


def test_report_in_german_has_decimal_commas(tmp_path: Path) -> None:
    data = case()
    text = pdf_text(made(data, tmp_path, "de"))
    assert data.max_ncm is not None
    assert f"{data.max_ncm:.2f} N·cm".replace(".", ",") in text
    assert "Im Fenster" in text
    assert "Oberkiefer, bukkal, zwischen 15-16" in text
    assert "Kein Medizinprodukt" in text
    assert "SIMULATED" in text


def test_report_carries_its_curve(tmp_path: Path) -> None:
    path = made(case(), tmp_path)
    assert pdf_attachment(path, tmp_path / "curve.csv").decode() == CSV


def test_report_of_the_same_record_is_the_same_bytes(tmp_path: Path) -> None:
    data = case()
    page = make_page(data, words("en"))
    first = pdf(page, CSV, data.closed_utc)
    assert pdf(make_page(data, words("en")), CSV, data.closed_utc) == first
    # in another process, place and time zone, without a font of this machine
    (tmp_path / "page.py").write_text(
        "import sys\n"
        f"from torquemon.record.report_page import EventRow, Page, TurnTable\n"
        f"from torquemon.record.report_typst import pdf\n"
        f"page = {page!r}\n"
        f"sys.stdout.buffer.write(pdf(page, {CSV!r}, {data.closed_utc!r}))\n",
        encoding="utf-8",
    )
    environment = {"TZ": "Asia/Tokyo", "LC_ALL": "C", "HOME": str(tmp_path), "PATH": ""}
    environment |= {"PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        [sys.executable, str(tmp_path / "page.py")],
        capture_output=True,
        env=environment,
        cwd=tmp_path,
        check=True,
    )
    assert done.stdout == first


@pytest.mark.requirement("REQ-SHOW-6")
@pytest.mark.parametrize("origin", [Origin.REAL, Origin.SIMULATED, Origin.REPLAYED, None])
def test_report_is_marked_across_the_page_unless_it_is_real(
    origin: Origin | None, tmp_path: Path
) -> None:
    data = replace(case(), origin=origin)
    path = made(data, tmp_path)
    text = pdf_text(path)
    marks = ("SIMULATED", "REPLAYED", "ORIGIN UNKNOWN")
    assert [mark for mark in marks if mark in text] == ([data.mark] if data.mark else [])
    orange = _orange(pdf_picture(path, tmp_path / "page"))
    assert (orange > 1500) == bool(data.mark)


def _orange(pixmap: bytes) -> int:
    """Count the pixels that have the watermark's tint: more red than green than blue, and light."""
    pixels = pixmap.split(b"\n", 3)[3]
    found = 0
    for at in range(0, len(pixels) - 2, 3):
        red, green, blue = pixels[at], pixels[at + 1], pixels[at + 2]
        found += red > 245 and 225 < green < 245 and 205 < blue < 236 and red - blue > 15
    return found


@pytest.mark.parametrize("name", ["root-contact", "threshold", "no-angle", "removal"])
def test_report_of_other_courses_is_one_page(name: str, tmp_path: Path) -> None:
    data = case(name)
    path = made(data, tmp_path)
    text = pdf_text(path)
    assert pdf_info(path)["Pages"] == "1"
    told = {
        "root-contact": ("Possible root contact was signalled.", "Above the window"),
        "threshold": ("Handpiece stopped", "threshold", "stop, armed"),
        "removal": ("Removal torque report", "turns since the first reading", "Undetermined"),
        "no-angle": ("the angle is not known throughout", "not known"),
    }
    for words_told in told[name]:
        assert words_told in text
    if name == "no-angle":
        assert "Torque against angle" not in text
        assert "Torque at each full turn" not in text


@pytest.mark.requirement("REQ-REC-4")
def test_report_says_what_is_wrong_with_the_record(tmp_path: Path) -> None:
    data = replace(case(), interrupted=True, amended=2, armed_seen=False)
    text = pdf_text(made(data, tmp_path))
    for sentence in ("INTERRUPTED", "Amended 2 times", "never confirmed by the handpiece"):
        assert sentence in text


def test_report_with_texts_of_any_length_stays_one_page(tmp_path: Path) -> None:
    long = "W" * 300
    spaced = "Wide Words " * 60
    data = case("root-contact")
    data = replace(
        data,
        patient=long,
        operator=spaced,
        screw_name=long,
        lot=long,
        why=spaced,
        threshold_reasons=(spaced,) * 8,
        interrupted=True,
        amended=9,
        agrees=False,
        witness=long,
        profiles=spaced,
        software=long,
        rule_version=long,
        device=replace(data.device, maker=long, model=spaced, serial=long, firmware=long),
        alerts=tuple(replace(alert, why=spaced) for alert in data.alerts * 20),
        findings=(("smoking", spaced),) * 20,
        signatures=(replace(SIGNED, who=spaced, meaning=long),) * 9,
        person=spaced,
        birth_date=long,
    )
    for language in ("en", "de"):
        path = made(data, tmp_path, language)
        assert pdf_info(path)["Pages"] == "1"
        assert words(language)["disclaimer"] in pdf_text(path)


def test_report_without_typst_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(NoTypstError, match=r"torquemon\[report\].*--html"):
        pdf(make_page(case(), words("en")), CSV, "")


def test_report_draws_every_character_that_it_lets_through(tmp_path: Path) -> None:
    every = "".join(chr(point) for point in range(0x20, 0x10000) if drawable(chr(point))[1] == 0)
    assert len(every) > 2000
    data = replace(case("no-angle"), why=every)
    made(data, tmp_path)


def test_report_shows_that_characters_could_not_be_drawn(tmp_path: Path) -> None:
    data = replace(case("no-angle"), patient="山田 P-7 \U0001f9b7")
    text = pdf_text(made(data, tmp_path))
    assert "3 characters of other scripts" in text
    assert "�� P-7 �" in text


def test_report_that_cannot_be_set_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torquemon.record.report_typst._DRAWABLE", ((0, 0x10FFFF),))
    data = replace(case("no-angle"), patient="山")
    with pytest.raises(ReportError, match="cannot be set"):
        pdf(make_page(data, words("en")), CSV, "")


def test_the_file_ends_with_a_line(tmp_path: Path) -> None:
    """Orthanc takes any other last byte for padding: without it %%EOF came back as %%EO."""
    case = signed_case(tmp_path)
    assert case.documents.pdf().endswith(b"%%EOF\n")
