"""Signed at the chair with no further step: folder, FHIR server and Orthanc hold the same."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.net_room import room


def test_one_insertion_is_everywhere_once_and_the_same(tmp_path: Path) -> None:
    with room() as inside:
        done = inside.run(sys.executable, "-m", "tests.everywhere", str(tmp_path), within_s=540)
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout)
    record, first, last = found["record"], found["first"], found["last"]
    for place in ("folder", "fhir"):
        assert first[place]["maximum_ncm"] == record["maximum_ncm"]
        assert first[place]["final_ncm"] == record["final_ncm"]
    assert first["folder"]["curve_csv"] == record["curve_csv"]
    assert first["folder"]["attached_csv"] == record["curve_csv"]
    assert first["dicom"]["attached_csv"] == record["curve_csv"]
    assert first["fhir"]["curve_ncm"] == pytest.approx(record["curve_ncm"])
    assert first["fhir"]["pdf_bytes"] == first["dicom"]["pdf_bytes"] == record["pdf_bytes"]
    assert "SIMULATED" in first["dicom"]["title"]
    assert (first["dicom"]["studies"], len(first["dicom"]["instances"])) == (1, 1)
    assert len(first["folder"]["files"]) == 3
    assert last == first, "sent ten times more, nothing has changed or doubled"
