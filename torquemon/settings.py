"""What the practice chose: language, look, keys, sound, defaults, the printer. One TOML file.

A bad value never keeps a screen from starting: it falls back to what is usual and gives one
sentence to be shown. STOP keeps its keys, whatever the file says.
"""

from __future__ import annotations

import json
import os
import shlex
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from torquemon import paths
from torquemon.key_names import USUAL_KEYS, why_clash, why_not_key
from torquemon.text import clean

CHOICES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "language": ("en", "de"),
        "theme": ("okabe-ito", "dark", "light"),
        "curve": ("time", "angle"),
        "volume": ("full", "half"),
    }
)
"""The values that a setting may have; the first is the usual one. No volume is silence."""
TEXTS: Final = ("operator", "site", "screw", "profiles", "print_command")
"""Settings that are a text: what a chair begins with where the command line says nothing else, and
the command that prints a report."""
MAX_TEXT_CHARS: Final = 200
KEY_IDS: Final = tuple(USUAL_KEYS)
"""What a key may be chosen for; the names are the binding ids of the screens."""
MAX_FILE_BYTES: Final = 64_000
"""More is not read."""
_MAX_KEYS: Final = 4
Keys = Mapping[str, tuple[str, ...]]


class SettingsError(OSError):
    """The settings could not be stored; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings. `keys` maps a binding id to the keys that do it, in Textual's names.

    `operator`, `site`, `screw` (an id) and `profiles` (a file) are the practice's own defaults;
    `print_command` takes the path of a report as its last argument. Raises ValueError for what may
    not be; no model library, since the first picture waits for it.
    """

    language: str = CHOICES["language"][0]
    theme: str = CHOICES["theme"][0]
    curve: str = CHOICES["curve"][0]
    volume: str = CHOICES["volume"][0]
    operator: str = ""
    site: str = ""
    screw: str = ""
    profiles: str = ""
    print_command: str = ""
    keys: Keys = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what may not be."""
        for name, allowed in CHOICES.items():
            if getattr(self, name) not in allowed:
                raise ValueError(f"must be one of {', '.join(allowed)}")
        for name in TEXTS:
            _check_text(getattr(self, name))
        self.print_words()
        object.__setattr__(self, "keys", _keys_that_may_be(self.keys))

    def print_words(self) -> list[str]:
        """Return the print command as a list of arguments. Raises ValueError."""
        try:
            return shlex.split(self.print_command)
        except ValueError as error:
            raise ValueError(f"the print command cannot be read: {error}") from None

    def keymap(self) -> dict[str, str]:
        """Return the keys as `App.set_keymap` takes them."""
        return {name: ",".join(keys) for name, keys in self.keys.items()}


NAMES: Final = tuple(each.name for each in fields(Settings))
"""All settings there are."""


class Loaded(NamedTuple):
    """Settings, and a sentence for everything in the file that could not be used."""

    settings: Settings
    problems: tuple[str, ...]


def load(path: Path | None = None) -> Loaded:
    """Read the settings; a file that is not there means the usual ones. Never raises."""
    try:
        path = path or paths.settings_path()
        with path.open("rb") as file:
            found = tomllib.loads(file.read(MAX_FILE_BYTES).decode("utf-8"))
    except FileNotFoundError:
        return Loaded(Settings(), ())
    except (OSError, ValueError, RecursionError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        problem = f"the settings cannot be read, the usual ones hold: {clean(why)}"
        return Loaded(Settings(), (problem,))
    return _checked(found)


def save(settings: Settings, path: Path | None = None) -> None:
    """Store the settings, whole or not at all. Raises SettingsError."""
    try:
        path = path or paths.settings_path()
        beside = path.with_name(f"{path.name}.new")
        with beside.open("w", encoding="utf-8") as file:
            file.write(_as_toml(settings))
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        raise SettingsError(
            f"the settings could not be stored in {path} ({error.strerror}): they hold until this "
            "screen ends"
        ) from error


def _checked(found: Mapping[str, object]) -> Loaded:
    """Return the settings with every value of `found` that can be used."""
    good: dict[str, object] = {}
    problems: list[str] = []
    for name, value in found.items():
        if name not in NAMES:
            known = ", ".join(NAMES)
            problems.append(f"there is no setting {clean(name)}; there are {known}")
            continue
        parts = value.items() if name == "keys" and isinstance(value, dict) else ()
        try:
            _made({name: value})
            good[name] = value
        except ValueError as error:
            problems.append(f"the setting {name} is not used: {clean(str(error))}")
            good |= {name: _good_keys(dict(parts))} if parts else {}
    return Loaded(_made(good), tuple(problems))


def _good_keys(found: Mapping[str, object]) -> dict[str, object]:
    """Return the bindings that can be used, one bad one among them or not."""
    good: dict[str, object] = {}
    for name, value in found.items():
        try:
            _made({"keys": {**good, name: value}})
        except ValueError:
            continue
        good[name] = value
    return good


def _made(found: Mapping[str, object]) -> Settings:
    """Return the settings of values that may be of any type. Raises ValueError."""
    values: dict[str, Any] = dict(found)
    return Settings(**values)


def _check_text(found: object) -> None:
    """Refuse what is no text of one line. Raises ValueError."""
    if not isinstance(found, str):
        raise ValueError("a text is needed")  # noqa: TRY004 - one error for a bad value
    if len(found) > MAX_TEXT_CHARS or clean(found, MAX_TEXT_CHARS) != found:
        raise ValueError(f"a text of one line with at most {MAX_TEXT_CHARS} characters is needed")


def _keys_that_may_be(found: object) -> Keys:
    """Return the bindings, as tuples. Raises ValueError for one that may not be."""
    if not isinstance(found, Mapping):
        raise ValueError("a table of keys is needed")  # noqa: TRY004 - one error for a bad value
    keys: dict[str, tuple[str, ...]] = {}
    for name, chosen in found.items():
        if not isinstance(chosen, list | tuple) or not all(isinstance(key, str) for key in chosen):
            raise ValueError(f"{clean(name)}: a list of the names of keys is needed")
        why = _why_not(name, tuple(chosen))
        if why:
            raise ValueError(f"{clean(name)}: {why}")
        keys[name] = tuple(chosen)
    clash = why_clash(keys)
    if clash is not None:
        raise ValueError(f"{clash[0]}: {clash[1]}")
    return keys


def _why_not(name: str, keys: tuple[str, ...]) -> str:
    """Return why `name` may not have these keys; empty where it may."""
    if name not in KEY_IDS:
        return f"no key can be chosen for this; for {', '.join(KEY_IDS)} it can"
    if not 1 <= len(keys) <= _MAX_KEYS:
        return f"one to {_MAX_KEYS} keys are needed"
    return next((clean(why) for why in map(why_not_key, keys) if why), "")


def _as_toml(settings: Settings) -> str:
    # A JSON string without control characters is a TOML string.
    lines = [f"{name} = {json.dumps(getattr(settings, name))}" for name in CHOICES]
    texts = {name: getattr(settings, name) for name in TEXTS}
    lines += [f"{name} = {json.dumps(text)}" for name, text in texts.items() if text]
    if settings.keys:
        lines += ["", "[keys]"]
        lines += [f"{name} = {json.dumps(list(keys))}" for name, keys in settings.keys.items()]
    return "\n".join(lines) + "\n"
