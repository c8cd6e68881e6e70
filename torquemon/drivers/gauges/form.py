r"""A gauge described in a small TOML file: what is asked, and how the answer is read. Pure.

    name = "my gauge"
    maker = "Example"
    baud = [9600, 19200]
    rate_hz = 10
    poll = "?\r"                       # empty: it sends by itself
    pattern = "(?P<value>[+-]?[0-9.]+) ?(?P<unit>[A-Za-z.]+)"
    decimal = "."                      # or ","
    examples = ["-1.234 N.cm"]          # each must be understood: the file proves itself

Groups: `value` (or `angle` alone, for a rotation sensor), `unit`, `overload`, `low_battery`,
`angle` (degrees), `speed` (rpm). A pattern without a group `unit` needs `unit = "N.cm"` in the
file: then it is the writer of the file who answers for it, and every reading is questionable.

A pattern can be written so that matching takes longer than a day. Nothing like that is let in: a
line has at most 64 characters, no group is repeated, and of the repetitions and options only so
few can give back what they took that all ways are soon tried; possessive ones (`[0-9]++`) are free.
"""

from __future__ import annotations

import math
import re
import stat
import tomllib
import warnings
from pathlib import Path
from typing import Any, Final

from torquemon.drivers.gauges.base import LineCutter, line_text
from torquemon.drivers.gauges.form_line import GaugeForm, read_line
from torquemon.drivers.gauges.numbers import read_unit
from torquemon.drivers.gauges.reading import GaugeProblem, GaugeReading
from torquemon.drivers.gauges.spec import GaugeError
from torquemon.text import clean

MAX_LINE_CHARS: Final = 64
MAX_PATTERN_CHARS: Final = 300
MAX_WAYS: Final = 1_000_000
"""So many ways to divide a line among what can give back; trying them takes some 50 ms."""
_MAX_FILE_BYTES: Final = 16_384
_MAX_POLL_BYTES: Final = 32
_MAX_RATE_HZ: Final = 1000.0
_MIN_RATE_HZ: Final = 0.2
"""Three periods of a slower one outlast the 20 seconds after which a silent gauge is given up."""
_GROUPS: Final = frozenset({"value", "unit", "overload", "low_battery", "angle", "speed"})
_KEYS: Final = frozenset(
    {"name", "maker", "model", "source", "baud", "rate_hz", "poll"}
    | {"pattern", "unit", "decimal", "examples"}
)
# what an expression consists of: an escaped character, a class, the start of a group, or one more
_PIECE: Final = re.compile(
    r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?P<[a-z_]+>|\(\?:|\(\?|\(|\)|"
    r"(?:[*+?]|\{[0-9,]*\})[+?]?|.",
    re.DOTALL,
)
_REFUSED: Final = {
    "(?": "look-ahead, look-behind, flags and the like are not allowed",
    "(": "a group without a name is not allowed: write (?:...) or (?P<value>...)",
}


def load_form(path: Path) -> GaugeForm:
    """Read a file. Raises GaugeError with the sentence on what is wrong in it."""
    name = clean(str(path), 60)
    try:
        data = _head_of(path)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it is no file"
        raise GaugeError(f"{name} cannot be read ({why}): give form=FILE.toml") from error
    if len(data) > _MAX_FILE_BYTES:
        raise GaugeError(f"{name} is longer than {_MAX_FILE_BYTES} bytes: is it the right file?")
    try:
        table = tomllib.loads(data.decode())
        return read_form(table)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise GaugeError(f"{name} is no TOML file: {clean(str(error), 80)}") from error
    except GaugeError as error:
        raise GaugeError(f"{name}: {error}") from error


def _head_of(path: Path) -> bytes:
    if not stat.S_ISREG(path.stat().st_mode):
        raise ValueError("not a file")  # a named pipe would be waited for
    with path.open("rb") as file:
        return file.read(_MAX_FILE_BYTES + 1)


def read_form(table: dict[str, Any]) -> GaugeForm:
    """Read what a file says. Raises GaugeError."""
    unknown = sorted(set(table) - _KEYS)
    if unknown:
        raise GaugeError(f"{clean(unknown[0], 20)!r} is no key; known: {', '.join(sorted(_KEYS))}")
    pattern = _pattern(_text(table, "pattern", MAX_PATTERN_CHARS))
    unit = _text(table, "unit", 12, needed=False)
    form = GaugeForm(
        clean(_text(table, "name", 40)),
        clean(_text(table, "maker", 40, needed=False) or "unknown maker"),
        clean(_text(table, "model", 40, needed=False) or _text(table, "name", 40)),
        _baudrates(table.get("baud", 9600)),
        _rate(table.get("rate_hz", 10)),
        _poll(_text(table, "poll", _MAX_POLL_BYTES, needed=False)),
        pattern,
        unit,
        _decimal(table.get("decimal", ".")),
    )
    _check_unit(form)
    _check_examples(form, table.get("examples", []))
    return form


def _text(table: dict[str, Any], key: str, most: int, *, needed: bool = True) -> str:
    value = table.get(key, "")
    if not isinstance(value, str) or len(value) > most or (needed and not value):
        raise GaugeError(f"{key} must be a text of 1 to {most} characters")
    return value


def _baudrates(value: object) -> tuple[int, ...]:
    rates = value if isinstance(value, list) else [value]
    good = all(type(rate) is int and 50 <= rate <= 4_000_000 for rate in rates)  # noqa: PLR2004 - what ports can do
    if not rates or not good:
        raise GaugeError("baud must be a number of bits per second, or a list of them")
    return tuple(rates)


def _rate(value: object) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not _MIN_RATE_HZ <= value <= _MAX_RATE_HZ:  # type: ignore[operator]
        raise GaugeError(f"rate_hz must be a number from {_MIN_RATE_HZ:g} to {_MAX_RATE_HZ:g}")
    return float(value)  # type: ignore[arg-type]


def _poll(text: str) -> bytes:
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError as error:
        wrong = clean(text[error.start], 2)
        raise GaugeError(
            f"poll: {wrong!r} is more than one byte: write the bytes, for example \\u0002 for STX"
        ) from error


def _decimal(value: object) -> str:
    if value not in (".", ","):
        raise GaugeError('decimal must be "." or ","')
    return str(value)


def _pattern(text: str) -> re.Pattern[str]:
    why = refusal(text)
    if why:
        raise GaugeError(f"pattern: {why}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", FutureWarning)
            pattern = re.compile(text)
    except FutureWarning as error:
        raise GaugeError(
            f"pattern may mean two things ({clean(str(error), 60)}): write a backslash before a "
            "[, -, & or | that stands for itself"
        ) from error
    except (re.error, OverflowError, RecursionError) as error:
        raise GaugeError(f"pattern is no regular expression: {clean(str(error), 80)}") from error
    unknown = sorted(set(pattern.groupindex) - _GROUPS)
    if unknown:
        known = ", ".join(sorted(_GROUPS))
        raise GaugeError(f"pattern: group {clean(unknown[0], 20)!r} is not known; known: {known}")
    if not {"value", "angle"} & set(pattern.groupindex):
        raise GaugeError("pattern: it needs a group (?P<value>...), or (?P<angle>...) alone")
    return pattern


def refusal(pattern: str) -> str:
    """Say why matching this pattern could take too long; empty where it cannot."""
    repeats = options = 0
    before = ""
    for piece in _PIECE.findall(pattern):
        if piece in _REFUSED:
            return _REFUSED[piece]
        if piece == "|" or (piece.startswith("\\") and piece[1] in "123456789"):
            return "alternatives (|) and back-references are not allowed"
        if piece[0] in "*+?{" and before:
            if before == ")" and piece not in ("?", "?+"):
                return "a group must not be repeated: repeat a class like [0-9] instead"
            if not (piece.endswith("+") and len(piece) > 1):
                options += piece == "?"
                repeats += piece != "?"
        before = piece
    ways = MAX_LINE_CHARS**repeats // math.factorial(repeats) * 2**options
    if ways > MAX_WAYS:
        return (
            f"{repeats} repetitions and {options} options that can give back may take too long: "
            "make them possessive, for example [0-9.]++"
        )
    return ""


def _check_unit(form: GaugeForm) -> None:
    in_answer = "unit" in form.pattern.groupindex
    if not form.gives_torque:
        return
    if in_answer == bool(form.unit):
        raise GaugeError(
            "either the pattern has a group (?P<unit>...), or unit says what the display shows"
        )
    if form.unit and read_unit(form.unit) is None:
        raise GaugeError(f"unit {clean(form.unit, 12)!r} is no torque unit that is known: N.cm ...")


def _check_examples(form: GaugeForm, examples: object) -> None:
    """Read every example as the instrument's line is read: what is promised must come of it."""
    if not isinstance(examples, list) or not examples:
        raise GaugeError("examples must list at least one line as the instrument sends it")
    readings = [_gives_reading(form, line) for line in examples]
    if not any(readings):
        raise GaugeError("examples: none gives a reading, add a line with a number")


def _gives_reading(form: GaugeForm, line: object) -> bool:
    """Whether an example gives a number. Raises GaugeError where it says nothing at all."""
    if not isinstance(line, str) or len(line.encode(errors="replace")) > MAX_LINE_CHARS:
        raise GaugeError(f"examples are texts of at most {MAX_LINE_CHARS} characters")
    name = f"the example {clean(line, 40)!r}"
    lines = LineCutter(MAX_LINE_CHARS).feed(line.encode(errors="replace") + b"\r")
    said = read_line(form, line_text(lines[0])) if len(lines) == 1 else None
    if said is None:
        raise GaugeError(f"{name} does not match the pattern, or is not one line")
    if said.unread:
        other = "," if form.decimal == "." else "."
        mark = f', or write decimal = "{other}"' if other in said.unread else ""
        raise GaugeError(f"{name}: {clean(said.unread, 20)!r} is no number: mend its group{mark}")
    if not form.gives_torque:
        if said.angle_deg is None:
            raise GaugeError(f"{name} gives no angle: mend the group (?P<angle>...)")
        return True
    event = said.event(0)
    if isinstance(event, GaugeProblem):
        raise GaugeError(f"{name}: {event.why}")
    if event is None and not said.low_battery:
        raise GaugeError(f"{name} gives no number: mend the group (?P<value>...)")
    return isinstance(event, GaugeReading)
