"""The log of alarms: raised, acknowledged, cleared; the newest first, in the place of the plot."""

from __future__ import annotations

from typing import Final

from rich.segment import Segment

from torquemon.local.view import AlarmEventView, View
from torquemon.tui import palette
from torquemon.tui.paint import Line, Painted, fitted, shown, style
from torquemon.tui.widgets.alarms import SHAPES
from torquemon.tui.words import say

_TIME: Final = slice(11, 19)
"""The time of day in an ISO date; it is UTC, and says so."""


class AlarmLogPanel(Painted):
    """What became of the alarms."""

    GROUND = palette.PANEL

    def show(self, view: View) -> None:
        """Show the log of `view`."""
        self.set_state(view.alarm_log)

    def paint(self, width: int, height: int) -> list[Line]:
        """See `Painted`."""
        lines: list[Line] = [
            [
                Segment(
                    fitted(f" {say('log.title')}", width),
                    style(palette.SKY, self.GROUND, bold=True),
                )
            ]
        ]
        if not isinstance(self._state, tuple) or not self._state:
            return [*lines, [Segment(f" {say('log.none')}", style(palette.INK, self.GROUND))]]
        lines += [self._line(event, width) for event in self._state[:-height:-1]]
        return lines[:height]

    def _line(self, event: AlarmEventView, width: int) -> Line:
        time = f" {shown(event.utc)[_TIME]}Z  "
        step = f"{SHAPES[event.priority]} {say(f'log.{event.step.value}'):<13}"
        code = f"{say(f'code.{event.code.value}')}, {say('log.at', time=event.time_s)}"
        ink = palette.PRIORITY_COLOURS[event.priority]
        room = width - len(time) - len(step)
        return [
            Segment(time, style(palette.MUTED, self.GROUND)),
            Segment(step, style(ink, self.GROUND, bold=True)),
            Segment(fitted(code, room), style(palette.INK, self.GROUND)),
        ]
