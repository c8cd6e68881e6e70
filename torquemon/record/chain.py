"""The chain: each entry's hash covers its content's digest and the hash before it.

The digest is SHA-256 over a random salt and the canonical JSON (RFC 8785) of all rows of the entry,
so content can be deleted, with its salt, and the chain still verifies while nothing can be guessed
from what is left. The hash of the newest entry, the head, stands for the whole record; it is signed
(Ed25519), and a copy of it outside is the witness that no entry was cut off.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from sqlalchemy import BigInteger

from torquemon.record.column_types import canonical, plain
from torquemon.record.models import CONTENT, Content, Entry

GENESIS: Final = "0" * 64
"""What the first entry names as the one before it."""
_FORM: Final = 1
_DOMAIN: Final = b"torquemon chain 1\n"
_SALT_BYTES: Final = 16
_HEAD: Final = re.compile(
    r"torquemon-head[ :]\s*([0-9A-HJKMNP-TV-Z]{26})[:/]([1-9][0-9]{0,17})[:/]([0-9a-f]{64})"
)


class Head(NamedTuple):
    """The newest entry of a chair's chain as it is printed in reports."""

    chair_id: str
    number: int
    hash: str

    def __str__(self) -> str:
        return f"torquemon-head {self.chair_id}:{self.number}:{self.hash}"


def heads_in(text: str) -> list[Head]:
    """Return the heads that stand in a text, for example in a report."""
    return [Head(chair, int(number), hash_) for chair, number, hash_ in _HEAD.findall(text)]


def new_salt() -> str:
    """Return 128 random bits as hex."""
    return secrets.token_hex(_SALT_BYTES)


def _from_hex(text: str) -> bytes:
    """Read hex as this program writes it. Raises ValueError.

    `bytes.fromhex` takes capitals and spaces too: then an edited byte would mean the same.
    """
    found = bytes.fromhex(text)
    if found.hex() != text:
        raise ValueError("hex is written in small letters and without spaces")
    return found


def _value(value: object) -> object:
    if isinstance(value, bytes):
        return {"bytes": len(value), "sha256": hashlib.sha256(value).hexdigest()}
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    return plain(value)


def _row(row: Content) -> dict[str, object]:
    """Return the columns of a row that are not null; 64-bit columns as text, always."""
    fields: dict[str, object] = {}
    for column in row.__table__.columns:
        value = getattr(row, column.key)
        if value is None:
            continue
        fields[column.name] = str(value) if isinstance(column.type, BigInteger) else _value(value)
    return fields


def content_digest(salt: str, rows: Iterable[Content]) -> str:
    """Return the digest of an entry's content. Raises ValueError: no JSON, no salt."""
    tables: dict[str, list[Content]] = {}
    for row in rows:
        tables.setdefault(row.__tablename__, []).append(row)
    content = {
        name: [_row(row) for row in sorted(found, key=lambda row: row.part)]
        for name, found in tables.items()
    }
    return hashlib.sha256(_from_hex(salt) + canonical(content)).hexdigest()


def entry_hash(entry: Entry) -> str:
    """Return the hash of an entry: all its columns but hash and signature."""
    fields: dict[str, object] = {"form": _FORM}
    for column in Entry.__table__.columns:
        value = getattr(entry, column.key)
        if column.name in ("hash", "signature") or value is None:
            continue
        fields[column.name] = str(value) if isinstance(column.type, BigInteger) else _value(value)
    return hashlib.sha256(canonical(fields)).hexdigest()


def sign(key: Ed25519PrivateKey, hash_: str) -> str:
    """Return the signature of a head as hex."""
    return key.sign(_DOMAIN + _from_hex(hash_)).hex()


def is_signed(public_key: str, hash_: str, signature: str) -> bool:
    """Whether the signature of a head is that of this key; False for anything malformed."""
    try:
        key = Ed25519PublicKey.from_public_bytes(_from_hex(public_key))
        key.verify(_from_hex(signature), _DOMAIN + _from_hex(hash_))
    except (ValueError, TypeError, InvalidSignature):  # a changed byte may change the type too
        return False
    return True


def next_entry(
    previous: Entry | None,
    key: Ed25519PrivateKey,
    *,
    chair_id: str,
    kind: str,
    insertion_id: str | None,
    written: tuple[datetime, int],
    software: str,
    salt: str,
    rows: Sequence[Content],
) -> Entry:
    """Return the entry that follows; numbers its rows. `written` is UTC and monotonic ns."""
    number = 1 if previous is None else previous.number + 1
    parts: dict[type[Content], int] = {}
    for row in rows:
        row.chair_id, row.entry_number = chair_id, number
        row.part = parts.get(type(row), 0)
        parts[type(row)] = row.part + 1
    entry = Entry(
        chair_id=chair_id,
        number=number,
        kind=kind,
        insertion_id=insertion_id,
        written_utc=written[0],
        written_ns=written[1],
        software=software,
        digest=content_digest(salt, rows),
        previous=GENESIS if previous is None else previous.hash,
    )
    entry.hash = entry_hash(entry)
    entry.signature = sign(key, entry.hash)
    return entry


def grouped(rows: Iterable[Content]) -> Mapping[int, list[Content]]:
    """Return rows by the number of their entry."""
    found: dict[int, list[Content]] = {}
    for row in rows:
        found.setdefault(row.entry_number, []).append(row)
    return found


TABLES: Final = {table.__tablename__: table for table in CONTENT}
"""The content tables by name."""
