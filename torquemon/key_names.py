"""Which keys do what, unless the practice chose others; and which choices would not work.

A key that two actions of one screen claim does one of them in silence; a name that no keyboard
sends does nothing. Both are refused with a sentence, and so is what every screen needs itself.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

STOP_KEYS: Final = ("f12", "s")
"""They stop the motor from every screen. Nothing else may have them."""
USUAL_KEYS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "record": ("space",),
        "acknowledge": ("a",),
        "pause-sound": ("m",),
        "axis": ("x",),
        "log": ("l",),
        "arm": ("r",),
        "tare": ("t",),
        "prepare": ("p",),
        "help": ("question_mark", "f1"),
        "quit": ("q",),
        "next": ("pagedown", "f9"),
        "note": ("n",),
        "stop-outcome": ("o",),
        "replay": ("r",),
        "mark": ("c",),
        "compare": ("v",),
        "scan": ("l",),
        "sign": ("g",),
        "send": ("e",),
        "report": ("d",),
        "print": ("p",),
        "events": ("l",),
    }
)
"""The keys of each action, in Textual's names. The actions are the binding ids of the screens."""
_EVERYWHERE: Final = frozenset({"acknowledge", "pause-sound", "help", "quit", "next"})
_SCREENS: Final = (
    frozenset({"record", "axis", "log", "arm", "tare", "prepare"}),
    frozenset({"record", "tare"}),
    frozenset({"note", "stop-outcome", "sign", "send", "report", "print", "axis", "events"})
    | {"replay"},
    frozenset({"mark", "compare", "axis"}),
    frozenset({"scan"}),
)
"""Which actions stand on one screen: Insert, Prepare, Review, History, Devices."""
_FIXED: Final = frozenset(
    {*"1234567890yu", "escape", "enter", "tab", "shift+tab", "up", "down", "left", "right"}
    | {"home", "end", "pageup", "slash", "backspace", "delete", "ctrl+c", "ctrl+q"}
    | {f"f{number}" for number in range(2, 9)}
)
"""What the screens, their lists and their questions need for themselves."""
_NAMED: Final = frozenset(
    {"space", "pagedown", "insert", "slash", "backslash", "at", "minus", "plus", "underscore"}
    | {f"f{number}" for number in range(1, 25)}
)
_MODIFIED: Final = re.compile(r"(?:(?:ctrl|alt|shift)\+){0,3}(?P<key>[^+]{1,40})")
_BY_SIGN: Final = {
    "solidus": "slash",
    "reverse_solidus": "backslash",
    "commercial_at": "at",
    "hyphen_minus": "minus",
    "plus_sign": "plus",
    "low_line": "underscore",
}
"""Where Textual does not call a sign as Unicode does."""
_SIGN_OF: Final = {name: sign for sign, name in _BY_SIGN.items()}
_SHOWN: Final = {"pagedown": "PgDn", "insert": "Ins"}


def key_name(typed: str) -> str:
    """Return the name of a key as it was typed: `?` is question_mark, `F5` is f5; else as it is."""
    if len(typed) == 1 and not typed.isalnum():
        name = unicodedata.name(typed, "").lower().replace(" ", "_").replace("-", "_")
        return _BY_SIGN.get(name, name) or typed
    return typed.lower() if len(typed) > 1 else typed


def shown_key(name: str) -> str:
    """Return what stands on the cap of a key."""
    if name in _SHOWN:
        return _SHOWN[name]
    if re.fullmatch(r"f\d+", name):
        return name.upper()
    return _sign(name) or name


def keys_of(action: str, chosen: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Return the keys that do an action, as they hold."""
    return tuple(chosen.get(action) or USUAL_KEYS[action])


def why_not_key(key: str) -> str:
    """Return why no action may have this key, as the end of a sentence; empty where one may."""
    if key in STOP_KEYS:
        return f"{key} stops the motor and nothing else"
    if key in _FIXED:
        return f"{key} is needed by the screens themselves"
    match = _MODIFIED.fullmatch(key)
    if match is None or not _is_key(match["key"]):
        return f"{key} is no name of a key"
    return ""


def why_clash(chosen: Mapping[str, Sequence[str]]) -> tuple[str, str] | None:
    """Return the action that may not have its keys, and why; None where all may."""
    for action, keys in chosen.items():
        for other in USUAL_KEYS:
            if other == action or not _meet(action, other):
                continue
            both = next((key for key in keys if key in keys_of(other, chosen)), None)
            if both is not None:
                return action, f"{both} is the key of {other} already"
    return None


def _meet(one: str, other: str) -> bool:
    """Whether two actions stand on one screen."""
    if one in _EVERYWHERE or other in _EVERYWHERE:
        return True
    return any(one in screen and other in screen for screen in _SCREENS)


def _is_key(name: str) -> bool:
    if name in _NAMED:
        return True
    return name.isalpha() if len(name) == 1 else bool(_sign(name))


def _sign(name: str) -> str:
    """Return the sign that a name of a key stands for; empty where there is none."""
    words = _SIGN_OF.get(name, name).replace("_", " ").upper()
    for spelled in (words, words.replace("HYPHEN MINUS", "HYPHEN-MINUS")):
        try:
            sign = unicodedata.lookup(spelled)
        except KeyError:
            continue
        return sign if sign.isprintable() and not sign.isspace() else ""
    return ""
