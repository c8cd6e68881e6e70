"""Where the practice's server is: named by the environment, or remembered from `sync --to`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from torquemon import paths
from torquemon.record.errors import RecordError

ADDRESS_VARIABLE: Final = "TORQUEMON_PRACTICE"
"""Names the practice's server; a chair that was told once with `--to` does not need it."""
_MAX_ADDRESS_CHARS: Final = 2000


def found_address() -> str:
    """Return the practice's address; empty where none is set up. Raises RecordError, HomeError."""
    named = os.environ.get(ADDRESS_VARIABLE)
    if named:
        return named
    path = _path()
    try:
        with path.open(encoding="utf-8") as file:
            return file.read(_MAX_ADDRESS_CHARS).strip()
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise RecordError(f"{path} cannot be read ({type(error).__name__})") from None


def remember_address(address: str) -> None:
    """Keep the address for this user only. Raises RecordError, HomeError."""
    path = _path()
    try:
        with os.fdopen(
            os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w", encoding="utf-8"
        ) as file:
            file.write(address + "\n")
    except OSError as error:
        raise RecordError(f"{path} cannot be written: {error.strerror}") from None


def _path() -> Path:
    return paths.home() / "practice.conninfo"
