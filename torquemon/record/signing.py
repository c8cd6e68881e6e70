"""The chair's Ed25519 key, in a file of its own that only this user can read."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from torquemon.record.begun import KEY_NAME as FILE_NAME
from torquemon.record.begun import note_unused
from torquemon.record.errors import RecordError

_MAX_BYTES: Final = 4096


def public_hex(key: Ed25519PrivateKey) -> str:
    """Return the public half as hex."""
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


def load_or_make(folder: Path) -> Ed25519PrivateKey:
    """Return the key of the chair whose files are in `folder`. Raises RecordError."""
    path = folder / FILE_NAME
    try:
        if not path.exists():
            _make(path)
        with path.open("rb") as file:
            text = file.read(_MAX_BYTES)
        key = load_pem_private_key(text, None)
    except OSError as error:
        raise RecordError(f"the signing key {path} cannot be used ({error.strerror})") from None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise RecordError(
            f"{path} is damaged or no signing key: put a copy back, or move it away and a new key "
            "is made and written into the chain"
        )
    return key


def _make(path: Path) -> None:
    """Write a new key; a process that was first wins."""
    note_unused(path.parent)
    pem = Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)  # fails where another process was first
        except FileExistsError:
            return
        except OSError:  # a file system without hard links
            if not path.exists():
                draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
