"""The key of the record: 256 random bits, kept in the keyring of the system or a user-only file.

Beside the record stands a pointer that says where the key is, with a check value that tells a
wrong key from a damaged file. A new key is written down before the record is encrypted with it, and
the old one is kept for the backups that have it; a kill at any moment leaves a record that opens.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from torquemon.record.database import KEY_BYTES, private
from torquemon.record.errors import RecordError
from torquemon.record.read_file import read_at_most

POINTER: Final = "record.key.json"
_SERVICE: Final = "torquemon record"
_FORM: Final = 1
_MAX_BYTES: Final = 100_000
_told: Final[set[Path]] = set()
"""Key files of which it was said that others can read them."""


class Place(Protocol):
    """Where keys are kept. Methods raise RecordError."""

    name: str

    def put(self, account: str, key: bytes) -> None:
        """Keep a key."""
        ...

    def get(self, account: str) -> bytes | None:
        """Return a key; None where it is not there."""
        ...


class FilePlace:
    """Keys in files of their own that only this user can read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.name = f"the folder {folder}"

    def _path(self, account: str) -> Path:
        return self.folder / f"torquemon-{account}.recordkey"

    def put(self, account: str, key: bytes) -> None:
        """See `Place`."""
        try:
            path = self._path(account)
            private(path)
            with path.open("w", encoding="ascii") as file:
                file.write(key.hex() + "\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise RecordError(f"no key can be kept in {self.name} ({error.strerror})") from None

    def get(self, account: str) -> bytes | None:
        """See `Place`."""
        try:
            return key_in_file(self._path(account))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise RecordError(f"the key in {self.name} cannot be read ({error.strerror})") from None


class KeyringPlace:
    """Keys in the keyring of the operating system."""

    name = "the keyring of this system"

    def put(self, account: str, key: bytes) -> None:
        """See `Place`."""
        keyring = _keyring()
        try:
            keyring.set_password(_SERVICE, account, key.hex())
        except Exception as error:  # noqa: BLE001 - each keyring has errors of its own
            raise RecordError(
                f"no key can be kept in {self.name} ({type(error).__name__}): "
                "`torquemon key init --file FOLDER` keeps it in a file"
            ) from None

    def get(self, account: str) -> bytes | None:
        """See `Place`."""
        keyring = _keyring()
        try:
            text = keyring.get_password(_SERVICE, account)
        except Exception as error:  # noqa: BLE001 - each keyring has errors of its own
            raise RecordError(
                f"{self.name} cannot be asked ({type(error).__name__}): is it unlocked?"
            ) from None
        return None if text is None else _parse(text)


def _keyring() -> Any:  # noqa: ANN401 - an optional library
    try:
        import keyring
    except ImportError:
        raise RecordError(
            "the keyring of this system needs `pip install torquemon[keyring]`; or keep the key in "
            "a file: `torquemon key init --file FOLDER`"
        ) from None
    return keyring


def key_in_file(path: Path) -> bytes:
    """Return the key that a file holds. Raises OSError; RecordError where it holds none.

    That others can read it is said once, and it is taken: some disks know no rights.
    """
    text = read_at_most(path, _MAX_BYTES)
    if sys.platform != "win32" and path.stat().st_mode & 0o077 and path not in _told:
        _told.add(path)
        sys.stderr.write(f"torquemon: {open_to_others(path)}\n")
    return _parse(text.decode("ascii", errors="replace"))


def open_to_others(path: Path) -> str:
    """Return the sentence on a key that other users can read, and how that is mended."""
    return f"the key {path} can be read by other users of this computer: chmod 600 {path}"


def _parse(text: str) -> bytes:
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise RecordError("the stored key of the record is damaged: put a copy of it back")
    return key


def check_value(key: bytes) -> str:
    """Return what tells one key from another without telling the key."""
    return hashlib.sha256(b"torquemon record key\n" + key).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class KeyName:
    """One key: where it is, under which name, and its check value."""

    where: str
    folder: str
    account: str
    check: str

    @property
    def place(self) -> Place:
        """Where it is kept."""
        return KeyringPlace() if self.where == "keyring" else FilePlace(Path(self.folder))

    def load(self) -> bytes:
        """Return the key. Raises RecordError where it is lost or another one."""
        place = self.place
        key = place.get(self.account)
        if key is None:
            raise RecordError(
                f"the key of the record is not in {place.name}: without it nobody can open the "
                "record; put a copy of the key back there"
            )
        if check_value(key) != self.check:
            raise RecordError(
                f"the key in {place.name} is not the one that this record was encrypted with: put "
                "the right one back"
            )
        return key


@dataclass(frozen=True, slots=True)
class Pointer:
    """`current` opens the record; `coming` is set while a key is being set or changed.

    `earlier` are the keys of before: backups that were made then still have them.
    """

    current: KeyName | None
    coming: KeyName | None = None
    earlier: tuple[KeyName, ...] = ()

    def settled(self, *, taken: bool) -> Pointer:
        """Return what stands when the change has ended: the coming key was taken, or not."""
        if not taken:
            return Pointer(self.current, None, self.earlier)
        before = () if self.current is None else (self.current,)
        return Pointer(self.coming, None, (*self.earlier, *before))


def new_key(folder: Path | None) -> tuple[KeyName, bytes]:
    """Make a key and keep it: in a folder, or in the keyring for None. Raises RecordError."""
    key = secrets.token_bytes(KEY_BYTES)
    where = "keyring" if folder is None else "file"
    name = KeyName(
        where,
        "" if folder is None else str(folder.absolute()),
        secrets.token_hex(8),
        check_value(key),
    )
    name.place.put(name.account, key)
    if name.place.get(name.account) != key:
        raise RecordError(f"{name.place.name} does not give the key back: choose another place")
    return name, key


def pointer_path(record: Path) -> Path:
    """Return where the pointer of a record stands."""
    return record.with_name(POINTER)


def read_pointer(record: Path) -> Pointer:
    """Read where the key is. Raises RecordError where the pointer is damaged."""
    path = pointer_path(record)
    try:
        with path.open("rb") as file:
            fields = json.loads(file.read(_MAX_BYTES))
        if fields["form"] != _FORM:
            raise RecordError(f"{path} was written by a newer version of TorqueMon: update this")
        earlier = [_name(each) for each in fields.get("earlier", [])]
        return Pointer(
            _name(fields["current"]),
            _name(fields["coming"]),
            tuple(name for name in earlier if name is not None),
        )
    except FileNotFoundError:
        return Pointer(None)
    except OSError as error:
        raise RecordError(f"{path} cannot be read ({error.strerror})") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise RecordError(f"{path} is damaged: put a copy of it back") from None


def _name(fields: Mapping[str, Any] | None) -> KeyName | None:
    if fields is None:
        return None
    values = [fields[name] for name in ("where", "folder", "account", "check")]
    if not all(isinstance(value, str) for value in values) or not values[2].isalnum():
        raise ValueError("not a key's name")
    return KeyName(*values)


def write_pointer(record: Path, pointer: Pointer) -> None:
    """Write where the key is, whole or not at all. Raises RecordError."""
    path = pointer_path(record)
    draft = path.with_name(path.name + ".new")
    fields = {
        "form": _FORM,
        "current": _fields(pointer.current),
        "coming": _fields(pointer.coming),
        "earlier": [_fields(name) for name in pointer.earlier],
    }
    try:
        private(draft)
        with draft.open("w", encoding="utf-8") as file:
            json.dump(fields, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        raise RecordError(f"{path} cannot be written ({error.strerror})") from None


def _fields(name: KeyName | None) -> dict[str, str] | None:
    if name is None:
        return None
    return {
        "where": name.where,
        "folder": name.folder,
        "account": name.account,
        "check": name.check,
    }
