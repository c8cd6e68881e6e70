"""The verdict of the closed insertion: a word, the two torques it rests on, and the why."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from rich.segment import Segment

from torquemon.local.view import Band, VerdictView, View
from torquemon.model import VerdictKind
from torquemon.tui import palette
from torquemon.tui.paint import Line, Painted, clipped, fitted, sentence, shown, style
from torquemon.tui.widgets.state_strip import SHAPES
from torquemon.tui.words import say, told

_BANDS: Final[Mapping[VerdictKind, Band]] = MappingProxyType(
    {
        VerdictKind.BELOW: Band.BELOW,
        VerdictKind.WITHIN: Band.WITHIN,
        VerdictKind.ABOVE: Band.ABOVE,
        VerdictKind.UNDETERMINED: Band.IDLE,
    }
)


class VerdictPanel(Painted):
    """What the record says. Empty until the insertion is closed."""

    GROUND = palette.PANEL

    def show(self, view: View) -> None:
        """Show the verdict of `view`; whoever lays it out makes room only where there is one."""
        self.set_state(view.verdict)

    @property
    def judged(self) -> bool:
        """Whether there is one."""
        return isinstance(self._state, VerdictView)

    def paint(self, width: int, height: int) -> list[Line]:
        """See `Painted`."""
        verdict = self._state
        if not isinstance(verdict, VerdictView):
            return []
        band = _BANDS[verdict.kind]
        word = f" {SHAPES[band]} {say(f'verdict.{verdict.kind.value}')}"
        figures = "   ".join(
            (
                say("verdict.max", torque=_torque(verdict.max_insertion_torque_ncm)),
                say("verdict.final", torque=_torque(verdict.final_torque_ncm)),
            )
        )
        colour = palette.BAND_COLOURS[band]
        lines: list[Line] = [
            [Segment(fitted(word, width), style(palette.ON_FILL, colour, bold=True))],
            [Segment(fitted(f" {figures}", width), style(palette.INK, self.GROUND, bold=True))],
        ]
        lines += [
            [Segment(f" {row}", style(palette.INK, self.GROUND))]
            for row in clipped(sentence(shown(told(verdict.why))), width - 2, height - len(lines))
        ]
        return lines


def _torque(torque_ncm: float | None) -> str:
    if torque_ncm is None:
        return say("verdict.unknown")
    return say("verdict.value", torque=torque_ncm)
