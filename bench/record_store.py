"""Sizes and speed of the record: bytes per insertion, commits, search, opening, verifying.

`python -m bench.record_store [--insertions N] [--only PART]`. Everything is done with the program's
own code on files in a folder of its own; the figures are those of this disk and this machine.
Beside the time by the clock stands the processor's: where they differ, others were at work
meanwhile or the disk was waited for.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import func, insert, select
from ulid import ULID

from hw_sim.operator import insert as wind
from tests.chairs import Chair
from torquemon.clock import ManualClock, SystemClock
from torquemon.journal import Entry as JournalEntry
from torquemon.journal import InsertionRow, Journal
from torquemon.local.messages import OrderName
from torquemon.record import chain, signing
from torquemon.record.folding import close_due
from torquemon.record.history import search, whole
from torquemon.record.models import Base, Block, Content, Entry, Insertion, Salt, Verdict
from torquemon.record.remarks import Remarks
from torquemon.record.store import SOFTWARE, Store
from torquemon.record.verify import verify_chain

SECONDS: Final = 30.0
"""An insertion: nine millimetres at 0.7 mm a turn and 25 rpm, with what comes before and after."""
COPIES: Final = 5
BATCH: Final = 1000
OPENED: Final = datetime(2020, 1, 1, tzinfo=UTC)
SITES: Final = ("maxilla-buccal", "mandible-buccal", "midpalate")


def chair(folder: Path, name: str) -> Path:
    """Return where the record of a chair of its own is to be: each chair has its key."""
    (folder / name).mkdir(mode=0o700)
    return folder / name / "record.db"


def recorded(rate_hz: int) -> tuple[InsertionRow, list[JournalEntry]]:
    """One insertion as the monitor writes it."""
    chair = Chair(script=wind(), plan={"site": "maxilla-buccal", "patient": "P-1"}, rate_hz=rate_hz)
    chair.plug_in()
    chair.run(0.3)
    chair.order(OrderName.START)
    chair.run(SECONDS)
    chair.order(OrderName.FINISH)
    chair.run(0.2)
    (row,) = chair.sink.rows
    return row, chair.sink.entries


Times = list[tuple[float, float]]
"""Seconds by the clock and of the processor."""


def spread(name: str, times_s: Times) -> None:
    """Print the median and the 95th percentile in milliseconds."""
    said = []
    for kind, values in (("clock", [t[0] for t in times_s]), ("cpu", [t[1] for t in times_s])):
        ordered = sorted(values)
        high = ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))]
        median = statistics.median(ordered)
        said.append(f"{kind} median {median * 1000:.2f} ms, 95th {high * 1000:.2f} ms")
    print(f"{name}: {'; '.join(said)} ({len(times_s)} times)", flush=True)


def timed(act: Callable[[], object], times: int) -> Times:
    """Return how long each of so many calls took."""
    found: Times = []
    for _ in range(times):
        began, began_cpu = time.perf_counter(), time.process_time()
        act()
        found.append((time.perf_counter() - began, time.process_time() - began_cpu))
    return found


def sizes(folder: Path, rate_hz: int) -> None:
    """Print what one insertion takes, in the journal and in the record."""
    row, entries = recorded(rate_hz)
    journal = Journal(folder / f"journal-{rate_hz}.db")
    began = chair(folder, f"record-{rate_hz}")
    store = Store(began, clock=ManualClock())
    store.settle()
    empty = began.stat().st_size
    journal_empty = journal.path.stat().st_size
    folds: Times = []
    for _ in range(COPIES):
        name = str(ULID())
        journal.open_insertion(InsertionRow(name, row.opened_utc, row.opened_ns, row.meta))
        journal.append(JournalEntry(name, e.kind, e.host_ns, e.data) for e in entries)
        folds += timed(lambda: close_due(journal, store, ManualClock(), monitor_runs=False), 1)
    store.settle()
    journal._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # noqa: SLF001 - to see the file whole
    with store.read() as session:
        samples = session.scalar(select(func.max(Insertion.samples))) or 1
        packed = dict(
            session.execute(
                select(Block.kind, func.sum(func.length(Block.data)) / COPIES).group_by(Block.kind)
            ).all()
        )
    size = (began.stat().st_size - empty) / COPIES
    print(
        f"{SECONDS:.0f} s at {rate_hz} Hz, {samples} readings: journal "
        f"{(journal.path.stat().st_size - journal_empty) / COPIES / 1024:.0f} KiB, record "
        f"{size / 1024:.0f} KiB (raw {packed['raw'] / 1024:.0f}, readings "
        f"{packed['readings'] / 1024:.0f}), {size / samples:.1f} bytes a reading"
    )
    spread("  judging, folding and reading back one of them", folds)
    journal.close()
    store.close()


def commits(folder: Path) -> None:
    """Print how long commits take: the monitor's every 100 ms, and a remark."""
    row, entries = recorded(1000)
    journal = Journal(folder / "commits.db")
    journal.open_insertion(row)
    batches = [entries[at : at + 2] for at in range(0, 600, 2)]
    times: Times = []
    for batch in batches:
        times += timed(lambda batch=batch: journal.append(batch), 1)  # type: ignore[misc]
    spread("commit of the journal (100 ms of raw bytes and readings)", times)
    store = Store(chair(folder, "commits"), clock=SystemClock())
    close_due(journal, store, SystemClock(), monitor_runs=False)
    remarks = Remarks(store)
    spread(
        "commit of the record (a note: entry, salt, row, hash, signature)",
        timed(lambda: remarks.note(row.id, "one more note", "Dr A"), 300),
    )
    journal.close()
    store.close()


def many(folder: Path, count: int) -> Path:
    """Make a record of so many insertions (without curves); every entry hashed and signed."""
    path = chair(folder, "many")
    store = Store(path, clock=SystemClock())
    key = signing.load_or_make(path.parent)
    with store.read() as session:
        previous = session.scalars(select(Entry).order_by(Entry.number.desc())).first()
    began = time.perf_counter()
    for start in range(0, count, BATCH):
        rows: dict[type[Base], list[Base]] = {Entry: [], Salt: [], Insertion: [], Verdict: []}
        for number in range(start, min(count, start + BATCH)):
            insertion_id, salt = str(ULID()), chain.new_salt()
            content = _content(insertion_id, number)
            previous = chain.next_entry(
                previous,
                key,
                chair_id=store.chair_id,
                kind="insertion",
                insertion_id=insertion_id,
                written=(OPENED, number),
                software=SOFTWARE,
                salt=salt,
                rows=content,
            )
            rows[Entry].append(previous)
            rows[Salt].append(
                Salt(chair_id=store.chair_id, entry_number=previous.number, salt=salt)
            )
            for row in content:
                rows[type(row)].append(row)
        with store.write() as session:
            for table, found in rows.items():
                columns = [column.key for column in table.__table__.columns]
                session.execute(
                    insert(table), [{name: getattr(r, name) for name in columns} for r in found]
                )
    store.settle()
    store.close()
    print(
        f"{count} insertions without curves: {path.stat().st_size / 2**20:.0f} MiB, made in "
        f"{time.perf_counter() - began:.0f} s"
    )
    return path


def _content(insertion_id: str, number: int) -> list[Content]:
    return [
        Insertion(
            id=insertion_id,
            purpose="insertion",
            patient_ref=f"P-{number % 40_000:05d}",
            operator="Dr A",
            origin="simulated",
            complete=True,
            opened_utc=OPENED + timedelta(minutes=17 * number),
            opened_ns=number,
            folded_utc=OPENED,
            site=SITES[number % 3],
            screw="infinitas-1.5x9-short",
            serial=f"SIM-{number % 9:04d}",
            software=SOFTWARE,
            samples=0,
            missing_samples=0,
            duration_s=0.0,
            description={"judge": {"pitch_mm": 0.7}, "hello": "00" * 80},
        ),
        Verdict(
            insertion_id=insertion_id,
            judge="recorder",
            kind="within",
            max_insertion_torque_ncm=5 + number % 100 / 10,
            rule_version="1",
            why="the maximum lies within the window",
        ),
    ]


def asked(path: Path) -> None:
    """Print how long the list, a search and one insertion take."""
    store = Store(path, clock=SystemClock())
    deep = search(store, limit=500)[-1]
    for name, act in (
        ("the newest 50", lambda: search(store)),
        ("50 of a site", lambda: search(store, "midpalate")),
        ("a patient of two insertions", lambda: search(store, "P-00123")),
        ("a word that is nowhere", lambda: search(store, "nothing-of-it")),
        ("two words", lambda: search(store, "SIM-0004 P-39")),
        ("50 further down", lambda: search(store, before=(deep.opened_utc, deep.id))),
        ("one insertion whole", lambda: whole(store, deep.id)),
    ):
        spread(f"  {name}", timed(act, 30))
    with store.read() as session:
        began, began_cpu = time.perf_counter(), time.process_time()
        found = verify_chain(session, store.chair_id)
    print(
        f"  verifying {found.entries} entries: {time.perf_counter() - began:.0f} s by the clock, "
        f"{time.process_time() - began_cpu:.0f} s of processor, {len(found.problems)} problems"
    )
    store.close()


def opening(folder: Path, path: Path) -> None:
    """Print how long opening takes, plain and encrypted, once the program is loaded."""
    spread("opening the record", timed(lambda: Store(path).close(), 50))
    try:
        import sqlcipher3  # noqa: F401 - whether it is there
    except ImportError:
        print("opening an encrypted record: not measured, SQLCipher is missing")
        return
    key = bytes(range(32))
    sealed = chair(folder, "sealed")
    Store(sealed, key=key).close()
    spread("opening an encrypted record", timed(lambda: Store(sealed, key=key).close(), 50))


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--insertions", type=int, default=100_000)
    parser.add_argument("--only", choices=("sizes", "commits", "search"))
    args = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="torquemon-bench-"))
    try:
        if args.only in (None, "sizes"):
            for rate_hz in (500, 1000):
                sizes(folder, rate_hz)
        if args.only in (None, "commits"):
            commits(folder)
        if args.only in (None, "search"):
            path = many(folder, args.insertions)
            opening(folder, path)
            asked(path)
    finally:
        shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
