"""Read one recorded curve from a CSV file: tolerant of form, strict about numbers.

Values are rounded to the finest grid of the wire (0.0001 N·cm, 0.001 degree, 0.1 rpm, 1 µs), so
that a curve read from a file and the same curve received from a device are the same to the bit.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from torquemon.model import Reading, Validity
from torquemon.text import clean

MAX_FILE_BYTES: Final = 256 * 1024 * 1024
"""About 8 hours at 250 Hz. A larger file is no insertion."""
MAX_LINE_CHARS: Final = 4096
MAX_ABS_TIME_S: Final = 1e8
"""Three years: more is no time of an insertion, and would lose microseconds."""

_TIME: Final = "time_s"
_TORQUE: Final = "torque_ncm"
_ANGLE: Final = "angle_deg"
_SPEED: Final = "speed_rpm"
_VALIDITY: Final = "validity"
_DELIMITERS: Final = ",;\t"
_SYSTEM_FOLDERS: Final = ("/proc", "/sys", "/dev")
"""A file here may never end, may block, or may tell what is nobody's business."""
_VALIDITIES: Final = {member.name.lower(): member for member in Validity}


class CurveError(ValueError):
    """A file that cannot be read as a curve; the message says what is wrong and where."""


def read_text(path: Path, what: str, name: str | None = None) -> str:
    """Return the text of a regular file of bounded size. Raises CurveError.

    `name` is what an error calls the file; None: its own name.
    """
    name = clean(path.name if name is None else name)
    try:
        problem = _unreadable(path)
        raw = b"" if problem else path.read_bytes()
    except (OSError, ValueError) as error:
        reason = clean(getattr(error, "strerror", None) or str(error))
        raise CurveError(f"{what} {name!r} cannot be read: {reason}") from error
    if problem:
        raise CurveError(f"{what} {name!r} {problem}")
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise CurveError(f"{what} {name!r} is UTF-16 text; save it as UTF-8")
    if b"\0" in raw:
        raise CurveError(f"{what} {name!r} is no text file (it has zero bytes)")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise CurveError(f"{what} {name!r}, line {line}: not UTF-8 text") from error


def _unreadable(path: Path) -> str | None:
    """Say what keeps a path from being read; None if nothing does."""
    if not path.exists():
        return "does not exist"
    if not path.is_file():
        return "is not a regular file"
    real = path.resolve()
    shared = real.is_relative_to("/dev/shm")  # noqa: S108 - memory for files of anybody's
    if not shared and any(real.is_relative_to(folder) for folder in _SYSTEM_FOLDERS):
        return "belongs to the operating system, not to a recording"
    size = path.stat().st_size
    return f"has {size} bytes, more than {MAX_FILE_BYTES}" if size > MAX_FILE_BYTES else None


def data_lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield (line number, line) of every line that is neither blank nor a comment."""
    for number, line in enumerate(io.StringIO(text, newline=None), start=1):
        stripped = line.strip()
        if stripped and not stripped.startswith("#"):
            yield number, stripped


def split_line(line: str, delimiter: str) -> list[str]:
    """Return the fields of one line; a quoted field ends with its line."""
    return [field.strip() for field in next(csv.reader([line], delimiter=delimiter))]


def header_of(line: str) -> tuple[str, list[str]]:
    """Return the delimiter that fits a header line, and its column names."""
    delimiter = max(_DELIMITERS, key=line.count)
    return delimiter, [name.lower() for name in split_line(line, delimiter)]


def read_curve(path: Path, name: str | None = None) -> list[Reading]:
    """Read a curve. Raises CurveError that names line and column, and the file by `name`."""
    return parse_curve(read_text(path, "curve", name))


def parse_curve(text: str) -> list[Reading]:
    """Read a curve from the text of a CSV file. Raises CurveError that names line and column."""
    lines = data_lines(text)
    first = next(lines, None)
    if first is None:
        raise CurveError("the file is empty")
    header_line, header = first
    delimiter, names = header_of(header[:MAX_LINE_CHARS])
    columns = _columns(names, header_line)
    readings = [
        _reading(index, number, _fields(line, number, delimiter, len(names)), columns, delimiter)
        for index, (number, line) in enumerate(lines)
    ]
    if not readings:
        raise CurveError(f"no samples follow the header in line {header_line}")
    return readings


def _columns(names: Sequence[str], line: int) -> dict[str, int]:
    """Return where each column stands. Raises CurveError."""
    for name in (_TIME, _TORQUE):
        if name not in names:
            raise CurveError(f"line {line}: this is no curve, the header has no column {name!r}")
    for name in names:
        if name and names.count(name) > 1:
            raise CurveError(f"line {line}: the header names a column twice")
    return {name: index for index, name in enumerate(names)}


def _fields(line: str, number: int, delimiter: str, count: int) -> list[str]:
    """Split a data line. Raises CurveError if its number of fields is not the header's."""
    if len(line) > MAX_LINE_CHARS:
        raise CurveError(f"line {number}: longer than {MAX_LINE_CHARS} characters")
    try:
        fields = split_line(line, delimiter)
    except csv.Error as error:
        raise CurveError(f"line {number}: {clean(str(error))}") from error
    if len(fields) < count or any(fields[count:]):
        raise CurveError(f"line {number}: {len(fields)} fields where the header has {count}")
    return fields


def _reading(
    index: int, number: int, fields: Sequence[str], columns: dict[str, int], delimiter: str
) -> Reading:
    """Turn the fields of a line into a reading."""

    def value(name: str, *, empty_ok: bool = False) -> float:
        place = columns.get(name)
        if place is None:
            return math.nan
        return _number(fields[place], name, number, delimiter, empty_ok=empty_ok)

    time_s = value(_TIME)
    if not -MAX_ABS_TIME_S <= time_s <= MAX_ABS_TIME_S:
        raise CurveError(f"line {number}: {_TIME} is {time_s!r}, which is no time of an insertion")
    angle = value(_ANGLE, empty_ok=True)
    speed = value(_SPEED, empty_ok=True)
    return Reading(
        seq=index,
        device_time_us=round(time_s * 1e6),
        host_time_ns=0,
        torque_ncm=round(value(_TORQUE, empty_ok=True), 4),
        angle_deg=round(angle, 3) if math.isfinite(angle) else None,
        speed_rpm=round(speed, 1) if math.isfinite(speed) else None,
        validity=_validity(fields, columns, number),
    )


def _number(text: str, name: str, line: int, delimiter: str, *, empty_ok: bool) -> float:
    """Read a number; NaN for an empty field where that may be. Raises CurveError."""
    if not text and empty_ok:
        return math.nan
    if delimiter == ";":
        text = text.replace(",", ".")
    try:
        return float(text.replace("_", "?"))  # Python reads 1_000 as a number, nobody else does
    except ValueError:
        raise CurveError(f"line {line}: {name} is not a number") from None


def _validity(fields: Sequence[str], columns: dict[str, int], line: int) -> Validity:
    """Read the validity column where there is one. Raises CurveError."""
    place = columns.get(_VALIDITY)
    if place is None or not fields[place]:
        return Validity.VALID
    found = _VALIDITIES.get(fields[place].lower())
    if found is None:
        known = ", ".join(_VALIDITIES)
        raise CurveError(f"line {line}: validity is none of the known: {known}")
    return found
