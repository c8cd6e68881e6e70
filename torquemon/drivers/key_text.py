"""The key of a handpiece as people and scanners handle it: 32 letters and digits. Pure.

Key (16 bytes) and a check of 4 bytes in base32, so that a slip of the finger and the key of another
handpiece are found out before they are stored. No message of this module repeats what was typed.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Final, NamedTuple

from torquemon.drivers.trust import KEY_BYTES
from torquemon.text import DeviceText, clean

SCANNED: Final = "TMK1;"
"""A scanned code is this, the serial number, a semicolon and the key."""
MAX_SCANNED_CHARS: Final = 400
_CHECK_BYTES: Final = 4
_CHARS: Final = 32
_GROUP: Final = 4
_ALPHABET: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
_MISREAD: Final = str.maketrans({"0": "O", "1": "I", "8": "B", " ": None, "-": None, "\t": None})
"""The alphabet has no 0, 1 and 8: who reads one has read a letter."""


class KeyTextError(ValueError):
    """What was entered is no key of this handpiece; the message says why, and never what."""


class EnteredKey(NamedTuple):
    """A key with the serial number that it belongs to."""

    serial: DeviceText
    key: bytes

    def __repr__(self) -> str:
        return f"EnteredKey({self.serial})"


def key_text(serial: str, key: bytes) -> str:
    """Return the key in groups of four, as it stands on a label. Raises ValueError."""
    if len(key) != KEY_BYTES:
        raise ValueError(f"a key has {KEY_BYTES} bytes")
    chars = base64.b32encode(key + _check(serial, key)).decode("ascii")
    return "-".join(chars[at : at + _GROUP] for at in range(0, _CHARS, _GROUP))


def scan_text(serial: str, key: bytes) -> str:
    """Return what a printed code holds."""
    return f"{SCANNED}{serial};{key_text(serial, key)}"


def read_key(text: str, serial: str = "") -> EnteredKey:
    """Read a typed key for `serial`, or a scanned code, which names its own.

    Raises KeyTextError.
    """
    text = text.strip()
    if len(text) > MAX_SCANNED_CHARS:
        raise KeyTextError("that is too long for a key: scan or type the key alone")
    wanted = clean(serial)
    if text.upper().startswith(SCANNED):
        named, found, text = text[len(SCANNED) :].rpartition(";")
        if not found:
            raise KeyTextError("the scanned code was cut: scan it again")
        if wanted and wanted != clean(named):
            raise KeyTextError(f"this is the code of handpiece {clean(named)}, not of {wanted}")
        wanted = clean(named)
    if not wanted:
        raise KeyTextError("say whose key it is: `torquemon pair SERIAL-NUMBER`, or scan the code")
    return EnteredKey(wanted, _decode(text, wanted))


def looks_like_key(text: str) -> bool:
    """Whether a text may hold a key, so that it must not be shown or kept anywhere."""
    if text.strip().upper().startswith(SCANNED):
        return True
    chars = text.upper().translate(_MISREAD)
    return len(chars) >= _CHARS and set(chars) <= _ALPHABET


def _decode(text: str, serial: str) -> bytes:
    chars = text.upper().translate(_MISREAD)
    for at, char in enumerate(chars, 1):
        if char not in _ALPHABET:
            raise KeyTextError(f"character {at} is none that a key has: look at it again")
    if len(chars) != _CHARS:
        raise KeyTextError(f"a key has {_CHARS} letters and digits, this one {len(chars)}")
    raw = base64.b32decode(chars)
    key = raw[:KEY_BYTES]
    if raw[KEY_BYTES:] != _check(serial, key):
        raise KeyTextError(
            f"this is no key of handpiece {serial}: mistyped, or the key of another handpiece"
        )
    return key


def _check(serial: str, key: bytes) -> bytes:
    return hashlib.sha256(b"TorqueMon 1 key" + key + serial.encode()).digest()[:_CHECK_BYTES]
