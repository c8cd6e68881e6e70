"""The recording in a few lines, for every screen but its own: state, stop, gravest alarm."""

from __future__ import annotations

from typing import NamedTuple

from rich.cells import cell_len
from rich.segment import Segment

from torquemon.local.view import AlarmView, Band, SessionPhase, View
from torquemon.tui import palette
from torquemon.tui.paint import Line, Painted, clipped, fitted, shown, style
from torquemon.tui.widgets.alarms import SHAPES as ALARM_SHAPES
from torquemon.tui.widgets.alarms import gravest_first
from torquemon.tui.widgets.arming import head
from torquemon.tui.widgets.state_strip import SHAPES
from torquemon.tui.words import say, told


class _Shown(NamedTuple):
    band: Band
    phase: str
    arm: str
    alarms: tuple[AlarmView, ...]
    lost: str
    recording: bool = False


class LiveWords(Painted):
    """State and shape, whether it records, the threshold as read back, the alarms by name."""

    GROUND = palette.PANEL

    def show(self, view: View) -> None:
        """Show `view`."""
        alarms = [a for a in gravest_first(view.alarms) if not a.acknowledged or a.active]
        phase = say(f"phase.{view.phase.value}")
        recording = view.phase is SessionPhase.RECORDING
        if recording:
            phase = f"● {phase}"
        arm = head(view)[1]
        self.set_state(_Shown(view.band, phase, arm, tuple(alarms), "", recording))

    def lose(self, why: str) -> None:
        """Say that the monitor is lost."""
        self.set_state(_Shown(Band.NO_DATA, "", "", (), shown(told(why)) or say("lost.word.2")))

    def paint(self, width: int, height: int) -> list[Line]:
        """See `Painted`."""
        state = self._state
        if not isinstance(state, _Shown) or not height:
            return []
        if state.lost:
            title = f" {say('lost.word.1')} {say('lost.word.2')} "
            rows = clipped(f"{say('lost.hand')} {state.lost}", width - 2, height - 1)
            return [
                [
                    Segment(
                        fitted(title, width), style(palette.ON_FILL, palette.VERMILLION, bold=True)
                    )
                ],
                *([Segment(f" {row}", style(palette.INK, self.GROUND))] for row in rows),
            ]
        word = f" {SHAPES[state.band]} {say(f'state.{state.band.value}')} "
        colour = palette.BAND_COLOURS[state.band]
        phase = f"  {state.phase}"
        if cell_len(word) + cell_len(phase) > width and not state.recording:
            phase = ""  # the head says so too
        lines: list[Line] = [
            [
                Segment(word, style(palette.ON_FILL, colour, bold=True)),
                Segment(
                    fitted(phase, max(0, width - cell_len(word))),
                    style(palette.INK, self.GROUND, bold=True),
                ),
            ],
            [Segment(f" {state.arm}", style(palette.INK, self.GROUND))],
        ]
        return [*lines, *self._alarms(state.alarms, width, height - len(lines))][:height]

    def _alarms(self, alarms: tuple[AlarmView, ...], width: int, rows: int) -> list[Line]:
        """Return the names of the alarms; the reason of the gravest stands in the banner."""
        if not alarms:
            none = f" {say('alarms')}: {say('alarms.none')}"
            return [[Segment(none, style(palette.MUTED, self.GROUND))]]
        lines: list[Line] = []
        for index, alarm in enumerate(alarms[:rows]):
            left = len(alarms) - index - 1
            more = f" +{left}" if left and index == rows - 1 else ""
            name = f" {ALARM_SHAPES[alarm.priority]} {say(f'code.{alarm.code.value}')}"
            colour = palette.PRIORITY_COLOURS[alarm.priority]
            look = (
                style(palette.INK, self.GROUND)
                if alarm.acknowledged
                else style(palette.ON_FILL, colour, bold=True)
            )
            lines.append([Segment(fitted(name, width - len(more)) + more, look)])
        return lines
