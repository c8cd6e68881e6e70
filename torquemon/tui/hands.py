"""Hands-free: one key, as a foot pedal sends it, does the next right thing; held, it moves on.

A terminal tells no release of a key, only its repeats. So the first event of a press acts at once
where there is something to do at hand; where the next thing ends something, it is only told, and a
press that is held does it. One press does one thing: what follows within 0.7 s belongs to it.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Final, NamedTuple

from torquemon.local.view import ArmPhase, LinkPhase, SessionPhase, View

SAME_PRESS_S: Final = 0.7
"""Keyboards begin to repeat after 0.25 to 0.66 s; a bounce of a pedal is shorter still."""
REPEAT_S: Final = 0.15
"""Keyboards repeat 10 to 30 times a second."""
HELD_S: Final = 0.8
HELD_REPEATS: Final = 4


class Push(StrEnum):
    """What an event of the key is."""

    PRESS = "press"
    REPEAT = "repeat"
    HELD = "held"


class PedalKey:
    """Tells a press from a hold by the times of the key's events, in seconds of any clock."""

    def __init__(self) -> None:
        self._first_s: float | None = None
        self._last_s = 0.0
        self._repeats = 0
        self._held = False

    def event(self, now_s: float) -> Push:
        """Take one event of the key."""
        gap_s = now_s - self._last_s
        first_s = self._first_s
        self._last_s = now_s
        if first_s is None or not 0 <= gap_s <= SAME_PRESS_S:
            self._first_s, self._repeats, self._held = now_s, 0, False
            return Push.PRESS
        self._repeats = self._repeats + 1 if gap_s <= REPEAT_S else 0
        long_enough = now_s - first_s >= HELD_S and self._repeats >= HELD_REPEATS
        if long_enough and not self._held:
            self._held = True
            return Push.HELD
        return Push.REPEAT


class Step(StrEnum):
    """What the key does. None of them starts a rotation."""

    WAIT = "wait"
    CONFIRM = "confirm"
    """Show what is to be confirmed; where it is shown, confirm it and start."""
    START = "start"
    ACKNOWLEDGE = "acknowledge"
    ARM = "arm"
    FINISH = "finish"
    REVIEW = "review"
    PREPARE = "prepare"


class Next(NamedTuple):
    """What a press does, and what holding the key does instead (WAIT: nothing)."""

    press: Step
    hold: Step = Step.WAIT


_Rule = tuple[Callable[[View, str], bool], Next]


def _recording(view: View) -> bool:
    return view.phase is SessionPhase.RECORDING


def _alarms_wait(view: View, _: str) -> bool:
    return _recording(view) and any(not alarm.acknowledged for alarm in view.alarms)


def _could_be_armed(view: View, _: str) -> bool:
    can_stop = view.device is not None and view.device.can_stop
    return _recording(view) and can_stop and view.arm.phase is ArmPhase.NOT_ARMED


_RULES: Final[tuple[_Rule, ...]] = (
    (_alarms_wait, Next(Step.ACKNOWLEDGE)),
    (_could_be_armed, Next(Step.ARM)),
    (lambda view, _: _recording(view), Next(Step.WAIT, Step.FINISH)),
    (
        lambda view, here: view.phase is SessionPhase.CLOSED and here == "insert",
        Next(Step.REVIEW, Step.PREPARE),
    ),
    (lambda _, here: here not in ("prepare", "insert"), Next(Step.PREPARE)),
    (lambda view, _: view.link.phase is not LinkPhase.CONNECTED, Next(Step.WAIT)),
    (lambda view, _: bool(view.to_confirm), Next(Step.CONFIRM)),
    (lambda _, __: True, Next(Step.START)),
)
"""The first rule that holds decides."""


def next_step(view: View, here: str) -> Next:
    """Return what the key does now on the screen `here`."""
    return next(step for holds, step in _RULES if holds(view, here))
