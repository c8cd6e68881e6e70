"""Depth from angle and screw, and the phase of the insertion in words."""

from __future__ import annotations

from typing import Final, NamedTuple

from rich.segment import Segment

from torquemon.local.view import View
from torquemon.tui import palette
from torquemon.tui.paint import Line, Painted, fitted, shown, style
from torquemon.tui.words import say

_PARTS: Final = " ▏▎▍▌▋▊▉█"
_MARK: Final = "┊"
_FULL_TURN_DEG: Final = 360.0


class _Shown(NamedTuple):
    depth: str
    part: float | None
    motion: str
    marks: tuple[float, ...] = ()


class DepthBar(Painted):
    """How deep, and what is going on."""

    GROUND = palette.PANEL

    def show(self, view: View) -> None:
        """Show depth and phase of `view`."""
        part = None
        marks: tuple[float, ...] = ()
        if view.depth_mm is not None and view.body_mm:
            body_mm = view.body_mm
            part = round(min(max(view.depth_mm / body_mm, 0.0), 1.0), 3)
            marks = tuple(m.depth_mm / body_mm for m in view.depth_marks if m.depth_mm < body_mm)
        self.set_state(_Shown(_depth_text(view), part, _motion_text(view), marks))

    def paint(self, width: int, height: int) -> list[Line]:
        """See `Painted`: phase, depth in figures, bar."""
        if not isinstance(self._state, _Shown):
            return []
        lines = [
            self._named("motion", self._state.motion, width),
            self._named("depth", self._state.depth, width),
        ]
        if self._state.part is not None:
            lines.append(_bar(self._state.part, self._state.marks, width))
        return lines[:height]

    def _named(self, label: str, value: str, width: int) -> Line:
        head = f"{say(label)} "
        return [
            Segment(head, style(palette.MUTED, self.GROUND)),
            Segment(fitted(value, width - len(head)), style(palette.INK, self.GROUND, bold=True)),
        ]


def _bar(part: float, marks: tuple[float, ...], width: int) -> Line:
    eighths = round(part * width * 8)
    cells = fitted("█" * (eighths // 8) + _PARTS[eighths % 8], width)
    at = {min(int(mark * width), width - 1) for mark in marks}
    line: Line = []
    for x, cell in enumerate(cells):
        if x not in at:
            line.append(Segment(cell, style(palette.SKY, palette.RAISED)))
        elif cell == " ":
            line.append(Segment(_MARK, style(palette.INK, palette.RAISED)))
        else:
            line.append(Segment(_MARK, style(palette.ON_FILL, palette.SKY)))
    return line


def _depth_text(view: View) -> str:
    if view.depth_mm is None:
        angle_measured = view.device is None or view.device.has_angle
        return say("depth.none") if angle_measured else say("depth.no_angle")
    if not view.body_mm:
        return say("depth.open", depth=view.depth_mm)
    return say("depth.value", depth=view.depth_mm, body=view.body_mm)


def _phase_word(phase: str) -> str:
    """Return the phase in the language of the screen; one that is not known as it was said."""
    try:
        return say(f"motion.{phase}")
    except KeyError:
        return shown(phase)


def _motion_text(view: View) -> str:
    parts = [_phase_word(view.insertion_phase)]
    if view.speed_rpm is not None:
        parts.append(say("motion.speed", speed=view.speed_rpm))
    if view.angle_deg is not None and view.depth_mm is None:
        parts.append(say("motion.turns", turns=view.angle_deg / _FULL_TURN_DEG))
    return " · ".join(part for part in parts if part)
