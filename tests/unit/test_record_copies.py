"""Backups, archives, pruning: copies that can be trusted, and nothing taken in on trust."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.record_samples import filled_store, write_journal
from torquemon import paths
from torquemon.chair_lock import ChairLock
from torquemon.clock import ManualClock
from torquemon.journal import EntryKind, InsertionRow, Journal, JournalError
from torquemon.monitor.overshoot import past_overshoots
from torquemon.record.archive_file import MANIFEST, read_archive, write_archive
from torquemon.record.backup import back_up, restore
from torquemon.record.errors import RecordError
from torquemon.record.folding import close_due
from torquemon.record.history import search
from torquemon.record.pruning import forget, prune
from torquemon.record.remarks import Remarks
from torquemon.record.store import Store
from torquemon.record.verify import verify_store


def problems(store: Store) -> list[str]:
    return [problem for found in verify_store(store) for problem in found.problems]


# --- backup and restore -----------------------------------------------------------------------


def test_a_backup_is_made_while_somebody_writes_and_comes_back(tmp_path: Path) -> None:
    store, (first, *_) = filled_store(tmp_path / "chair", ids=2)
    with store.read() as _:
        head = back_up(store.path, None, tmp_path / "backup.db")
    assert head == store.head()
    Remarks(store).note(first, "after the backup", "Dr A")
    later = store.head()
    store.close()
    found, kept = restore(store.path, None, tmp_path / "backup.db")
    assert found == head
    assert kept is not None
    again = Store(store.path)
    assert again.head() == head
    assert problems(again) == []
    Remarks(again).note(first, "and on it goes", "Dr A")
    assert problems(again) == []
    again.close()
    old = Store(kept, own=False)
    assert old.head() == later, "what stood there is kept whole"
    old.close()
    with pytest.raises(RecordError, match="a backup overwrites nothing"):
        back_up(store.path, None, tmp_path / "backup.db")


def test_a_damaged_or_foreign_backup_changes_nothing(tmp_path: Path) -> None:
    store, _ = filled_store(tmp_path / "chair")
    store.close()
    back_up(store.path, None, tmp_path / "backup.db")
    data = bytearray((tmp_path / "backup.db").read_bytes())
    at = data.rindex(b"maxilla-buccal")
    data[at] ^= 1
    bad = tmp_path / "bad.db"
    bad.write_bytes(data)
    (tmp_path / "junk.db").write_bytes(b"junk" * 5000)
    foreign = tmp_path / "foreign.db"
    with sqlite3.connect(foreign) as db:
        db.execute("CREATE TABLE notes (text TEXT)")
    db.close()
    before = store.path.read_bytes()
    for source, says in (
        (bad, "does not verify"),
        (tmp_path / "junk.db", "it is no database"),
        (foreign, "database of another program"),
        (tmp_path / "none.db", "missing or empty"),
    ):
        with pytest.raises(RecordError, match=says):
            restore(store.path, None, source)
    assert store.path.read_bytes() == before
    assert {p.name for p in store.path.parent.glob("record*")} == {"record.db", "record.db.lock"}


def test_a_restore_waits_for_nobody_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, _ = filled_store(tmp_path / "chair")
    back_up(store.path, None, tmp_path / "backup.db")
    monkeypatch.setattr("torquemon.record.rekeying.WAIT_S", 0.05)
    with pytest.raises(RecordError, match="is in use"):
        restore(store.path, None, tmp_path / "backup.db")
    assert problems(store) == []
    store.close()


# --- archives ---------------------------------------------------------------------------------


def archived(tmp_path: Path) -> Path:
    store, (first, *_) = filled_store(tmp_path / "chair", ids=2)
    Remarks(store).note(first, "Ä\nzwei Zeilen", "Dr A")
    target = tmp_path / "archive.zip"
    assert write_archive(store, target) == 4
    with pytest.raises(RecordError, match="overwrites nothing"):
        write_archive(store, target)
    with pytest.raises(RecordError, match="is the one that writes here"):
        read_archive(store, target)
    store.close()
    return target


def test_an_archive_comes_in_beside_the_own_chain(tmp_path: Path) -> None:
    target = archived(tmp_path)
    (tmp_path / "other").mkdir()
    other = Store(tmp_path / "other" / "record.db")
    other.add_destination("practice", "postgresql")
    assert read_archive(other, target) == 4
    assert read_archive(other, target) == 0
    assert problems(other) == []
    found = search(other)
    assert len(found) == 2
    assert len(list(other.readings(found[0].id))) > 100
    assert len(other.due("practice")) == 5, "what came in goes out as well"
    own = other.chair_id
    other.close()
    again = Store(tmp_path / "other" / "record.db")
    assert again.chair_id == own, "the older chain that came in is not taken for the own one"
    again.close()


Change = Callable[[dict[str, bytes]], None]


def _manifest(files: dict[str, bytes], **fields: object) -> None:
    files[MANIFEST] = json.dumps({**json.loads(files[MANIFEST]), **fields}).encode()


def _chain(files: dict[str, bytes]) -> str:
    return next(name for name in files if name.startswith("chains/"))


def _climb(files: dict[str, bytes]) -> None:
    files["../../evil.jsonl"] = files.pop(_chain(files))


def _climb_named(files: dict[str, bytes]) -> None:
    manifest = json.loads(files[MANIFEST])
    manifest["chains"][0]["chair_id"] = "../../evil"
    files[MANIFEST] = json.dumps(manifest).encode()
    files["chains/../../evil.jsonl"] = files.pop(_chain(files))


def _edit(files: dict[str, bytes]) -> None:
    name = _chain(files)
    files[name] = files[name].replace(b"maxilla-buccal", b"maxilla-buccam")


def _resealed(files: dict[str, bytes]) -> None:
    import hashlib

    _edit(files)
    manifest = json.loads(files[MANIFEST])
    manifest["chains"][0]["sha256"] = hashlib.sha256(files[_chain(files)]).hexdigest()
    files[MANIFEST] = json.dumps(manifest).encode()


def _drop_line(files: dict[str, bytes]) -> None:
    name = _chain(files)
    files[name] = b"\n".join(files[name].split(b"\n")[:-2]) + b"\n"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (_climb, "has other files than its"),
        (_climb_named, "has other files than its"),
        (_edit, "is not the one that the manifest names"),
        (_resealed, r"does not verify: the content of entry \d+ \(insertion\) was edited"),
        (_drop_line, "is not the one that the manifest names"),
        (lambda files: files.pop(MANIFEST), "it is no archive of TorqueMon"),
        (lambda files: _manifest(files, form=9), "a newer version"),
        (lambda files: _manifest(files, chains=[{}]), "damaged manifest"),
        (lambda files: files.update({MANIFEST: b"[" * 100_000}), "damaged manifest"),
        (lambda files: files.update({_chain(files): b"{}\n"}), "is damaged"),
        (lambda files: files.update({_chain(files): b"\xff\xfe"}), "is damaged"),
    ],
)
def test_a_changed_archive_is_not_taken(tmp_path: Path, change: Change, says: str) -> None:
    with zipfile.ZipFile(archived(tmp_path)) as file:
        files = {name: file.read(name) for name in file.namelist()}
    change(files)
    bad = tmp_path / "bad.zip"
    with zipfile.ZipFile(bad, "w") as file:
        for name, data in files.items():
            file.writestr(name, data)
    (tmp_path / "other").mkdir()
    other = Store(tmp_path / "other" / "record.db")
    with pytest.raises(RecordError, match=says):
        read_archive(other, bad)
    assert other.head().number == 1, "nothing of it is kept"
    assert not (tmp_path / "evil.jsonl").exists()
    other.close()


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04junk", b"junk" * 1000])
def test_what_is_no_archive_is_one_sentence(tmp_path: Path, data: bytes) -> None:
    bad = tmp_path / "bad.zip"
    bad.write_bytes(data)
    store, _ = filled_store(tmp_path / "chair")
    for source in (bad, tmp_path / "none.zip", tmp_path):
        with pytest.raises(RecordError, match=r"no archive of TorqueMon|cannot be read"):
            read_archive(store, source)
    store.close()


# --- pruning ----------------------------------------------------------------------------------


def pruned_chair(ids: int = 2) -> tuple[Store, list[str], ManualClock]:
    store, names = filled_store(paths.home(), ids=ids)
    clock = ManualClock()
    store.clock = clock
    return store, names, clock


def held() -> list[str]:
    journal = Journal(paths.journal_path(), read_only=True)
    try:
        return [row.id for row in journal.insertions() if any(journal.entries(row.id))]
    finally:
        journal.close()


@pytest.mark.requirement("REQ-REC-8")
def test_the_journal_gives_up_what_was_verified_after_a_day() -> None:
    store, names, clock = pruned_chair()
    assert prune(store) == 0
    clock.advance(25 * 3600)
    assert prune(store) == 2
    assert held() == []
    assert prune(store) == 0
    assert len(list(store.readings(names[0]))) > 100
    journal = Journal(paths.journal_path())
    journal.open_insertion(InsertionRow(names[0][:-1] + "9", "2026-01-01T00:00:00+00:00", 1, {}))
    for statement in ("DELETE FROM insertion WHERE ?", "UPDATE insertion SET id = 'x' WHERE ?"):
        with pytest.raises(JournalError, match="append-only"):
            journal._write(statement, [(1,)])
    journal.close()
    store.close()


@pytest.mark.requirement("REQ-REC-8")
def test_nothing_leaves_the_journal_while_a_monitor_runs_or_unverified() -> None:
    store, names, clock = pruned_chair()
    clock.advance(25 * 3600)
    lock = ChairLock(paths.lock_path())
    assert lock.acquire()
    assert prune(store) == 0
    with pytest.raises(RecordError, match="a monitor runs at this chair: end it, then erase"):
        forget(store, names)
    lock.release()
    journal = Journal(paths.journal_path())
    (entry,) = list(journal.entries(names[0], EntryKind.READINGS))[-1:]
    journal.append([entry])  # more than the record has taken
    journal.close()
    assert prune(store) == 1
    assert held() == [names[0]]
    with pytest.raises(RecordError, match="holds more of"):
        forget(store, names)
    store.close()


def test_a_fold_whose_recorder_was_killed_is_verified_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    paths.home()
    (name,) = write_journal(paths.journal_path(), seconds=0.6)
    clock = ManualClock()
    store = Store(paths.record_path(), clock=clock)
    journal = Journal(paths.journal_path(), read_only=True)
    monkeypatch.setattr("torquemon.record.folding.is_folded", lambda *_: False)
    assert close_due(journal, store, clock, monitor_runs=False) == [name]
    journal.close()
    clock.advance(25 * 3600)
    assert prune(store) == 0, "verified only now, and kept for its day"
    clock.advance(25 * 3600)
    assert prune(store) == 1
    assert held() == []
    store.close()


def test_what_the_next_threshold_rests_on_stays_without_the_patient() -> None:
    from torquemon.journal import Entry, pack_json

    store, names, clock = pruned_chair()
    journal = Journal(paths.journal_path())
    fields = {"what": "overshoot", "overshoot_ncm": 0.75}
    journal.append([Entry(names[0], EntryKind.EVENT, 9, pack_json(fields))])
    before = past_overshoots(journal)
    journal.close()
    clock.advance(25 * 3600)
    assert prune(store) == 2
    journal = Journal(paths.journal_path(), read_only=True)
    assert past_overshoots(journal) == before == {"SIM-0001": [0.75]}
    assert [dict(row.meta) for row in journal.insertions()] == [
        {"origin": "simulated", "serial": "SIM-0001"}
    ]
    assert close_due(journal, store, clock, monitor_runs=False) == []
    journal.close()
    assert prune(store) == 0
    assert b"P-1" not in paths.journal_path().read_bytes()
    store.close()


def test_a_second_journal_is_folded_into_the_same_record(tmp_path: Path) -> None:
    store, names = filled_store(tmp_path / "chair")
    write_journal(tmp_path / "second.db", ids=3)
    journal = Journal(tmp_path / "second.db", read_only=True)
    assert len(close_due(journal, store, ManualClock(), monitor_runs=False)) == 2
    assert close_due(journal, store, ManualClock(), monitor_runs=False) == []
    journal.close()
    assert len(search(store)) == 3
    assert names[0] in {found.id for found in search(store)}
    store.close()


def test_the_lock_of_a_chair_is_for_its_user_only(tmp_path: Path) -> None:
    lock = ChairLock(tmp_path / "monitor.lock")
    assert lock.acquire()
    lock.release()
    assert (tmp_path / "monitor.lock").stat().st_mode & 0o077 == 0
