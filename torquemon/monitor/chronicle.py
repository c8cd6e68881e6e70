"""What happened, told to everybody who must know: journal, alarms on the screen, headless output.

The one place from which the session writes. Without a recording running alarms are still raised,
but there is no insertion that they could be stored with.
"""

from __future__ import annotations

from collections.abc import Callable

from torquemon.clock import Clock
from torquemon.drivers.capture import Chunk
from torquemon.journal import Entry, InsertionRow
from torquemon.local.view import AlarmStep, AlarmView, Band
from torquemon.model import Alert, AlertCode, Priority, Reading
from torquemon.monitor.alarm_log import AlarmLog
from torquemon.monitor.alarms import Alarms, Raised
from torquemon.monitor.recording import (
    Recording,
    alert_entry,
    event_entry,
    finish_entry,
    raw_entry,
    readings_entry,
)
from torquemon.monitor.sound_pause import Sound
from torquemon.monitor.wire_watch import Budget
from torquemon.monitor.writer import JournalWriter

AlertListener = Callable[[Alert | Raised], None]


def _nobody(_: Alert | Raised) -> None:
    return


class Chronicle:
    """Keeps the running recording, its alarms, and the way to the journal."""

    def __init__(self, writer: JournalWriter, clock: Clock) -> None:
        self.recording: Recording | None = None
        self.closed: Recording | None = None
        self.sound = Sound(clock)
        self.alarm_log = AlarmLog(clock)
        self.alarms = Alarms(self._follow)
        self.on_alert: AlertListener = _nobody
        self.torque_ncm: float | None = None
        """Torque that an alarm of the link is told with; kept by the device's side."""
        self.budget = Budget()
        self._writer = writer
        self._clock = clock

    @property
    def storage_problem(self) -> str:
        """Empty while everything is stored."""
        return self._writer.problem

    def open(self, recording: Recording, opened_utc: str, meta: dict[str, object]) -> None:
        """Begin an insertion; the row is committed at once."""
        self.alarms.begin_insertion()  # what ends here is no part of the new insertion
        self.recording, self.closed = recording, None
        self._writer.put(InsertionRow(recording.id, opened_utc, recording.opened_ns, meta))
        self._writer.hurry()

    def close(self, closed_utc: str) -> None:
        """Store the conclusion of the running recording."""
        recording = self.recording
        if recording is None or recording.verdict is None:
            raise RuntimeError("a recording is closed once, and with a verdict")
        self._put(
            finish_entry(
                recording.id,
                self._clock.monotonic_ns(),
                recording.verdict,
                origin=recording.origin.value,
                samples=recording.samples,
                closed_utc=closed_utc,
            )
        )
        self._writer.hurry()
        self.recording, self.closed = None, recording

    def store_raw(self, chunks: list[Chunk]) -> None:
        """Store what went over the wire. Without a recording it belongs to no insertion."""
        if chunks and self.recording is not None:
            self._put_bounded(raw_entry(self.recording.id, chunks))

    def store_readings(self, readings: list[Reading]) -> None:
        """Store judged readings and show them."""
        if readings and self.recording is not None:
            self.recording.add_to_curve(readings)
            self._put_bounded(readings_entry(self.recording.id, readings))

    def note(self, what: str, **fields: object) -> None:
        """Store something that happened beside the curve."""
        if self.recording is not None:
            now_ns = self._clock.monotonic_ns()
            self._put(event_entry(self.recording.id, now_ns, what, **fields))

    def keep(self, alert: Alert) -> None:
        """Store and latch an alert of the judge; committed at once."""
        if self.recording is not None:
            self._put(alert_entry(self.recording.id, alert, self._clock.monotonic_ns()))
            self._writer.hurry()
        if self.recording is not None and alert.code is AlertCode.ROOT_CONTACT:
            self.recording.saw_band(Band.CONTACT)
        self.alarms.raise_event(
            Raised(alert.code, alert.priority, alert.why, alert.time_s, alert.torque_ncm)
        )
        self.on_alert(alert)

    def raise_alarm(self, code: AlertCode, why: str) -> None:
        """Latch an alarm of the link or the device."""
        raised = self._raised(code, why)
        self.alarms.raise_event(raised)
        self._announce(raised)

    def condition(self, code: AlertCode, why: str, *, holds: bool) -> None:
        """Follow a condition of the link or the device: raised once when it begins to hold."""
        raised = self._raised(code, why)
        if self.alarms.condition(raised, holds=holds):
            self._announce(raised)

    def insist(self, code: AlertCode, why: str) -> None:
        """Raise a condition, and tell it again while it holds, acknowledged or not."""
        raised = self._raised(code, why)
        if not self.alarms.condition(raised, holds=True):
            self.alarms.reopen(code)
        self.sound.break_pause()
        self._announce(raised)

    def _follow(self, step: AlarmStep, alarm: AlarmView) -> None:
        """Log what became of an alarm; a new one is heard, pause or not."""
        self.alarm_log.add(step, alarm)
        if step is AlarmStep.RAISED:
            self.sound.break_pause()
        elif step is AlarmStep.CLEARED:
            self.note("cleared", code=alarm.code.value)

    def _raised(self, code: AlertCode, why: str) -> Raised:
        recording = self.recording
        elapsed_ns = self._clock.monotonic_ns() - recording.opened_ns if recording else 0
        return Raised(code, Priority.ALARM, why, round(elapsed_ns / 1e9, 3), self.torque_ncm)

    def _announce(self, raised: Raised) -> None:
        self.note("alarm", code=raised.code.value, why=raised.why)
        self._writer.hurry()
        self.on_alert(raised)

    def _put_bounded(self, entry: Entry) -> None:
        """Store what comes from the wire, unless it is more than any handpiece sends."""
        if self.budget.admits(len(entry.data), self._clock.monotonic_ns()):
            self._put(entry)

    def _put(self, entry: Entry) -> None:
        self._writer.put(entry)
