"""Standard output that refuses what is written to it: a full disk, a reader that has left."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path


def let_go_of_stdout() -> None:
    """Keep what standard output refused from failing once more, with a traceback, at the end."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        with contextlib.suppress(OSError, ValueError), Path(os.devnull).open("wb") as nothing:
            os.dup2(nothing.fileno(), sys.stdout.fileno())
