"""The key of a simulated handpiece, in a file as its printed code would have it.

Made at the first use, for this user only, so that `torquemon pair < FILE` enters it at the chair.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from torquemon.drivers.key_text import MAX_SCANNED_CHARS, KeyTextError, read_key, scan_text
from torquemon.drivers.trust import KEY_BYTES


class KeyFileError(ValueError):
    """The file cannot be used; the message says why."""


def read_or_make_key(path: Path, serial: str) -> bytes:
    """Return the key of this serial number. Raises KeyFileError."""
    try:
        if not path.exists():
            _make(path, serial)
        with path.open(encoding="utf-8", errors="replace") as file:
            return read_key(file.readline(MAX_SCANNED_CHARS + 2), serial).key
    except KeyTextError as error:
        raise KeyFileError(f"{path}: {error}") from error
    except OSError as error:
        raise KeyFileError(f"{path} cannot be used for a key: {error.strerror}") from error


def _make(path: Path, serial: str) -> None:
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(scan_text(serial, secrets.token_bytes(KEY_BYTES)) + "\n")
