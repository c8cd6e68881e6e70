"""Where the program keeps its files on this machine: one folder, for this user only."""

from __future__ import annotations

import contextlib
import os
import re
import stat
import sys
import threading
from pathlib import Path
from typing import Final

import platformdirs

HOME_VARIABLE: Final = "TORQUEMON_HOME"
"""Names another folder; tests and second chairs use it."""


_MAKING: Final = threading.Lock()
_OURS: Final = re.compile(
    r"(journal|record|chair|monitor|recorder|settings|destinations|patients|waiting_patient|"
    r"handpiece_keys|handpieces|air|sending|practice|calibrations|reports|run)\b|\.?torquemon-"
)
"""Names of what this program keeps in the folder."""
_TOLD: Final[set[Path]] = set()
"""Folders of which it was said that others can look into them."""


class HomeError(OSError):
    """The folder cannot be had; the message says why and what to do."""


def home() -> Path:
    """Return the folder of this chair, made if it is missing and closed to other users.

    A folder that holds anything else is left as it is; that others can look into it is said once.
    Raises HomeError.
    """
    path = _chosen()
    if path.exists() and not path.is_dir():
        raise HomeError(
            f"{path} is a file: TorqueMon needs a folder for its files, set {HOME_VARIABLE} to one"
        )
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        if sys.platform != "win32" and path.stat().st_mode & 0o077:
            _close(path)
    except OSError as error:
        raise HomeError(
            f"the folder {path} cannot be used ({error.strerror}): set {HOME_VARIABLE} to another"
        ) from error
    return path


def _chosen() -> Path:
    chosen = os.environ.get(HOME_VARIABLE)
    if not chosen:
        return Path(platformdirs.user_data_dir("torquemon", appauthor=False))
    try:
        return Path(chosen).expanduser()  # from a file of settings, where no shell did it
    except RuntimeError:
        raise HomeError(
            f"{HOME_VARIABLE} names the folder of a user who is not known here ({chosen}): write "
            "the whole path"
        ) from None


def _close(path: Path) -> None:
    """Close a folder that is this chair's alone; of any other say that it is open.

    To close one that others need, such as /tmp, would break the machine. Raises OSError.
    """
    about = path.stat()
    alone = all(_OURS.match(each.name) for each in path.iterdir())
    if alone and about.st_uid == os.geteuid() and not about.st_mode & stat.S_ISVTX:
        path.chmod(0o700)
    elif path not in _TOLD:
        _TOLD.add(path)
        sys.stderr.write(
            f"torquemon: other users of this computer can look into {path}, which holds more than "
            f"the files of this chair: set {HOME_VARIABLE} to a folder of its own\n"
        )


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
