"""Where the keys of the handpieces of this chair are kept: the system's keyring, or a file.

The file is for this user only and is refused when others may read it. It lists every handpiece; the
keys of those whose place is the keyring are not in it. A key is never printed, logged or part of an
error; an object that holds one does not show it.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Protocol

from torquemon.drivers.key_text import EnteredKey, KeyTextError, key_text, read_key
from torquemon.drivers.trust import Keys
from torquemon.text import clean

_SERVICE: Final = "torquemon handpiece"
_VERSION: Final = 1
_MAX_FILE_BYTES: Final = 65_536
_MAX_HANDPIECES: Final = 200
_READ: Final = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


class KeyStoreError(Exception):
    """A key cannot be kept or read; the message says why and what to do."""


class Place(StrEnum):
    """Where a key is."""

    KEYRING = "keyring"
    FILE = "file"


class Ring(Protocol):
    """What is used of a keyring. Every method raises KeyStoreError."""

    def get(self, serial: str) -> str | None:
        """Return what is kept, None where there is nothing."""
        ...

    def set(self, serial: str, text: str) -> None:
        """Keep a text."""
        ...

    def forget(self, serial: str) -> None:
        """Drop it; dropping what is not there is fine."""
        ...


class SystemRing:
    """The keyring of the operating system through `keyring`, imported only here."""

    def __init__(self) -> None:
        import keyring
        import keyring.errors

        self._ring = keyring.get_keyring()
        self._error: type[Exception] = keyring.errors.KeyringError
        self._missing: type[Exception] = keyring.errors.PasswordDeleteError

    @property
    def is_usable(self) -> bool:
        """Whether a keyring is there that keeps secrets (1 is `keyring`'s mark of a real one)."""
        return float(self._ring.priority) >= 1

    def get(self, serial: str) -> str | None:
        """See `Ring`."""
        return self._call(lambda: self._ring.get_password(_SERVICE, serial))

    def set(self, serial: str, text: str) -> None:
        """See `Ring`."""
        self._call(lambda: self._ring.set_password(_SERVICE, serial, text))

    def forget(self, serial: str) -> None:
        """See `Ring`."""
        with contextlib.suppress(self._missing):
            self._ring.delete_password(_SERVICE, serial)

    def _call(self, action: Callable[[], str | None]) -> str | None:
        try:
            return action()
        except (self._error, OSError, RuntimeError) as error:
            kind = type(error).__name__  # not its text: nobody knows what is in there
            raise KeyStoreError(
                f"the keyring refuses ({kind}): unlock it, or use --store file"
            ) from None


def system_ring() -> Ring | None:
    """Return the system's keyring, None where there is none that can be used."""
    try:
        ring = SystemRing()
    except ImportError:
        return None
    return ring if ring.is_usable else None


class KeyStore:
    """The keys of one chair. The ring is asked for only when a key is in it or goes there."""

    def __init__(self, path: Path, ring: Callable[[], Ring | None] | None = None) -> None:
        self._path = path
        self._ask_ring = ring or system_ring

    def places(self) -> dict[str, Place]:
        """Return where the key of each handpiece is. Raises KeyStoreError."""
        return {serial: place for serial, (place, _) in self._read().items()}

    def load(self) -> Keys:
        """Return all keys that can be had, and a sentence on those that cannot. Never raises."""
        found: dict[str, bytes] = {}
        troubles: list[str] = []
        try:
            entries = self._read()
        except KeyStoreError as error:
            return Keys({}, str(error))
        for serial, (place, text) in entries.items():
            try:
                found[serial] = self._key(serial, place, text)
            except KeyStoreError as error:
                troubles.append(str(error))
        return Keys(found, "; ".join(troubles))

    def keep(self, entered: EnteredKey, place: Place | None = None) -> Place:
        """Keep a key: in the keyring if there is one, else in the file, unless told where.

        Returns where it is now. Raises KeyStoreError.
        """
        entries = self._read()
        if entered.serial not in entries and len(entries) >= _MAX_HANDPIECES:
            raise KeyStoreError(
                f"{_MAX_HANDPIECES} handpieces are known already: forget one with --forget"
            )
        ring = None if place is Place.FILE else self._ask_ring()
        if place is Place.KEYRING and ring is None:
            raise KeyStoreError(_NO_RING)
        text = key_text(entered.serial, entered.key)
        if ring is not None:
            ring.set(entered.serial, text)
            text = ""
        chosen = Place.FILE if ring is None else Place.KEYRING
        before = entries.get(entered.serial)
        entries[entered.serial] = (chosen, text)
        self._write(entries)
        if chosen is Place.FILE and before is not None and before[0] is Place.KEYRING:
            self._drop(entered.serial)
        return chosen

    def forget(self, serial: str) -> bool:
        """Forget a handpiece; return whether it was known. Raises KeyStoreError."""
        entries = self._read()
        entry = entries.pop(clean(serial), None)
        if entry is None:
            return False
        if entry[0] is Place.KEYRING:
            self._drop(clean(serial))
        self._write(entries)
        return True

    def _drop(self, serial: str) -> None:
        ring = self._ask_ring()
        if ring is None:
            raise KeyStoreError(_NO_RING)
        ring.forget(serial)

    def _key(self, serial: str, place: Place, text: str) -> bytes:
        if place is Place.KEYRING:
            ring = self._ask_ring()
            kept = None if ring is None else ring.get(serial)
            if kept is None:
                why = "there is no keyring now" if ring is None else "the keyring has it no more"
                raise KeyStoreError(
                    f"the key of handpiece {serial} cannot be read ({why}): enter it again with "
                    "`torquemon pair`"
                )
            text = kept
        try:
            return read_key(text, serial).key
        except KeyTextError:
            raise KeyStoreError(
                f"the key of handpiece {serial} in the {place} is damaged: enter it again with "
                "`torquemon pair`"
            ) from None

    def _read(self) -> dict[str, tuple[Place, str]]:
        raw = self._bytes()
        if raw is None:
            return {}
        try:
            return _entries(json.loads(raw))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise KeyStoreError(
                f"{self._path} is damaged: delete it and enter the keys again with `torquemon pair`"
            ) from None

    def _bytes(self) -> bytes | None:
        try:
            descriptor = os.open(self._path, _READ)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise KeyStoreError(
                f"{self._path} cannot be read ({error.strerror}): it must be a plain file of yours"
            ) from None
        try:
            self._must_be_private(os.fstat(descriptor))
            raw = os.read(descriptor, _MAX_FILE_BYTES + 1)  # a plain file gives all it has
        finally:
            os.close(descriptor)
        if len(raw) > _MAX_FILE_BYTES:
            raise KeyStoreError(f"{self._path} is too large for a file of keys: delete it")
        return raw

    def _must_be_private(self, status: os.stat_result) -> None:
        """Refuse what others could read or have put there."""
        if not stat.S_ISREG(status.st_mode):
            raise KeyStoreError(f"{self._path} is no plain file: delete it, enter the keys again")
        if sys.platform == "win32":
            return  # the rights of the user's profile hold there
        if status.st_uid != os.geteuid():
            raise KeyStoreError(f"{self._path} belongs to another user: delete it")
        if status.st_mode & 0o077:
            raise KeyStoreError(
                f"other users of this computer can read {self._path}: no key in it is used. Close "
                f'it with `chmod 600 "{self._path}"`; where somebody may have read it, have the '
                "keys of the handpieces changed"
            )

    def _write(self, entries: dict[str, tuple[Place, str]]) -> None:
        """Write the file, whole or not at all, for this user only."""
        content = {
            "version": _VERSION,
            "handpieces": {
                serial: {"place": place.value} | ({"key": text} if text else {})
                for serial, (place, text) in entries.items()
            },
        }
        temporary = self._path.with_suffix(".new")
        try:
            temporary.unlink(missing_ok=True)
            descriptor = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(content, file, indent=1, ensure_ascii=False)
                file.flush()
                os.fsync(descriptor)
            temporary.replace(self._path)
        except OSError as error:
            raise KeyStoreError(
                f"{self._path} cannot be written ({error.strerror}): the key is not kept"
            ) from None


_NO_RING: Final = (
    "there is no keyring on this computer (headless, locked, or the extra `torquemon[keyring]` is "
    "not installed): use --store file"
)


def _entries(content: Any) -> dict[str, tuple[Place, str]]:  # noqa: ANN401 - whatever JSON gave
    """Read what the file says. Raises ValueError, KeyError, TypeError or AttributeError."""
    if content["version"] != _VERSION:
        raise ValueError("another version")
    found: dict[str, tuple[Place, str]] = {}
    for serial, entry in content["handpieces"].items():
        if clean(serial) != serial or not serial:
            raise ValueError("a serial number that is none")
        found[serial] = (Place(entry["place"]), str(entry.get("key", "")))
    return found
