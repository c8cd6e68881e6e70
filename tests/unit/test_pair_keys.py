"""The keys of the handpieces: entered without being seen, kept for this user only, or refused."""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
from pathlib import Path

import keyring
import keyring.backend
import keyring.errors
import pytest
from hypothesis import given
from hypothesis import strategies as st

from torquemon import cli, paths
from torquemon.drivers.key_store import KeyStore, KeyStoreError, Place, Ring, SystemRing
from torquemon.drivers.key_text import (
    EnteredKey,
    KeyTextError,
    key_text,
    looks_like_key,
    read_key,
    scan_text,
)
from torquemon.text import clean

KEY = bytes(range(16))
SERIAL = "SN-0001"
TEXT = key_text(SERIAL, KEY)
SERIALS = st.text(min_size=1, max_size=32).map(clean).filter(bool)
KEYS = st.binary(min_size=16, max_size=16)


# --- as text --------------------------------------------------------------------------------------


@given(SERIALS, KEYS, st.sampled_from((str.lower, str.upper, lambda text: text.replace("-", " "))))
def test_a_key_comes_back_however_it_is_typed(serial: str, key: bytes, typed: object) -> None:
    assert callable(typed)
    entered = read_key(f"  {typed(key_text(serial, key))}\n", serial)
    assert entered == (serial, key)
    assert read_key(scan_text(serial, key)) == (serial, key)


@given(KEYS, st.integers(0, 31), st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"))
def test_one_wrong_character_is_found_out(key: bytes, at: int, char: str) -> None:
    text = key_text(SERIAL, key).replace("-", "")
    if text[at] == char:
        return
    with pytest.raises(KeyTextError, match="mistyped, or the key of another handpiece"):
        read_key(text[:at] + char + text[at + 1 :], SERIAL)


@pytest.mark.parametrize(
    ("text", "serial", "says"),
    [
        ("", SERIAL, "this one 0"),
        (TEXT[:-1], SERIAL, "32 letters and digits, this one 31"),
        (TEXT + "AAAA", SERIAL, "this one 36"),
        ("!" + TEXT[1:], SERIAL, "character 1 is none that a key has"),
        (TEXT, "SN-0002", "this is no key of handpiece SN-0002"),
        (TEXT, "", "say whose key it is"),
        ("TMK1;", "", "cut: scan it again"),
        (f"TMK1;{SERIAL};", "", "this one 0"),
        (scan_text(SERIAL, KEY), "SN-0002", "the code of handpiece SN-0001, not of SN-0002"),
        ("A" * 500, SERIAL, "too long for a key"),
        (f"TMK1;\x1b[2J\u202e;{TEXT}", "", "this is no key"),
    ],
)
def test_what_is_no_key_gets_a_sentence_that_repeats_nothing(
    text: str, serial: str, says: str
) -> None:
    with pytest.raises(KeyTextError) as caught:
        read_key(text, serial)
    assert says in str(caught.value)
    assert TEXT[:9] not in str(caught.value)
    assert "\x1b" not in str(caught.value)


@given(st.text(max_size=60))
def test_any_text_is_a_key_or_a_sentence(text: str) -> None:
    with contextlib.suppress(KeyTextError):
        read_key(text, SERIAL)


def test_digits_that_no_key_has_are_read_as_the_letters_that_they_look_like() -> None:
    serial, key = next(
        (serial, bytes([n]) * 16)
        for n in range(256)
        for serial in [SERIAL]
        if {"O", "I", "B"} <= set(key_text(serial, bytes([n]) * 16))
    )
    text = key_text(serial, key)
    assert read_key(text.replace("O", "0").replace("I", "1").replace("B", "8"), serial).key == key


def test_a_key_never_shows_itself() -> None:
    assert repr(EnteredKey(clean(SERIAL), KEY)) == "EnteredKey(SN-0001)"
    assert looks_like_key(TEXT)
    assert looks_like_key(scan_text(SERIAL, KEY))
    assert not looks_like_key(SERIAL)


# --- where it is kept -----------------------------------------------------------------------------


class FakeRing:
    """A keyring in memory, which may refuse."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        self.refuses = False

    def get(self, serial: str) -> str | None:
        if self.refuses:
            raise KeyStoreError("the keyring refuses (KeyringLocked): unlock it")
        return self.kept.get(serial)

    def set(self, serial: str, text: str) -> None:
        if self.refuses:
            raise KeyStoreError("the keyring refuses (KeyringLocked): unlock it")
        self.kept[serial] = text

    def forget(self, serial: str) -> None:
        self.kept.pop(serial, None)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "handpiece_keys.json"


def no_ring() -> Ring | None:
    return None


ENTERED = EnteredKey(clean(SERIAL), KEY)


@pytest.mark.requirement("REQ-SEC-6")
def test_without_a_keyring_the_key_is_in_a_file_for_this_user_only(path: Path) -> None:
    store = KeyStore(path, no_ring)
    assert store.load() == ({}, "")
    assert store.keep(ENTERED) is Place.FILE
    if sys.platform != "win32":
        assert path.stat().st_mode & 0o777 == 0o600
    assert store.load() == ({SERIAL: KEY}, "")
    assert store.places() == {SERIAL: Place.FILE}
    assert store.forget(SERIAL)
    assert not store.forget(SERIAL)
    assert store.load() == ({}, "")
    assert TEXT not in path.read_text("utf-8")


@pytest.mark.requirement("REQ-SEC-6")
def test_a_keyring_keeps_the_key_and_the_file_only_names_it(path: Path) -> None:
    ring = FakeRing()
    store = KeyStore(path, lambda: ring)
    assert store.keep(ENTERED, Place.FILE) is Place.FILE
    assert store.keep(ENTERED) is Place.KEYRING
    assert TEXT not in path.read_text("utf-8")
    assert store.load() == ({SERIAL: KEY}, "")
    ring.refuses = True
    keys = store.load()
    assert keys.by_serial == {}
    assert "unlock it" in keys.trouble
    ring.refuses = False
    ring.kept[SERIAL] = "nonsense"
    assert "in the keyring is damaged" in store.load().trouble
    ring.kept.clear()
    assert "the keyring has it no more" in store.load().trouble
    assert "there is no keyring now" in KeyStore(path, no_ring).load().trouble
    assert store.keep(ENTERED) is Place.KEYRING
    assert store.keep(ENTERED, Place.FILE) is Place.FILE
    assert ring.kept == {}, "what is kept elsewhere now is not left behind"
    with pytest.raises(KeyStoreError, match="use --store file"):
        KeyStore(path, no_ring).keep(ENTERED, Place.KEYRING)


@pytest.mark.requirement("REQ-SEC-6")
@pytest.mark.skipif(sys.platform == "win32", reason="rights of the user's profile hold there")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o620, 0o666])
def test_a_file_that_others_can_read_is_refused_and_not_repaired_in_silence(
    path: Path, mode: int
) -> None:
    store = KeyStore(path, no_ring)
    store.keep(ENTERED)
    path.chmod(mode)
    keys = store.load()
    assert keys.by_serial == {}
    assert "other users of this computer can read" in keys.trouble
    assert f'chmod 600 "{path}"' in keys.trouble
    with pytest.raises(KeyStoreError, match="other users"):
        store.keep(ENTERED)
    assert path.stat().st_mode & 0o777 == mode


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX")
@pytest.mark.parametrize("kind", ["link", "folder", "pipe"])
def test_what_is_no_plain_file_is_refused(path: Path, kind: str) -> None:
    if kind == "link":
        (path.parent / "elsewhere").write_text("{}", "utf-8")
        path.symlink_to(path.parent / "elsewhere")
    elif kind == "folder":
        path.mkdir()
    else:
        os.mkfifo(path, 0o600)
    trouble = KeyStore(path, no_ring).load().trouble
    assert "plain file" in trouble


WHOLE = {"version": 1, "handpieces": {SERIAL: {"place": "file", "key": TEXT}}}


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        "\x00",
        "[" * 100_000,
        json.dumps(WHOLE | {"version": 2}),
        json.dumps(WHOLE | {"handpieces": []}),
        json.dumps({"version": 1, "handpieces": {SERIAL: "key"}}),
        json.dumps({"version": 1, "handpieces": {SERIAL: {"place": "cloud"}}}),
        json.dumps({"version": 1, "handpieces": {"\u202e": {"place": "file", "key": TEXT}}}),
        "x" * 70_000,
    ],
)
def test_a_damaged_file_gets_a_sentence(path: Path, content: str) -> None:
    path.write_text(content, "utf-8")
    path.chmod(0o600)
    keys = KeyStore(path, no_ring).load()
    assert keys.by_serial == {}
    assert "delete it" in keys.trouble
    assert TEXT not in keys.trouble


def test_one_damaged_key_does_not_take_the_others_along(path: Path) -> None:
    other = key_text("SN-2", KEY)
    entries = {SERIAL: {"place": "file", "key": TEXT}, "SN-2": {"place": "file", "key": other[:-2]}}
    path.write_text(json.dumps({"version": 1, "handpieces": entries}), "utf-8")
    path.chmod(0o600)
    keys = KeyStore(path, no_ring).load()
    assert keys.by_serial == {SERIAL: KEY}
    assert "the key of handpiece SN-2 in the file is damaged" in keys.trouble
    assert repr(keys) == "Keys(1)"


@given(st.binary(max_size=300))
def test_any_file_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any_keys.json"
    path.write_bytes(raw)
    path.chmod(0o600)
    keys = KeyStore(path, no_ring).load()
    assert keys.by_serial == {}
    assert keys.trouble


class Backend(keyring.backend.KeyringBackend):
    """A backend as keyring knows them."""

    priority = 5

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kept: dict[tuple[str, str], str] = {}
        self.locked = False

    def get_password(self, service: str, username: str) -> str | None:
        if self.locked:
            raise keyring.errors.KeyringLocked("secret text of a backend")
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.kept.pop((service, username), None) is None:
            raise keyring.errors.PasswordDeleteError("nothing there")


def test_the_real_keyring_library_is_used_and_its_refusal_is_a_sentence(path: Path) -> None:
    before = keyring.get_keyring()
    backend = Backend()
    try:
        keyring.set_keyring(backend)
        store = KeyStore(path)
        assert store.keep(ENTERED) is Place.KEYRING
        assert backend.kept == {("torquemon handpiece", SERIAL): TEXT}
        assert store.load() == ({SERIAL: KEY}, "")
        backend.locked = True
        trouble = store.load().trouble
        assert trouble == "the keyring refuses (KeyringLocked): unlock it, or use --store file"
        backend.locked = False
        assert store.forget(SERIAL)
        SystemRing().forget(SERIAL)
        assert backend.kept == {}
    finally:
        keyring.set_keyring(before)


# --- the command ----------------------------------------------------------------------------------


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(paths.HOME_VARIABLE, str(tmp_path))
    monkeypatch.setattr("torquemon.drivers.key_store.system_ring", no_ring)
    return tmp_path


def run(monkeypatch: pytest.MonkeyPatch, typed: str, *words: str) -> int:
    monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
    return cli.main(["pair", *words])


@pytest.mark.requirement("REQ-SEC-6")
def test_pair_takes_a_key_lists_it_and_forgets_it(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "", "--list") == 0
    assert run(monkeypatch, f"{TEXT}\n", SERIAL) == 0
    assert run(monkeypatch, f"{scan_text('SN-2', KEY)}\r\n") == 0
    assert run(monkeypatch, "", "--list") == 0
    said = capsys.readouterr()
    assert "SN-0001  key in the file\nSN-2  key in the file\n" in said.out
    assert run(monkeypatch, "", "--forget", SERIAL) == 0
    assert run(monkeypatch, "", "--forget", SERIAL) == 1
    assert run(monkeypatch, "", "--forget") == 2
    assert TEXT not in said.out + said.err
    assert (home / "handpiece_keys.json").exists()


@pytest.mark.requirement("REQ-SEC-6")
@pytest.mark.parametrize("word", [TEXT, TEXT.lower().replace("-", ""), scan_text(SERIAL, KEY)])
def test_a_key_on_the_command_line_is_refused_and_not_repeated(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], word: str
) -> None:
    assert run(monkeypatch, "", word) == 2
    said = capsys.readouterr()
    assert "does not belong on the command line" in said.err
    assert word not in said.out + said.err
    assert not (home / "handpiece_keys.json").exists()


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("typed", ["", "\n", "wrong\n", TEXT[:-4], "\x00" * 900])
def test_a_wrong_key_is_one_sentence_and_nothing_is_kept(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], typed: str
) -> None:
    assert run(monkeypatch, typed, SERIAL) == 2
    said = capsys.readouterr().err
    assert said.startswith("torquemon pair: ")
    assert said.count("\n") == 1
    assert run(monkeypatch, "", "--list") == 0
    assert capsys.readouterr().out == "no handpiece is paired with this chair\n"


def test_a_terminal_does_not_show_the_key(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[str] = []

    def ask(prompt: str) -> str:
        asked.append(prompt)
        return TEXT

    stdin = io.StringIO()
    monkeypatch.setattr(stdin, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", stdin)
    monkeypatch.setattr("getpass.getpass", ask)
    assert cli.main(["pair", SERIAL]) == 0
    assert asked == ["Key of handpiece SN-0001, not shown: "]
    assert TEXT not in capsys.readouterr().out
    assert KeyStore(home / "handpiece_keys.json").load().by_serial == {SERIAL: KEY}
