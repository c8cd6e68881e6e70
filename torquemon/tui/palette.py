"""The colours. Okabe-Ito hues on near-black, lightened where the contrast asks for it.

Every foreground here has at least 4.5:1 on every background that it is used with, number and state
7:1; `tests/tui` walks what was rendered. A colour never stands alone: shape, word and place say the
same.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from textual.theme import Theme

from torquemon.local.view import Band
from torquemon.model import Priority

BACKGROUND: Final = "#0a0d12"
PANEL: Final = "#141a22"
"""Behind side panels."""
RAISED: Final = "#232c38"
"""Behind keys and empty bars."""
BAND_TINT: Final = "#12262a"
"""Behind the rows of the curve that lie in the window."""
INK: Final = "#f2f5f7"
MUTED: Final = "#a9b4c0"
RULE: Final = "#8390a0"
"""Axes and frames."""
BLACK: Final = "#000000"

SKY: Final = "#6cc4f5"
GREEN: Final = "#35c89b"
YELLOW: Final = "#f0e442"
ORANGE: Final = "#f0a929"
VERMILLION: Final = "#ff8552"
PURPLE: Final = "#e7a6cb"

BAND_COLOURS: Final[Mapping[Band, str]] = MappingProxyType(
    {
        Band.IDLE: INK,
        Band.BELOW: SKY,
        Band.WITHIN: GREEN,
        Band.NEAR_LIMIT: YELLOW,
        Band.ABOVE: ORANGE,
        Band.CONTACT: PURPLE,
        Band.STOPPED: VERMILLION,
        Band.NO_DATA: INK,
    }
)
PRIORITY_COLOURS: Final[Mapping[Priority, str]] = MappingProxyType(
    {Priority.ALARM: VERMILLION, Priority.WARNING: YELLOW, Priority.ADVISORY: SKY}
)

THEME: Final = Theme(
    name="torquemon-dark",
    primary=SKY,
    secondary=GREEN,
    warning=YELLOW,
    error=VERMILLION,
    success=GREEN,
    accent=ORANGE,
    foreground=INK,
    background=BACKGROUND,
    surface=BACKGROUND,
    panel=PANEL,
    dark=True,
    variables={
        "rule": RULE,
        "muted": MUTED,
        "raised": RAISED,
        "input-cursor-background": INK,
        "input-cursor-foreground": BLACK,
        "input-selection-background": "#1d5a7d",
    },
)
