"""The device's own stop: what it holds, as read back from it, and why, or why it holds nothing."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from rich.segment import Segment

from torquemon.local.view import ArmPhase, View
from torquemon.tui import palette
from torquemon.tui.paint import Line, Painted, clipped, fitted, sentence, shown, style
from torquemon.tui.palette import Role
from torquemon.tui.words import say, told

_SHAPES: Final[Mapping[ArmPhase, str]] = MappingProxyType(
    {
        ArmPhase.ARMED: "■",
        ArmPhase.HALTED: "■",
        ArmPhase.ARMING: "◐",
        ArmPhase.NOT_ARMED: "□",
        ArmPhase.WARN_ONLY: "△",
    }
)
_COLOURS: Final[Mapping[ArmPhase, Role]] = MappingProxyType(
    {
        ArmPhase.ARMED: palette.GREEN,
        ArmPhase.HALTED: palette.VERMILLION,
        ArmPhase.ARMING: palette.YELLOW,
        ArmPhase.NOT_ARMED: palette.YELLOW,
        ArmPhase.WARN_ONLY: palette.YELLOW,
    }
)


class _Shown(NamedTuple):
    phase: ArmPhase
    head: str
    why: tuple[str, ...]


class ArmPanel(Painted):
    """Armed, not armed, or not to be armed at all."""

    GROUND = palette.PANEL

    def show(self, view: View) -> None:
        """Show what `view` says of the stop threshold; a halt says the device's reason."""
        why = tuple(shown(told(reason)) for reason in view.arm.reasons)
        if view.stop is not None:
            why = (shown(told(view.stop.text)), *why)
        self.set_state(_Shown(*head(view), (*_how(view), *why)))

    def paint(self, width: int, height: int) -> list[Line]:
        """See `Painted`: the word, then the reasons as far as there is room."""
        if not isinstance(self._state, _Shown):
            return []
        phase, head, why = self._state
        text = fitted(f"{_SHAPES[phase]} {head}", width)
        lines: list[Line] = [
            [Segment(text, style(_COLOURS[phase], self.GROUND, bold=True))],
        ]
        lines += [
            [Segment(row, style(palette.INK, self.GROUND))]
            for row in clipped(" ".join(map(sentence, why)), width, height - 1)
        ]
        return lines


def head(view: View) -> tuple[ArmPhase, str]:
    """Return the phase to show: without a value that was read back, nothing is armed."""
    phase, held = view.arm.phase, view.arm.held_ncm
    if phase is ArmPhase.ARMED and held is not None:
        return phase, say("arm.armed", held=held)
    if phase is ArmPhase.HALTED:
        return phase, say("arm.halted") if held is None else say("arm.halted.at", held=held)
    if phase is ArmPhase.ARMED:
        phase = ArmPhase.NOT_ARMED
    return phase, say(f"arm.{phase.value}")


def _how(view: View) -> tuple[str, ...]:
    if view.arm.phase is ArmPhase.ARMED and view.arm.held_ncm is not None:
        return (say("arm.armed.how"),)
    if view.arm.phase is ArmPhase.WARN_ONLY:
        return () if view.arm.reasons else (say("arm.warn_only.why"),)
    return () if view.arm.reasons or view.stop else (say("arm.not_armed.why"),)
