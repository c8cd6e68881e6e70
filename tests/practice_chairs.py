"""Chairs with many insertions, and the processes that carry them, for the tests of the practice."""

from __future__ import annotations

import contextlib
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from ulid import ULID

from torquemon.clock import ManualClock
from torquemon.model import Reading, Validity
from torquemon.record import blocks
from torquemon.record.models import Block, Content, Insertion, Verdict
from torquemon.record.store import READINGS, SOFTWARE, Store

_START: Final = datetime(2026, 1, 5, 8, tzinfo=UTC)
_AT_ONCE: Final = 200


def chair_store(home: Path) -> Store:
    """Open the record of the chair whose files are in `home`."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Store(home / "record.db", clock=ManualClock())


def fill(store: Store, count: int, first: int = 0) -> None:
    """Store insertions as the recorder does, each with a short curve and a verdict."""
    for start in range(first, first + count, _AT_ONCE):
        with store.write() as session:
            for number in range(start, min(start + _AT_ONCE, first + count)):
                rows = insertion_rows(store.chair_id, number)
                insertion = rows[1]
                assert isinstance(insertion, Insertion)
                store.append(session, "insertion", rows, insertion.id)


def insertion_rows(chair_id: str, number: int) -> list[Content]:
    """Return one insertion whose every value follows from its chair and number."""
    opened = _START + timedelta(minutes=7 * number)
    seed = hashlib.sha256(f"{chair_id}:{number}".encode()).digest()
    time_part = str(ULID.from_timestamp(opened.timestamp()))[:10]
    insertion_id = time_part + str(ULID.from_bytes(seed[:16]))[10:]
    peak = 5.0 + seed[0] / 25
    curve = [
        Reading(n, n * 10_000, n * 10_000_000, peak * n / 60, n * 9.0, 25.0, Validity.VALID)
        for n in range(60)
    ]
    block = Block(
        insertion_id=insertion_id,
        kind=READINGS,
        count=len(curve),
        first_ns=0,
        last_ns=curve[-1].host_time_ns,
        data=blocks.pack_readings(curve),
    )
    insertion = Insertion(
        id=insertion_id,
        purpose="insertion",
        patient_ref=f"P-{int.from_bytes(seed[1:3], 'big') % 997:04d}",
        operator="Dr. M",
        origin="simulated",
        complete=True,
        opened_utc=opened,
        opened_ns=number,
        closed_utc=opened + timedelta(seconds=40),
        folded_utc=opened + timedelta(seconds=41),
        site="maxilla-buccal",
        screw="infinitas-1.5x9-short",
        serial=f"SIM-{chair_id[-4:]}",
        software=SOFTWARE,
        samples=len(curve),
        missing_samples=0,
        duration_s=0.59,
        description={"patient": "as above"},
    )
    verdict = Verdict(
        insertion_id=insertion_id,
        judge="recorder",
        kind="within",
        max_insertion_torque_ncm=peak,
        final_torque_ncm=peak,
        rule_version="signal-2026.2",
        why="for the test",
    )
    return [block, insertion, verdict]


@contextlib.contextmanager
def syncing(homes: list[Path], address: str, each: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """`torquemon sync --watch`, `each` processes a chair; ended by their own pid."""
    running: list[subprocess.Popen[bytes]] = []
    try:
        for home in [home for home in homes for _ in range(each)]:
            environment = {
                **os.environ,
                "TORQUEMON_HOME": str(home),
                "TORQUEMON_PRACTICE": address,
            }
            words = [sys.executable, "-m", "torquemon", "sync", "--watch", "--every-s", "0.2"]
            running.append(
                subprocess.Popen(
                    words,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.PIPE,
                )
            )
        yield running
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.communicate(timeout=30)
