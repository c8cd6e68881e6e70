"""Refused with the sentence that fits: endless files, texts that change, broken archives."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import sys
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from tests.record_samples import filled_store
from torquemon import paths
from torquemon.cli import main
from torquemon.local.sentences import translated
from torquemon.record.archive_file import MANIFEST, read_archive, write_archive
from torquemon.record.backup import back_up, restore
from torquemon.record.errors import RecordError, RefusedError, as_record_errors
from torquemon.record.history import search
from torquemon.record.remark_text import line
from torquemon.record.remarks import FINDINGS, TAKES, Remarks
from torquemon.record.store import Store
from torquemon.record.verify import heads_of_report

posix = pytest.mark.skipif(sys.platform == "win32", reason="pipes and devices are POSIX")
Said = pytest.CaptureFixture[str]


@pytest.fixture
def store(chair_folder: Path) -> Store:
    return filled_store(chair_folder, seconds=0.6)[0]


# --- files without end ------------------------------------------------------------------------


@posix
@pytest.mark.parametrize("device", ["/dev/zero", "pipe"])
def test_what_never_ends_is_not_read(
    store: Store, tmp_path: Path, device: str, capsys: Said
) -> None:
    store.close()
    path = Path(device)
    if device == "pipe":
        path = tmp_path / "pipe"
        os.mkfifo(path)
    for words in (
        ["verify", "--report", str(path)],
        ["patient", "--gdt", str(path)],
        ["restore", str(path)],
        ["archive", "in", str(path)],
    ):
        assert main(words) == 2
        said = capsys.readouterr().err
        assert f"{path} cannot be read (it is a pipe or a device, no file)" in said
        assert said.count("\n") == 1


def test_a_report_that_is_too_large_is_not_kept_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torquemon.record.verify.MAX_REPORT_BYTES", 100)
    path = tmp_path / "report.txt"
    path.write_bytes(b"x" * 101)
    with pytest.raises(RecordError, match="is larger than any report"):
        heads_of_report(path)
    path.write_bytes(b"x" * 100)
    with pytest.raises(RecordError, match="names no chain head"):
        heads_of_report(path)


# --- texts that would be shown as others ------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["47  11", "47\t11", "47\u00a011", "47\u202811", "a\u0301\u0301\u0301\u0301"]
)
def test_a_reference_that_would_be_shown_as_another_is_refused(store: Store, text: str) -> None:
    (found,) = search(store)
    head = store.head()
    acts: tuple[Callable[[], str], ...] = (
        lambda: Remarks(store).amend(found.id, "patient_ref", text, "wrong file", "Dr A"),
        lambda: Remarks(store).amend(found.id, "patient_ref", "P-2", text, "Dr A"),
        lambda: Remarks(store).person(text, "A^B", None, "Dr A"),
        lambda: Remarks(store).sign(found.id, text),
    )
    for act in acts:
        with pytest.raises(RefusedError, match="holds a tab, two spaces in a row or another"):
            act()
    assert store.head() == head
    store.close()
    with pytest.raises(RefusedError) as caught:
        line(text, "patient_ref")
    assert "Leerzeichen" in translated(str(caught.value), "de", ",")


def test_a_reference_with_one_space_and_marks_is_kept(store: Store) -> None:
    (found,) = search(store)
    for text in ("47 11", "Ä-7", "夏 1", "e\u0301"):
        Remarks(store).amend(found.id, "patient_ref", text, "wrong file", "Dr A")
    store.close()


@pytest.mark.parametrize("value", ["-5", "nan", "1e400", "3", "121", "٣٤"])
def test_an_age_that_cannot_be_says_which_can(store: Store, value: str) -> None:
    (found,) = search(store)
    with pytest.raises(RefusedError, match="it takes whole years from 4 to 120"):
        Remarks(store).finding(found.id, "age_years", value, "Dr A")
    assert {name for name, known in FINDINGS.items() if callable(known)} == set(TAKES)
    store.close()


def test_an_outcome_before_the_insertion_is_refused(store: Store) -> None:
    (found,) = search(store)
    remarks, day = Remarks(store), found.opened_utc.date()
    for early in (date(1, 1, 1), date(day.year - 1, day.month, 1)):
        with pytest.raises(RefusedError, match=f"was recorded on {day}"):
            remarks.outcome(found.id, "stable", early, "Dr A")
    assert "vor der" in translated(
        f"an outcome cannot be found on 0001-01-01: this insertion was recorded on {day}", "de", ","
    )
    remarks.outcome(found.id, "stable", day, "Dr A")
    store.close()


# --- archives ---------------------------------------------------------------------------------


def _infinite(files: dict[str, bytes], name: str) -> None:
    files[name] = files[name].replace(b'"number":1,', b'"number":Infinity,', 1)


def _huge(files: dict[str, bytes], name: str) -> None:
    files[name] = files[name].replace(b'"number":1,', b'"number":' + b"9" * 400 + b",", 1)


def _half(files: dict[str, bytes], name: str) -> None:
    files[name] = files[name].replace(b"maxilla-buccal", b"maxilla-\\ud800")


def _half_in_utf8(files: dict[str, bytes], name: str) -> None:
    files[name] = files[name].replace(b"maxilla-buccal", b"maxilla-\xed\xa0\x80")


Change = Callable[[dict[str, bytes], str], None]


@pytest.mark.parametrize("change", [_infinite, _huge, _half, _half_in_utf8])
def test_an_archive_that_says_what_no_column_holds(
    store: Store, tmp_path: Path, change: Change
) -> None:
    target = tmp_path / "archive.zip"
    write_archive(store, target)
    store.close()
    with zipfile.ZipFile(target) as file:
        files = {name: file.read(name) for name in file.namelist()}
    chain = next(name for name in files if name.startswith("chains/"))
    before = files[chain]
    change(files, chain)
    assert files[chain] != before
    manifest = json.loads(files[MANIFEST])
    manifest["chains"][0]["sha256"] = hashlib.sha256(files[chain]).hexdigest()
    files[MANIFEST] = json.dumps(manifest).encode()
    bad = tmp_path / "bad.zip"
    with zipfile.ZipFile(bad, "w") as file:
        for name, data in files.items():
            file.writestr(name, data)
    not_taken(bad, tmp_path, r"an entry of chair \w+ in the archive is damaged")


def not_taken(bad: Path, tmp_path: Path, says: str) -> None:
    (tmp_path / "other").mkdir()
    other = Store(tmp_path / "other" / "record.db")
    with pytest.raises(RecordError, match=says) as caught:
        read_archive(other, bad)
    assert "record.db" not in str(caught.value)
    assert other.head().number == 1
    other.close()


def test_an_archive_whose_packed_bytes_are_broken(store: Store, tmp_path: Path) -> None:
    target = tmp_path / "archive.zip"
    write_archive(store, target)
    store.close()
    with zipfile.ZipFile(target) as file:
        info = next(each for each in file.infolist() if each.filename.startswith("chains/"))
        begin = info.header_offset + 30 + len(info.filename)
    data = bytearray(target.read_bytes())
    data[begin + 40 : begin + 400] = b"\xff" * 360
    target.write_bytes(data)
    not_taken(target, tmp_path, r"archive\.zip (cannot be taken in|is no archive)")


# --- the right file and the right reason ------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "says"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EROFS, "is read-only: give this user the right"),
        (errno.EIO, "is its disk still there"),
        (errno.ENOENT, "cannot be opened: does its folder exist"),
        (errno.EMFILE, r"cannot be used \(Too many open files\)"),
    ],
)
def test_what_the_system_says_is_told_as_it_is(number: int, says: str) -> None:
    with pytest.raises(RecordError, match=says), as_record_errors(Path("archive.zip")):
        raise OSError(number, os.strerror(number))


@posix
def test_a_folder_that_nobody_may_write_to_says_how_it_is_read(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    store.close()

    def refuse(_: Path) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    with monkeypatch.context() as patched:
        patched.setattr("torquemon.record.database.private", refuse)
        patched.setattr("torquemon.record.command.os.access", lambda *_: False)
        assert main(["list"]) == 2
    said = capsys.readouterr().err
    assert "is read-only" in said
    assert said.endswith(
        f"to read it all the same, copy {paths.home()} and name the copy with TORQUEMON_HOME\n"
    )
    shutil.copytree(paths.home(), tmp_path / "copy")
    monkeypatch.setenv(paths.HOME_VARIABLE, str(tmp_path / "copy"))
    assert main(["list"]) == 0


def test_an_archive_on_a_full_disk(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("torquemon.record.archive_file._write", full)
    with pytest.raises(RecordError, match=r"the disk is full: .*archive\.zip cannot grow"):
        write_archive(store, tmp_path / "archive.zip")
    store.close()


def test_errors_of_a_copy_name_what_was_asked_for(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    back_up(store.path, None, tmp_path / "good.db")
    store.close()
    data = bytearray((tmp_path / "good.db").read_bytes())
    data[data.rindex(b"maxilla-buccal")] ^= 1
    (tmp_path / "bad.db").write_bytes(data)
    with pytest.raises(RecordError, match=r"bad\.db does not verify") as caught:
        restore(paths.record_path(), None, tmp_path / "bad.db")
    assert "restoring" not in str(caught.value)

    def no(path: Path, _: object) -> None:
        raise RecordError(f"{path} does not verify")

    monkeypatch.setattr("torquemon.record.backup._verified", no)
    with pytest.raises(RecordError) as caught:
        back_up(store.path, None, tmp_path / "copy.db")
    assert str(caught.value) == f"{tmp_path / 'copy.db'} does not verify"
