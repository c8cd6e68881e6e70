"""The handpieces that this chair has met: serial number, address, name. A small file, kept tidy.

macOS gives no addresses and some devices change theirs, so a handpiece is known by its serial
number; the address is only where it was last seen. A damaged file is put aside, never in the way.
"""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from torquemon.text import clean

MAX_KNOWN: Final = 64
"""A practice has a handful; the ones not seen for longest are forgotten first."""
MAX_BYTES: Final = 65_536
_NAME_CHARS: Final = 40


@dataclass(frozen=True, slots=True)
class Known:
    """A handpiece as it was last met. All cleaned; `address` is a UUID on macOS."""

    serial: str
    address: str
    name: str


class KnownDevices:
    """The file. Reading and writing never raise: what cannot be kept is found by scanning."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def all(self) -> list[Known]:
        """Return the handpieces, the latest met last."""
        try:
            with self._path.open("rb") as file:
                raw = file.read(MAX_BYTES + 1)
        except OSError:
            return []
        try:
            found = json.loads(raw)["devices"]
            return [_known(entry) for entry in found][-MAX_KNOWN:]
        except (ValueError, TypeError, KeyError, RecursionError):
            with contextlib.suppress(OSError):
                self._path.replace(self._path.with_suffix(".damaged"))
            return []

    def address_of(self, serial: str) -> str | None:
        """Return where this serial number was last met."""
        found = (known.address for known in self.all() if known.serial == serial)
        return next(found, None)

    def remember(self, known: Known) -> None:
        """Keep it as the latest met."""
        kept = [each for each in self.all() if each.serial != known.serial]
        kept.append(known)
        text = json.dumps({"devices": [asdict(each) for each in kept[-MAX_KNOWN:]]}, indent=1)
        fresh = self._path.with_suffix(".new")
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text + "\n")
            fresh.replace(self._path)


def _known(entry: Any) -> Known:  # noqa: ANN401 - whatever stands in the file
    fields = (entry["serial"], entry["address"], entry["name"])
    if not all(isinstance(field, str) for field in fields):
        raise TypeError("not text")
    serial, address, name = (clean(field, _NAME_CHARS) for field in fields)
    return Known(serial, address, name)
