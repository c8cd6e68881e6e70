"""Writes a file that somebody asked for: whole or not at all, for this user only."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, TextIO


def write_whole(path: Path, data: bytes) -> None:
    """Write a file: what is read there is never half of it.

    It may be about a patient, so nobody else may read it. Raises OSError.
    """
    with whole_file(path) as file:
        file.write(data)


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Give what a file is written into beside its place; it is moved there at the end of the block.

    Where the block raises, what stood there stays as it was. A link is followed. What is no
    regular file (a pipe, a device) is never replaced: it takes the bytes as they come. Raises
    OSError.
    """
    if path.exists() and not path.is_file():
        with path.open("wb") as device:
            yield device
        return
    target = _resolved(path)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".torquemon-")
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


@contextlib.contextmanager
def whole_text(path: Path) -> Iterator[TextIO]:
    """Give what a text of UTF-8 is written into, as `whole_file` does. Raises OSError."""
    with whole_file(path) as file:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="")
        try:
            yield text
            text.flush()
        finally:
            _let_go(text)


def _let_go(text: io.TextIOWrapper) -> None:
    """Leave the file below to whoever opened it; what a full disk refused is told already."""
    with contextlib.suppress(OSError):
        text.detach()


def _resolved(path: Path) -> Path:
    """Return where a link leads. Raises OSError."""
    try:
        return path.resolve()
    except RuntimeError:  # what older Pythons say of links in a circle
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path)) from None
