"""The recording in a few lines, for every screen but its own: state, stop, gravest alarm."""

from __future__ import annotations

from typing import NamedTuple

from rich.segment import Segment

from torquemon.local.view import AlarmView, Band, SessionPhase, View
from torquemon.tui import palette
from torquemon.tui.paint import Line, Painted, clipped, fitted, sentence, shown, style
from torquemon.tui.widgets.arming import head
from torquemon.tui.widgets.state_strip import SHAPES
from torquemon.tui.words import say


class _Shown(NamedTuple):
    band: Band
    phase: str
    arm: str
    alarm: AlarmView | None
    lost: str


class LiveWords(Painted):
    """State and shape, whether it records, the threshold as read back, the gravest alarm."""

    GROUND = palette.PANEL

    def show(self, view: View) -> None:
        """Show `view`."""
        open_alarms = [a for a in view.alarms if not a.acknowledged or a.active]
        gravest = max(
            open_alarms, key=lambda a: (not a.acknowledged, a.priority.rank, a.id), default=None
        )
        phase = say(f"phase.{view.phase.value}")
        if view.phase is SessionPhase.RECORDING:
            phase = f"● {phase}"
        self.set_state(_Shown(view.band, phase, head(view)[1], gravest, ""))

    def lose(self, why: str) -> None:
        """Say that the monitor is lost."""
        self.set_state(_Shown(Band.NO_DATA, "", "", None, shown(why) or say("lost.word.2")))

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
        lines: list[Line] = [
            [
                Segment(word, style(palette.ON_FILL, colour, bold=True)),
                Segment(f"  {state.phase}", style(palette.INK, self.GROUND, bold=True)),
            ],
            [Segment(f" {state.arm}", style(palette.INK, self.GROUND))],
        ]
        return [*lines, *self._alarm(state.alarm, width, height - len(lines))][:height]

    def _alarm(self, alarm: AlarmView | None, width: int, rows: int) -> list[Line]:
        if alarm is None:
            none = f" {say('alarms')}: {say('alarms.none')}"
            return [[Segment(none, style(palette.MUTED, self.GROUND))]]
        colour = palette.PRIORITY_COLOURS[alarm.priority]
        text = f"▲ {say(f'code.{alarm.code.value}')}: {sentence(shown(alarm.why))}"
        look = (
            style(palette.INK, self.GROUND)
            if alarm.acknowledged
            else style(palette.ON_FILL, colour, bold=True)
        )
        return [[Segment(fitted(f" {row}", width), look)] for row in clipped(text, width - 2, rows)]
