"""The check list before a recording, in two parts: what gates it, and what only warns."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from rich.segment import Segment

from torquemon.local.view import CheckState, CheckView
from torquemon.tui import palette
from torquemon.tui.paint import Line, Painted, clipped, fitted, shown, style
from torquemon.tui.palette import Role
from torquemon.tui.words import say, told

_SHAPES: Final[Mapping[CheckState, str]] = MappingProxyType(
    {CheckState.OK: "✓", CheckState.WAIT: "◌", CheckState.BAD: "✗"}
)


class CheckList(Painted):
    """Lines of `CheckView`; the first part says what keeps the stop from being armed."""

    GROUND = palette.PANEL

    def put(self, checks: tuple[CheckView, ...]) -> None:
        """Show these lines."""
        self.set_state(checks)

    def paint(self, width: int, height: int) -> list[Line]:
        """See `Painted`: names first; sentences as far as there is room, those in want first."""
        if not isinstance(self._state, tuple):
            return []
        checks: tuple[CheckView, ...] = self._state
        room = height - 2 - len(checks)
        wanting = sorted(checks, key=lambda c: (c.state is CheckState.OK, not c.gates))
        rows: dict[str, list[str]] = {}
        for check in wanting:
            most = 1 if check.state is CheckState.OK else room
            rows[check.id] = clipped(shown(told(check.text)), width - 4, min(most, max(0, room)))
            room -= len(rows[check.id])
        lines: list[Line] = []
        for gates in (True, False):
            title = say("check.gates" if gates else "check.warns")
            lines.append([Segment(fitted(f" {title}", width), style(palette.MUTED, self.GROUND))])
            for check in checks:
                if check.gates is gates:
                    lines += self._check(check, rows[check.id], width)
        return lines[:height]

    def _check(self, check: CheckView, texts: list[str], width: int) -> list[Line]:
        name = f" {_SHAPES[check.state]} {say(f'check.{check.id}')}"
        head = style(_colour(check), self.GROUND, bold=check.state is not CheckState.OK)
        ink = style(palette.INK, self.GROUND)
        return [
            [Segment(fitted(name, width), head)],
            *([Segment(fitted(f"   {text}", width), ink)] for text in texts),
        ]


def _colour(check: CheckView) -> Role:
    if check.state is CheckState.OK:
        return palette.GREEN
    if check.state is CheckState.WAIT:
        return palette.SKY
    return palette.VERMILLION if check.gates else palette.YELLOW
