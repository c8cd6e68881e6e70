"""Reads a file that somebody named: no more of it than it may have, and nothing that never ends."""

from __future__ import annotations

import errno
from pathlib import Path


def refuse_device(path: Path) -> None:
    """Refuse a pipe or a device, which may give bytes without end, or never one. Raises OSError."""
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise OSError(errno.EINVAL, "it is a pipe or a device, no file", str(path))


def read_at_most(path: Path, max_bytes: int) -> bytes:
    """Return the bytes of a file; one more than `max_bytes` where it is longer. Raises OSError."""
    refuse_device(path)
    with path.open("rb") as file:
        return file.read(max_bytes + 1)
