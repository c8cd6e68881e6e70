"""The recorder's door tells the screens who waits, and who a reference is that it was told of."""

from __future__ import annotations

from pathlib import Path

from tests.record_samples import filled_store
from torquemon import paths
from torquemon.clock import ManualClock
from torquemon.local.archive import AskPatient, AskState
from torquemon.local.messages import Role
from torquemon.record.door import ArchiveDesk
from torquemon.record.gdt.patient import GdtPatient
from torquemon.record.gdt.waiting import forget, of_patient, put
from torquemon.record.remarks import Remarks
from torquemon.record.store import Store


def test_who_waits_is_told_with_name_and_number(tmp_path: Path) -> None:
    clock = ManualClock()
    paths.home()
    store, _ = filled_store(tmp_path)
    Remarks(store).person("P-1", "Doe^Jane", None, "A")
    store.close()
    desk = ArchiveDesk(clock, lambda clock: Store(tmp_path / "record.db", clock=clock))
    state = desk.answer(1, Role.VIEW, AskState()).state
    assert state is not None
    assert state.waiting is None
    put(of_patient(GdtPatient("P-1", "Müller", "Änne"), "GDT"), clock)
    state = desk.answer(1, Role.VIEW, AskState()).state
    assert state is not None
    waiting = state.waiting
    assert waiting is not None
    assert (waiting.reference, waiting.name, waiting.insertions) == ("P-1", "Müller, Änne", 1)
    known = desk.answer(1, Role.VIEW, AskPatient(reference="P-1")).patient
    assert known is not None
    assert known.name == "Müller, Änne"
    forget()
    known = desk.answer(1, Role.VIEW, AskPatient(reference="P-1")).patient
    assert known is not None
    assert known.name == "Doe, Jane"
