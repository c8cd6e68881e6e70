"""The settings of a destination of kind `folder`, checked before anything is written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from pathlib import Path
from typing import Any, Final

from torquemon.record.delivery.config import ConfigError, flag, one_of, only, text, whole_number
from torquemon.record.folder.naming import LOCAL, PATTERN, checked_pattern, zone
from torquemon.record.folder.place import Guard, Place
from torquemon.text import clean

NAMES: Final = (
    "path",
    "pattern",
    "category",
    "time_zone",
    "document",
    "csv",
    "sidecars_path",
    "files",
    "mode",
    "temp_suffix",
    "marker",
    "mount_point",
    "opendental_category",
)
MAX_CATEGORY: Final = 2_000_000_000
_RIGHTS: Final = re.compile(r"0?6[046][046]")


@dataclass(frozen=True, slots=True)
class FolderSettings:
    """How a folder is written to."""

    path: Path
    pattern: str = PATTERN
    category: str = ""
    time_zone: tzinfo | None = None
    """None: the machine's own."""
    document: str = "pdf"
    csv: bool = True
    sidecars_path: Path | None = None
    taken: bool = False
    """Whether a program takes the files out of the folder."""
    mode: int = 0o600
    temp_suffix: str = ".part"
    guard: Guard = field(default_factory=Guard)
    opendental_category: int = 0
    """The number of the image category in Open Dental; 0: none."""

    @property
    def label(self) -> str:
        """The folder, for people."""
        return clean(str(self.path), 200)

    def documents(self) -> Place:
        """Return the folder."""
        return Place(self.path, mode=self.mode, temp_suffix=self.temp_suffix, guard=self.guard)

    def sidecars(self) -> Place | None:
        """Return the folder for JSON and CSV, if they have one of their own."""
        if self.sidecars_path is None:
            return None
        return Place(self.sidecars_path, mode=self.mode, temp_suffix=self.temp_suffix)


def read_settings(table: Mapping[str, Any]) -> FolderSettings:
    """Return the settings. Raises ConfigError, which names the one that cannot be used."""
    only(table, NAMES)
    beside = text(table, "sidecars_path", "")
    return FolderSettings(
        path=absolute(table, "path"),
        pattern=checked_pattern(text(table, "pattern", PATTERN, 200)),
        category=text(table, "category", "", 60),
        time_zone=zone(text(table, "time_zone", LOCAL, 60)),
        document=one_of(table, "document", ("pdf", "html")),
        csv=flag(table, "csv", usual=True),
        sidecars_path=absolute(table, "sidecars_path") if beside else None,
        taken=one_of(table, "files", ("stay", "taken")) == "taken",
        mode=rights(table),
        temp_suffix=temp_suffix(table),
        guard=Guard(marker=file_name(table, "marker"), mount_point=text(table, "mount_point", "")),
        opendental_category=whole_number(table, "opendental_category", 0, 0, MAX_CATEGORY),
    )


def absolute(table: Mapping[str, Any], name: str) -> Path:
    """Return a path that does not depend on where the program was started. Raises ConfigError."""
    path = Path(text(table, name))
    if not path.is_absolute():
        raise ConfigError(f"{name} must be a whole path, such as /srv/documents or D:/documents")
    return path


def rights(table: Mapping[str, Any]) -> int:
    """Return the rights of new files, 0600 unless told. Raises ConfigError."""
    raw = text(table, "mode", "0600", 5)
    if not _RIGHTS.fullmatch(raw):
        raise ConfigError('mode is written as in "0600" or "0660": the owner reads and writes')
    return int(raw, 8)


def temp_suffix(table: Mapping[str, Any]) -> str:
    """Return what the name of an unfinished file ends with. Raises ConfigError."""
    suffix = text(table, "temp_suffix", ".part", 16)
    if not suffix.startswith(".") or not suffix[1:].isascii() or not suffix[1:].isalnum():
        raise ConfigError("temp_suffix is a dot with letters and digits, such as .part")
    if suffix.lower() in (".pdf", ".html", ".csv", ".json"):
        raise ConfigError(f"temp_suffix cannot be {suffix}: a watcher would take half a file")
    return suffix


def file_name(table: Mapping[str, Any], name: str) -> str:
    """Return the name of a file without a folder, or nothing. Raises ConfigError."""
    value = text(table, name, "", 100)
    if value in (".", "..") or "/" in value or "\\" in value:
        raise ConfigError(f"{name} is the name of a file, without a folder")
    return value
