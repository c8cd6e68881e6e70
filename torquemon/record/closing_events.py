"""What happened beside the curve, as rows: alarms with their times, commands with read-backs.

Every event is also kept as it was noted, so these rows only bring together what belongs together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from torquemon.record.models import Alert, DeviceCommand, Event
from torquemon.text import clean

Events = Sequence[tuple[int, dict[str, Any]]]
"""Monotonic time in ns and what the monitor noted, in order."""
Utc = Callable[[int], datetime]
_ASKED: Final = {"arm asked": "ArmRequest", "stop asked": "StopRequest"}
_ALARM: Final = "alarm"


def event_rows(insertion_id: str, events: Events, utc: Utc) -> list[Event]:
    """Return every event as it was noted."""
    return [
        Event(
            insertion_id=insertion_id,
            what=clean(str(fields.get("what"))),
            at_utc=utc(host_ns),
            at_ns=host_ns,
            fields={key: value for key, value in fields.items() if key != "what"},
        )
        for host_ns, fields in events
    ]


def alarm_rows(insertion_id: str, events: Events, utc: Utc, alerts: Sequence[Alert]) -> list[Alert]:
    """Return the monitor's alarms, and write into all alerts when they were acknowledged.

    An acknowledgement is one of everything that was raised before it.
    """
    alarms: list[Alert] = []
    for host_ns, fields in events:
        what = fields.get("what")
        if what == _ALARM:
            alarms.append(_alarm(insertion_id, host_ns, fields, utc))
        elif what == "cleared":
            _clear(alarms, str(fields.get("code")), host_ns, utc)
        elif what == "acknowledged":
            for alert in (*alerts, *alarms):
                if (
                    alert.acknowledged_ns is None
                    and alert.raised_ns is not None
                    and alert.raised_ns <= host_ns
                ):
                    alert.acknowledged_ns, alert.acknowledged_utc = host_ns, utc(host_ns)
    return alarms


def _alarm(insertion_id: str, host_ns: int, fields: Mapping[str, Any], utc: Utc) -> Alert:
    return Alert(
        insertion_id=insertion_id,
        raised_by="monitor",
        code=clean(str(fields.get("code")), 20),
        priority=_ALARM,
        why=clean(str(fields.get("why")), 400),
        raised_utc=utc(host_ns),
        raised_ns=host_ns,
    )


def _clear(alarms: Sequence[Alert], code: str, host_ns: int, utc: Utc) -> None:
    for alarm in alarms:
        if alarm.code == code and alarm.cleared_ns is None:
            alarm.cleared_ns, alarm.cleared_utc = host_ns, utc(host_ns)


def command_rows(insertion_id: str, events: Events, utc: Utc) -> list[DeviceCommand]:
    """Return what was asked of the handpiece, what it answered, and what it then said it held."""
    found: list[DeviceCommand] = []
    for host_ns, fields in events:
        what = str(fields.get("what"))
        if what in _ASKED:
            asked = {key: value for key, value in fields.items() if key != "what"}
            found.append(
                DeviceCommand(
                    insertion_id=insertion_id,
                    what=_ASKED[what],
                    asked_utc=utc(host_ns),
                    asked_ns=host_ns,
                    asked=asked,
                )
            )
        elif what == "answer":
            name = clean(str(fields.get("command")), 20)
            _answer(found, insertion_id, name, clean(str(fields.get("result")), 40), host_ns, utc)
        elif what == "stop confirmed":
            _answer(found, insertion_id, "StopRequest", "confirmed", host_ns, utc)
        elif what == "state":
            _read_back(found, {key: value for key, value in fields.items() if key != "what"})
    return found


def _answer(
    found: list[DeviceCommand],
    insertion_id: str,
    name: str,
    answer: str,
    host_ns: int,
    utc: Utc,
) -> None:
    waiting = [c for c in found if c.what == name and c.answered_ns is None]
    if waiting:
        command = waiting[0]
    else:  # what the monitor asks by itself is noted with its answer only
        command = DeviceCommand(insertion_id=insertion_id, what=name)
        found.append(command)
    command.answer, command.answered_ns, command.answered_utc = answer, host_ns, utc(host_ns)


def _read_back(found: Sequence[DeviceCommand], state: dict[str, Any]) -> None:
    """The first state after a command is what came of it."""
    for command in found:
        if command.read_back is None:
            command.read_back = state
