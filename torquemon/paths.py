"""Where the program keeps its files on this machine: one folder, for this user only."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from pathlib import Path
from typing import Final

import platformdirs

HOME_VARIABLE: Final = "TORQUEMON_HOME"
"""Names another folder; tests and second chairs use it."""


_MAKING: Final = threading.Lock()


class HomeError(OSError):
    """The folder cannot be had; the message says why and what to do."""


def home() -> Path:
    """Return the folder of this chair, made if it is missing and closed to other users.

    Raises HomeError.
    """
    chosen = os.environ.get(HOME_VARIABLE)
    path = (
        Path(chosen) if chosen else Path(platformdirs.user_data_dir("torquemon", appauthor=False))
    )
    if path.exists() and not path.is_dir():
        raise HomeError(
            f"{path} is a file: TorqueMon needs a folder for its files, set {HOME_VARIABLE} to one"
        )
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        if sys.platform != "win32" and path.stat().st_mode & 0o077:
            path.chmod(0o700)
    except OSError as error:
        raise HomeError(
            f"the folder {path} cannot be used ({error.strerror}): set {HOME_VARIABLE} to another"
        ) from error
    return path


def make_private(path: Path) -> None:
    """Make an empty file for this user only where there is none; not even briefly for others.

    What is there is not opened: to close a database that this process has open elsewhere would take
    away every lock that the process has on it (POSIX), and others would remove its log. Raises
    OSError.
    """
    with _MAKING, contextlib.suppress(FileExistsError):  # whoever opens it next passes here
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def journal_path() -> Path:
    """Where the journal stands."""
    return home() / "journal.db"


def record_path() -> Path:
    """Where the record stands."""
    return home() / "record.db"


def door_path() -> Path:
    """Where the monitor leaves its address and token for clients of the same user."""
    return home() / "monitor.json"


def keys_path() -> Path:
    """Where the handpieces of this chair are listed, with the keys that no keyring keeps."""
    return home() / "handpiece_keys.json"


def recorder_door_path() -> Path:
    """Where the recorder leaves its address and token for dashboards of the same user."""
    return home() / "recorder.json"


def lock_path() -> Path:
    """What the monitor holds while it runs: one monitor a chair."""
    return home() / "monitor.lock"


def settings_path() -> Path:
    """Where the settings of the screen stand."""
    return home() / "settings.toml"
