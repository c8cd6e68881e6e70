"""The destination `gdt`: what the practice software finds, once, and after every kind of change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.folder_cases import SAID, corrected, lying, make_case, send
from torquemon.model import Origin
from torquemon.record.delivery.case import Erased, Status
from torquemon.record.delivery.config import ConfigError
from torquemon.record.delivery.exporter import AwayError, RejectedError
from torquemon.record.gdt.codec import Record, decode
from torquemon.record.gdt.exporter import GdtExporter, from_settings

IDS = {"sender": "TORQ", "receiver": "PVS"}


def opened(path: Path, **settings: Any) -> GdtExporter:  # noqa: ANN401 - any setting
    path.mkdir(exist_ok=True)
    return from_settings("gdt", {"path": str(path), "time_zone": "UTC", **IDS, **settings})


def taken(path: Path) -> list[Record]:
    """Take the files away as the practice software does."""
    found = [decode(raw) for raw in lying(path).values()]
    for name in lying(path):
        (path / name).unlink()
    return found


def test_a_result_has_patient_values_and_units(tmp_path: Path) -> None:
    case = make_case(patient="4711")
    send(opened(tmp_path), case)
    assert list(lying(tmp_path)) == ["PVSTORQ.001"]
    (record,) = taken(tmp_path)
    assert (record.kind, record.first("3000"), record.first("6200")) == ("6310", "4711", "01012026")
    assert record.first("8410") == "MAXTORQ"
    assert record.first("8420") == f"{case.data.max_ncm:.1f}"
    assert set(record.all("8421")) == {"Ncm"}
    assert record.first("3101") == ""


def test_the_name_goes_out_where_it_may(tmp_path: Path) -> None:
    send(opened(tmp_path), make_case(patient="4711", patient_name="Müller^Änne"))
    (record,) = taken(tmp_path)
    assert (record.first("3101"), record.first("3102")) == ("Müller", "Änne")


@pytest.mark.parametrize("encoding", ["cp437", "cp1252", "iso8859-15", "utf-8", "din66003"])
def test_every_character_set_can_be_written(tmp_path: Path, encoding: str) -> None:
    send(opened(tmp_path, encoding=encoding), make_case(patient="4711", patient_name="Müller^Ä"))
    (raw,) = lying(tmp_path).values()
    assert decode(raw, encoding).first("3101") == "Müller"


def test_ten_sendings_leave_one_file_and_none_after_it_was_taken(tmp_path: Path) -> None:
    exporter = opened(tmp_path)
    for _ in range(10):
        receipt = send(exporter, make_case())  # each without a receipt, as after a power cut
    assert len(lying(tmp_path)) == 1
    taken(tmp_path)
    send(exporter, make_case(previous=receipt), times=10)
    assert lying(tmp_path) == {}


def test_results_are_numbered_in_their_order(tmp_path: Path) -> None:
    exporter = opened(tmp_path)
    for number in range(1, 4):
        send(exporter, make_case(number))
    (tmp_path / "PVSTORQ.001").unlink()
    send(exporter, make_case(4))
    assert list(lying(tmp_path)) == ["PVSTORQ.002", "PVSTORQ.003", "PVSTORQ.004"]


def test_a_fixed_name_waits_until_it_was_taken(tmp_path: Path) -> None:
    exporter = opened(tmp_path, naming="fixed")
    send(exporter, make_case(1))
    with pytest.raises(AwayError, match="has not taken"):
        send(exporter, make_case(2))
    taken(tmp_path)
    send(exporter, make_case(2))
    assert list(lying(tmp_path)) == ["PVSTORQ.GDT"]


def test_what_is_not_real_says_so_in_its_first_line(tmp_path: Path) -> None:
    send(opened(tmp_path), make_case(origin=Origin.SIMULATED))
    (record,) = taken(tmp_path)
    assert record.first("6220") == "SIMULATED"


def test_amended_reassigned_withdrawn_and_erased_are_records_of_their_own(tmp_path: Path) -> None:
    exporter = opened(tmp_path)
    receipt = send(exporter, make_case(patient="1"))
    taken(tmp_path)
    moved = make_case(
        patient="2",
        revision=9,
        status=Status.AMENDED,
        previous=receipt,
        corrections=(corrected("patient_ref", "1", "2"),),
    )
    receipt = send(exporter, moved, times=3)
    back, new = taken(tmp_path)
    assert (back.first("3000"), back.all("8420")) == ("1", ())
    assert "falschem Patienten" in " ".join(back.all("6220"))
    assert (new.first("3000"), new.first("6220")) == ("2", "BERICHTIGT")
    gone = make_case(patient="2", revision=12, status=Status.WITHDRAWN, previous=receipt)
    receipt = send(exporter, gone, times=3)
    (record,) = taken(tmp_path)
    assert (record.first("3000"), record.all("8420")) == ("2", ())
    for _ in range(3):
        exporter.withdraw(Erased(gone.insertion_id, gone.chair_id, 15, SAID, receipt))
    (record,) = taken(tmp_path)
    assert "GELÖSCHT" in record.first("6220")


def test_the_report_lies_beside_and_is_linked(tmp_path: Path) -> None:
    reports = tmp_path / "reports"
    reports.mkdir()
    exporter = opened(tmp_path / "out", report_path=str(reports), report_link="R:\\")
    receipt = send(exporter, make_case(patient="1"), times=3)
    (record,) = taken(tmp_path / "out")
    assert record.first("6305") == "R:\\1_2026-01-01_maxilla-buccal.pdf"
    assert (reports / "1_2026-01-01_maxilla-buccal.pdf").exists()
    send(exporter, make_case(patient="1", revision=9, status=Status.AMENDED, previous=receipt))
    (record,) = taken(tmp_path / "out")
    assert record.first("6305") == "R:\\1_2026-01-01_maxilla-buccal_AMENDED-9.pdf"


@pytest.mark.parametrize("patient", ["", "病人"])
def test_a_patient_that_cannot_be_named_is_refused(tmp_path: Path, patient: str) -> None:
    with pytest.raises(RejectedError, match="patient reference"):
        send(opened(tmp_path), make_case(patient=patient))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"sender": "TOO-LONG-ID"}, "sender"),
        ({"test_type": "EKG"}, "test_type"),
        ({"encoding": "latin"}, "encoding"),
        ({"path": "relative"}, "whole path"),
        ({"pth": "x"}, "no setting pth"),
    ],
)
def test_a_bad_setting_is_named(tmp_path: Path, settings: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        from_settings("gdt", {"path": str(tmp_path), **IDS, **settings})
