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

_TITLES: Final = 2
"""The rows that say which part is which."""


class CheckList(Painted):
    """Lines of `CheckView`; the first part says what keeps the stop from being armed."""

    GROUND = palette.PANEL

    def put(self, checks: tuple[CheckView, ...]) -> None:
        """Show these lines."""
        self.set_state(checks)

    def paint(self, width: int, height: int) -> list[Line]:
        """See `Painted`: names first; sentences as far as there is room, those in want first.

        Where not all names have room, each part says at its end how many it leaves out.
        """
        if not isinstance(self._state, tuple):
            return []
        every: tuple[CheckView, ...] = self._state
        wanting = sorted(every, key=lambda c: (c.state is CheckState.OK, not c.gates, _rank(c)))
        named = wanting[: max(0, height - _TITLES)]
        room = height - _TITLES - len(named)
        rows: dict[str, list[str]] = {}
        for check in named:
            most = 1 if check.state is CheckState.OK else room
            rows[check.id] = clipped(shown(told(check.text)), width - 4, min(most, max(0, room)))
            room -= len(rows[check.id])
        parts = [self._part(every, rows, width, gates=gates) for gates in (True, False)]
        if height < _TITLES:
            return [_with_more(parts[0][0], len(every), width, self.GROUND)][:height]
        return [line for part in parts for line in part]

    def _part(
        self, every: tuple[CheckView, ...], rows: dict[str, list[str]], width: int, *, gates: bool
    ) -> list[Line]:
        """Return the title of a part and the checks that have room; `rows` holds those."""
        title = say("check.gates" if gates else "check.warns")
        lines: list[Line] = [
            [Segment(fitted(f" {title}", width), style(palette.MUTED, self.GROUND))]
        ]
        part = sorted((check for check in every if check.gates is gates), key=_rank)
        for check in part:
            if check.id in rows:
                lines += self._check(check, rows[check.id], width)
        left = sum(check.id not in rows for check in part)
        if left:
            lines[-1] = _with_more(lines[-1], left, width, self.GROUND)
        return lines

    def _check(self, check: CheckView, texts: list[str], width: int) -> list[Line]:
        name = f" {_SHAPES[check.state]} {say(f'check.{check.id}')}"
        head = style(_colour(check), self.GROUND, bold=check.state is not CheckState.OK)
        ink = style(palette.INK, self.GROUND)
        return [
            [Segment(fitted(name, width), head)],
            *([Segment(fitted(f"   {text}", width), ink)] for text in texts),
        ]


def _rank(check: CheckView) -> int:
    """Return the place of a check in its part: what is wrong first, what is well last."""
    return (CheckState.BAD, CheckState.WAIT, CheckState.OK).index(check.state)


def _with_more(line: Line, count: int, width: int, ground: Role) -> Line:
    """Return a line whose end says how many are left out after it."""
    more = f" … +{count} "
    kept = Segment.adjust_line_length(line, max(0, width - len(more)))
    return [*kept, Segment(more, style(palette.YELLOW, ground, bold=True))]


def _colour(check: CheckView) -> Role:
    if check.state is CheckState.OK:
        return palette.GREEN
    if check.state is CheckState.WAIT:
        return palette.SKY
    return palette.VERMILLION if check.gates else palette.YELLOW
