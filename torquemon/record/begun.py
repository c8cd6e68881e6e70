"""Whether a chair has begun its record: then an empty or missing file is a loss, no beginning.

The sign is `chair.key`: it is made after the file and its tables. A key that has signed nothing in
a record yet (the first start was interrupted, or only a calibration was signed) has a mark beside
it, which goes when the first entry is kept.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Final

from torquemon.record.errors import RecordError, of_system

KEY_NAME: Final = "chair.key"
UNUSED_NAME: Final = "chair.key.unused"


class GoneError(RecordError):
    """The record of a chair that had one is empty or missing; the message says what to do."""

    def __init__(self, record: Path) -> None:
        super().__init__(
            f"the record {record} is gone: restore a backup (`torquemon restore FILE`), or move "
            f"{KEY_NAME} away to begin anew (checks of handpieces are then to be signed again)"
        )


def is_empty(path: Path) -> bool:
    """Whether there is no file, or one without a byte. Raises RecordError."""
    try:
        return path.stat().st_size == 0
    except FileNotFoundError:
        return True
    except OSError as error:
        raise RecordError(of_system(path, error)) from None


def has_begun(folder: Path) -> bool:
    """Whether the chair whose files are in `folder` has kept an entry. Raises RecordError.

    Whoever asks looks at the record afterwards: the mark goes when the first entry is kept.
    """
    try:
        return (folder / KEY_NAME).exists() and not (folder / UNUSED_NAME).exists()
    except OSError as error:
        raise RecordError(of_system(folder / KEY_NAME, error)) from None


def refuse_gone(record: Path) -> None:
    """Raise GoneError where the chair has begun its record and the file is empty or missing."""
    if has_begun(record.parent) and is_empty(record):
        raise GoneError(record)


def require_recorded(record: Path) -> None:
    """Raise GoneError where the record is gone, RecordError where nothing was recorded yet."""
    refuse_gone(record)
    if not record.exists():
        raise RecordError("nothing was recorded yet: `torquemon demo` makes a record")


def note_unused(folder: Path) -> None:
    """Mark the key that is about to be made. Raises OSError."""
    (folder / UNUSED_NAME).touch(mode=0o600)


def note_begun(folder: Path) -> None:
    """Take the mark away: an entry is kept. A mark that stays would only hide a loss."""
    with contextlib.suppress(OSError):
        (folder / UNUSED_NAME).unlink(missing_ok=True)
