"""The destination `folder`: what lies in it after one sending, ten, and every kind of change."""

from __future__ import annotations

import json
import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from tests.folder_cases import SAID, corrected, lying, make_case, opened, send
from torquemon.model import Origin
from torquemon.record.delivery.case import Erased, Receipt, Status
from torquemon.record.delivery.config import ConfigError
from torquemon.record.delivery.exporter import RejectedError

STEM = "P-1024_2026-01-01_maxilla-buccal"
SET = [f"{STEM}.csv", f"{STEM}.json", f"{STEM}.pdf"]


def test_a_report_lies_there_with_its_sidecars(tmp_path: Path) -> None:
    receipt = send(opened(tmp_path), make_case())
    assert list(lying(tmp_path)) == SET
    fields = json.loads(lying(tmp_path)[f"{STEM}.json"])
    assert fields["values"]["maximum_insertion_torque"] == {
        "value": make_case().data.max_ncm,
        "unit": "N.cm",
    }
    assert fields["chain"]["head"].startswith("torquemon-head ")
    assert receipt.references["name"] == f"{STEM}.pdf"


@pytest.mark.parametrize("with_receipt", [True, False])
def test_ten_sendings_leave_one_set_untouched(tmp_path: Path, *, with_receipt: bool) -> None:
    exporter = opened(tmp_path)
    send(exporter, make_case())
    before = {name: (tmp_path / name).stat().st_mtime_ns for name in lying(tmp_path)}
    if with_receipt:
        send(exporter, make_case(), times=10)
    else:
        for _ in range(10):
            send(exporter, make_case())
    assert {name: (tmp_path / name).stat().st_mtime_ns for name in lying(tmp_path)} == before


def test_a_second_insertion_with_the_same_name_gets_a_number(tmp_path: Path) -> None:
    exporter = opened(tmp_path)
    for _ in range(3):
        for number in (1, 2, 3):
            send(exporter, make_case(number))
    stems = {name.rsplit(".")[0] for name in lying(tmp_path)}
    assert stems == {STEM, f"{STEM}_2", f"{STEM}_3"}


def test_the_number_stays_when_the_first_set_is_gone(tmp_path: Path) -> None:
    exporter = opened(tmp_path)
    send(exporter, make_case(1))
    send(exporter, make_case(2))
    for name in SET:
        (tmp_path / name).unlink()
    send(exporter, make_case(2))
    assert {name.rsplit(".")[0] for name in lying(tmp_path)} == {f"{STEM}_2"}


@pytest.mark.parametrize("name", [f"{STEM}.pdf", f"{STEM}.json", f"{STEM.upper()}.PDF"])
def test_a_foreign_file_is_never_written_over(tmp_path: Path, name: str) -> None:
    exporter = opened(tmp_path)
    (tmp_path / name).write_bytes(b"somebody's")
    send(exporter, make_case(), times=3)
    found = lying(tmp_path)
    assert found[name] == b"somebody's"
    assert {f"{STEM}_2.pdf", f"{STEM}_2.json", f"{STEM}_2.csv", name} == set(found)


@pytest.mark.parametrize("kind", ["folder", "link", "pipe", "secret", "huge", "noise", "lies"])
def test_an_odd_thing_under_our_name_is_walked_around(tmp_path: Path, kind: str) -> None:
    if os.name == "nt":
        pytest.skip("pipes and links are made in another way on Windows")
    exporter = opened(tmp_path / "in")
    odd, beyond = tmp_path / "in" / f"{STEM}.json", tmp_path / "beyond"
    beyond.write_bytes(b"not ours")
    match kind:
        case "folder":
            odd.mkdir()
        case "link":
            odd.symlink_to(beyond)
        case "pipe":
            os.mkfifo(odd)
        case "secret":
            odd.write_bytes(b"x")
            odd.chmod(0)
        case "huge":
            with odd.open("wb") as file:
                file.truncate(500_000_000)
        case "noise":
            odd.write_bytes(b'{"schema": "torquemon-folder-1", "files": [[]], "revision": "x"')
        case _:
            odd.write_bytes(
                json.dumps(
                    {"schema": "torquemon-folder-1", "files": [{"suffix": 1}], "revision": 10**400}
                ).encode()
            )
    send(exporter, make_case(), times=3)
    assert odd.exists()
    assert beyond.read_bytes() == b"not ours"
    names = {each.name for each in (tmp_path / "in").iterdir()}
    assert {f"{STEM}_2{end}" for end in (".csv", ".json", ".pdf")} <= names


def test_what_a_person_changed_is_not_written_over(tmp_path: Path) -> None:
    exporter = opened(tmp_path)
    receipt = send(exporter, make_case())
    (tmp_path / f"{STEM}.pdf").write_bytes(b"with remarks")
    with pytest.raises(RejectedError, match="changed it"):
        send(exporter, make_case(previous=receipt))
    assert lying(tmp_path)[f"{STEM}.pdf"] == b"with remarks"


@pytest.mark.parametrize("origin", [Origin.SIMULATED, Origin.REPLAYED, None])
def test_what_is_not_real_says_so_in_its_name(tmp_path: Path, origin: Origin | None) -> None:
    send(opened(tmp_path), make_case(origin=origin))
    mark = origin.value.upper() if origin else "ORIGIN-UNKNOWN"
    assert all(name.startswith(f"{mark}_P-1024") for name in lying(tmp_path))


def test_a_file_that_was_lost_comes_back(tmp_path: Path) -> None:
    exporter = opened(tmp_path)
    receipt = send(exporter, make_case())
    (tmp_path / f"{STEM}.pdf").unlink()
    send(exporter, make_case(previous=receipt))
    assert list(lying(tmp_path)) == SET


def test_a_file_that_was_taken_in_does_not_come_again(tmp_path: Path) -> None:
    exporter = opened(tmp_path, files="taken")
    receipt = send(exporter, make_case())
    for name in SET:
        (tmp_path / name).unlink()
    assert send(exporter, make_case(previous=receipt), times=10) == receipt
    assert lying(tmp_path) == {}


def test_an_amended_report_stands_beside_the_superseded_one(tmp_path: Path) -> None:
    exporter = opened(tmp_path)
    receipt = send(exporter, make_case())
    old = lying(tmp_path)[f"{STEM}.pdf"]
    amended = make_case(revision=9, status=Status.AMENDED, previous=receipt)
    receipt = send(exporter, amended, times=10)
    found = lying(tmp_path)
    assert sorted({name.rsplit(".", 1)[0] for name in found}) == [
        f"{STEM}_AMENDED-9",
        f"{STEM}_SUPERSEDED-5",
    ]
    assert found[f"{STEM}_SUPERSEDED-5.pdf"] == old
    said = json.loads(found[f"{STEM}_SUPERSEDED-5.json"])
    assert (said["status"], said["superseded_by"]) == ("superseded", 9)
    send(exporter, make_case(revision=12, status=Status.AMENDED, previous=receipt), times=2)
    assert {name.rsplit("_")[-1] for name in lying(tmp_path)} == {
        f"{state}{suffix}"
        for state in ("AMENDED-12", "SUPERSEDED-5", "SUPERSEDED-9")
        for suffix in (".csv", ".json", ".pdf")
    }


def test_an_amended_report_comes_where_the_old_one_was_taken_in(tmp_path: Path) -> None:
    exporter = opened(tmp_path, files="taken")
    receipt = send(exporter, make_case())
    for name in SET:
        (tmp_path / name).unlink()
    send(exporter, make_case(revision=9, status=Status.AMENDED, previous=receipt), times=3)
    assert {name.rsplit(".", 1)[0] for name in lying(tmp_path)} == {f"{STEM}_AMENDED-9"}


def test_a_withdrawn_report_is_taken_back_with_a_note(tmp_path: Path) -> None:
    exporter = opened(tmp_path)
    receipt = send(exporter, make_case())
    withdrawn = make_case(
        revision=9,
        status=Status.WITHDRAWN,
        previous=receipt,
        corrections=(corrected("status", "recorded", "entered-in-error"),),
    )
    send(exporter, withdrawn, times=5)
    found = lying(tmp_path)
    assert {name.rsplit(".", 1)[0] for name in found} == {
        f"{STEM}_WITHDRAWN",
        f"{STEM}_SUPERSEDED-5",
    }
    note = json.loads(found[f"{STEM}_WITHDRAWN.json"])
    assert note["status"] == "withdrawn"
    assert "values" not in note
    assert found[f"{STEM}_WITHDRAWN.pdf"].startswith(b"%PDF")


def test_what_was_withdrawn_before_it_was_sent_leaves_nothing(tmp_path: Path) -> None:
    send(opened(tmp_path), make_case(status=Status.WITHDRAWN), times=3)
    assert lying(tmp_path) == {}


def test_a_reassigned_report_moves_and_leaves_a_note(tmp_path: Path) -> None:
    exporter = opened(tmp_path)
    receipt = send(exporter, make_case(patient="P-1"))
    moved = make_case(
        patient="P-2",
        revision=9,
        status=Status.AMENDED,
        previous=receipt,
        corrections=(corrected("patient_ref", "P-1", "P-2"),),
    )
    receipt = send(exporter, moved, times=5)
    found = lying(tmp_path)
    old, new = (STEM.replace("1024", number) for number in "12")
    assert {name.rsplit(".", 1)[0] for name in found} == {
        f"{old}_SUPERSEDED-5",
        f"{old}_WITHDRAWN",
        f"{new}_AMENDED-9",
    }
    assert b"P-2" not in found[f"{old}_WITHDRAWN.json"]
    assert b'"P-1"' not in found[f"{new}_AMENDED-9.json"]
    back = replace(moved, revision=12, data=make_case(patient="P-1").data, previous=receipt)
    send(exporter, back, times=3)
    assert {name.rsplit(".", 1)[0] for name in lying(tmp_path)} == {
        f"{old}_SUPERSEDED-5",
        f"{old}_SUPERSEDED-9",
        f"{old}_AMENDED-12",
        f"{new}_WITHDRAWN",
        f"{new}_SUPERSEDED-9",
    }


def erased(receipt: Receipt) -> Erased:
    case = make_case()
    return Erased(case.insertion_id, case.chair_id, 20, SAID, receipt)


def test_an_erased_insertion_leaves_no_file_and_no_patient(tmp_path: Path) -> None:
    exporter = opened(tmp_path)
    receipt = send(exporter, make_case())
    receipt = send(exporter, make_case(revision=9, status=Status.AMENDED, previous=receipt))
    for _ in range(3):
        exporter.withdraw(erased(receipt))
    (left,) = lying(tmp_path)
    assert left == f".torquemon-erased-{make_case().insertion_id}.json"
    assert b"P-1024" not in lying(tmp_path)[left]


def test_an_erased_insertion_that_was_taken_in_is_taken_back(tmp_path: Path) -> None:
    exporter = opened(tmp_path, files="taken")
    receipt = send(exporter, make_case())
    (tmp_path / f"{STEM}.pdf").unlink()
    for _ in range(3):
        exporter.withdraw(erased(receipt))
    names = [name for name in lying(tmp_path) if not name.startswith(".")]
    assert names == [f"{STEM}_WITHDRAWN.json", f"{STEM}_WITHDRAWN.pdf"]


def test_html_where_the_part_for_pdf_is_missing(tmp_path: Path) -> None:
    exporter = opened(tmp_path)
    receipt = send(exporter, make_case(part=False))
    assert f"{STEM}.html" in lying(tmp_path)
    assert "pip install" in receipt.references["document"]
    send(exporter, make_case(previous=receipt))  # the part was installed since
    assert list(lying(tmp_path)) == SET


def test_the_rights_and_the_unfinished_name_are_those_that_were_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if os.name == "nt":
        pytest.skip("Windows keeps rights in another way")
    seen: list[str] = []
    link = os.link

    def watched(old: Path, new: Path) -> None:
        seen.append(Path(old).name)
        link(old, new)

    monkeypatch.setattr(os, "link", watched)
    send(opened(tmp_path, mode="0660", temp_suffix=".ignore"), make_case())
    assert {stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir()} == {0o660}
    assert len(seen) == 3
    assert all(name.startswith(".torquemon-") and name.endswith(".ignore") for name in seen)


def test_sidecars_may_have_a_folder_of_their_own(tmp_path: Path) -> None:
    beside = tmp_path / "beside"
    beside.mkdir()
    exporter = opened(tmp_path / "in", sidecars_path=str(beside))
    receipt = send(exporter, make_case(), times=3)
    send(exporter, make_case(revision=9, status=Status.AMENDED, previous=receipt), times=2)
    assert sorted(lying(tmp_path / "in")) == [f"{STEM}_AMENDED-9.pdf", f"{STEM}_SUPERSEDED-5.pdf"]
    assert len(lying(beside)) == 4


def test_half_an_image_category_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="opendental_category must be a whole number"):
        opened(tmp_path, opendental_category=1.5)
    send(opened(tmp_path, opendental_category=137), make_case())
    assert all(name.startswith("_137_") for name in lying(tmp_path))
