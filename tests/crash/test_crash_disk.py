"""The disk fails under a running monitor: it goes on, says so, and what was stored stays.

A file size limit stands for the full disk (a real one needs a mount), a removed file for the rest.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.processes import simulator, truth, wait_for
from torquemon import paths
from torquemon.journal import EntryKind, Journal, JournalError
from torquemon.record.process import close_all_due

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="limits and a pty need POSIX")

LIMITED = """
import resource, sys
size = int(sys.argv[1])
if size:
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
from torquemon.cli import main
sys.exit(main(sys.argv[2:]))
"""


@contextlib.contextmanager
def monitor(port: str, size: int, out: Path) -> Iterator[subprocess.Popen[bytes]]:
    words = ["monitor", "--json", "--record", "--unattended", "--threshold-ncm=12"]
    with (
        out.open("wb") as file,
        subprocess.Popen(
            [sys.executable, "-c", LIMITED, str(size), *words, f"--port={port}"],
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.DEVNULL,
        ) as process,
    ):
        try:
            yield process
        finally:
            process.kill()


def seconds(out: Path) -> list[dict[str, Any]]:
    lines = out.read_text("utf-8").splitlines(keepends=True)
    found = [json.loads(line) for line in lines if line.endswith("\n")]
    return [line for line in found if line["event"] == "second"]


def troubled(out: Path) -> list[dict[str, Any]]:
    return [line for line in seconds(out) if line["storage"]]


@pytest.mark.requirement("REQ-REC-3", "REQ-ARM-10")
def test_a_full_disk_is_said_and_the_stop_stays_armed(tmp_path: Path) -> None:
    out, log = tmp_path / "out", tmp_path / "truth.jsonl"
    with simulator("--scenario", "nominal", "--seed", "7", "--events", str(log)) as (_, port):
        with monitor(port, 120_000, out) as process:
            wait_for(
                lambda: any(line["arm"] == "armed" for line in troubled(out)),
                30,
                "the full disk is said while the stop is armed",
            )
            last = troubled(out)[-1]
            assert "monitoring goes on" in last["storage"]
            assert last["torque_ncm"] is not None
            assert process.poll() is None
        assert "armed" in [event["event"] for event in truth(log)]
    journal = Journal(paths.journal_path())
    (row,) = journal.insertions()
    assert list(journal.entries(row.id)), "what had been stored is there"
    journal.close()


@pytest.mark.requirement("REQ-REC-3")
def test_a_journal_that_is_taken_away_is_said_and_taken_up_again(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with (
        simulator("--scenario", "nominal", "--seed", "7") as (_, port),
        monitor(port, 0, out) as process,
    ):
        wait_for(lambda: any(line["insertion_id"] for line in seconds(out)), 30, "it records")
        aside = paths.journal_path().with_suffix(".aside")
        paths.journal_path().rename(aside)
        wait_for(lambda: troubled(out), 15, "the missing journal is said")
        assert "was moved or removed while it was in use" in troubled(out)[-1]["storage"]
        assert process.poll() is None
        aside.rename(paths.journal_path())
        said = len(seconds(out))
        wait_for(
            lambda: len(seconds(out)) > said and not seconds(out)[-1]["storage"], 15, "it is well"
        )
        process.terminate()
        assert process.wait(15) == 0
    journal = Journal(paths.journal_path())
    (row,) = journal.insertions()
    readings = list(journal.readings(row.id))
    assert all(after.seq - before.seq == 1 for before, after in pairwise(readings))
    assert list(journal.entries(row.id, EntryKind.FINISH))
    journal.close()


def test_a_record_on_a_full_disk_leaves_the_journal_to_be_folded_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from tests.record_samples import write_journal
    from torquemon.clock import SystemClock
    from torquemon.record.errors import RecordError
    from torquemon.record.opening import open_store
    from torquemon.record.store import Store

    ids = write_journal(paths.journal_path())
    open_store().close()

    def small(self: Store, wanted: Sequence[str]) -> set[str]:
        pages = "PRAGMA max_page_count"
        with self.database.engine.connect() as connection:
            used = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            connection.exec_driver_sql(f"{pages} = {used + 1}")
        return real(self, wanted)

    real = Store.recorded
    monkeypatch.setattr(Store, "recorded", small)
    with pytest.raises(RecordError, match=r"the disk is full: .*record\.db cannot grow; make room"):
        close_all_due(SystemClock())
    monkeypatch.setattr(Store, "recorded", real)
    assert close_all_due(SystemClock()) == ids


def test_what_watches_a_motor_never_loads_the_database_of_the_record() -> None:
    code = (
        "import sys, torquemon.cli, torquemon.monitor.process, torquemon.monitor.headless;"
        "torquemon.cli.build_parser();"
        "print([m for m in ('sqlalchemy', 'alembic', 'sqlcipher3') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_journal_that_was_replaced_is_not_written_to(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    journal = Journal(path)
    path.unlink()
    with pytest.raises(JournalError, match="was moved or removed"):
        journal.append([])
    Journal(path).close()
    with pytest.raises(JournalError, match="was moved or removed"):
        journal.append([])
    journal.close()
