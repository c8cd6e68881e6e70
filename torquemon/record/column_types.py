"""Column types that read back what was stored, on SQLite as on PostgreSQL.

SQLite keeps no time zone and hands out naive times, so UTC is put on and taken off here; JSON is
stored in its canonical form (RFC 8785), so that the same content is the same text everywhere.
"""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from typing import Any, Final, cast

import rfc8785
from sqlalchemy import DateTime, Dialect, Text
from sqlalchemy.types import TypeDecorator

MAX_EXACT: Final = (1 << 53) - 1
"""Largest whole number that every JSON reader keeps exact."""


def plain(value: object) -> object:
    """Return `value` as JSON that can be made canonical: no NaN, no number beyond 53 bits."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > MAX_EXACT:
        return str(value)
    if value is None or isinstance(value, str | int | float):
        return value
    return str(value)


def canonical(value: object) -> bytes:
    """Return the canonical JSON of a value that is plain already. Raises ValueError."""
    try:
        return rfc8785.dumps(cast("Any", value))
    except (rfc8785.CanonicalizationError, UnicodeError, RecursionError) as error:
        raise ValueError(f"this cannot be stored as JSON ({error})") from None


class UtcTime(TypeDecorator[datetime]):
    """An aware time in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive time: nobody could say later when it was."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time in the record needs a time zone")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the zone back."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class CanonicalJson(TypeDecorator[dict[str, Any]]):
    """A JSON object as canonical text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: dict[str, Any] | None, dialect: Dialect) -> str | None:
        """Write it canonically."""
        del dialect
        return None if value is None else canonical(plain(value)).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> dict[str, Any] | None:
        """Read it. Raises ValueError where the text was damaged."""
        del dialect
        if value is None:
            return None
        found = json.loads(value)
        if not isinstance(found, dict):
            raise ValueError("a stored description is damaged")  # noqa: TRY004 - damage, not a type
        return found
