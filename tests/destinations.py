"""A destination that tests can turn on and off, and a chair whose record feeds it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from tests.practice_chairs import insertion_rows
from torquemon.clock import ManualClock
from torquemon.record.delivery.case import Case, Erased, Status
from torquemon.record.delivery.config import Destination
from torquemon.record.delivery.engine import Courier
from torquemon.record.delivery.exporter import AwayError, RejectedError
from torquemon.record.models import Insertion
from torquemon.record.remarks import Remarks
from torquemon.record.store import Store

OPERATOR = "Dr A"


@dataclass(frozen=True, slots=True)
class Copy:
    """What a destination holds of one insertion."""

    revision: int
    status: Status
    patient: str
    max_ncm: float | None
    name: str


class ProcessEndError(BaseException):
    """Stands for the end of the process in the middle of a delivery."""


@dataclass(slots=True)
class MemoryExporter:
    """Holds in memory what it was told. `away` and `refuses` make it fail."""

    label: str = "a destination in memory"
    away: bool = False
    half: bool = False
    """It stores the case and its answer is lost."""
    refuses: set[str] = field(default_factory=set)
    broken_for: set[str] = field(default_factory=set)
    ends_for: set[str] = field(default_factory=set)
    held: dict[str, Copy] = field(default_factory=dict)
    order: list[tuple[str, str]] = field(default_factory=list)
    """(patient, insertion) at each first delivery."""
    calls: int = 0

    def check(self) -> str:
        return "it is there"

    def deliver(self, case: Case) -> Mapping[str, str]:
        self.calls += 1
        if case.insertion_id in self.ends_for:
            raise ProcessEndError
        if case.insertion_id in self.broken_for:
            raise ZeroDivisionError("a mistake of ours")
        if self.away:
            raise AwayError("it does not answer")
        if case.insertion_id in self.refuses:
            raise RejectedError("it refuses this one")
        if case.insertion_id not in self.held:
            self.order.append((case.data.patient, case.insertion_id))
        self.held[case.insertion_id] = Copy(
            case.revision, case.status, case.data.patient, case.data.max_ncm, case.patient_name
        )
        if self.half:
            raise AwayError("the answer was lost")
        return {"where": case.insertion_id[-6:]}

    def withdraw(self, erased: Erased) -> None:
        self.calls += 1
        if self.away:
            raise AwayError("it does not answer")
        self.held.pop(erased.insertion_id, None)

    def close(self) -> None:
        """Nothing to close."""


@cache
def _template() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="torquemon-empty-"))
    store = Store(folder / "record.db", clock=ManualClock())
    store.settle()
    store.close()
    return folder


class SendingChair:
    """A record, a destination and the courier between them, in simulated time."""

    def __init__(self, *, names: bool = False, when: str = "signed", not_real: bool = True) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="torquemon-sending-"))
        shutil.copytree(_template(), self.folder, dirs_exist_ok=True)
        self.clock = ManualClock()
        self.store = Store(self.folder / "record.db", clock=self.clock)
        self.exporter = MemoryExporter()
        self.destination = Destination(
            "there", "folder", {}, when=when, names=names, not_real=not_real
        )
        self.remarks = Remarks(self.store)
        self._number = 0
        self.restart()

    def restart(self) -> None:
        """Begin anew as a new process would: only what is stored is known."""
        self.courier = Courier(self.store, self.destination, self.exporter, chance=lambda: 1.0)

    def record(self, patient: str, *, origin: str = "real") -> str:
        """Record one insertion; return its id."""
        rows = insertion_rows(self.store.chair_id, self._number)
        self._number += 1
        insertion = next(row for row in rows if isinstance(row, Insertion))
        insertion.patient_ref, insertion.origin = patient, origin
        self.clock.advance(60)
        with self.store.write() as session:
            self.store.append(session, "insertion", rows, insertion.id)
        return insertion.id

    def signed(self, patient: str, *, origin: str = "real") -> str:
        """Record one insertion and sign it; return its id."""
        insertion_id = self.record(patient, origin=origin)
        self.remarks.sign(insertion_id, OPERATOR)
        return insertion_id

    def close(self) -> None:
        self.store.close()
        shutil.rmtree(self.folder)
