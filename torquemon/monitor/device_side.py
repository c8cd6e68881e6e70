"""The handpiece as the session knows it: what its events add up to. Nothing is decided here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torquemon.drivers.codec import Result
from torquemon.drivers.device import DeviceInfo
from torquemon.drivers.device_messages import DeviceState
from torquemon.drivers.handpiece import (
    NO_DATA_NS,
    HandpieceEvent,
    JudgeFailed,
    WireDown,
    WireUp,
)
from torquemon.drivers.link import (
    Answered,
    Connected,
    DeviceSays,
    Halted,
    Proved,
    Refused,
    Samples,
    StateSeen,
    StopConfirmed,
    StopFailed,
    Strangers,
)
from torquemon.local.view import Band
from torquemon.model import MEASURED, AlertCode, MotorState, Reading, StopReason, StopReport
from torquemon.monitor.chronicle import Chronicle
from torquemon.text import clean

MAX_HALTS = 100
"""More halts in one insertion are a device that lies; the journal has the first of them."""


class DeviceSide:
    """Folds the events of the handpiece.

    `last` is the newest measurement, `last_any_ns` when any sample came; `refused_tare` says why
    the sensor is not zeroed, None while it is not known.
    """

    def __init__(self, chronicle: Chronicle, port: str) -> None:
        self.port = clean(port)
        self.device: DeviceInfo | None = None
        self.state: DeviceState | None = None
        self.halt: StopReport | None = None
        self.last: Reading | None = None
        self.last_any_ns: int | None = None
        self.samples = 0
        self.wire_up = False
        self.failed = False
        self.text = "looking for the handpiece"
        self.notice = ""
        self.tare_result: Result | None = None
        self._chronicle = chronicle
        # a table by exact type: called a hundred times a second
        self._folds: dict[type, Callable[[Any, int], None]] = {
            Samples: self._samples,
            StateSeen: self._state_seen,
            Connected: self._connected,
            Halted: self._halted,
            Answered: self._answered,
            StopFailed: self._stop_failed,
            StopConfirmed: self._stop_confirmed,
            WireUp: self._wire_up,
            WireDown: self._wire_down,
            Refused: self._refused,
            DeviceSays: self._says,
            Proved: self._proved,
            Strangers: self._strangers,
            JudgeFailed: self._judge_failed,
        }

    def fold(self, event: HandpieceEvent, now_ns: int) -> None:
        """Take one event."""
        self._folds[type(event)](event, now_ns)

    def is_streaming(self, now_ns: int) -> bool:
        """Whether a sample of any kind came within 250 ms."""
        return self.last_any_ns is not None and now_ns - self.last_any_ns < NO_DATA_NS

    def measurement(self, now_ns: int) -> Reading | None:
        """Return the newest measurement if it is younger than 250 ms, else nothing at all."""
        last = self.last
        return last if last is not None and now_ns - last.host_time_ns < NO_DATA_NS else None

    @property
    def wire_trouble(self) -> str:
        """What is wrong with the wire, as the end of a sentence; empty while it is open."""
        return "" if self.wire_up else f": {self.text}"

    @property
    def is_turning(self) -> bool:
        """Whether the motor turns, as far as the device says."""
        return self.state is not None and self.state.motor in (
            MotorState.FORWARD,
            MotorState.REVERSE,
        )

    def _samples(self, event: Samples, _: int) -> None:
        self.samples += len(event.readings)
        self.last_any_ns = event.readings[-1].host_time_ns
        for reading in reversed(event.readings):
            if reading.validity in MEASURED:
                self.last = reading
                self._chronicle.torque_ncm = reading.torque_ncm
                break

    def _connected(self, event: Connected, _: int) -> None:
        info = event.info
        self.device = info
        self.text = f"{info.maker} {info.model}, serial number {info.serial}"
        recording = self._chronicle.recording
        if recording is None:
            return
        recording.origin = recording.origin.merged(info.origin)
        if info.serial != recording.serial:
            recording.zeroed = False
            self._chronicle.raise_alarm(
                AlertCode.SIGNAL_QUALITY,
                f"another handpiece is on the wire: serial number {info.serial}, "
                f"not {recording.serial}",
            )
        self._chronicle.note("connected", rebooted=event.rebooted, serial=info.serial)
        if event.rebooted:
            recording.zeroed = False
            self._chronicle.raise_alarm(
                AlertCode.SIGNAL_QUALITY,
                "the handpiece has restarted: its zero, angle and threshold are gone",
            )

    def _wire_up(self, event: WireUp, _: int) -> None:
        self.wire_up, self.failed = True, False
        self.text = f"{event.name} is open, waiting for the device to introduce itself"
        self._chronicle.note("wire up")

    def _wire_down(self, event: WireDown, _: int) -> None:
        if event.was_up:
            self._chronicle.note("wire down", why=event.why)
        self.wire_up, self.failed = False, not event.was_up
        self.text = event.why
        self.state = None

    def _state_seen(self, event: StateSeen, now_ns: int) -> None:
        before, self.state = self.state, event.state
        state = event.state
        if not state.latch_report_id:
            self.halt = None
        recording = self._chronicle.recording
        if recording is None:
            return
        recording.follow_motor(state.motor, now_ns)
        if before is None or (before.arm_state, before.motor, before.threshold_counts) != (
            state.arm_state,
            state.motor,
            state.threshold_counts,
        ):
            self._chronicle.note(
                "state",
                arm=state.arm_state.name,
                motor=state.motor.name,
                threshold_counts=state.threshold_counts,
                latch=state.latch_reason.name,
            )

    def _halted(self, event: Halted, _: int) -> None:
        self.halt = report = event.report
        self._chronicle.note(
            "halt", reason=report.reason.name, torque_ncm=report.torque_ncm, seq=report.seq
        )
        recording = self._chronicle.recording
        if recording is None:
            return
        if len(recording.halts) < MAX_HALTS:
            recording.halts.append(report)
        recording.saw_band(Band.STOPPED)
        if report.reason is StopReason.LEASE_EXPIRED:
            self._chronicle.raise_alarm(
                AlertCode.NOT_ARMED,
                "the handpiece halted because its lease ran out: release it there, then arm again",
            )

    def _answered(self, event: Answered, _: int) -> None:
        if event.command == "RenewRequest" and event.result is Result.DONE:
            return
        result = "no answer" if event.result is None else event.result.name.lower()
        result = result.replace("_", " ")
        self._chronicle.note("answer", command=event.command, result=result)
        if event.command == "TareRequest":
            self.tare_result = Result.BUSY if event.result is None else event.result
            done = event.result is Result.DONE
            self.notice = "the sensor is zeroed" if done else f"the sensor is not zeroed: {result}"
        elif event.command == "ArmRequest" and event.result is not Result.DONE:
            self.notice = f"not armed: {result}"

    def _stop_failed(self, event: StopFailed, _: int) -> None:
        self._chronicle.insist(AlertCode.STOP_FAILED, event.why)

    def _stop_confirmed(self, _: StopConfirmed, __: int) -> None:
        self._chronicle.note("stop confirmed")
        self._chronicle.condition(AlertCode.STOP_FAILED, "", holds=False)

    def _refused(self, event: Refused, _: int) -> None:
        self.failed, self.text = True, event.why

    def _says(self, event: DeviceSays, _: int) -> None:
        self.notice = f"handpiece: {event.text} (code {event.code})"
        self._chronicle.note(self.notice)

    def _proved(self, _: Proved, __: int) -> None:
        self._chronicle.note("the handpiece proved who it is")

    def _strangers(self, event: Strangers, _: int) -> None:
        self._chronicle.raise_alarm(AlertCode.SIGNAL_QUALITY, event.why)

    def _judge_failed(self, event: JudgeFailed, _: int) -> None:
        self._chronicle.raise_alarm(
            AlertCode.SIGNAL_QUALITY,
            f"the judgement failed ({clean(event.why)}); the motor was told to stop",
        )
