"""Schemas: a file of the first version goes on, a newer or a foreign one is left as it is.

`schema_1/` was written by the first version itself: two simulated insertions, one without an end.
"""

from __future__ import annotations

import gzip
import shutil
import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from torquemon import paths
from torquemon.clock import SystemClock
from torquemon.record.errors import RecordError
from torquemon.record.first_record import NO_CURVE
from torquemon.record.history import search, whole
from torquemon.record.insertions import open_archive
from torquemon.record.models import Base
from torquemon.record.process import close_all_due
from torquemon.record.store import Store
from torquemon.record.verify import verify_store

FIRST = Path(__file__).parent / "schema_1"
IDS = ["01J00000000000000000000002", "01J00000000000000000000001"]


def first_record(*, journal: bool) -> None:
    shutil.copy(FIRST / "record.db", paths.record_path())
    if journal:
        paths.journal_path().write_bytes(gzip.decompress((FIRST / "journal.db.gz").read_bytes()))


def legacy_rows() -> list[tuple[object, ...]]:
    db = sqlite3.connect(paths.record_path())
    rows = db.execute("SELECT * FROM record ORDER BY insertion_id").fetchall()
    db.close()
    return rows


@pytest.mark.parametrize("journal", [True, False])
def test_records_of_the_first_version_survive(*, journal: bool) -> None:
    first_record(journal=journal)
    before = legacy_rows()
    for _ in range(2):  # the second look finds nothing to do
        with open_archive() as archive:
            assert [i.row.id for i in archive.all()] == IDS
            for insertion in archive.all():
                found = whole(archive.store, insertion.row.id)
                assert found.summary.patient_ref == "P-1"
                assert found.summary.mark == "SIMULATED"
                assert found.summary.complete == (insertion.row.id == IDS[1])
                assert found.insertion.problem == (None if journal else NO_CURVE)
                assert bool(list(archive.readings(insertion))) == journal
                assert found.verdict is not None
                assert found.verdict.kind == "undetermined"
                assert found.insertion.samples == 299
            assert [v.problems for v in verify_store(archive.store)] == [[]]
            assert archive.store.head().number == 3
    assert legacy_rows() == before, "what the first version wrote is never edited"


def test_two_processes_may_open_a_first_record_at_once() -> None:
    first_record(journal=True)
    one = Store(paths.record_path())
    two = Store(paths.record_path())
    assert one.chair_id == two.chair_id
    one.close()
    two.close()
    assert sorted(close_all_due(SystemClock())) == sorted(IDS)
    assert close_all_due(SystemClock()) == []


def test_the_migrations_make_what_the_models_say(tmp_path: Path) -> None:
    store = Store(tmp_path / "record.db")
    with store.database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    store.close()


def test_a_newer_record_asks_for_an_update(tmp_path: Path) -> None:
    path = tmp_path / "record.db"
    Store(path).close()
    db = sqlite3.connect(path)
    db.execute("UPDATE alembic_version SET version_num = '9999'")
    db.commit()
    db.close()
    before = path.read_bytes()
    with pytest.raises(RecordError, match="newer version of TorqueMon: update this one"):
        Store(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "statements",
    [
        ["CREATE TABLE notes (text TEXT)"],
        ["CREATE TABLE alembic_version (version_num TEXT)"],
        [
            "CREATE TABLE alembic_version (version_num TEXT)",
            "INSERT INTO alembic_version VALUES ('0002')",
            "CREATE TABLE entry (x TEXT)",
        ],
        ["CREATE TABLE record (x TEXT)"],
    ],
)
def test_a_foreign_database_is_left_as_it_is(tmp_path: Path, statements: list[str]) -> None:
    path = tmp_path / "record.db"
    db = sqlite3.connect(path)
    for statement in statements:
        db.execute(statement)
    db.commit()
    db.close()
    before = path.read_bytes()
    with pytest.raises(RecordError, match="database of another program: move it away"):
        Store(path)
    assert path.read_bytes()[100:] == before[100:], "the header may change to the log's mode only"


def test_times_come_back_aware_and_in_utc() -> None:
    first_record(journal=True)
    with open_archive() as archive:
        (newest, *_) = search(archive.store)
        assert newest.opened_utc.utcoffset() is not None
        assert newest.opened_utc.isoformat().endswith("+00:00")
