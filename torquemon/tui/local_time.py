"""Moments of the record, which are UTC, in the zone of the chair: what its clock on the wall says.

A moment that cannot be read is shown as it stands there.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from torquemon.tui.paint import shown

_DAY_CHARS: Final = 10
_MINUTE_CHARS: Final = 16
_TIME: Final = slice(11, 19)


def minute_of(utc: str) -> str:
    """Return day and time of a moment, to the minute: `2026-03-01 09:30`."""
    return _local(utc)[:_MINUTE_CHARS].replace("T", " ")


def day_of(utc: str) -> str:
    """Return the day of a moment."""
    return _local(utc)[:_DAY_CHARS]


def second_of(utc: str) -> str:
    """Return the time of a moment, to the second: `09:30:00`."""
    return _local(utc)[_TIME]


def _local(utc: str) -> str:
    """Return an ISO moment in the zone of this system; one without a zone is UTC."""
    said = shown(utc)
    if len(said) <= _DAY_CHARS:
        return said  # a day has no zone
    try:
        moment = datetime.fromisoformat(said)
        aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
        return aware.astimezone().isoformat()
    except (ValueError, OverflowError, OSError):
        return said
