"""Keys of the record: set, changed, lost, wrong, interrupted; and what others can read."""

from __future__ import annotations

import json
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.parts import needed
from tests.processes import require
from tests.record_samples import filled_store
from torquemon.cli import main
from torquemon.record import keys, rekeying
from torquemon.record.database import is_plain
from torquemon.record.errors import RecordError
from torquemon.record.keys import (
    FilePlace,
    Pointer,
    new_key,
    read_pointer,
    write_pointer,
)
from torquemon.record.opens_with import key_of
from torquemon.record.remarks import Remarks
from torquemon.record.store import Store
from torquemon.record.verify import verify_store

NAME = "Ada Example of Ulm"


@pytest.fixture
def record(chair_folder: Path) -> Path:
    require(find_spec("sqlcipher3"), "SQLCipher is missing: pip install torquemon[encrypt]")
    store, _ = filled_store(chair_folder, seconds=0.6)
    Remarks(store).person("P-1", NAME, None, "Dr A")
    store.close()
    return store.path


def check_whole(record: Path) -> None:
    store = Store(record, key=key_of(record))
    assert [v.problems for v in verify_store(store)] == [[]]
    assert store.head().number == 3
    store.close()


@pytest.mark.requirement("REQ-SEC-4")
def test_a_key_seals_the_file_and_nothing_is_lost(record: Path, tmp_path: Path) -> None:
    assert NAME.encode() in record.read_bytes()
    rekeying.set_key(record, tmp_path)
    assert is_plain(record) is False
    for file in record.parent.glob("record*"):
        assert NAME.encode() not in file.read_bytes(), file
    check_whole(record)
    assert "opens with the key in the folder" in rekeying.describe_key(record)
    with pytest.raises(RecordError, match="has a key: `torquemon key rotate`"):
        rekeying.set_key(record, tmp_path)
    before = key_of(record)
    rekeying.change_key(record)
    assert key_of(record) != before
    check_whole(record)
    assert len(list(tmp_path.glob("*.recordkey"))) == 2, "the backups of before have the old key"
    assert [name.load() for name in read_pointer(record).earlier] == [before]


@pytest.mark.skipif(sys.platform == "win32", reason="file modes are POSIX")
def test_every_file_is_for_this_user_only(record: Path, tmp_path: Path) -> None:
    record.chmod(0o644)
    Store(record).close()
    rekeying.set_key(record, tmp_path)
    files = [*record.parent.glob("record*"), record.parent / "chair.key"]
    files += tmp_path.glob("*.recordkey")
    assert {file.name: file.stat().st_mode & 0o777 for file in files} == {
        file.name: 0o600 for file in files
    }


def test_a_lost_key_is_said_with_the_place_to_put_it_back(record: Path, tmp_path: Path) -> None:
    rekeying.set_key(record, tmp_path)
    (file,) = tmp_path.glob("*.recordkey")
    aside = file.rename(tmp_path / "aside")
    with pytest.raises(RecordError, match=r"is not in the folder .* put a copy of the key back"):
        key_of(record)
    aside.rename(file)
    check_whole(record)


def test_a_wrong_key_is_told_from_a_damaged_file(record: Path, tmp_path: Path) -> None:
    rekeying.set_key(record, tmp_path)
    (file,) = tmp_path.glob("*.recordkey")
    right = file.read_text("ascii")
    file.write_text("00" * 32, "ascii")
    with pytest.raises(RecordError, match="is not the one that this record was encrypted with"):
        key_of(record)
    file.write_text("nonsense", "ascii")
    with pytest.raises(RecordError, match="the stored key of the record is damaged"):
        key_of(record)
    file.write_text(right, "ascii")
    data = bytearray(record.read_bytes())
    data[100] ^= 1
    record.write_bytes(data)
    with pytest.raises(RecordError, match=r"although its key is the right one.*restore a backup"):
        key_of(record)


def test_a_lost_pointer_and_a_missing_cipher_are_sentences(
    record: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rekeying.set_key(record, tmp_path)
    pointer = keys.pointer_path(record)
    text = pointer.read_text("utf-8")
    pointer.unlink()
    with pytest.raises(RecordError, match=r"damaged or encrypted, and no key is set here"):
        Store(record, key=key_of(record))
    pointer.write_text("{", "utf-8")
    with pytest.raises(RecordError, match=r"record\.key\.json is damaged: put a copy of it back"):
        key_of(record)
    pointer.write_text(text, "utf-8")
    monkeypatch.setitem(sys.modules, "sqlcipher3", None)
    with pytest.raises(RecordError, match=r"pip install torquemon\[encrypt\]"):
        key_of(record)


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("what", ["init", "rotate"])
def test_a_kill_while_a_key_changes_leaves_a_record_that_opens(
    record: Path, tmp_path: Path, what: str, monkeypatch: pytest.MonkeyPatch, *, done: bool
) -> None:
    """The pointer names the coming key; the file has the old one still, or the new one already."""
    if what == "rotate":
        rekeying.set_key(record, tmp_path)

    class KilledError(Exception):
        pass

    name = "encrypt" if what == "init" else "rekey"
    real = getattr(rekeying, name)

    def killed(*arguments: object) -> None:
        if done:
            real(*arguments)
        raise KilledError

    monkeypatch.setattr(rekeying, name, killed)
    with pytest.raises(KilledError):
        rekeying.set_key(record, tmp_path) if what == "init" else rekeying.change_key(record)
    monkeypatch.setattr(rekeying, name, real)
    assert read_pointer(record).coming is not None
    check_whole(record)
    if what == "init" and not done:
        assert is_plain(record)
        rekeying.set_key(record, tmp_path)
    else:
        rekeying.change_key(record)
    assert read_pointer(record).coming is None
    check_whole(record)


def test_a_record_that_begins_with_a_key_is_never_plain(chair_folder: Path, tmp_path: Path) -> None:
    chair_folder.mkdir()
    record = chair_folder / "record.db"
    rekeying.set_key(record, tmp_path)
    Store(record, key=key_of(record)).close()
    assert is_plain(record) is False


def test_a_key_in_the_keyring(record: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keyring = needed("keyring", "keyring")
    kept: dict[tuple[str, str], str] = {}
    monkeypatch.setattr(keyring, "set_password", lambda s, a, k: kept.update({(s, a): k}))
    monkeypatch.setattr(keyring, "get_password", lambda s, a: kept.get((s, a)))
    rekeying.set_key(record, None)
    check_whole(record)
    rekeying.change_key(record)
    check_whole(record)
    assert len(kept) == 2
    assert "keyring" in rekeying.describe_key(record)
    kept.clear()
    with pytest.raises(RecordError, match="is not in the keyring of this system"):
        key_of(record)

    def locked(*_: object) -> None:
        raise RuntimeError("locked")

    monkeypatch.setattr(keyring, "get_password", locked)
    with pytest.raises(RecordError, match=r"cannot be asked .RuntimeError.: is it unlocked"):
        key_of(record)


def test_nobody_changes_a_key_under_an_open_record(
    record: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rekeying, "WAIT_S", 0.05)
    store = Store(record)
    with pytest.raises(RecordError, match="is in use: close what reads it"):
        rekeying.set_key(record, tmp_path)
    store.close()
    rekeying.set_key(record, tmp_path)
    check_whole(record)


def test_the_commands_say_what_they_did(
    record: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["key", "check"]) == 0
    assert "is not encrypted: `torquemon key init`" in capsys.readouterr().out
    assert main(["key", "rotate"]) == 2
    assert main(["key", "init", "--file", str(tmp_path / "none")]) == 2
    assert "no key can be kept" in capsys.readouterr().err
    assert main(["key", "init", "--file", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "without it nobody can open the record" in out
    assert "the journal is not encrypted" in out
    assert "make a new one now (`torquemon backup FILE`)" in out
    assert main(["key", "rotate"]) == 0
    assert "make a new backup now" in capsys.readouterr().out
    assert main(["key", "check"]) == 0
    assert main(["verify"]) == 0
    said = capsys.readouterr()
    assert "nothing found" in said.out
    for file in tmp_path.glob("*.recordkey"):
        assert file.read_text("ascii").strip() not in out + said.out + said.err
    assert record.exists()


def test_the_pointer_holds_no_key(record: Path, tmp_path: Path) -> None:
    rekeying.set_key(record, tmp_path)
    key = key_of(record)
    assert key is not None
    assert key.hex() not in keys.pointer_path(record).read_text("utf-8")
    name = read_pointer(record).current
    assert name is not None
    with pytest.raises(RecordError, match="cannot be written"):
        write_pointer(record / "none", Pointer(name))
    fields = json.loads(keys.pointer_path(record).read_text("utf-8"))
    fields["current"]["account"] = "../../etc/passwd"
    keys.pointer_path(record).write_text(json.dumps(fields), "utf-8")
    with pytest.raises(RecordError, match="is damaged"):
        key_of(record)
    assert FilePlace(tmp_path).get("none") is None


def test_a_change_of_key_that_ended_before_there_was_a_record_takes_the_coming_one(
    chair_folder: Path, tmp_path: Path
) -> None:
    chair_folder.mkdir()
    record = chair_folder / "record.db"
    rekeying.set_key(record, tmp_path)
    before = read_pointer(record).current
    coming, key = new_key(tmp_path)
    write_pointer(record, Pointer(before, coming))
    assert key_of(record) == key
