"""From a signature in the record to files in the practice's folders, and back: the real engine."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.folder_cases import lying
from tests.record_samples import filled_store
from torquemon.record.delivery.config import Destination
from torquemon.record.delivery.engine import Courier
from torquemon.record.erasing import erase_insertions
from torquemon.record.gdt.codec import decode
from torquemon.record.insertions import Archive
from torquemon.record.remarks import Remarks
from torquemon.record.report_source import read_source
from torquemon.record.store import Store
from torquemon.record.withdrawal import withdraw

WHO = "Dr. M. Muster"


class Practice:
    """A record and two destinations, each with its courier."""

    def __init__(self, folder: Path) -> None:
        self.store, (self.id, *_) = filled_store(folder / "record", seconds=36.0)
        self.documents, self.gdt = folder / "documents", folder / "gdt"
        for path in (self.documents, self.gdt):
            path.mkdir()
        self.remarks = Remarks(self.store)

    def send(self) -> None:
        """Send what waits, as a new process each time."""
        for kind, path in (("folder", self.documents), ("gdt", self.gdt)):
            settings = {"path": str(path), "time_zone": "UTC"}
            destination = Destination(kind, kind, settings, not_real=True)
            courier = Courier(self.store, destination, destination.open())
            swept = courier.sweep()
            assert swept.problem == ""

    def resend(self) -> None:
        for kind in ("folder", "gdt"):
            courier = Courier(
                self.store,
                Destination(kind, kind, {"path": str(self.documents)}, not_real=True),
                None,  # type: ignore[arg-type] # only its queue is asked
            )
            courier.queue.resend(self.store.chair_id, self.id)
        self.send()

    def taken(self) -> list[str]:
        """Take the GDT files away; return their findings, one text each."""
        found = [" ".join(decode(raw).all("6220")) for raw in lying(self.gdt).values()]
        for name in lying(self.gdt):
            (self.gdt / name).unlink()
        return found


@pytest.fixture
def practice(tmp_path: Path) -> Iterator[Practice]:
    made = Practice(tmp_path)
    yield made
    made.store.close()


def endings(path: Path) -> list[str]:
    return sorted({name.rpartition(".")[0].rpartition("_")[2] for name in lying(path)})


def read_back(path: Path, store: Store, insertion_id: str) -> None:
    """What lies there has the values and the curve of the record."""
    (fields,) = (
        found
        for name, raw in lying(path).items()
        if name.endswith(".json")
        and (found := json.loads(raw)).get("status") in ("final", "amended")
    )
    data = read_source(Archive(None, store), insertion_id).data
    assert data.max_ncm is not None
    assert fields["values"]["maximum_insertion_torque"]["value"] == data.max_ncm
    assert fields["values"]["final_torque"]["value"] == data.final_ncm
    assert fields["mark"] == "SIMULATED"
    (name,) = (each for each in lying(path) if each.endswith(".csv") and "SUPERSEDED" not in each)
    text = lying(path)[name].decode()
    table = csv.DictReader(io.StringIO("".join(_without_comments(text))))
    sent = [(float(each["torque_ncm"]), int(each["seq"])) for each in table]
    assert sent == [(each.torque_ncm, each.seq) for each in store.readings(insertion_id)]


def _without_comments(text: str) -> list[str]:
    return [line for line in text.splitlines(keepends=True) if not line.startswith("#")]


def test_a_signed_insertion_goes_out_and_every_change_follows(practice: Practice) -> None:
    practice.send()
    assert lying(practice.documents) == lying(practice.gdt) == {}
    practice.remarks.sign(practice.id, WHO)
    practice.send()
    assert endings(practice.documents) == ["maxilla-buccal"]
    read_back(practice.documents, practice.store, practice.id)
    before = lying(practice.documents)
    assert len(practice.taken()) == 1
    for _ in range(10):
        practice.resend()
    assert lying(practice.documents) == before
    assert practice.taken() == []

    practice.remarks.amend(practice.id, "patient_ref", "P-2", "wrong patient", WHO)
    practice.send()
    kinds = endings(practice.documents)
    assert [kind.split("-")[0] for kind in kinds] == ["AMENDED", "SUPERSEDED", "WITHDRAWN"]
    read_back(practice.documents, practice.store, practice.id)
    back, new = practice.taken()
    assert "falschem Patienten" in back
    assert "BERICHTIGT" in new

    withdraw(practice.store, practice.id, "a trial", WHO)
    practice.send()
    assert "AMENDED" not in {kind.split("-")[0] for kind in endings(practice.documents)}
    assert len(practice.taken()) == 1

    erase_insertions(practice.store, [practice.id], "asked for", WHO)
    practice.send()
    assert [name for name in lying(practice.documents) if not name.startswith(".")] == []
    assert len(practice.taken()) == 1


@pytest.mark.parametrize("how", [None, b"x\n"])
def test_no_change_is_lost_with_the_json(practice: Practice, how: bytes | None) -> None:
    def lose() -> None:
        for each in practice.documents.glob("[!.]*.json"):
            each.unlink()
            if how is not None:
                each.write_bytes(how)

    practice.send()  # a new destination gets what is signed from then on
    practice.remarks.sign(practice.id, WHO)
    practice.send()
    before = set(lying(practice.documents))
    lose()
    practice.resend()
    assert set(lying(practice.documents)) == before
    lose()
    practice.remarks.amend(practice.id, "patient_ref", "P-99", "wrong patient", WHO)
    practice.send()
    kinds = endings(practice.documents)
    assert [kind.split("-")[0] for kind in kinds] == ["AMENDED", "SUPERSEDED", "WITHDRAWN"]
    read_back(practice.documents, practice.store, practice.id)
    lose()
    withdraw(practice.store, practice.id, "a trial", WHO)
    practice.send()
    assert "AMENDED" not in {kind.split("-")[0] for kind in endings(practice.documents)}
    lose()
    erase_insertions(practice.store, [practice.id], "asked for", WHO)
    practice.send()
    assert [name for name in lying(practice.documents) if not name.startswith(".")] == []


def test_a_share_that_was_away_gets_everything_later(practice: Practice) -> None:
    practice.send()  # a new destination gets what is signed from then on
    practice.remarks.sign(practice.id, WHO)
    practice.documents.rmdir()
    destination = Destination("folder", "folder", {"path": str(practice.documents)}, not_real=True)
    swept = Courier(practice.store, destination, destination.open()).sweep()
    assert "is not there" in swept.problem
    assert not practice.documents.exists()
    practice.documents.mkdir()
    practice.store.clock.advance(3600)  # type: ignore[attr-defined] # a manual clock
    practice.send()
    read_back(practice.documents, practice.store, practice.id)
