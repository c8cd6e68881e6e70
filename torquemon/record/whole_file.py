"""Writes a file that somebody asked for: whole or not at all, for this user only."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path


def write_whole(path: Path, data: bytes) -> None:
    """Write a file beside its place and move it there: what is read there is never half of it.

    It may be about a patient, so nobody else may read it. Raises OSError.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".torquemon-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise
