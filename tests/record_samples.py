"""Records for tests: insertions made by the simulator's chair, folded as the recorder does it."""

from __future__ import annotations

import atexit
import functools
import shutil
import tempfile
from pathlib import Path
from typing import Final

from hw_sim.operator import insert
from tests.chairs import Chair
from torquemon import paths
from torquemon.clock import ManualClock
from torquemon.journal import Entry, InsertionRow, Journal
from torquemon.local.messages import OrderName
from torquemon.record.folding import close_due
from torquemon.record.store import Store

SECONDS: Final = 3.0
_made: dict[tuple[float, bool], tuple[list[InsertionRow], list[Entry]]] = {}


def simulated(
    seconds: float = SECONDS, *, finish: bool = True
) -> tuple[list[InsertionRow], list[Entry]]:
    """One simulated insertion as the monitor writes it; made once, it is the same every time."""
    key = (seconds, finish)
    if key not in _made:
        chair = Chair(script=insert(), plan={"site": "maxilla-buccal", "patient": "P-1"})
        chair.plug_in()
        chair.run(0.3)
        assert chair.order(OrderName.START).ok
        chair.run(seconds)
        if finish:
            chair.order(OrderName.FINISH)
            chair.run(0.2)
        _made[key] = (chair.sink.rows, chair.sink.entries)
    return _made[key]


def write_journal(
    path: Path, *, seconds: float = SECONDS, finish: bool = True, ids: int = 1
) -> list[str]:
    """Write the insertion `ids` times under ids of their own; return them."""
    (row,), entries = simulated(seconds, finish=finish)
    journal = Journal(path)
    names = [row.id, *(f"{row.id[:22]}{number:04d}" for number in range(ids - 1))]
    for name in names:
        journal.open_insertion(InsertionRow(name, row.opened_utc, row.opened_ns, row.meta))
        journal.append(Entry(name, e.kind, e.host_ns, e.data) for e in entries)
    journal.close()
    return names


@functools.cache
def _template(ids: int, seconds: float) -> tuple[Path, tuple[str, ...]]:
    """A folder with journal and record, made once: folding and migrating take their time."""
    folder = Path(tempfile.mkdtemp(prefix="torquemon-sample-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    names = write_journal(folder / "journal.db", ids=ids, seconds=seconds)
    clock = ManualClock()
    store = Store(folder / "record.db", clock=clock)
    journal = Journal(folder / "journal.db", read_only=True)
    close_due(journal, store, clock, monitor_runs=False)
    journal.close()
    store.settle()
    store.close()
    return folder, tuple(names)


def filled_store(
    folder: Path, *, ids: int = 1, seconds: float = SECONDS, key: bytes | None = None
) -> tuple[Store, list[str]]:
    """A record with `ids` insertions folded into it, beside the journal that they came from."""
    template, names = _template(ids, seconds)
    shutil.copytree(template, folder, dirs_exist_ok=True)
    clock = ManualClock()
    if key is None:
        return Store(folder / "record.db", clock=clock), list(names)
    for file in (*folder.glob("record.db*"), *folder.glob("chair.key*")):
        file.unlink()
    store = Store(folder / "record.db", key=key, clock=clock)
    journal = Journal(folder / "journal.db", read_only=True)
    close_due(journal, store, clock, monitor_runs=False)
    journal.close()
    return store, list(names)


def folded(plan: dict[str, str], seconds: float = 1.0) -> str:
    """Record a planned insertion with the journal of this chair; return its id."""
    chair = Chair(script=insert(), plan=plan)
    chair.plug_in()
    chair.run(0.3)
    assert chair.order(OrderName.START).ok
    chair.run(seconds)
    chair.order(OrderName.FINISH)
    chair.run(0.2)
    journal = Journal(paths.journal_path())
    for row in chair.sink.rows:
        journal.open_insertion(row)
    journal.append(chair.sink.entries)
    journal.close()
    return str(chair.sink.rows[0].id)
