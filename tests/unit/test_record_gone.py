"""A record that is emptied or missing is a loss that is said, never a new beginning."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from tests.parts import needed
from tests.record_samples import filled_store
from torquemon import paths
from torquemon.cli import main
from torquemon.clock import ManualClock, SystemClock
from torquemon.local.sentences import translated
from torquemon.record import begun, rekeying, signing
from torquemon.record.backup import back_up, restore
from torquemon.record.errors import RecordError
from torquemon.record.opens_with import key_of
from torquemon.record.process import close_all_due
from torquemon.record.remarks import Remarks
from torquemon.record.store import Store

WAYS = ["emptied", "missing", "without tables", "missing, with its log"]


def lose(record: Path, way: str) -> None:
    if way.startswith("missing"):
        record.unlink()
    else:
        record.write_bytes(b"")
    if way == "without tables":
        db = sqlite3.connect(record)
        db.execute("PRAGMA journal_mode = WAL")
        db.close()
    if way.endswith("log"):
        record.with_name("record.db-wal").write_bytes(b"what was written last")


@pytest.fixture
def record(chair_folder: Path) -> Path:
    store, (first, *_) = filled_store(chair_folder, seconds=0.6)
    Remarks(store).amend(first, "patient_ref", "P-2", "wrong file", "Dr A")
    store.close()
    return store.path


def state(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}


@pytest.mark.parametrize("way", WAYS)
def test_nothing_is_made_in_its_place(
    record: Path, way: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    lose(record, way)
    before = state(record.parent)
    for words in (
        ["verify"],
        ["list"],
        ["show", "last"],
        ["export", "last"],
        ["remark", "note", "last", "text", "--operator", "Dr A"],
        ["prune"],
        ["archive", "out", str(tmp_path / "a.zip")],
        *([] if way == "without tables" else [["backup", str(tmp_path / "b")], ["key", "check"]]),
    ):
        assert main(words) == 2, words
        said = capsys.readouterr()
        assert said.out == ""
        assert "record.db is gone: restore a backup" in said.err, words
        assert "or move chair.key away to begin anew" in said.err
        assert said.err.count("\n") == 1
    with pytest.raises(begun.GoneError):
        close_all_due(SystemClock())
    assert state(record.parent) == before or way == "without tables"
    assert not record.exists() or record.stat().st_size in (0, 4096)


def test_a_key_that_is_set_now_makes_no_record(record: Path, tmp_path: Path) -> None:
    """It may be needed: an encrypted backup comes back under a key."""
    needed("sqlcipher3", "encrypt")
    lose(record, "missing")
    assert main(["key", "init", "--file", str(tmp_path)]) == 0
    assert main(["verify"]) == main(["key", "check"]) == main(["key", "rotate"]) == 2
    assert not record.exists()


def test_an_encrypted_one_too(record: Path, tmp_path: Path) -> None:
    needed("sqlcipher3", "encrypt")
    rekeying.set_key(record, tmp_path)
    key = key_of(record)
    back_up(record, key, tmp_path / "backup.db")
    lose(record, "emptied")
    with pytest.raises(begun.GoneError):
        Store(record, key=key_of(record))
    restore(record, key_of(record), tmp_path / "backup.db")
    Store(record, key=key_of(record)).close()


@pytest.mark.parametrize("way", WAYS)
def test_a_backup_is_restored_into_its_place(record: Path, way: str, tmp_path: Path) -> None:
    head = back_up(record, None, tmp_path / "backup.db")
    lose(record, way)
    found, kept = restore(record, None, tmp_path / "backup.db")
    assert found == head
    assert (kept is None) == (way == "missing")
    assert not record.with_name("record.db-wal").exists()
    assert main(["verify", "--head", str(head)]) == 0
    close_all_due(SystemClock())
    store = Store(record)
    assert store.head() == head
    store.close()


def test_whoever_moves_the_key_away_begins_anew(record: Path, tmp_path: Path) -> None:
    lose(record, "missing")
    (record.parent / "chair.key").rename(tmp_path / "chair.key")
    assert main(["list"]) == 0
    assert main(["verify"]) == 0


@pytest.mark.parametrize("after", ["the key", "the tables"])
def test_a_first_start_that_was_interrupted_goes_on(
    chair_folder: Path, after: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed before the first entry was kept; or the file was never on the disk at all."""
    paths.home()
    record = paths.record_path()

    class KilledError(Exception):
        pass

    def killed(*_: object, **__: object) -> None:
        raise KilledError

    name = "_begin_chain" if after == "the key" else "_only_look"
    with monkeypatch.context() as patched:
        patched.setattr(Store, name, killed)
        with pytest.raises(KilledError):
            Store(record, own=after == "the key")
    assert (chair_folder / "chair.key").exists() == (after == "the key")
    Store(record).close()
    assert begun.has_begun(chair_folder)
    with monkeypatch.context() as patched:  # the mark is left where it was killed just after
        patched.setattr("torquemon.record.store.note_begun", lambda _: None)
        (chair_folder / "chair.key").unlink()
        Store(record).close()
    assert not begun.has_begun(chair_folder)
    Store(record).close()
    assert begun.has_begun(chair_folder)


def test_a_key_that_was_made_for_a_calibration_is_no_record(chair_folder: Path) -> None:
    signing.load_or_make(paths.home())
    assert not begun.has_begun(chair_folder)
    store = Store(paths.record_path(), clock=ManualClock())
    assert store.head().number == 1
    store.close()
    assert begun.has_begun(chair_folder)
    assert not os.path.lexists(chair_folder / begun.UNUSED_NAME)


def test_it_is_said_in_the_language_of_the_screen(record: Path) -> None:
    said = translated(str(begun.GoneError(record)), "de", ",")
    assert "sind fort" in said
    assert str(record) in said


def test_a_copy_without_a_chain_is_looked_at_as_before(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="has no chain"):
        Store(tmp_path / "copy.db", own=False)


@pytest.mark.parametrize(
    "words", [("outbox",), ("outbox", "send"), ("fhir", "send", "last"), ("dicom", "send", "last")]
)
def test_no_way_of_sending_takes_a_record_that_is_gone_for_none(
    record: Path, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    record.unlink()
    (record.parent / "destinations.toml").write_text(
        '[ehr]\nkind = "fhir"\nurl = "https://127.0.0.1:1/r4"\n'
        '[arch]\nkind = "dicom"\nhost = "127.0.0.1"\nport = 1\ncalled_ae = "A"\n',
        encoding="utf-8",
    )
    assert main(list(words)) != 0
    assert "is gone" in capsys.readouterr().err
