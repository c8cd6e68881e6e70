"""Who holds the stop: the operator's presence, the zeroing, the threshold, the arming, its release.

The stop is armed as part of a start or by an operator's order, for a sensor that was zeroed in this
recording, while somebody sees the screen; it is never armed again by itself.
"""

from __future__ import annotations

from typing import Final

from torquemon.clock import Clock
from torquemon.drivers.codec import Result
from torquemon.drivers.device import DeviceInfo
from torquemon.drivers.handpiece import NO_DATA_NS, Handpiece
from torquemon.limits import DeviceLimits, LimitError, Threshold
from torquemon.model import AlertCode, ArmPhase, ArmStop, Disarm, Origin, Tare
from torquemon.monitor.chronicle import Chronicle
from torquemon.monitor.device_side import DeviceSide
from torquemon.monitor.plan import Plan
from torquemon.monitor.recording import Recording

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


class Arming:
    """The stop of one chair: whether it may be armed, is asked for, is held or is to be released.

    `unattended` keeps the lease without a dashboard, for simulated devices only. `overshoots` are
    the measured runnings on past the threshold in N·cm, by serial number, for the margin.
    """

    def __init__(
        self,
        handpiece: Handpiece,
        chronicle: Chronicle,
        side: DeviceSide,
        clock: Clock,
        overshoots: dict[str, list[float]],
        *,
        unattended: bool,
    ) -> None:
        self._handpiece = handpiece
        self._chronicle = chronicle
        self._side = side
        self._clock = clock
        self._overshoots = overshoots
        self._unattended = unattended
        self._operator_ns: int | None = None
        self._tare_asked_ns: int | None = None
        self._tare_held = False
        self._arm_asked_ns = 0
        self._arm_wanted_until_ns = 0
        self._disarm_asked_ns = 0

    # --- the operator -----------------------------------------------------------------------------

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
        if self._unattended:
            device = self._side.device
            simulated = device is not None and device.origin is not Origin.REAL
            return self._clock.monotonic_ns() + OPERATOR_NS if simulated else 0
        return 0 if self._operator_ns is None else self._operator_ns + OPERATOR_NS

    def supervise(self, now_ns: int) -> None:
        """Let the lease be renewed while somebody watches; keep the alarms of a recording."""
        self._handpiece.allow_renewals_until(self._present_until_ns)
        recording = self._chronicle.recording
        if recording is None:
            for code in (AlertCode.STALE_DATA, AlertCode.NOT_ARMED):  # conditions of a recording
                self._chronicle.condition(code, "", holds=False)
            return
        waited = now_ns - recording.opened_ns > NO_DATA_NS
        self._chronicle.condition(
            AlertCode.STALE_DATA,
            f"no measurement for more than {NO_DATA_NS // 1_000_000} ms{self._side.wire_trouble}",
            holds=waited and self._side.measurement(now_ns) is None,
        )
        self._chronicle.condition(
            AlertCode.NOT_ARMED,
            f"the stop is not armed: {self.why_not_armed()}",
            holds=self._should_be_armed(recording, now_ns),
        )

    def _should_be_armed(self, recording: Recording, now_ns: int) -> bool:
        device = self._side.device
        if recording.judging is None or device is None or not device.can_stop:
            return False
        if self.warn_only and recording.threshold is None:
            return False  # it began with a handpiece that is only listened to, and says so
        if now_ns - self._arm_asked_ns < ARM_GRACE_NS:
            return False
        phase = self._handpiece.link.lease.phase
        blind = phase is ArmPhase.ARMED and not self.operator_present
        halted_before = phase is ArmPhase.HALTED and not recording.halts
        return blind or halted_before or phase is ArmPhase.NOT_ARMED

    # --- the zero ---------------------------------------------------------------------------------

    def begin(self) -> None:
        """Zero the sensor of a recording that has begun; the arming follows the zero."""
        self._arm_wanted_until_ns = 0
        self._ask_tare()

    def end(self) -> None:
        """Ask for nothing any more: the recording is over."""
        self._tare_held = False
        self._tare_asked_ns = None
        self._arm_wanted_until_ns = 0

    def zeroing_over(self, recording: Recording, now_ns: int) -> bool:
        """Return whether the zeroing has just ended, well or not; keep in `recording` which.

        A zeroed sensor is armed as soon as somebody watches: see `arm_if_wanted`.
        """
        asked_ns, result = self._tare_asked_ns, self._side.tare_result
        if asked_ns is None or (result is None and now_ns - asked_ns <= TARE_WAIT_NS):
            return False
        self._tare_asked_ns = None
        self._tare_held = False
        recording.zeroed = result is Result.DONE
        if recording.zeroed and self._side.device is not None and not self.warn_only:
            self._arm_wanted_until_ns = now_ns + OPERATOR_NS
        return True

    def _ask_tare(self) -> None:
        self._arm_asked_ns = self._tare_asked_ns = self._clock.monotonic_ns()
        self._side.tare_result = None
        self._tare_held = True
        self.send_held_tare()

    def send_held_tare(self) -> None:
        """Zero as soon as it is decided what the device has to prove: a bare order is refused."""
        if self._tare_held and not self._handpiece.link.trust.undecided:
            self._tare_held = False
            self._handpiece.request(Tare())

    # --- the stop ---------------------------------------------------------------------------------

    @property
    def warn_only(self) -> str:
        """Return why the handpiece may only be listened to; empty where it may be armed."""
        device = self._side.device
        if device is None:
            return ""
        if not device.can_stop:
            return "this handpiece cannot be stopped from here: warn only"
        return self._handpiece.link.trust.refusal

    def why_not_armed(self) -> str:
        """Return the sentence on why the stop is not armed."""
        recording = self._chronicle.recording
        if recording is None:
            return "it is armed when a recording starts"
        if not self._side.wire_up:
            return self._side.text
        if self.warn_only or recording.threshold_ncm is None:
            return self.warn_only or "; ".join(recording.threshold_reasons)
        lease = self._handpiece.link.lease
        halted = lease.phase is ArmPhase.HALTED  # before all else: it is to be released first
        if not halted and not recording.zeroed:
            return "the torque sensor could not be zeroed: let go of the screw, then arm"
        if not halted and not self.operator_present:
            return "nobody is at the controlling dashboard"
        return lease.why_not

    def threshold_outlook(self, plan: Plan) -> tuple[Threshold | None, tuple[str, ...]]:
        """Return the threshold that a start would arm, and the limits that make it so."""
        device = self._side.device
        if self.warn_only:
            return None, (self.warn_only,)
        try:
            found = plan.threshold(
                None if device is None else _limits(device),
                () if device is None else self._overshoots.get(device.serial, ()),
                1.0 if device is None else device.gain,
            )
        except LimitError as error:
            return None, (str(error),)
        return found, found.reasons

    def arm_if_wanted(self, recording: Recording | None, now_ns: int) -> None:
        """Arm as part of a start, once somebody is seen to watch; soon after it, or not at all."""
        if recording is None or now_ns >= self._arm_wanted_until_ns or not self.operator_present:
            return
        self._arm_wanted_until_ns = 0
        self._arm(recording)

    def arm(self) -> str:
        """Arm at the threshold of the running recording. Only ever called for an operator."""
        recording = self._chronicle.recording
        if recording is None:
            return "start a recording first: it arms the stop"
        refusal = self._why_not_to_be_armed(recording)
        if refusal:
            return f"not armed: {refusal}"
        if not recording.zeroed:
            self._ask_tare()
            return "zeroing the sensor, then arming"
        self._arm(recording)
        return f"arming at {recording.threshold_ncm:.4g} N·cm"

    def _why_not_to_be_armed(self, recording: Recording) -> str:
        """Return what forbids an arming now; empty where nothing does."""
        lease, trust = self._handpiece.link.lease, self._handpiece.link.trust
        if self._side.device is None or self.warn_only:
            return self.warn_only or f"no handpiece yet: {self._side.text}"
        blind = not self._side.wire_up or not self.operator_present
        if blind or recording.threshold_ncm is None:
            return self.why_not_armed()
        if not trust.may_arm:
            return trust.why_not
        if lease.phase is ArmPhase.HALTED:
            return lease.why_not
        if not recording.zeroed and self._side.is_turning:
            return "the sensor is not zeroed, and cannot be while the motor turns"
        return ""

    def _arm(self, recording: Recording) -> None:
        device = self._side.device
        if device is not None and device.serial != recording.serial:
            self._limit_to_another(recording)
        if recording.threshold_ncm is None:
            return
        self._arm_asked_ns = self._clock.monotonic_ns()
        lease_ms = AIR_LEASE_MS if self._handpiece.over_the_air else LEASE_MS
        self._handpiece.request(ArmStop(recording.threshold_ncm, lease_ms))
        self._chronicle.note("arm asked", threshold_ncm=recording.threshold_ncm, lease_ms=lease_ms)

    def _limit_to_another(self, recording: Recording) -> None:
        """Let the threshold hold for the handpiece that came in place of the first one.

        Its limits, its own running on and its scale count as well; it is lowered by them or left.
        """
        found, reasons = self.threshold_outlook(recording.plan)
        before = recording.threshold
        if found is None or before is None or found.threshold_ncm < before.threshold_ncm:
            recording.threshold, recording.threshold_reasons = found, reasons

    def disarm_if_over(self, now_ns: int) -> None:
        """Release the lease of a recording that is over, once the motor stands still."""
        armed = self._handpiece.link.lease.phase is ArmPhase.ARMED
        if self._chronicle.recording is not None or not armed or self._side.is_turning:
            return
        if now_ns - self._disarm_asked_ns > DISARM_REPEAT_NS:
            self._disarm_asked_ns = now_ns
            self._handpiece.request(Disarm())


def _limits(device: DeviceInfo) -> DeviceLimits:
    return DeviceLimits(
        device.threshold_min_ncm, device.threshold_max_ncm, device.threshold_step_ncm
    )
