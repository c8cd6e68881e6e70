"""The journal as a file: append-only, foreign, newer, read-only, full, damaged, locked."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from torquemon.chair_lock import ChairLock, LockError
from torquemon.journal import (
    DAMAGED,
    SCHEMA_VERSION,
    Entry,
    EntryKind,
    InsertionRow,
    Journal,
    JournalError,
    pack_json,
    unpack_readings,
)

ROW = InsertionRow("01J0000000000000000000000A", "2026-01-01T00:00:00+00:00", 5, {"site": "µ"})


def entry(number: int, kind: EntryKind = EntryKind.RAW, size: int = 10) -> Entry:
    return Entry(ROW.id, kind, number, number.to_bytes(4, "big") * size)


def filled(path: Path, entries: int = 3) -> Journal:
    journal = Journal(path)
    journal.open_insertion(ROW)
    journal.append(entry(number) for number in range(entries))
    return journal


def test_what_was_stored_comes_back_in_order(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    journal = filled(path)
    journal.append([entry(9, EntryKind.ALERT), entry(10)])
    journal.close()
    again = Journal(path, read_only=True)
    assert again.insertions() == [ROW]
    assert again.insertion(ROW.id) == ROW
    assert again.insertion("01J0000000000000000000000B") is None
    assert [e.host_ns for e in again.entries(ROW.id)] == [0, 1, 2, 9, 10]
    assert list(again.entries(ROW.id, EntryKind.ALERT)) == [entry(9, EntryKind.ALERT)]
    again.close()


@pytest.mark.requirement("REQ-REC-4")
def test_an_insertion_is_unfinished_until_its_conclusion_is_stored(tmp_path: Path) -> None:
    journal = filled(tmp_path / "journal.db")
    assert journal.unfinished() == [ROW.id]
    journal.append([Entry(ROW.id, EntryKind.FINISH, 1, pack_json({}))])
    assert journal.unfinished() == []
    journal.close()


@pytest.mark.requirement("REQ-REC-1")
@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM entry",
        "UPDATE entry SET data = x'00'",
        "DELETE FROM insertion",
        "UPDATE insertion SET meta = '{}'",
    ],
)
def test_nothing_that_is_stored_can_be_changed(tmp_path: Path, statement: str) -> None:
    journal = filled(tmp_path / "journal.db")
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        journal._db.execute(statement)
    with pytest.raises(JournalError, match="append-only"):
        journal._write(f"{statement} WHERE ?", [(1,)])
    assert len(list(journal.entries(ROW.id))) == 3
    journal.close()


def test_entries_are_stored_all_or_none(tmp_path: Path) -> None:
    journal = filled(tmp_path / "journal.db")
    stray = Entry("01J0000000000000000000000Z", EntryKind.RAW, 1, b"")
    with pytest.raises(JournalError):
        journal.append([entry(7), stray])
    assert [e.host_ns for e in journal.entries(ROW.id)] == [0, 1, 2]
    journal.append([entry(8)])
    assert [e.host_ns for e in journal.entries(ROW.id)] == [0, 1, 2, 8]
    journal.close()


@pytest.mark.requirement("REQ-SEC-3")
@pytest.mark.skipif(sys.platform == "win32", reason="file modes are POSIX")
def test_only_this_user_may_read_the_journal(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    journal = filled(path)
    modes = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()}
    journal.close()
    assert modes["journal.db"] == 0o600
    assert set(modes.values()) == {0o600}


@pytest.mark.parametrize("version", [0, SCHEMA_VERSION])
def test_a_database_of_another_program_is_left_as_it_is(tmp_path: Path, version: int) -> None:
    path = tmp_path / "journal.db"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE notes (text TEXT)")
        db.execute(f"PRAGMA user_version = {version}")
    db.close()
    before = path.read_bytes()
    for read_only in (False, True):
        with pytest.raises(JournalError, match="database of another program"):
            Journal(path, read_only=read_only)
    assert path.read_bytes() == before


def test_a_newer_schema_asks_for_an_update(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    filled(path).close()
    with sqlite3.connect(path) as db:
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    db.close()
    with pytest.raises(JournalError, match="newer version of TorqueMon"):
        Journal(path)


@pytest.mark.parametrize("content", [b"not a database at all" * 300, b"\x00" * 8192])
def test_a_file_that_is_no_database_is_said_to_be_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "journal.db"
    path.write_bytes(content)
    with pytest.raises(JournalError, match="damaged or no journal"):
        Journal(path)
    assert path.read_bytes() == content


def test_a_folder_in_place_of_the_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="cannot be opened"):
        Journal(tmp_path)
    with pytest.raises(JournalError, match="cannot be opened"):
        Journal(tmp_path / "no" / "journal.db")
    with pytest.raises(JournalError, match="cannot be opened"):
        Journal(tmp_path / "none.db", read_only=True)
    assert not (tmp_path / "none.db").exists()


def test_a_journal_open_for_reading_refuses_to_be_written(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    filled(path).close()
    journal = Journal(path, read_only=True)
    with pytest.raises(JournalError, match="read-only"):
        journal.append([entry(1)])
    journal.close()


@pytest.mark.requirement("REQ-REC-3")
def test_a_full_disk_is_said_and_writing_goes_on_when_there_is_room(tmp_path: Path) -> None:
    journal = filled(tmp_path / "journal.db")
    pages = journal._db.execute("PRAGMA page_count").fetchone()[0]
    journal._db.execute(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(JournalError, match=r"the disk is full: .* make room"):
        journal.append([entry(50, size=20_000)])
    with pytest.raises(JournalError, match="the disk is full"):
        journal.append([entry(50, size=20_000)])
    journal._db.execute("PRAGMA max_page_count = 1000000")
    journal.append([entry(50, size=20_000)])
    assert [e.host_ns for e in journal.entries(ROW.id)] == [0, 1, 2, 50]
    journal.close()


def test_damage_inside_is_a_journal_error_wherever_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    filled(path, entries=2000).close()
    data = bytearray(path.read_bytes())
    for at in range(4096, len(data), 4096):
        data[at : at + 64] = b"\xff" * 64
    path.write_bytes(bytes(data))
    journal = Journal(path, read_only=True)
    for read in (
        journal.insertions,
        journal.unfinished,
        lambda: list(journal.entries(ROW.id)),
        lambda: journal.insertion(ROW.id),
    ):
        with pytest.raises(JournalError, match="damaged"):
            read()
    journal.close()


@pytest.mark.parametrize("text", ["'{cut'", "CAST(x'7bff' AS TEXT)", "'[]'"])
def test_a_damaged_description_hides_no_other_insertion(tmp_path: Path, text: str) -> None:
    journal = filled(tmp_path / "journal.db")
    journal._db.execute(f"INSERT INTO insertion VALUES ('ZZ', '', 1, {text})")  # noqa: S608 - ours
    damaged, whole = journal.insertions()
    assert damaged.meta == {DAMAGED: "the description is damaged"}
    assert whole.meta == ROW.meta
    journal.close()


def test_an_entry_of_an_unknown_kind_is_a_journal_error(tmp_path: Path) -> None:
    journal = filled(tmp_path / "journal.db")
    journal._db.execute(
        "INSERT INTO entry (insertion_id, kind, host_ns, data) VALUES (?, 'x', 1, x'00')",
        (ROW.id,),
    )
    assert len(list(journal.entries(ROW.id))) == 3
    journal.close()


@pytest.mark.parametrize("data", [b"\x00", b"\x00" * 48, b"\x00" * 48 + b"\x06"])
def test_a_damaged_block_of_readings_is_not_read(data: bytes) -> None:
    with pytest.raises(JournalError, match="damaged"):
        list(unpack_readings(data))


def test_two_processes_may_look_while_one_writes(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    writer = filled(path)
    reader = Journal(path, read_only=True)
    assert len(list(reader.entries(ROW.id))) == 3
    writer.append([entry(3)])
    assert len(list(reader.entries(ROW.id))) == 4
    reader.close()
    writer.close()


# --- the lock of the chair --------------------------------------------------------------------

HOLD = """
import sys
from pathlib import Path
from torquemon.chair_lock import ChairLock
lock = ChairLock(Path(sys.argv[1]))
print(lock.acquire(), flush=True)
sys.stdin.read()
"""


def test_one_process_holds_a_chair_and_a_kill_frees_it(tmp_path: Path) -> None:
    path = tmp_path / "monitor.lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "True\n"
            mine = ChairLock(path)
            assert mine.held_by_other()
            assert not mine.acquire(wait_s=0)
        finally:
            process.kill()
            process.wait(10)
    assert not mine.held_by_other()
    assert mine.acquire(wait_s=0)
    assert not mine.held_by_other()
    assert not ChairLock(path).acquire(wait_s=0)
    mine.release()
    mine.release()
    assert ChairLock(path).acquire(wait_s=0)


@pytest.mark.parametrize("kind", ["garbage", "folder"])
def test_a_lock_that_cannot_be_had_is_not_said_to_be_held(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "monitor.lock"
    if kind == "garbage":
        path.write_bytes(b"no lock at all" * 400)
    else:
        path.mkdir()
    with pytest.raises(LockError, match=r"monitor\.lock"):
        ChairLock(path).acquire(wait_s=0)
