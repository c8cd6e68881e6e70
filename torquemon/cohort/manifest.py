"""Read a manifest: which curve files, at which site, with which screw."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from torquemon.cohort.curves import (
    MAX_LINE_CHARS,
    CurveError,
    data_lines,
    header_of,
    read_text,
    split_line,
)
from torquemon.profiles import Catalogue, ProfileError
from torquemon.signal.setup import JudgeSetup
from torquemon.text import clean

MAX_CURVES: Final = 1_000_000
_REQUIRED: Final = ("file", "site", "screw")
_MAX_PATH_CHARS: Final = 500


class ManifestError(ValueError):
    """A manifest that cannot be used at all."""


class RowError(ValueError):
    """One row of a manifest that cannot be used; the others can."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a manifest, as text."""

    line: int
    fields: Mapping[str, str]

    @property
    def file(self) -> str:
        """The curve's file as the manifest writes it."""
        return self.fields["file"]


def read_manifest(path: Path) -> list[Row]:
    """Read a manifest. Raises ManifestError with one sentence."""
    try:
        text = read_text(path, "manifest", str(path))
    except CurveError as error:
        raise ManifestError(str(error)) from error
    lines = data_lines(text)
    first = next(lines, None)
    if first is None:
        raise ManifestError(f"manifest {clean(path.name)!r} is empty")
    header_line, header = first
    delimiter, names = header_of(header[:MAX_LINE_CHARS])
    if {"time_s", "torque_ncm"} <= set(names):
        raise ManifestError(
            f"{clean(path.name)!r} is a curve, not a manifest: write a CSV file with the columns "
            f"file,site,screw and a line that names {clean(path.name)} (docs/analyse.md)"
        )
    for name in _REQUIRED:
        if name not in names:
            raise ManifestError(
                f"manifest {clean(path.name)!r}, line {header_line}: no column {name!r}; "
                f"needed are {', '.join(_REQUIRED)}"
            )
    rows = [Row(number, _fields(line, number, delimiter, names)) for number, line in lines]
    if not rows:
        raise ManifestError(f"manifest {clean(path.name)!r} names no curve")
    if len(rows) > MAX_CURVES:
        raise ManifestError(f"manifest {clean(path.name)!r} names more than {MAX_CURVES} curves")
    return rows


def _fields(line: str, number: int, delimiter: str, names: Sequence[str]) -> dict[str, str]:
    """Return a row's fields by column name; missing ones at the end are empty."""
    if len(line) > MAX_LINE_CHARS:
        raise ManifestError(f"manifest line {number} is longer than {MAX_LINE_CHARS} characters")
    try:
        values = split_line(line, delimiter)
    except csv.Error as error:
        raise ManifestError(f"manifest line {number}: {clean(str(error))}") from error
    values += [""] * (len(names) - len(values))
    return dict(zip(names, values, strict=False))


def curve_path(manifest: Path, row: Row) -> Path:
    """Return the path of a row's curve, relative to the manifest. Raises RowError."""
    text = row.file
    if not text:
        raise RowError(f"manifest line {row.line}: no file is named")
    if len(text) > _MAX_PATH_CHARS or not text.isprintable():
        raise RowError(f"manifest line {row.line}: {clean(text, 60)!r} is no file name")
    return manifest.parent / text


def setup_of(row: Row, catalogue: Catalogue) -> JudgeSetup:
    """Return what the row's curve is judged with. Raises RowError."""
    fields = row.fields
    try:
        window = catalogue.resolve_window(fields["site"], fields.get("window") or None)
        return JudgeSetup.for_insertion(
            catalogue.screw(fields["screw"]),
            window,
            pitch_mm=_number(row, "pitch_mm"),
            nominal_speed_rpm=_number(row, "speed_rpm"),
            accuracy_ncm=_number(row, "accuracy_ncm") or 0.0,
        )
    except ProfileError as error:
        raise RowError(f"manifest line {row.line}: {error}") from error
    except RowError:
        raise
    except ValueError as error:
        raise RowError(f"manifest line {row.line}: {clean(str(error), 200)}") from error


def _number(row: Row, name: str) -> float | None:
    """Return an optional number of the row. Raises RowError."""
    text = row.fields.get(name, "")
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise RowError(f"manifest line {row.line}: {name} is {clean(text, 30)!r}, not a number")
    return value
