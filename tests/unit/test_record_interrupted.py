"""An insertion whose monitor died is closed although the next monitor runs; its own never is."""

from __future__ import annotations

from pathlib import Path

from tests.record_samples import simulated
from torquemon.clock import ManualClock
from torquemon.journal import Entry, InsertionRow, Journal
from torquemon.record.folding import close_due
from torquemon.record.history import search
from torquemon.record.store import Store

LATER, EARLIER = "01J0000000000000000000ZZZZ", "01J00000000000000000000000"


def opened(journal: Journal, name: str) -> None:
    (row,), entries = simulated(finish=False)
    journal.open_insertion(InsertionRow(name, row.opened_utc, row.opened_ns, row.meta))
    journal.append(Entry(name, e.kind, e.host_ns, e.data) for e in entries)


def test_what_was_interrupted_is_closed_while_the_next_monitor_records(tmp_path: Path) -> None:
    """The clock was set back between the two: ids do not tell which is the newer."""
    journal = Journal(tmp_path / "journal.db")
    store = Store(tmp_path / "record.db", clock=ManualClock())
    assert close_due(journal, store, ManualClock(), monitor_runs=True) == []
    opened(journal, LATER)
    assert close_due(journal, store, ManualClock(), monitor_runs=True) == []
    opened(journal, EARLIER)
    assert close_due(journal, store, ManualClock(), monitor_runs=True) == [LATER]
    (found,) = search(store)
    assert (found.id, found.complete) == (LATER, False)
    assert close_due(journal, store, ManualClock(), monitor_runs=False) == [EARLIER]
    journal.close()
    store.close()
