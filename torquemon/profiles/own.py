"""A clinic's own screws and windows from one TOML file, refused with line and reason if unsound.

version = "2026-03"

[screw."acme-1.6x8"]
name = "Acme 1.6 x 8 mm"
diameter_mm = 1.6
body_mm = 8.0          # leave out what the maker does not state
pitch_mm = 0.8
flare_to_mm = 2.0      # a body that widens, over its last flare_mm
flare_mm = 1.5
fracture_torque_ncm = 32.0

[window.acme-mandible]
name = "Acme, mandible"
low_ncm = 6.0
high_ncm = 14.0
source = "Acme, instructions for use, 2025"
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, TypeVar

from pydantic import ValidationError

from torquemon.profiles.catalogue import Catalogue, ProfileError, Screw, WindowProfile
from torquemon.text import clean

MAX_FILE_BYTES: Final = 1_000_000
_TABLES: Final = frozenset({"version", "screw", "window"})
_P = TypeVar("_P", Screw, WindowProfile)


def with_own(base: Catalogue, path: Path) -> Catalogue:
    """Return `base` with the profiles of a clinic's file added. Raises ProfileError."""
    name = clean(path.name)
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise ProfileError(f"{name}: larger than {MAX_FILE_BYTES // 1_000_000} MB")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ProfileError(f"{name}: cannot be read ({clean(error.strerror or '')})") from error
    except UnicodeDecodeError as error:
        raise ProfileError(f"{name}: is not a text file in UTF-8") from error
    return parse_own(base, text, name)


def parse_own(base: Catalogue, text: str, name: str) -> Catalogue:
    """Return `base` with the profiles in `text` added; `name` is for messages.

    Raises ProfileError that names the line and the reason.
    """
    try:
        raw = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ProfileError(f"{name}: {clean(str(error))}") from error
    for key in raw:
        if key not in _TABLES:
            line = _line_of(text, key, None)
            raise ProfileError(f"{name}, line {line}: unknown table {clean(key, 40)!r}")
    version = raw.get("version")
    if not isinstance(version, str) or not version.strip():
        raise ProfileError(f'{name}: needs a line like version = "2026-03" at its top')
    screws = _profiles(Screw, raw.get("screw", {}), "screw", text, name)
    windows = _profiles(WindowProfile, raw.get("window", {}), "window", text, name)
    for kind, found, known in (("screw", screws, base.screws), ("window", windows, base.windows)):
        for profile_id in found:
            if profile_id in known:
                line = _line_of(text, kind, profile_id)
                raise ProfileError(
                    f"{name}, line {line}: {kind} {profile_id!r} is in the catalogue already; "
                    "an id never gets a new meaning, choose another"
                )
    return Catalogue(
        windows=MappingProxyType({**base.windows, **windows}),
        sites=base.sites,
        screws=MappingProxyType({**base.screws, **screws}),
        version=f"{base.version}, own {clean(version, 40)}",
    )


def _profiles(kind: type[_P], tables: object, what: str, text: str, name: str) -> dict[str, _P]:
    """Read the tables of one kind."""
    if not isinstance(tables, dict):
        raise ProfileError(f"{name}: {what} must be tables like [{what}.some-id]")
    found: dict[str, _P] = {}
    for profile_id, fields in tables.items():
        if not isinstance(fields, dict):
            raise ProfileError(f"{name}: [{what}.{clean(profile_id, 40)}] must be a table")
        found[profile_id] = _profile(kind, profile_id, fields, what, text, name)
    return found


def _profile(
    kind: type[_P], profile_id: str, fields: dict[str, Any], what: str, text: str, name: str
) -> _P:
    """Read one table. Raises ProfileError at the line of the field that is wrong."""
    try:
        return kind(**{**fields, "id": profile_id})
    except ValidationError as error:
        first = error.errors()[0]
        place = str(first["loc"][0]) if first["loc"] else ""
        line = _line_of(text, what, profile_id, place)
        of = f" {clean(place, 40)}" if place and place != "id" else ""
        reason = clean(first["msg"], 160)
        raise ProfileError(
            f"{name}, line {line}, [{what}.{clean(profile_id, 64)}]{of}: {reason}"
        ) from error


def _line_of(text: str, table: str, profile_id: str | None, key: str = "") -> int:
    """Return the line of a table's header, or of a key in it where it is found."""
    header = re.compile(
        rf"\s*\[?\s*{re.escape(table)}\b"
        if profile_id is None
        else rf"""\s*\[\s*{re.escape(table)}\s*\.\s*["']?{re.escape(profile_id)}["']?\s*\]"""
    )
    wanted = re.compile(rf"""\s*["']?{re.escape(key)}["']?\s*=""")
    at = 0
    for number, line in enumerate(text.splitlines(), start=1):
        if at and line.lstrip().startswith("["):
            break
        if not at and header.match(line):
            at = number
            if not key:
                break
        elif at and key and wanted.match(line):
            return number
    return max(1, at)
