"""Dresses the application: the look that fits terminal and settings, the language, no animation.

`NO_COLOR` and terminals of 16 colours are found out here; no setting overrules what a terminal
cannot show.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from textual.app import App
from textual.theme import Theme

from torquemon.settings import Settings
from torquemon.tui import palette
from torquemon.tui.paint import Painted
from torquemon.tui.palette import Look, Role
from torquemon.tui.words import speak

SHEETS: Final = tuple(Path(__file__).with_name(f"{name}.tcss") for name in ("styles", "screens"))
"""The style sheets of all screens but the waiting one."""
NO_COLOR: Final = "NO_COLOR"
"""Set: no colours (no-color.org). Empty counts as set, as it does for Textual."""
_FEW_COLOURS: Final = frozenset({None, "standard", "windows"})
_DEFAULT: Final = "ansi_default"


def ansi_color(environ: Mapping[str, str]) -> bool | None:
    """Return what Textual's App must be told of it at its making.

    Only then does it leave colours out for `NO_COLOR`; else it would turn them into greys.
    """
    return True if NO_COLOR in environ else None


def fitting(settings: Settings, color_system: str | None, *, no_color: bool) -> Look:
    """Return the look for what the user chose and what the terminal can show."""
    if no_color:
        return palette.MONO
    if color_system in _FEW_COLOURS:
        return palette.ANSI16
    return palette.LOOKS[settings.theme]


def dress(app: App[Any], settings: Settings, *, drawn: bool = False) -> None:
    """Give `app` look and language; may be called again when the settings have changed.

    `drawn`: into a picture, which shows all colours whatever the terminal can.
    """
    app.animation_level = "none"
    color_system = "truecolor" if drawn else app.console.color_system
    look = fitting(settings, color_system, no_color=app.no_color and not drawn)
    speak(settings.language)
    palette.wear(look)
    app.register_theme(textual_theme(look))
    app.ansi_color = look.ansi
    app.theme = f"torquemon-{look.name}"
    if app.is_running:
        for screen in app.screen_stack:
            for widget in screen.query(Painted):
                widget.repaint()


def textual_theme(look: Look) -> Theme:
    """Return the theme of Textual, for the style sheets and its own widgets."""

    def colour(role: Role) -> str:
        if look.colours is None:
            return _DEFAULT
        name = look.colours[role]
        return f"ansi_{name}" if look.ansi else name

    return Theme(
        name=f"torquemon-{look.name}",
        primary=colour(Role.SKY),
        secondary=colour(Role.GREEN),
        warning=colour(Role.YELLOW),
        error=colour(Role.VERMILLION),
        success=colour(Role.GREEN),
        accent=colour(Role.ORANGE),
        foreground=colour(Role.INK),
        background=colour(Role.BACKGROUND),
        surface=colour(Role.BACKGROUND),
        panel=colour(Role.PANEL),
        dark=look.dark,
        ansi=look.ansi,
        variables={
            "ansi-background": colour(Role.BACKGROUND),
            "ansi-foreground": colour(Role.INK),
            "border": colour(Role.RULE),
            "border-blurred": colour(Role.RULE),
            "rule": colour(Role.RULE),
            "muted": colour(Role.MUTED),
            "raised": colour(Role.RAISED),
            "on-fill": colour(Role.ON_FILL),
            "focus": colour(Role.FOCUS),
            "input-cursor-background": colour(Role.INK),
            "input-cursor-foreground": colour(Role.ON_FILL),
            "input-selection-background": colour(Role.FOCUS),
        },
    )
