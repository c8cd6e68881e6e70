"""What `calibrate` says and writes, and how it ends."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from torquemon.record.whole_file import write_whole

EXIT_OK: Final = 0
EXIT_FAILED: Final = 1
EXIT_NOTHING_DONE: Final = 2


def say(text: str) -> None:
    """Write a line to standard output, at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def warn(error: object) -> None:
    """Write a sentence to standard error."""
    sys.stderr.write(f"torquemon calibrate: {error}\n")


def refuse(error: object) -> int:
    """Say what cannot be done; return the exit code for it."""
    warn(error)
    return EXIT_NOTHING_DONE


def write_file(path: Path, data: bytes, what: str) -> int:
    """Write a file and say where it is; return the exit code."""
    try:
        write_whole(path, data)
    except OSError as error:
        return refuse(f"{path} cannot be written: {error.strerror}")
    say(f"{what} in {path}")
    return EXIT_OK
