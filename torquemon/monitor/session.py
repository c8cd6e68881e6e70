"""The session of one chair: one reducer, called every few milliseconds with nothing but its clock.

It folds what the handpiece says and what the judge found, and carries out orders; who holds the
stop is for `arming`. It never touches the wire: the handpiece's own thread does, and a stop from
the judge has long been written when the session hears of it. What could start a rotation does not
exist here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from ulid import ULID

from torquemon.clock import Clock
from torquemon.drivers.handpiece import Handpiece
from torquemon.local.states import Band
from torquemon.model import AlertCode, Reading, Stop, Tare, Validity
from torquemon.monitor.arming import Arming
from torquemon.monitor.chronicle import Chronicle
from torquemon.monitor.device_side import DeviceSide
from torquemon.monitor.judging import ALWAYS_STOPS, Judging
from torquemon.monitor.overshoot import EVENT as OVERSHOOT_EVENT
from torquemon.monitor.overshoot import OvershootMeter
from torquemon.monitor.plan import Doubt, Plan
from torquemon.monitor.recording import Recording
from torquemon.monitor.wire_watch import WireWatch
from torquemon.signal.pipeline import Pipeline
from torquemon.signal.setup import JudgeSetup

OVERLOAD_HOLD_NS: Final = 1_000_000_000
"""A torque that trembles at the end of the range is one alarm, not one a sample."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a monitor is run.

    `finish_after_still_s` finishes a recording by itself once the motor has turned and then stood
    still so long. `unattended` keeps the lease without a dashboard, for simulated devices only.
    """

    stop_on_contact: bool = False
    finish_after_still_s: float | None = None
    unattended: bool = False


class Session:
    """The state of one chair."""

    def __init__(
        self,
        handpiece: Handpiece,
        chronicle: Chronicle,
        side: DeviceSide,
        clock: Clock,
        plan: Plan,
        options: Options,
        overshoots: dict[str, list[float]] | None = None,
    ) -> None:
        self.handpiece = handpiece
        self.chronicle = chronicle
        self.side = side
        self.plan = plan
        self._options = options
        self._clock = clock
        self._overshoots = {} if overshoots is None else overshoots
        self.arming = Arming(
            handpiece, chronicle, side, clock, self._overshoots, unattended=options.unattended
        )
        self._meter = OvershootMeter()
        self._wire_watch = WireWatch()
        self._halts_metered = 0
        self._overload_ns: int | None = None
        self._least_ncm = 0.0
        self._finishing = False
        self._dropped_told = 0
        self._confirmed: Plan | None = None

    def step(self) -> None:
        """Fold what has come since the last call."""
        now_ns = self._clock.monotonic_ns()
        for event in self.handpiece.drain():
            self.side.fold(event, now_ns)
        self.chronicle.store_raw(self.handpiece.capture.drain())
        self._fold_judging()
        self._tell_dropped()
        self._tell_of_the_wire(now_ns)
        self._tell_of_overload(now_ns)
        self.arming.send_held_tare()
        self._begin_judging_if_due(now_ns)
        self.arming.arm_if_wanted(self.chronicle.recording, now_ns)
        self.arming.supervise(now_ns)
        self._finish_if_due(now_ns)
        self.arming.disarm_if_over(now_ns)

    # --- judging --------------------------------------------------------------------------------

    def _begin_judging_if_due(self, now_ns: int) -> None:
        recording = self.chronicle.recording
        if recording is None or not self.arming.zeroing_over(recording, now_ns):
            return
        if recording.judging is None:
            self._judge(recording)

    def _judge(self, recording: Recording) -> None:
        codes = ALWAYS_STOPS
        if self._options.stop_on_contact:
            codes |= {AlertCode.ROOT_CONTACT}
        recording.judging = Judging(self._pipeline(recording), codes)
        self.handpiece.judge_with(recording.judging)

    def _pipeline(self, recording: Recording) -> Pipeline:
        return Pipeline(self._judge_setup(recording))

    def _judge_setup(self, recording: Recording) -> JudgeSetup:
        device = self.side.device
        accuracy_ncm = device.accuracy_ncm if device else 0.0
        return recording.plan.judge_setup(recording.limit_ncm, accuracy_ncm)

    def _fold_judging(self) -> None:
        recording = self.chronicle.recording
        if recording is None or recording.judging is None:
            return
        readings, alerts = recording.judging.drain()
        self.chronicle.store_readings(readings)
        for alert in alerts:
            self.chronicle.keep(alert)
        self._meter_halts(recording, readings)

    def _meter_halts(self, recording: Recording, readings: list[Reading]) -> None:
        """Measure how far the handpiece ran on past its threshold, for the next margin."""
        for report in recording.halts[self._halts_metered :]:
            self._meter.halted(report, recording.threshold_ncm)
        self._halts_metered = len(recording.halts)
        overshoot_ncm = self._meter.feed(readings)
        if overshoot_ncm is not None and self.side.device is not None:
            self._overshoots.setdefault(self.side.device.serial, []).append(overshoot_ncm)
            self.chronicle.note(OVERSHOOT_EVENT, overshoot_ncm=round(overshoot_ncm, 4))

    def _tell_dropped(self) -> None:
        """Say what could not wait for this thread: a queue was full. Nothing is lost in silence."""
        recording = self.chronicle.recording
        judging = recording.judging if recording else None
        dropped = self.handpiece.capture.dropped + self.handpiece.dropped_events
        dropped += judging.dropped if judging else 0
        if dropped > self._dropped_told:
            self.chronicle.raise_alarm(
                AlertCode.SIGNAL_QUALITY,
                f"{dropped - self._dropped_told} chunks or readings could not be kept: this "
                "computer was too busy",
            )
        self._dropped_told = dropped

    def _tell_of_the_wire(self, now_ns: int) -> None:
        """Say that frames are damaged, or that more comes than any handpiece sends."""
        bad_frames = self.handpiece.framer.bad_frames + self.handpiece.link.bad_messages
        refused_bytes = self.chronicle.budget.refused_bytes
        for why in self._wire_watch.look(now_ns, bad_frames, refused_bytes):
            if self.side.device is not None:  # before that a wrong port is being looked at
                self.chronicle.raise_alarm(AlertCode.SIGNAL_QUALITY, why)

    def _tell_of_overload(self, now_ns: int) -> None:
        """Say in every phase that the torque is beyond what the instrument can measure."""
        reading = self.side.measurement(now_ns)
        if reading is not None and reading.validity is Validity.OVERFLOW:
            self._overload_ns, self._least_ncm = now_ns, abs(reading.torque_ncm)
            recording = self.chronicle.recording
            if recording is not None and recording.judging and reading.torque_ncm >= 0.0:
                recording.saw_band(Band.ABOVE)
        since_ns = None if self._overload_ns is None else now_ns - self._overload_ns
        self.chronicle.condition(
            AlertCode.SIGNAL_QUALITY,
            "the torque is beyond what the instrument can measure: "
            f"{self._least_ncm:.1f} N·cm or more",
            holds=since_ns is not None and since_ns < OVERLOAD_HOLD_NS,
        )

    # --- orders ---------------------------------------------------------------------------------

    def start(self) -> str:
        """Begin a recording: a new insertion, zero, arm. Returns the sentence for the operator."""
        device = self.side.device
        if self.chronicle.recording is not None:
            return "a recording is already running"
        if device is None or not self.side.wire_up:
            return f"no handpiece yet: {self.side.text}"
        doubts = self.doubts()
        if doubts:
            return f"not started, confirm first: {'; '.join(doubt.text for doubt in doubts)}"
        confirmed, self._confirmed = self._confirmed is self.plan, None
        now_ns = self._clock.monotonic_ns()
        threshold, reasons = self.arming.threshold_outlook(self.plan)
        recording = Recording(
            str(ULID()), self.plan, now_ns, device.origin, device.serial, threshold, reasons
        )
        meta = {
            **self.plan.fields(),
            "confirmed": confirmed,
            "origin": device.origin.value,
            "threshold_ncm": recording.limit_ncm,
            "armed_threshold_ncm": recording.threshold_ncm,
            "judge": self._judge_setup(recording).fields(),
            "threshold_reasons": list(reasons),
            **device.fields(),
        }
        self._meter, self._halts_metered = OvershootMeter(), 0
        self.chronicle.open(recording, self._clock.utc_now().isoformat(), meta)
        self.arming.begin()
        return f"recording {recording.id}"

    def today(self) -> date:
        """Return the date by this computer's clock, UTC."""
        return self._clock.utc_now().date()

    def doubts(self) -> tuple[Doubt, ...]:
        """Return what must still be confirmed before a recording may start."""
        device = self.side.device
        if self._confirmed is self.plan:
            return ()
        return self.plan.to_confirm(None if device is None else device.origin)

    def confirm(self) -> str:
        """Take the present plan as confirmed, for one recording. Only ever called for an operator.

        A new plan is another one: it must be confirmed anew.
        """
        self._confirmed = self.plan
        return "confirmed"

    def tare(self) -> str:
        """Zero the sensor; not while a recording is judged."""
        if self.chronicle.recording is not None:
            return "the sensor is zeroed when a recording starts, not during it"
        if self.side.device is None or not self.side.wire_up:
            return f"no handpiece to zero: {self.side.text}"
        self.handpiece.request(Tare())
        return "zeroing the sensor"

    def stop_motor(self, who: str) -> str:
        """Stop the motor. Overtakes every queued command."""
        device = self.side.device
        if device is not None and not device.can_stop:
            return "this handpiece cannot be stopped from here: release the pedal"
        self.handpiece.request(Stop(who))
        self.chronicle.note("stop asked", who=who)
        if self.side.wire_up:
            return "stop sent"
        why = f"the stop could not be sent: {self.side.text}; release the pedal at once"
        self.chronicle.raise_alarm(AlertCode.STOP_FAILED, why)
        return why

    def acknowledge(self) -> str:
        """Acknowledge every latched alarm."""
        count = self.chronicle.alarms.acknowledge()
        self.chronicle.note("acknowledged", count=count)
        return f"{count} acknowledged" if count else "nothing to acknowledge"

    def pause_sound(self) -> str:
        """Pause the sound for a while; a new alarm ends the pause."""
        text = self.chronicle.sound.pause()
        self.chronicle.note("sound paused")
        return text

    # --- the end --------------------------------------------------------------------------------

    def finish(self) -> str:
        """End the recording; the verdict follows within a few milliseconds."""
        recording = self.chronicle.recording
        if recording is None:
            return "no recording is running"
        self._finishing = True
        return f"closing {recording.id}"

    def _finish_if_due(self, now_ns: int) -> None:
        recording = self.chronicle.recording
        if recording is None:
            return
        limit_s = self._options.finish_after_still_s
        if not self._finishing and not (
            limit_s is not None and recording.stood_still_s(now_ns) > limit_s
        ):
            return
        self._finishing = True
        self.arming.end()
        self.handpiece.judge_with(None)
        if recording.judging is not None and not recording.judging.close():
            return  # a step is under way in the reader thread: look again at the next beat
        self._fold_judging()
        pipeline = recording.judging.pipeline if recording.judging else self._pipeline(recording)
        conclusion = pipeline.finish()
        recording.verdict = conclusion.verdict
        for alert in conclusion.alerts:
            self.chronicle.keep(alert)
        self.chronicle.close(self._clock.utc_now().isoformat())
        self.side.notice = f"record {recording.id} is closed"
        self._finishing = False
