"""A JSON that was removed or damaged: what was sent is still known as ours, by the receipt."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.folder_cases import Papers, corrected, lying, make_case, opened, send
from tests.unit.test_folder_exporter import SET, STEM, erased
from torquemon.record.delivery.case import Case, Receipt, Status
from torquemon.record.delivery.exporter import RejectedError
from torquemon.record.folder.exporter import FolderExporter

BROKEN = {
    "gone": None,
    "one letter": b"x\n",
    "empty": b"",
    "cut off": b'{"schema": "torquemon-folder-1", "files": [',
    "other kind": b"[]",
}
broken = pytest.mark.parametrize("how", list(BROKEN))


def lose(path: Path, how: str, stem: str = STEM) -> None:
    """Take a JSON away, or damage it."""
    found = BROKEN[how]
    if found is None:
        (path / f"{stem}.json").unlink()
    else:
        (path / f"{stem}.json").write_bytes(found)


def stems(path: Path) -> set[str]:
    return {name.rpartition(".")[0] for name in lying(path) if not name.startswith(".")}


def reassigned(receipt: Receipt, **fields: Any) -> Case:  # noqa: ANN401 - any field of a case
    return make_case(
        patient="P-99",
        revision=9,
        status=Status.AMENDED,
        previous=receipt,
        corrections=(corrected("patient_ref", "P-1024", "P-99"),),
        **fields,
    )


def withdrawn(receipt: Receipt) -> Case:
    return make_case(
        revision=9,
        status=Status.WITHDRAWN,
        previous=receipt,
        corrections=(corrected("status", "recorded", "entered-in-error"),),
    )


@pytest.fixture
def exporter(tmp_path: Path) -> FolderExporter:
    return opened(tmp_path)


@broken
def test_a_wrong_patients_report_is_superseded(
    tmp_path: Path, exporter: FolderExporter, how: str
) -> None:
    receipt = send(exporter, make_case())
    old = lying(tmp_path)[f"{STEM}.pdf"]
    lose(tmp_path, how)
    receipt = send(exporter, reassigned(receipt), times=3)
    new = STEM.replace("P-1024", "P-99") + "_AMENDED-9"
    assert stems(tmp_path) == {f"{STEM}_SUPERSEDED-5", f"{STEM}_WITHDRAWN", new}
    found = lying(tmp_path)
    assert found[f"{STEM}_SUPERSEDED-5.pdf"] == old
    said = json.loads(found[f"{STEM}_SUPERSEDED-5.json"])
    assert (said["status"], said["superseded_by"], said["patient"]) == ("superseded", 9, "P-1024")
    assert {each["suffix"] for each in said["files"]} == {".pdf", ".csv"}
    assert {"media_type", "bytes", "sha256"} <= set(said["files"][0])


@broken
def test_a_withdrawn_report_is_superseded(
    tmp_path: Path, exporter: FolderExporter, how: str
) -> None:
    receipt = send(exporter, make_case())
    lose(tmp_path, how)
    send(exporter, withdrawn(receipt), times=3)
    assert stems(tmp_path) == {f"{STEM}_SUPERSEDED-5", f"{STEM}_WITHDRAWN"}


@broken
def test_an_erased_report_is_removed(tmp_path: Path, exporter: FolderExporter, how: str) -> None:
    receipt = send(exporter, make_case())
    receipt = send(exporter, make_case(revision=9, status=Status.AMENDED, previous=receipt))
    lose(tmp_path, how, f"{STEM}_AMENDED-9")
    lose(tmp_path, how, f"{STEM}_SUPERSEDED-5")
    for _ in range(3):
        exporter.withdraw(erased(receipt))
    assert stems(tmp_path) == set()


@broken
@pytest.mark.parametrize("files", ["pdf", "csv", "both"])
def test_what_is_sent_again_brings_the_json_back(
    tmp_path: Path, exporter: FolderExporter, how: str, files: str
) -> None:
    receipt = send(exporter, make_case())
    before = lying(tmp_path)
    lose(tmp_path, how)
    if files != "both":
        (tmp_path / f"{STEM}.{'csv' if files == 'pdf' else 'pdf'}").unlink()
    again = send(exporter, make_case(previous=receipt), times=3)
    assert lying(tmp_path) == before
    assert again == receipt


@broken
def test_each_earlier_set_gets_its_json_back(
    tmp_path: Path, exporter: FolderExporter, how: str
) -> None:
    receipt = send(exporter, make_case())
    receipt = send(exporter, reassigned(receipt))
    before = stems(tmp_path)
    for stem in before:
        lose(tmp_path, how, stem)
    again = send(exporter, reassigned(receipt), times=3)
    assert stems(tmp_path) == before
    told = {stem: json.loads(lying(tmp_path)[f"{stem}.json"]) for stem in before}
    assert {each["status"] for each in told.values()} == {"amended", "reassigned", "superseded"}
    assert again == receipt


def test_what_is_simulated_stays_marked_where_its_json_is_made_again(tmp_path: Path) -> None:
    from torquemon.model import Origin

    exporter = opened(tmp_path)
    receipt = send(exporter, make_case(origin=Origin.SIMULATED))
    lose(tmp_path, "gone", f"SIMULATED_{STEM}")
    send(exporter, reassigned(receipt, origin=Origin.SIMULATED))
    said = json.loads(lying(tmp_path)[f"SIMULATED_{STEM}_SUPERSEDED-5.json"])
    assert said["mark"] == "SIMULATED"


@broken
def test_files_that_were_changed_as_well_are_never_settled_in_silence(
    tmp_path: Path, exporter: FolderExporter, how: str
) -> None:
    receipt = send(exporter, make_case())
    lose(tmp_path, how)
    for suffix in ("pdf", "csv"):
        (tmp_path / f"{STEM}.{suffix}").write_bytes(b"a person's")
    before = lying(tmp_path)
    for case in (make_case(previous=receipt), reassigned(receipt), withdrawn(receipt)):
        with pytest.raises(RejectedError, match="move that file away"):
            send(exporter, case)
        assert lying(tmp_path) == before
    for _ in range(3):
        with pytest.raises(RejectedError, match="move that file away"):
            exporter.withdraw(erased(receipt))
    assert lying(tmp_path)[f"{STEM}.pdf"] == b"a person's"
    for suffix in ("pdf", "csv"):
        (tmp_path / f"{STEM}.{suffix}").unlink()
    exporter.withdraw(erased(receipt))


def test_another_programs_json_is_not_written_over(
    tmp_path: Path, exporter: FolderExporter
) -> None:
    receipt = send(exporter, make_case())
    (tmp_path / f"{STEM}.json").write_bytes(b'{"schema": "somebody-else-1"}')
    before = lying(tmp_path)
    with pytest.raises(RejectedError, match="move that file away"):
        send(exporter, reassigned(receipt))
    assert lying(tmp_path) == before


def test_a_receipt_of_an_older_version_works_as_before(
    tmp_path: Path, exporter: FolderExporter
) -> None:
    receipt = older(send(exporter, make_case()))
    assert send(exporter, make_case(previous=receipt), times=3).references["set0"] == STEM
    assert list(lying(tmp_path)) == SET
    send(exporter, reassigned(receipt))
    assert f"{STEM}_SUPERSEDED-5" in stems(tmp_path)


def test_an_older_receipt_without_a_json_is_not_settled_in_silence(
    tmp_path: Path, exporter: FolderExporter
) -> None:
    receipt = older(send(exporter, make_case()))
    lose(tmp_path, "gone")
    with pytest.raises(RejectedError, match="move that file away"):
        send(exporter, reassigned(receipt))
    with pytest.raises(RejectedError, match="move that file away"):
        exporter.withdraw(erased(receipt))


def test_what_was_taken_in_does_not_stop_another_with_its_name(tmp_path: Path) -> None:
    exporter = opened(tmp_path, files="taken")
    receipt = send(exporter, make_case())
    for name in SET:
        (tmp_path / name).unlink()
    send(exporter, make_case(2))
    send(exporter, make_case(revision=9, status=Status.AMENDED, previous=receipt))
    assert stems(tmp_path) == {STEM, f"{STEM}_AMENDED-9"}


def test_the_receipt_keeps_within_what_a_receipt_can_hold(
    tmp_path: Path, exporter: FolderExporter
) -> None:
    case = make_case(patient="Ä" * 60, revision=10**15, documents=Papers("x" * 50_000))
    told = send(exporter, case).references
    assert max(len(value) for value in told.values()) < 400
    kept = Receipt(10**15, dict(told))
    (stem,) = stems(tmp_path)
    lose(tmp_path, "gone", stem)
    before = set(lying(tmp_path))
    send(exporter, replace(case, previous=kept))
    assert set(lying(tmp_path)) == before | {f"{stem}.json"}


@pytest.mark.parametrize("said", ["", "final", "final 5", "x 5 .pdf/1/00", "final 5 .pdf/1/xyz"])
def test_a_receipt_that_makes_no_sense_claims_without_proof(
    tmp_path: Path, exporter: FolderExporter, said: str
) -> None:
    receipt = send(exporter, make_case())
    bent = Receipt(5, {**receipt.references, "set0.is": said})
    assert send(exporter, make_case(previous=bent)) == receipt
    lose(tmp_path, "gone")
    with pytest.raises(RejectedError):
        send(exporter, make_case(previous=bent))


class PowerCutError(BaseException):
    """Stands for the end of the process."""


@broken
@pytest.mark.parametrize("files", ["stay", "taken"])
def test_a_power_cut_after_the_json_was_lost_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str, files: str
) -> None:
    done = False
    for cut_at in range(1, 60):
        path = tmp_path / f"cut{cut_at}"
        exporter = opened(path, files=files)
        receipt = send(exporter, make_case())
        lose(path, how)
        done = not cut(partial(send, exporter, reassigned(receipt)), cut_at, monkeypatch)
        receipt = send(exporter, reassigned(receipt))
        left = {name for name in lying(path) if name.startswith(f"{STEM}.")}
        assert not {name for name in left if not name.endswith(".json")}, cut_at
        exporter.withdraw(erased(receipt))
        left = {name for name in lying(path) if not name.startswith(".")}
        assert left <= {f"{STEM}.json"}, cut_at
        assert all(lying(path)[name] == BROKEN[how] for name in left)
        if done:
            break
    assert done


def cut(act: Callable[[], object], at: int, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Act, with a power cut before the n-th change of the disk; tell whether there was one."""
    changes = 0

    def counted(real: Any) -> Any:  # noqa: ANN401 - what os has
        def change(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as there
            nonlocal changes
            changes += 1
            if changes >= at:
                raise PowerCutError
            return real(*args, **kwargs)

        return change

    with monkeypatch.context() as patch:
        for owner, name in ((os, "link"), (Path, "replace"), (Path, "unlink")):
            patch.setattr(owner, name, counted(getattr(owner, name)))
        try:
            act()
        except PowerCutError:
            return True
    return False


def older(receipt: Receipt) -> Receipt:
    """Return a receipt as it was before it kept digests."""
    kept = {k: v for k, v in receipt.references.items() if not k.startswith("set") and k != "mark"}
    return Receipt(receipt.revision, kept)
