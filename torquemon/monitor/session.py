"""The session of one chair: one reducer, called every few milliseconds with nothing but its clock.

It folds what the handpiece says and what the judge found, supervises, and carries out orders. It
never touches the wire: the handpiece's own thread does, and a stop from the judge has long been
written when the session hears of it. What could start a rotation does not exist here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from ulid import ULID

from torquemon.clock import Clock
from torquemon.drivers.codec import Result
from torquemon.drivers.device import DeviceInfo
from torquemon.drivers.handpiece import NO_DATA_NS, Handpiece
from torquemon.limits import DeviceLimits, LimitError, Threshold
from torquemon.model import AlertCode, ArmPhase, ArmStop, Disarm, Origin, Reading, Stop, Tare
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

LEASE_MS: Final = 500
"""On a cable."""
AIR_LEASE_MS: Final = 1000
"""Over the air: a renewal takes a connection interval or two, and may be sent again below that."""
OPERATOR_NS: Final = 1_000_000_000
"""One second of silence from the controlling dashboard: the operator is blind."""
TARE_WAIT_NS: Final = 1_000_000_000
"""Judging begins when the sensor was zeroed, or this long after it was asked for in vain."""
DISARM_REPEAT_NS: Final = 500_000_000
ARM_GRACE_NS: Final = 500_000_000
"""A first arming takes a few round trips; only then is *not armed* an alarm."""


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
        self._meter = OvershootMeter()
        self._wire_watch = WireWatch()
        self._halts_metered = 0
        self._operator_ns: int | None = None
        self._tare_asked_ns: int | None = None
        self._tare_held = False
        self._arm_asked_ns = 0
        self._arm_wanted_until_ns = 0
        self._disarm_asked_ns = 0
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
        self._send_held_tare()
        self._begin_judging_if_due(now_ns)
        self._arm_if_wanted(now_ns)
        self._supervise(now_ns)
        self._finish_if_due(now_ns)
        self._disarm_if_over(now_ns)

    # --- judging --------------------------------------------------------------------------------

    def _begin_judging_if_due(self, now_ns: int) -> None:
        asked_ns, result = self._tare_asked_ns, self.side.tare_result
        recording = self.chronicle.recording
        if asked_ns is None or recording is None:
            return
        if result is None and now_ns - asked_ns <= TARE_WAIT_NS:
            return
        self._tare_asked_ns = None
        self._tare_held = False
        recording.zeroed = result is Result.DONE
        if recording.judging is None:
            self._judge(recording)
        device = self.side.device
        if recording.zeroed and device is not None and not self.warn_only:
            self._arm_wanted_until_ns = now_ns + OPERATOR_NS

    def _arm_if_wanted(self, now_ns: int) -> None:
        """Arm as part of a start, once somebody is seen to watch; soon after it, or not at all."""
        recording = self.chronicle.recording
        if recording is None or now_ns >= self._arm_wanted_until_ns or not self.operator_present:
            return
        self._arm_wanted_until_ns = 0
        self._arm(recording)

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

    # --- supervision ----------------------------------------------------------------------------

    def operator_seen(self) -> None:
        """The controlling dashboard has drawn a view."""
        self._operator_ns = self._clock.monotonic_ns()

    @property
    def operator_present(self) -> bool:
        """Whether somebody sees what the monitor says."""
        return self._clock.monotonic_ns() < self._present_until_ns

    @property
    def _present_until_ns(self) -> int:
        """Until when the last sign of the operator holds; 0 without any."""
        if self._options.unattended:
            simulated = self.side.device is not None and self.side.device.origin is not Origin.REAL
            return self._clock.monotonic_ns() + OPERATOR_NS if simulated else 0
        return 0 if self._operator_ns is None else self._operator_ns + OPERATOR_NS

    def _supervise(self, now_ns: int) -> None:
        self.handpiece.allow_renewals_until(self._present_until_ns)
        recording = self.chronicle.recording
        if recording is None:
            for code in (AlertCode.STALE_DATA, AlertCode.NOT_ARMED):  # conditions of a recording
                self.chronicle.condition(code, "", holds=False)
            return
        waited = now_ns - recording.opened_ns > NO_DATA_NS
        self.chronicle.condition(
            AlertCode.STALE_DATA,
            f"no measurement for more than {NO_DATA_NS // 1_000_000} ms{self.side.wire_trouble}",
            holds=waited and self.side.measurement(now_ns) is None,
        )
        self.chronicle.condition(
            AlertCode.NOT_ARMED,
            f"the stop is not armed: {self.why_not_armed()}",
            holds=self._should_be_armed(recording, now_ns),
        )

    def _should_be_armed(self, recording: Recording, now_ns: int) -> bool:
        device = self.side.device
        if recording.judging is None or device is None or not device.can_stop:
            return False
        if self.warn_only and recording.threshold is None:
            return False  # it began with a handpiece that is only listened to, and says so
        if now_ns - self._arm_asked_ns < ARM_GRACE_NS:
            return False
        phase = self.handpiece.link.lease.phase
        blind = phase is ArmPhase.ARMED and not self.operator_present
        halted_before = phase is ArmPhase.HALTED and not recording.halts
        return blind or halted_before or phase is ArmPhase.NOT_ARMED

    @property
    def warn_only(self) -> str:
        """Return why the handpiece may only be listened to; empty where it may be armed."""
        device = self.side.device
        if device is None:
            return ""
        if not device.can_stop:
            return "this handpiece cannot be stopped from here: warn only"
        return self.handpiece.link.trust.refusal

    def why_not_armed(self) -> str:
        """Return the sentence on why the stop is not armed."""
        recording = self.chronicle.recording
        if recording is None:
            return "it is armed when a recording starts"
        if not self.side.wire_up:
            return self.side.text
        if self.warn_only or recording.threshold_ncm is None:
            return self.warn_only or "; ".join(recording.threshold_reasons)
        if not recording.zeroed:
            return "the torque sensor could not be zeroed: let go of the screw, then arm"
        if not self.operator_present:
            return "nobody is at the controlling dashboard"
        return self.handpiece.link.lease.why_not

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
        threshold, reasons = self.threshold_outlook()
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
        self._arm_wanted_until_ns = 0
        self.chronicle.open(recording, self._clock.utc_now().isoformat(), meta)
        self._ask_tare(now_ns)
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

    def _ask_tare(self, now_ns: int) -> None:
        self._arm_asked_ns = self._tare_asked_ns = now_ns
        self.side.tare_result = None
        self._tare_held = True
        self._send_held_tare()

    def _send_held_tare(self) -> None:
        """Zero as soon as it is decided what the device has to prove: a bare order is refused."""
        if self._tare_held and not self.handpiece.link.trust.undecided:
            self._tare_held = False
            self.handpiece.request(Tare())

    def threshold_outlook(self) -> tuple[Threshold | None, tuple[str, ...]]:
        """Return the threshold that a start would arm, and the limits that make it so."""
        device = self.side.device
        if self.warn_only:
            return None, (self.warn_only,)
        try:
            found = self.plan.threshold(
                None if device is None else _limits(device),
                () if device is None else self._overshoots.get(device.serial, ()),
                1.0 if device is None else device.gain,
            )
        except LimitError as error:
            return None, (str(error),)
        return found, found.reasons

    def arm(self) -> str:
        """Arm at the threshold of the running recording. Only ever called for an operator."""
        recording = self.chronicle.recording
        if recording is None:
            return "start a recording first: it arms the stop"
        refusal = self._why_not_to_be_armed(recording)
        if refusal:
            return f"not armed: {refusal}"
        if not recording.zeroed:
            self._ask_tare(self._clock.monotonic_ns())
            return "zeroing the sensor, then arming"
        self._arm(recording)
        return f"arming at {recording.threshold_ncm:.4g} N·cm"

    def _why_not_to_be_armed(self, recording: Recording) -> str:
        """Return what forbids an arming now; empty where nothing does."""
        lease, trust = self.handpiece.link.lease, self.handpiece.link.trust
        if self.side.device is None or self.warn_only:
            return self.warn_only or f"no handpiece yet: {self.side.text}"
        blind = not self.side.wire_up or not self.operator_present
        if blind or recording.threshold_ncm is None:
            return self.why_not_armed()
        if not trust.may_arm:
            return trust.why_not
        if lease.phase is ArmPhase.HALTED:
            return lease.why_not
        if not recording.zeroed and self.side.is_turning:
            return "the sensor is not zeroed, and cannot be while the motor turns"
        return ""

    def _arm(self, recording: Recording) -> None:
        device = self.side.device
        if device is not None and device.serial != recording.serial:
            self._limit_to_another(recording)
        if recording.threshold_ncm is None:
            return
        self._arm_asked_ns = self._clock.monotonic_ns()
        lease_ms = AIR_LEASE_MS if self.handpiece.over_the_air else LEASE_MS
        self.handpiece.request(ArmStop(recording.threshold_ncm, lease_ms))
        self.chronicle.note("arm asked", threshold_ncm=recording.threshold_ncm, lease_ms=lease_ms)

    def _limit_to_another(self, recording: Recording) -> None:
        """Let the threshold hold for the handpiece that came in place of the first one.

        Its limits, its own running on and its scale count as well; it is lowered by them or left.
        """
        found, reasons = self.threshold_outlook()
        before = recording.threshold
        if found is None or before is None or found.threshold_ncm < before.threshold_ncm:
            recording.threshold, recording.threshold_reasons = found, reasons

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
        self._tare_held = False
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

    def _disarm_if_over(self, now_ns: int) -> None:
        """Release the lease of a recording that is over, once the motor stands still."""
        armed = self.handpiece.link.lease.phase is ArmPhase.ARMED
        if self.chronicle.recording is not None or not armed or self.side.is_turning:
            return
        if now_ns - self._disarm_asked_ns > DISARM_REPEAT_NS:
            self._disarm_asked_ns = now_ns
            self.handpiece.request(Disarm())


def _limits(device: DeviceInfo) -> DeviceLimits:
    return DeviceLimits(
        device.threshold_min_ncm, device.threshold_max_ncm, device.threshold_step_ncm
    )
