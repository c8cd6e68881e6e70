"""A folder of the practice, often on a share: the only file here that touches the disk.

A file appears whole or not at all: written under a name that a watcher ignores, flushed to the
disk, then given its name. The folder itself is never made: where a share is gone, its mount point
is an empty local folder, and a patient's report would land where nobody looks.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import stat
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

from torquemon.record.delivery.exporter import AwayError, DestinationError, RejectedError
from torquemon.record.folder.naming import fold
from torquemon.text import clean

MAX_ENTRIES: Final = 200_000
MAX_FILE_BYTES: Final = 256_000_000
TEMP_PREFIX: Final = ".torquemon-"
_NO_LINK: Final = frozenset(
    {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EACCES}
)
"""What a file system answers that knows no second name for a file (FAT, most SMB shares)."""
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_FORBIDDEN: Final = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_BAD_NAME: Final = frozenset({errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ})


class TakenNameError(DestinationError):
    """Somebody else's file has this name."""


@dataclass(frozen=True, slots=True)
class Guard:
    """How a share that is gone is told from an empty one. Empty text: not looked at."""

    marker: str = ""
    """A file that lies in the folder for as long as the share is there."""
    mount_point: str = ""
    """A path where something must be mounted."""


class Place:
    """One folder. Every method raises AwayError or RejectedError, never OSError."""

    def __init__(
        self,
        path: Path,
        *,
        mode: int = 0o600,
        temp_suffix: str = ".part",
        guard: Guard | None = None,
    ) -> None:
        self.path = path
        self.owner = "probe"
        """Whose files are written: stands in the names of unfinished ones."""
        self._mode = mode
        self._temp_suffix = temp_suffix
        self._guard = guard or Guard()

    def ready(self) -> None:
        """Look whether the folder is there. Raises AwayError."""
        with self._sentences():
            if self._guard.mount_point and not os.path.ismount(self._guard.mount_point):
                raise AwayError(
                    f"nothing is mounted at {clean(self._guard.mount_point)}: mount the share; "
                    "reports wait until then"
                )
            if not stat.S_ISDIR(self.path.stat().st_mode):
                raise AwayError(f"{self._said} is no folder: choose another in destinations.toml")
            if self._guard.marker and not os.path.lexists(self.path / self._guard.marker):
                raise AwayError(
                    f"{self._said} has no file {clean(self._guard.marker)}: the share is not "
                    "there; mount it, reports wait until then"
                )

    def probe(self, name: str) -> None:
        """Write and remove a file that a watcher ignores. Raises AwayError."""
        temporary = self._write_temporary(name, b"torquemon\n")
        with self._sentences():
            temporary.unlink()

    def names(self) -> dict[str, str]:
        """Return the real names of what lies in the folder, by folded name, without folders."""
        with self._sentences(), os.scandir(self.path) as entries:
            found: dict[str, str] = {}
            for entry in entries:
                found[fold(entry.name)] = entry.name
                if len(found) > MAX_ENTRIES:
                    raise AwayError(
                        f"{self._said} holds more than {MAX_ENTRIES} files: "
                        "give the reports a folder of their own"
                    )
            return found

    def read(self, name: str, max_bytes: int) -> bytes | None:
        """Return a regular file's content; None where there is none that we may read."""
        with self._sentences(), contextlib.suppress(FileNotFoundError, PermissionError):
            path = self.path / name
            if not stat.S_ISREG(path.lstat().st_mode):
                return None  # neither a link nor a pipe is ours
            with path.open("rb") as file:
                raw = file.read(max_bytes + 1)
            return raw if len(raw) <= max_bytes else None
        return None

    def sha256(self, name: str) -> str:
        """Return the digest of a regular file, hex; empty where there is none."""
        raw = self.read(name, MAX_FILE_BYTES)
        return "" if raw is None else hashlib.sha256(raw).hexdigest()

    def put_new(self, name: str, content: bytes) -> None:
        """Store a file under a name that nobody has. Raises TakenNameError where somebody has."""
        temporary = self._write_temporary(name, content)
        try:
            with self._sentences():
                self._give_name(temporary, self.path / name)
        finally:
            with contextlib.suppress(OSError):
                temporary.unlink()
        self._flush_folder()

    def replace(self, name: str, content: bytes) -> None:
        """Store a file in the place of our own."""
        temporary = self._write_temporary(name, content)
        try:
            with self._sentences():
                temporary.replace(self.path / name)
        finally:
            with contextlib.suppress(OSError):
                temporary.unlink()
        self._flush_folder()

    def rename(self, name: str, new: str) -> None:
        """Give our own file another name, which nobody has. Raises TakenNameError."""
        with self._sentences():
            self._give_name(self.path / name, self.path / new)
            (self.path / name).unlink(missing_ok=True)
        self._flush_folder()

    def remove(self, name: str) -> None:
        """Remove our own file; none there is well."""
        with self._sentences():
            (self.path / name).unlink(missing_ok=True)
        self._flush_folder()

    def sweep(self, names: Iterable[str]) -> None:
        """Remove what a broken attempt at this insertion left behind among these names."""
        for name in names:
            if name.startswith(self._temporary_prefix) and name.endswith(self._temp_suffix):
                self.remove(name)

    @property
    def _temporary_prefix(self) -> str:
        return f"{TEMP_PREFIX}{self.owner}-"

    def _write_temporary(self, name: str, content: bytes) -> Path:
        tag = hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:16]
        path = self.path / f"{self._temporary_prefix}{tag}{self._temp_suffix}"
        with self._sentences():
            path.unlink(missing_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
            handle = os.open(path, flags | getattr(os, "O_NOFOLLOW", 0), self._mode)
            try:
                with os.fdopen(handle, "wb") as file:
                    if sys.platform != "win32":
                        with contextlib.suppress(OSError):  # a share may know no rights
                            os.fchmod(file.fileno(), self._mode)
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                self._check_whole(path, len(content))
            except BaseException:
                with contextlib.suppress(OSError):
                    path.unlink()
                raise
        return path

    def _check_whole(self, path: Path, size: int) -> None:
        if path.stat().st_size != size:
            raise AwayError(f"{self._said} did not take a file whole: tried again later")

    def _give_name(self, old: Path, new: Path) -> None:
        """Name a file without ever taking the place of another."""
        try:
            os.link(old, new)
        except FileExistsError:
            raise TakenNameError("another program's file has this name") from None
        except OSError as error:
            if error.errno not in _NO_LINK:
                raise
            if os.path.lexists(new):
                raise TakenNameError("another program's file has this name") from None
            # here lies a gap of microseconds that such a file system leaves nobody a way to close
            old.rename(new)

    def _flush_folder(self) -> None:
        """Make the new name last through a power cut, where the system can."""
        if sys.platform == "win32":
            return
        with contextlib.suppress(OSError):
            handle = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)

    @property
    def _said(self) -> str:
        return f"the folder {clean(str(self.path), 200)}"

    @contextlib.contextmanager
    def _sentences(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self._say(error)
        except ValueError as error:  # a null byte, an unencodable character
            raise RejectedError(f"{self._said} cannot hold a file of this name") from error

    def _say(self, error: OSError) -> NoReturn:
        why = clean(error.strerror or type(error).__name__)
        if error.errno in _FULL:
            raise AwayError(f"{self._said} is full: make room; reports wait until then") from error
        if error.errno in _FORBIDDEN:
            raise AwayError(
                f"{self._said} may not be written to ({why}): give this user the right; "
                "reports wait until then"
            ) from error
        if error.errno in _BAD_NAME:
            raise RejectedError(f"{self._said} takes no file of such a name ({why})") from error
        if error.errno in (errno.ENOENT, errno.ENOTDIR):
            raise AwayError(
                f"{self._said} is not there: mount the share or make the folder; it is never made "
                "by itself, reports wait until then"
            ) from error
        raise AwayError(f"{self._said} does not answer ({why}): tried again later") from error
