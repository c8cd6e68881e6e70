"""The alarms that latched, the gravest and newest first, each with its reason in a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from rich.cells import cell_len
from rich.segment import Segment

from torquemon.local.view import AlarmView, View
from torquemon.model import Priority
from torquemon.tui import palette
from torquemon.tui.paint import Line, Painted, clipped, fitted, sentence, shown, style
from torquemon.tui.words import say, told

SHAPES: Final[Mapping[Priority, str]] = MappingProxyType(
    {Priority.ALARM: "▲", Priority.WARNING: "△", Priority.ADVISORY: "○"}
)
_WHY_ROWS: Final = 4
"""A longer reason is cut with an ellipsis where another alarm waits for the room."""


def gravest_first(alarms: Iterable[AlarmView]) -> list[AlarmView]:
    """Return `alarms`: unacknowledged first, then by priority, then the newest."""
    return sorted(alarms, key=lambda a: (a.acknowledged, -a.priority.rank, not a.active, -a.id))


class AlarmList(Painted):
    """Latched alarms."""

    GROUND = palette.PANEL

    def show(self, view: View) -> None:
        """Show the alarms of `view`: unacknowledged first, then by priority, then the newest."""
        self.set_state(tuple(gravest_first(view.alarms)))

    def paint(self, width: int, height: int) -> list[Line]:
        """See `Painted`: as many alarms as fit, and how many do not."""
        if not isinstance(self._state, tuple):
            return []
        alarms: tuple[AlarmView, ...] = self._state
        title = say("alarms") if alarms else f"{say('alarms')} {say('alarms.none')}"
        lines: list[Line] = [[Segment(title, style(palette.MUTED, self.GROUND))]]
        for index, alarm in enumerate(alarms):
            left = len(alarms) - index - 1
            room = height - len(lines) - (1 if left else 0)
            if room < 1:
                more = say("alarms.more", count=left + 1)
                lines.append([Segment(more, style(palette.INK, self.GROUND, bold=True))])
                break
            why_rows = min(_WHY_ROWS, room - 1) if left else room - 1
            lines += self._alarm(alarm, width, why_rows)
        return lines[:height]

    def _alarm(self, alarm: AlarmView, width: int, why_rows: int) -> list[Line]:
        mark = say("alarm.seen" if alarm.acknowledged else "alarm.new")
        marks = f"{mark}, {say('alarm.active' if alarm.active else 'alarm.latched')}"
        name = f"{SHAPES[alarm.priority]} {say(f'code.{alarm.code.value}')}"
        why = sentence(shown(told(alarm.why)))
        if not why_rows and cell_len(name) + 1 + cell_len(marks) > width:
            marks = mark  # no row beneath for the rest
        if cell_len(name) + 1 + cell_len(marks) <= width:
            name = f"{fitted(name, width - cell_len(marks) - 1)} {marks}"
        else:
            why = f"{marks}: {why}"
        colour = palette.PRIORITY_COLOURS[alarm.priority]
        ink = (colour, self.GROUND) if alarm.acknowledged else (palette.ON_FILL, colour)
        head = [Segment(fitted(name, width), style(*ink, bold=True))]
        reason = clipped(why, width, why_rows)
        return [head, *([Segment(row, style(palette.INK, self.GROUND))] for row in reason)]
