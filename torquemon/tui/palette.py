"""The colours: what is painted names a role, and the look that is worn says which colour that is.

Every ink here has at least 4.5:1 on every ground that it is used with, number and state 7:1;
`tests/tui` walks what was rendered in every look. A colour never stands alone: shape, word and
place say the same, so that the look without any colour tells as much.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from torquemon.local.states import Band
from torquemon.model import Priority


class Role(StrEnum):
    """What a colour is for."""

    BACKGROUND = "background"
    PANEL = "panel"
    RAISED = "raised"
    BAND_TINT = "band-tint"
    INK = "ink"
    MUTED = "muted"
    RULE = "rule"
    ON_FILL = "on-fill"
    FOCUS = "focus"
    SKY = "sky"
    GREEN = "green"
    YELLOW = "yellow"
    ORANGE = "orange"
    VERMILLION = "vermillion"
    PURPLE = "purple"
    STOPPED = "stopped"


BACKGROUND: Final = Role.BACKGROUND
PANEL: Final = Role.PANEL
"""Behind side panels."""
RAISED: Final = Role.RAISED
"""Behind keys and empty bars."""
BAND_TINT: Final = Role.BAND_TINT
"""Behind the rows of the curve that lie in the window."""
INK: Final = Role.INK
MUTED: Final = Role.MUTED
RULE: Final = Role.RULE
"""Axes and frames."""
ON_FILL: Final = Role.ON_FILL
"""What is written on a field that is filled with a hue."""
SKY: Final = Role.SKY
GREEN: Final = Role.GREEN
YELLOW: Final = Role.YELLOW
ORANGE: Final = Role.ORANGE
VERMILLION: Final = Role.VERMILLION
PURPLE: Final = Role.PURPLE
HUES: Final = frozenset({SKY, GREEN, YELLOW, ORANGE, VERMILLION, PURPLE, Role.STOPPED})

BAND_COLOURS: Final[Mapping[Band, Role]] = MappingProxyType(
    {
        Band.IDLE: INK,
        Band.BELOW: SKY,
        Band.WITHIN: GREEN,
        Band.NEAR_LIMIT: YELLOW,
        Band.ABOVE: ORANGE,
        Band.CONTACT: PURPLE,
        Band.STOPPED: Role.STOPPED,
        Band.NO_DATA: INK,
    }
)
PRIORITY_COLOURS: Final[Mapping[Priority, Role]] = MappingProxyType(
    {Priority.ALARM: VERMILLION, Priority.WARNING: YELLOW, Priority.ADVISORY: SKY}
)


@dataclass(frozen=True, slots=True)
class Look:
    """A colour for each role. `ansi`: names of the terminal's own colours, else 24-bit ones.

    `colours` is None for a terminal without colours: fills are told by reverse video there.
    """

    name: str
    dark: bool
    colours: Mapping[Role, str] | None
    ansi: bool = False


def _look(name: str, *colours: str, dark: bool, ansi: bool = False) -> Look:
    """Return a look; the colours stand in the order of the roles."""
    return Look(name, dark, MappingProxyType(dict(zip(Role, colours, strict=True))), ansi)


_DARK_GROUNDS: Final = ("#0a0d12", "#141a22", "#232c38", "#12262a")
_DARK_INKS: Final = ("#f2f5f7", "#a9b4c0", "#8390a0", "#000000", "#0c4a6e")
_OKABE_ITO: Final = ("#6cc4f5", "#35c89b", "#f0e442", "#f0a929", "#ff8552", "#e7a6cb", "#ff8552")
"""The hues of Okabe and Ito, lightened where the contrast asks for it."""
_TRAFFIC: Final = ("#62c8ff", "#43e08a", "#ffe14d", "#ffad4d", "#ff8080", "#f79be8", "#ff8080")
_LIGHT_GROUNDS: Final = ("#ffffff", "#eef1f5", "#d5dce5", "#e0f2ea")
_LIGHT_INKS: Final = ("#101418", "#414b57", "#5c6774", "#ffffff", "#b8dcf5")
_LIGHT_HUES: Final = ("#004c78", "#00573d", "#594a00", "#713800", "#931b00", "#752660", "#931b00")
_ANSI_GROUNDS: Final = ("black", "black", "black", "black")
_ANSI_INKS: Final = ("bright_white", "white", "white", "black", "black")
_ANSI_HUES: Final = (
    "bright_cyan",
    "bright_green",
    "bright_yellow",
    "bright_yellow",
    "bright_red",
    "bright_white",
    "bright_white",
)
"""A terminal's own red and magenta are too dark for the state: *contact*, *stopped* are white."""

DARK: Final = _look("dark", *_DARK_GROUNDS, *_DARK_INKS, *_TRAFFIC, dark=True)
LIGHT: Final = _look("light", *_LIGHT_GROUNDS, *_LIGHT_INKS, *_LIGHT_HUES, dark=False)
OKABE_ITO: Final = _look("okabe-ito", *_DARK_GROUNDS, *_DARK_INKS, *_OKABE_ITO, dark=True)
ANSI16: Final = _look("ansi16", *_ANSI_GROUNDS, *_ANSI_INKS, *_ANSI_HUES, dark=True, ansi=True)
MONO: Final = Look("mono", dark=True, colours=None, ansi=True)

LOOKS: Final[Mapping[str, Look]] = MappingProxyType(
    {look.name: look for look in (OKABE_ITO, DARK, LIGHT, ANSI16, MONO)}
)
CHOICES: Final = (OKABE_ITO.name, DARK.name, LIGHT.name)
"""What the user may choose; the first is the default. The others follow from the terminal."""


class _Worn:
    """The look of this process's screen, and how often it has changed."""

    def __init__(self) -> None:
        self.look = OKABE_ITO
        self.changes = 0


_worn: Final = _Worn()


def wear(look: Look) -> None:
    """Paint in `look` from now on."""
    if look is not _worn.look:
        _worn.look = look
        _worn.changes += 1


def worn() -> Look:
    """Return the look that is painted in."""
    return _worn.look


def changes() -> int:
    """Return how often the look has changed: what was painted before is out of date."""
    return _worn.changes
