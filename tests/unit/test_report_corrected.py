"""Readings that were divided by what a check found say so wherever they are shown."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

from tests.cases import signed_store
from tests.fhir_cases import transaction
from torquemon.journal import InsertionRow
from torquemon.record.csv_export import write_csv
from torquemon.record.delivery.building import build_case
from torquemon.record.delivery.case import Case
from torquemon.record.folder.sidecar import of_case
from torquemon.record.insertions import Insertion
from torquemon.record.report_page import make_page
from torquemon.record.report_read import from_record
from torquemon.record.report_words import words

ID = "01M83G6M0000000000000000AB"
CHECK = {"id": ID, "gain": 0.7998, "measured": "2026-11-01", "offset_ncm": 0.3}


def corrected(tmp_path: Path) -> tuple[Case, Case]:
    """A case whose readings were corrected, and the same without."""
    store, found = signed_store(tmp_path)
    plain = build_case(store, found)
    store.close()
    read = from_record(found, "2026-01-01T00:00:00+00:00", 0, {"meta": {"correction": CHECK}}, ())
    device = replace(
        plain.data.device,
        divided_by=read.device.divided_by,
        check_id=read.device.check_id,
        check_day=read.device.check_day,
    )
    return replace(plain, data=replace(plain.data, device=device)), plain


def test_the_page_says_it_in_both_languages(tmp_path: Path) -> None:
    case, plain = corrected(tmp_path)
    for language, name, by in (("en", "Corrected", "0.7998"), ("de", "Korrigiert", "0,7998")):
        rows = dict(make_page(case.data, words(language)).device)
        assert by in rows[name]
        assert "2026-11-01" in rows[name]
        assert name not in dict(make_page(plain.data, words(language)).device)


def test_folder_and_fhir_say_it(tmp_path: Path) -> None:
    case, plain = corrected(tmp_path)
    said = json.loads(of_case(case, ()))["device"]["correction"]
    assert said == {"readings_divided_by": 0.7998, "check_id": ID, "measured": "2026-11-01"}
    assert json.loads(of_case(plain, ()))["device"]["correction"] is None
    bundle = json.dumps(transaction(case))
    assert f"Readings divided by 0.7998, signed check {ID} of 2026-11-01" in bundle
    assert "Readings divided" not in json.dumps(transaction(plain))


def test_the_curve_says_it() -> None:
    row = InsertionRow("0" * 26, "2026-01-01T00:00:00+00:00", 0, {"correction": CHECK})
    out = io.StringIO()
    write_csv(Insertion(row, None), [], out)
    assert f"# corrected  divided by 0.7998, check {ID} of 2026-11-01\n" in out.getvalue()
