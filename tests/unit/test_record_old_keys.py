"""Backups of before a key was set or changed come back; keys that others can read are said."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.processes import require
from tests.record_samples import filled_store
from torquemon.cli import main
from torquemon.record import keys, rekeying
from torquemon.record.backup import back_up
from torquemon.record.database import is_plain
from torquemon.record.errors import RecordError
from torquemon.record.opens_with import key_of
from torquemon.record.store import Store


@pytest.fixture
def record(chair_folder: Path) -> Path:
    require(find_spec("sqlcipher3"), "SQLCipher is missing: pip install torquemon[encrypt]")
    store, _ = filled_store(chair_folder, seconds=0.6)
    store.close()
    return store.path


@pytest.fixture
def places(tmp_path: Path) -> Path:
    folder = tmp_path / "keys"
    folder.mkdir(mode=0o700)
    return folder


Said = pytest.CaptureFixture[str]


def back(source: Path, *words: str) -> int:
    return main(["restore", *words, str(source)])


def whole(record: Path) -> None:
    assert is_plain(record) is False
    assert main(["verify"]) == 0
    Store(record, key=key_of(record)).close()


def test_a_backup_of_before_the_key(
    record: Path, places: Path, tmp_path: Path, capsys: Said
) -> None:
    head = back_up(record, None, tmp_path / "plain.db")
    rekeying.set_key(record, places)
    before = record.read_bytes()
    assert back(tmp_path / "plain.db") == 2
    said = capsys.readouterr().err
    assert "is not encrypted: it was made before this record had a key" in said
    assert "`torquemon restore --unencrypted FILE`" in said
    assert record.read_bytes() == before
    assert back(tmp_path / "plain.db", "--unencrypted") == 0
    assert str(head) in capsys.readouterr().out
    whole(record)
    assert not list(record.parent.glob("*.restoring*"))


def test_a_backup_of_before_the_change_of_key(
    record: Path, places: Path, tmp_path: Path, capsys: Said
) -> None:
    rekeying.set_key(record, places)
    back_up(record, key_of(record), tmp_path / "first.db")
    (first,) = places.glob("*.recordkey")
    rekeying.change_key(record)
    rekeying.change_key(record)
    assert back(tmp_path / "first.db") == 0, "the key of before is still known"
    whole(record)
    kept = first.rename(tmp_path / "kept.key")
    capsys.readouterr()
    assert back(tmp_path / "first.db") == 2
    assert "torquemon restore --key-file KEY FILE" in capsys.readouterr().err
    assert back(tmp_path / "first.db", "--key-file", str(kept)) == 0
    whole(record)
    for bad in (tmp_path / "none", tmp_path / "first.db"):
        assert back(tmp_path / "first.db", "--key-file", str(bad)) == 2


def test_an_encrypted_backup_where_no_key_is_set(
    record: Path, places: Path, tmp_path: Path, capsys: Said
) -> None:
    """Another computer, or the pointer was lost with the folder."""
    rekeying.set_key(record, places)
    back_up(record, key_of(record), tmp_path / "backup.db")
    (kept,) = places.glob("*.recordkey")
    record.unlink()
    keys.pointer_path(record).unlink()
    assert back(tmp_path / "backup.db") == 2
    assert back(tmp_path / "backup.db", "--key-file", str(kept)) == 2
    assert "`torquemon key init` sets one, then restore again" in capsys.readouterr().err
    assert main(["key", "init", "--file", str(places)]) == 0
    assert back(tmp_path / "backup.db", "--key-file", str(kept)) == 0
    whole(record)


def test_a_damaged_record_does_not_stand_in_the_way_of_its_backup(
    record: Path, places: Path, tmp_path: Path
) -> None:
    rekeying.set_key(record, places)
    back_up(record, key_of(record), tmp_path / "backup.db")
    record.write_bytes(b"\x00" * 8192)
    with pytest.raises(RecordError, match="restore a backup"):
        key_of(record)
    assert back(tmp_path / "backup.db") == 0
    whole(record)


def test_a_pointer_of_an_older_version_and_a_deep_one(record: Path, places: Path) -> None:
    rekeying.set_key(record, places)
    path = keys.pointer_path(record)
    text = path.read_text("utf-8")
    assert '"earlier": []' in text
    path.write_text(text.replace(',\n "earlier": []', ""), "utf-8")
    assert keys.read_pointer(record).earlier == ()
    whole(record)
    for bad in ("[" * 100_000, "[]", text.replace("[]", "[7]"), text.replace("[]", "7")):
        path.write_text(bad, "utf-8")
        with pytest.raises(RecordError, match=r"record\.key\.json is damaged"):
            key_of(record)


@pytest.mark.skipif(sys.platform == "win32", reason="file modes are POSIX")
def test_a_key_that_others_can_read_is_said_once_with_the_mend(
    record: Path, places: Path, capsys: Said
) -> None:
    rekeying.set_key(record, places)
    (file,) = places.glob("*.recordkey")
    assert main(["verify"]) == 0
    assert capsys.readouterr().err == ""
    file.chmod(0o644)
    assert main(["verify"]) == 0
    said = capsys.readouterr().err
    assert said == (
        f"torquemon: the key {file} can be read by other users of this computer: chmod 600 {file}\n"
    )
    assert main(["list"]) == 0
    assert capsys.readouterr().err == "", "once is enough"


def test_without_sqlcipher_the_sentence_is_about_what_was_asked(
    chair_folder: Path, places: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    filled_store(chair_folder, seconds=0.6)[0].close()
    monkeypatch.setitem(sys.modules, "sqlcipher3", None)
    assert main(["key", "init", "--file", str(places)]) == 2
    said = capsys.readouterr().err
    assert "encryption needs SQLCipher: pip install torquemon[encrypt]" in said
    assert "is encrypted" not in said
