"""Alarms: every alert latches until it is acknowledged, and while its condition holds.

Acknowledging silences and marks; it never clears a condition that still holds. The list is
bounded: what is over and acknowledged leaves first, and nothing unacknowledged ever does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from torquemon.local.view import AlarmStep, AlarmView
from torquemon.model import AlertCode, Priority

MAX_SHOWN: Final = 40
"""More than a screen can show. Beyond it repeated alarms of one code are counted, not listed."""


@dataclass(frozen=True, slots=True)
class Raised:
    """What an alarm is about, as it is raised."""

    code: AlertCode
    priority: Priority
    why: str
    time_s: float
    torque_ncm: float | None


Listener = Callable[[AlarmStep, AlarmView], None]


def _nobody(_: AlarmStep, __: AlarmView) -> None:
    return


class Alarms:
    """The alarms of one chair. What nobody acknowledged stays when the next insertion begins.

    `listener` hears of everything that becomes of an alarm.
    """

    def __init__(self, listener: Listener = _nobody) -> None:
        self._listener = listener
        self._alarms: list[AlarmView] = []
        self._numbered = 0
        self._before_insertion = 0
        self._counted_again: set[AlertCode] = set()
        self.uncounted = 0

    @property
    def all(self) -> tuple[AlarmView, ...]:
        """The alarms: gravest first, then newest first."""
        return tuple(sorted(self._alarms, key=lambda a: (a.acknowledged, -a.priority.rank, -a.id)))

    def unacknowledged(self, code: AlertCode) -> bool:
        """Whether an alarm of this code, raised since the insertion began, waits."""
        return any(
            a.code is code
            and not a.acknowledged
            and (a.id > self._before_insertion or code in self._counted_again)
            for a in self._alarms
        )

    def is_active(self, code: AlertCode) -> bool:
        """Whether the condition of this code holds now."""
        return any(a.code is code and a.active for a in self._alarms)

    def raise_event(self, raised: Raised) -> None:
        """Latch an alert that is over the moment it was raised."""
        self._add(raised, active=False)

    def condition(self, raised: Raised, *, holds: bool) -> bool:
        """Follow a condition; returns whether it was raised by this call."""
        active = self.is_active(raised.code)
        if holds and not active:
            self._add(raised, active=True)
            return True
        if not holds and active:
            self._clear([a for a in self._alarms if a.active and a.code is raised.code])
        return False

    def begin_insertion(self) -> None:
        """Keep only what nobody has acknowledged; a condition that still holds is raised anew."""
        self._clear([a for a in self._alarms if a.active])
        self._alarms = [a for a in self._alarms if not a.acknowledged]
        self._before_insertion = self._numbered
        self._counted_again.clear()

    def reopen(self, code: AlertCode) -> None:
        """Make what still holds of this code unacknowledged again."""
        for alarm in [a for a in self._alarms if a.code is code and a.active and a.acknowledged]:
            self._replace(alarm, replace_alarm(alarm, acknowledged=False), AlarmStep.RAISED)

    def acknowledge(self) -> int:
        """Acknowledge all that is latched; returns how many were not yet."""
        waiting = [a for a in self._alarms if not a.acknowledged]
        for alarm in waiting:
            seen = replace_alarm(alarm, acknowledged=True)
            self._replace(alarm, seen, AlarmStep.ACKNOWLEDGED)
        return len(waiting)

    def _clear(self, over: list[AlarmView]) -> None:
        for alarm in over:
            self._replace(alarm, replace_alarm(alarm, active=False), AlarmStep.CLEARED)

    def _replace(self, old: AlarmView, new: AlarmView, step: AlarmStep) -> None:
        self._alarms = [new if a is old else a for a in self._alarms]
        self._listener(step, new)

    def _add(self, raised: Raised, *, active: bool) -> None:
        if len(self._alarms) >= MAX_SHOWN:
            over = [a for a in self._alarms if a.acknowledged and not a.active]
            if over:
                self._alarms.remove(over[0])
            elif any(a.code is raised.code for a in self._alarms):
                self.uncounted += 1
                self._counted_again.add(raised.code)
                self._alarms = [
                    replace_alarm(a, active=a.active or active, acknowledged=False)
                    if a.code is raised.code
                    else a
                    for a in self._alarms
                ]
                again = next(a for a in self._alarms if a.code is raised.code)
                self._listener(AlarmStep.RAISED, again)
                return
        self._numbered += 1
        self._alarms.append(
            AlarmView(
                id=self._numbered,
                code=raised.code,
                priority=raised.priority,
                why=raised.why,
                time_s=raised.time_s,
                torque_ncm=raised.torque_ncm,
                active=active,
                acknowledged=False,
            )
        )
        self._listener(AlarmStep.RAISED, self._alarms[-1])


def replace_alarm(
    alarm: AlarmView, *, active: bool | None = None, acknowledged: bool | None = None
) -> AlarmView:
    """Return the alarm with one mark changed."""
    update: dict[str, bool] = {}
    if active is not None:
        update["active"] = active
    if acknowledged is not None:
        update["acknowledged"] = acknowledged
    return alarm.model_copy(update=update)
