"""What can go wrong with the record, as sentences. No error holds what is stored in it."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from sqlalchemy.exc import DBAPIError, SQLAlchemyError


class RecordError(Exception):
    """The record cannot be opened, read or written; the message says what to do."""


class RefusedError(RecordError):
    """What was asked for cannot be stored; the message says why."""


class NoSuchInsertionError(RecordError):
    """There is no such insertion."""


_SENTENCES: Final = (
    ("append-only", "the record is append-only: nothing in it can be changed"),
    ("disk is full", "the disk is full: {path} cannot grow; make room"),
    ("readonly", "{path} is read-only: give this user the right to write there"),
    ("read-only", "{path} is read-only: give this user the right to write there"),
    ("file is not a database", "{path} is damaged, encrypted with another key, or no record"),
    ("malformed", "{path} is damaged: keep a copy, then restore a backup"),
    ("locked", "{path} is in use by another program: try again"),
    (
        "unable to open",
        "{path} cannot be opened: does its folder exist, and may this user write there?",
    ),
    ("disk I/O error", "{path} cannot be read or written: is its disk still there?"),
)


def sentence(path: Path, text: str) -> str:
    """Return what a database says as a sentence that tells what to do."""
    for sign, words in _SENTENCES:
        if sign in text:
            return words.format(path=path)
    return f"the record {path} refuses ({text})"


_ROOMLESS: Final = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))
_REFUSED: Final = (errno.ENOENT, errno.ENOTDIR, errno.EACCES, errno.EPERM, errno.EISDIR)


def of_system(path: Path, error: OSError) -> str:
    """Return what the system says of a file as a sentence that tells what to do."""
    if error.errno in _ROOMLESS:
        return sentence(path, "disk is full")
    if error.errno == errno.EROFS:
        return sentence(path, "read-only")
    if error.errno == errno.EIO:
        return sentence(path, "disk I/O error")
    if error.errno is None or error.errno in _REFUSED:
        return sentence(path, "unable to open")
    return f"{path} cannot be used ({error.strerror})"


@contextlib.contextmanager
def as_record_errors(path: Path) -> Iterator[None]:
    """Turn what the database raises into RecordError; values never appear in it."""
    try:
        yield
    except DBAPIError as error:
        raise RecordError(sentence(path, str(error.orig))) from None
    except SQLAlchemyError as error:
        raise RecordError(f"the record {path} refuses ({type(error).__name__})") from None
    except (UnicodeError, MemoryError):  # SQLCipher says the latter of a page that was changed
        raise RecordError(sentence(path, "malformed")) from None
    except OSError as error:
        raise RecordError(of_system(path, error)) from None
