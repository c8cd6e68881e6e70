"""What a dashboard's search means: words, site, origin and days, page by page, newest first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from torquemon.local.archive import Search
from torquemon.record.archive_view import origin_fits
from torquemon.record.errors import NoSuchInsertionError, RefusedError
from torquemon.record.history import MAX_LISTED, Summary, search
from torquemon.record.store import Store

LAST: Final = "last"
_MOST_LOOKED_AT: Final = 20 * MAX_LISTED


def matching(store: Store, asked: Search) -> Iterator[Summary]:
    """Give what a search finds, newest first."""
    since, until = _day(asked.day_from), _day(asked.day_to, 1)
    before = _cursor(asked) if asked.before_id else None
    words = " ".join(part for part in (asked.text, asked.site) if part)
    for _ in range(0, _MOST_LOOKED_AT, MAX_LISTED):
        page = search(store, words, limit=MAX_LISTED, before=before)
        for found in page:
            if since is not None and found.opened_utc < since:
                return
            fits = until is None or found.opened_utc < until
            fits = fits and (not asked.site or found.site == asked.site)
            if fits and origin_fits(found, asked.origin):
                yield found
        if len(page) < MAX_LISTED:
            return
        before = (page[-1].opened_utc, page[-1].id)


def _cursor(asked: Search) -> tuple[datetime, str]:
    try:
        return datetime.fromisoformat(asked.before_utc), asked.before_id
    except ValueError:
        raise RefusedError("the search cannot go on from there: search again") from None


def _day(text: str, later_days: int = 0) -> datetime | None:
    if not text:
        return None
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
        return day + timedelta(days=later_days)
    except (ValueError, OverflowError):
        raise RefusedError(f"{text} is no date: write YYYY-MM-DD") from None


def meant(store: Store, wanted: str) -> str:
    """Return the id that is meant. Raises NoSuchInsertionError."""
    if wanted != LAST:
        return wanted.upper()
    newest = search(store, limit=1)
    if not newest:
        raise NoSuchInsertionError("nothing was recorded yet: `torquemon demo` makes a record")
    return newest[0].id
