"""`destinations.toml`: where finished insertions go. One table a destination.

    [folder]
    kind = "folder"
    path = "/srv/documents/inbox"

A destination with a mistake is left out and said, the others work on. Secrets never stand in this
file: they come from the keyring or the environment.
"""

from __future__ import annotations

import contextlib
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final, NamedTuple

from torquemon import paths
from torquemon.record.delivery.exporter import Exporter
from torquemon.record.errors import RecordError
from torquemon.text import clean

KINDS: Final[Mapping[str, str]] = {
    "folder": "torquemon.record.folder.exporter",
    "gdt": "torquemon.record.gdt.exporter",
    "fhir": "torquemon.record.fhir.exporter",
    "dicom": "torquemon.record.dicom.exporter",
}
"""Where each kind lives; the module has `from_settings(name, settings) -> Exporter`, which raises
ConfigError. It is imported only where such a destination is set up."""
MAX_FILE_BYTES: Final = 64_000
MAX_DESTINATIONS: Final = 16
WHEN: Final = ("signed", "closed")
LANGUAGES: Final = ("en", "de")
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_COMMON: Final = ("kind", "when", "names", "not_real", "language")
RESERVED: Final = ("practice",)
"""Names that mean something else in the outbox."""


class ConfigError(RecordError):
    """A setting cannot be used; the message names it and says how to mend it."""


class SaidError(ConfigError):
    """A destination cannot be used, and the sentence that says why was given already."""


@dataclass(frozen=True, slots=True)
class Destination:
    """What every destination has in common; `settings` are those of its kind."""

    name: str
    kind: str
    settings: Mapping[str, Any]
    when: str = "signed"
    """`signed`: once somebody signed it; `closed`: as soon as the record has it."""
    names: bool = False
    """Whether it may have the patient's name and birth date."""
    not_real: bool = False
    """Whether simulated and replayed insertions go there too, marked as such."""
    language: str = "en"

    def open(self) -> Exporter:
        """Return the destination, not yet connected. Raises ConfigError."""
        make: Callable[[str, Mapping[str, Any]], Exporter] = import_module(
            KINDS[self.kind]
        ).from_settings
        return make(self.name, self.settings)


class Loaded(NamedTuple):
    """The destinations, and a sentence for each that cannot be used."""

    destinations: tuple[Destination, ...]
    problems: tuple[str, ...]
    left_out: tuple[str, ...] = ()
    """Names of those that have a mistake: set up all the same, so nobody is told to forget them."""
    readable: bool = True

    def may_set_up(self, name: str) -> bool:
        """Whether the file, mended, may set up a destination of this name."""
        known = (*self.left_out, *(each.name for each in self.destinations))
        return not self.readable or name in known


def config_path() -> Path:
    """Where the destinations are set up. Raises HomeError."""
    return paths.home() / "destinations.toml"


def stamp(path: Path) -> tuple[int, int]:
    """Return what changes when a file does: time and size; zeros where there is none."""
    with contextlib.suppress(OSError):
        found = path.stat()
        return found.st_mtime_ns, found.st_size
    return 0, 0


def load(path: Path | None = None) -> Loaded:
    """Read the destinations; no file means none. Never raises."""
    path = path or config_path()
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_FILE_BYTES + 1)
        if len(raw) > MAX_FILE_BYTES:
            why = f"{path} is longer than {MAX_FILE_BYTES} bytes: it is not read"
            return Loaded((), (why,), readable=False)
        found = tomllib.loads(raw.decode("utf-8"))
    except FileNotFoundError:
        return Loaded((), ())
    except (OSError, ValueError, RecursionError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        said = f"{path} cannot be read, nothing is sent: {clean(why)}"
        return Loaded((), (said,), readable=False)
    good: list[Destination] = []
    problems: list[str] = []
    left_out = list(found)[MAX_DESTINATIONS:]
    if len(found) > MAX_DESTINATIONS:
        problems.append(f"{path.name}: only the first {MAX_DESTINATIONS} destinations are used")
    for name, table in list(found.items())[:MAX_DESTINATIONS]:
        try:
            _check_alone(name, found)
            good.append(_destination(name, table))
        except ConfigError as error:
            problems.append(f"{path.name}, [{clean(name, 40)}]: {error}")
            left_out.append(name)
    return Loaded(tuple(good), tuple(problems), tuple(left_out))


def load_checked(path: Path | None = None) -> Loaded:
    """Read the destinations and look at the settings of each kind as well. Never raises."""
    path = path or config_path()
    loaded = load(path)
    good: list[Destination] = []
    problems = list(loaded.problems)
    left_out = list(loaded.left_out)
    for destination in loaded.destinations:
        try:
            destination.open().close()
        except ConfigError as error:
            problems.append(f"{path.name}, [{destination.name}]: {error}")
            left_out.append(destination.name)
        else:
            good.append(destination)
    return Loaded(tuple(good), tuple(problems), tuple(left_out), loaded.readable)


def as_variable(name: str) -> str:
    """Return a destination's name as it ends the environment variable that holds its secret."""
    return name.upper().replace("-", "_")


def _check_alone(name: str, names: Iterable[str]) -> None:
    """Raise ConfigError where two names have one variable: a secret would go to both servers."""
    same = [each for each in names if each != name and as_variable(each) == as_variable(name)]
    if same:
        raise ConfigError(
            f"{clean(name, 40)} and {clean(same[0], 40)} would share one secret, since - and _ "
            "count as the same: give one of them another name"
        )


def _destination(name: str, table: object) -> Destination:
    if not isinstance(table, dict):
        raise ConfigError("a table is needed: [name], then kind = …")
    if not _NAME.fullmatch(name) or name in RESERVED:
        raise ConfigError("a name is a-z, 0-9, - and _, at most 40, and not `practice`")
    kind = str(table.get("kind"))
    if kind not in KINDS:
        raise ConfigError(f"kind must be one of {', '.join(KINDS)}")
    return Destination(
        name=name,
        kind=kind,
        settings={key: value for key, value in table.items() if key not in _COMMON},
        when=one_of(table, "when", WHEN),
        names=flag(table, "names"),
        not_real=flag(table, "not_real"),
        language=one_of(table, "language", LANGUAGES),
    )


def one_of(table: Mapping[str, Any], name: str, allowed: tuple[str, ...]) -> str:
    """Return a setting that takes one of a few words; the first is usual. Raises ConfigError."""
    value = table.get(name, allowed[0])
    if value not in allowed:
        raise ConfigError(f"{name} must be one of {', '.join(allowed)}")
    return str(value)


def flag(table: Mapping[str, Any], name: str, *, usual: bool = False) -> bool:
    """Return a setting that is true or false. Raises ConfigError."""
    value = table.get(name, usual)
    if not isinstance(value, bool):
        raise ConfigError(f"{name} must be true or false")
    return value


def text(
    table: Mapping[str, Any], name: str, usual: str | None = None, max_chars: int = 500
) -> str:
    """Return a setting that is one line of text. Raises ConfigError where it is missing or bad."""
    value = table.get(name, usual)
    if value is None:
        raise ConfigError(f"{name} is missing")
    if not isinstance(value, str) or not value.isprintable() or len(value) > max_chars:
        raise ConfigError(f"{name} must be one line of text, at most {max_chars} characters")
    return value


def number(table: Mapping[str, Any], name: str, usual: float, low: float, high: float) -> float:
    """Return a number within bounds. Raises ConfigError."""
    value = table.get(name, usual)
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise ConfigError(f"{name} must lie between {low:g} and {high:g}")
    return float(value)


def whole_number(table: Mapping[str, Any], name: str, usual: int, low: int, high: int) -> int:
    """Return a whole number within bounds. Raises ConfigError."""
    value = number(table, name, usual, low, high)
    if not value.is_integer():
        raise ConfigError(f"{name} must be a whole number")
    return int(value)


def only(table: Mapping[str, Any], names: tuple[str, ...]) -> None:
    """Raise ConfigError for a setting that its kind does not have: most are typing mistakes."""
    unknown = [clean(name, 40) for name in table if name not in names]
    if unknown:
        known = ", ".join((*_COMMON, *names))
        raise ConfigError(f"there is no setting {unknown[0]}; there are {known}")
