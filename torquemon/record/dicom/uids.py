"""UIDs that come from the record alone: the same insertion is the same instance for ever.

Of the form 2.25.N, N being a UUID as a number (PS3.5 annex B.2; ITU-T X.667), so no root has to be
registered. Study and series hold what one insertion says under one patient reference; each revision
that is sent is an instance of its own.
"""

from __future__ import annotations

import uuid
from typing import Final

_SPACE: Final = uuid.UUID("7b0f3a52-6d0c-5f43-9a57-54e1d1c0d1c0")
"""Never changes: another one would send everything a second time."""


def _uid(*parts: str) -> str:
    # lengths keep ("a", "bc") apart from ("ab", "c")
    name = "".join(f"{len(part)}:{part}" for part in parts)
    return f"2.25.{uuid.uuid5(_SPACE, name).int}"


def implementation() -> str:
    """Return what tells this program from others in a file."""
    return _uid("implementation")


def study(insertion_id: str, patient: str) -> str:
    """Return the study's UID. A reassigned insertion is another study: one has one patient."""
    return _uid("study", insertion_id, patient)


def series(insertion_id: str, patient: str) -> str:
    """Return the series' UID."""
    return _uid("series", insertion_id, patient)


def instance(
    insertion_id: str, patient: str, revision: int, role: str, replaces: str, entry: str = ""
) -> str:
    """Return an instance's UID. `role` is what it says: final, amended, withdrawn, ….

    `replaces` is the UID of the instance before it, which it names: two archives that were told of
    different revisions get different instances. `entry` is the hash of the revision's entry: a
    record that was restored from a backup counts the same numbers again, and an archive keeps the
    first of two instances of one name and calls the second stored.
    """
    parts = (insertion_id, patient, str(revision), role, replaces, *filter(None, (entry,)))
    return _uid("instance", *parts)
