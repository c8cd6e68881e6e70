"""The log of alarms: raised, acknowledged, cleared; the newest first, in the place of the plot."""

from __future__ import annotations

from rich.segment import Segment

from torquemon.local.view import AlarmEventView, View
from torquemon.tui import palette
from torquemon.tui.local_time import second_of
from torquemon.tui.paint import Line, fitted, style
from torquemon.tui.widgets.alarms import SHAPES
from torquemon.tui.widgets.scrolling import Scrolled, edge_marks
from torquemon.tui.words import say


class AlarmLogPanel(Scrolled):
    """What became of the alarms. The keys, or a touch on its upper or lower half, move it on."""

    GROUND = palette.PANEL
    KEPT_ROWS = 2

    @property
    def _log(self) -> tuple[AlarmEventView, ...]:
        return self._state if isinstance(self._state, tuple) else ()

    def begin(self) -> None:
        """Show the newest."""
        self._first = 0
        self.repaint()

    def show(self, view: View) -> None:
        """Show the log of `view`; what was scrolled to stays in sight while it grows."""
        if self._first and self._log and view.alarm_log:
            self._first += max(0, view.alarm_log[-1].number - self._log[-1].number)
        self.set_state(view.alarm_log)

    def paint(self, width: int, height: int) -> list[Line]:
        """See `Painted`; the edge says where it goes on."""
        ground = self.GROUND
        title = fitted(f" {say('log.title')}", width)
        lines: list[Line] = [[Segment(title, style(palette.SKY, ground, bold=True))]]
        if not self._log:
            return [*lines, [Segment(f" {say('log.none')}", style(palette.INK, ground))]]
        room = max(0, height - 1)
        newest = self._log[::-1]
        self._first = min(max(0, self._first), max(0, len(newest) - room))
        end = self._first + room
        marks = edge_marks(room, before=self._first > 0, after=end < len(newest))
        for y, event in enumerate(newest[self._first : end]):
            mark = Segment(marks.get(y, " "), style(palette.YELLOW, ground, bold=True))
            lines.append([*self._line(event, width - 1), mark])
        return lines[:height]

    def _line(self, event: AlarmEventView, width: int) -> Line:
        time = f" {second_of(event.utc)}  "
        step = f"{SHAPES[event.priority]} {say(f'log.{event.step.value}'):<13}"
        code = f"{say(f'code.{event.code.value}')}, {say('log.at', time=event.time_s)}"
        ink = palette.PRIORITY_COLOURS[event.priority]
        room = width - len(time) - len(step)
        return [
            Segment(time, style(palette.MUTED, self.GROUND)),
            Segment(step, style(ink, self.GROUND, bold=True)),
            Segment(fitted(code, room), style(palette.INK, self.GROUND)),
        ]
