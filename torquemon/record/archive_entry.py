"""One line of an archive as an entry with its salt and rows; nothing in it is believed."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Boolean, Date, Double, Integer, LargeBinary

from torquemon.record.chain import TABLES
from torquemon.record.column_types import CanonicalJson, UtcTime
from torquemon.record.errors import RecordError
from torquemon.record.models import Base, Content, Entry, Salt


class ArchiveError(RecordError):
    """The archive is not taken; the message says why."""


def parse_entry(line: bytes, chair: str) -> tuple[Entry, Salt | None, list[Content]]:
    """Return the entry of a chair's line, its salt and its rows. Raises ArchiveError."""
    try:
        fields = json.loads(line.decode())
        if b"\\u" in line:
            json.dumps(fields, ensure_ascii=False).encode()  # half a character is no text
        entry = Entry(**_columns(Entry, fields["entry"]))
        salt = None
        if fields["salt"] is not None:
            bytes.fromhex(fields["salt"])
            salt = Salt(chair_id=chair, entry_number=entry.number, salt=fields["salt"])
        rows: list[Content] = []
        for name, found in fields["rows"].items():
            rows += [TABLES[name](**_columns(TABLES[name], one)) for one in found]
        number = entry.number
        foreign = any((row.chair_id, row.entry_number) != (chair, number) for row in rows)
    except (
        ValueError,
        TypeError,
        KeyError,
        AttributeError,
        OverflowError,
        RecursionError,
        binascii.Error,
    ):
        raise ArchiveError(f"an entry of chair {chair} in the archive is damaged") from None
    if foreign or entry.chair_id != chair:
        raise ArchiveError(f"the file of chair {chair} holds rows of another one")
    return entry, salt, rows


def _columns(table: type[Base], fields: Mapping[str, Any]) -> dict[str, Any]:
    columns = {column.name: column for column in table.__table__.columns}
    return {columns[name].key: _value(columns[name].type, value) for name, value in fields.items()}


def _value(kind: object, value: Any) -> Any:  # noqa: ANN401, PLR0911 - one line a column type
    if isinstance(kind, UtcTime):
        return datetime.fromisoformat(value)
    if isinstance(kind, CanonicalJson):
        return _typed(value, dict)
    if isinstance(kind, LargeBinary):
        return base64.b64decode(value, validate=True)
    if isinstance(kind, Date):
        return date.fromisoformat(value)
    if isinstance(kind, Boolean):
        return _typed(value, bool)
    if isinstance(kind, Integer):
        return _whole(value)
    if isinstance(kind, Double):
        return float(value)
    return _typed(value, str)


def _whole(value: Any) -> int:  # noqa: ANN401 - from JSON
    number = int(value)
    if not -(2**63) <= number < 2**63:
        raise OverflowError("no column holds it")
    return number


def _typed(value: object, kind: type) -> object:
    if not isinstance(value, kind):
        raise TypeError("a column of another type")
    return value
