"""The armed stop as the host knows it: asked for, read back, renewed, lost. Sans-I/O.

The screen may say *armed* only while this says so: after an answer that reads back the very
threshold, lease and nonce that were asked for, and while read-backs keep saying it. How old a
read-back is tells its nonce: the device held the lease no earlier than that nonce was sent, however
late the frame came. Nothing here arms by itself; a lost arming stays lost until somebody asks
again.
"""

from __future__ import annotations

from typing import Final

from torquemon.drivers.codec import Result
from torquemon.drivers.device_messages import Ack, DeviceState
from torquemon.drivers.host_messages import ArmRequest, RenewRequest
from torquemon.model import ArmPhase, ArmState

RENEWALS_PER_LEASE: Final = 4
_NONCES_KEPT: Final = 64
"""Far more than a lease renews; older ones prove nothing any more."""
_NONCE_SPAN: Final = 1 << 32

_REFUSALS: Final = {
    Result.UNSUPPORTED: "the device cannot keep a stop threshold",
    Result.OUT_OF_RANGE: "the device does not accept this threshold or lease",
    Result.MOTOR_TURNING: "the device does not raise its threshold while the motor turns",
    Result.LATCHED: "a halt is latched: release it on the handpiece first",
    Result.SENSOR_NOT_READY: "the device's torque sensor is not ready",
    Result.NOT_AUTHENTICATED: "the device demands authentication",
    Result.BUSY: "the device is busy: try again",
}


class Lease:
    """One arming and its renewals.

    `phase`, `held_counts` (read back) and `why_not` are what may be shown.
    """

    def __init__(self, first_nonce: int) -> None:
        self.phase = ArmPhase.NOT_ARMED
        self.held_counts: int | None = None
        self.why_not = "not armed yet"
        self._nonce = first_nonce % _NONCE_SPAN
        self._asked: ArmRequest | None = None
        self._sent_ns: dict[int, int] = {}
        self._seen_ns = 0
        self._renewed_ns = 0

    def ask(self, request_id: int, threshold_counts: int, lease_ms: int, now_ns: int) -> ArmRequest:
        """Return the request that arms. Until it is confirmed the phase is ARMING."""
        nonce = self._next_nonce(now_ns)
        self._asked = ArmRequest(request_id, threshold_counts, lease_ms, nonce)
        self.phase = ArmPhase.ARMING
        self.held_counts = None
        self.why_not = "waiting for the device's confirmation"
        return self._asked

    def answered(self, ack: Ack, now_ns: int) -> None:
        """Take the answer to the last `ask`; an answer to an older one changes nothing."""
        asked = self._asked
        if asked is None or self.phase is not ArmPhase.ARMING or ack.request_id != asked.request_id:
            return
        if ack.result is not Result.DONE:
            refusal = _REFUSALS.get(ack.result, f"the device answered {ack.result.name.lower()}")
            self.lose(refusal)
            return
        state = ack.state
        if (state.arm_state, state.threshold_counts, state.lease_ms, state.lease_nonce) != (
            ArmState.ARMED,
            asked.threshold_counts,
            asked.lease_ms,
            asked.nonce,
        ):
            self.lose("the device read back another threshold or lease than the one asked for")
            return
        self.phase = ArmPhase.ARMED
        self.held_counts = state.threshold_counts
        self.why_not = ""
        self._seen_ns = self._sent_ns.get(asked.nonce, 0)
        self._renewed_ns = now_ns

    def saw(self, state: DeviceState, now_ns: int) -> None:  # noqa: ARG002 - arrival proves no age
        """Take any state that the device sends."""
        asked = self._asked
        if state.arm_state is ArmState.HALTED:
            self.phase = ArmPhase.HALTED
            self.held_counts = state.threshold_counts or None
            self.why_not = "the handpiece has halted: release it there, then arm again"
        elif self.phase is ArmPhase.HALTED:
            self.lose("the handpiece was released after a halt: arm again")
        elif self.phase is ArmPhase.ARMED and asked is not None:
            if state.arm_state is not ArmState.ARMED:
                self.lose("the device says that it is no longer armed")
            elif state.threshold_counts != asked.threshold_counts:
                self.lose("the device now holds another threshold")
            elif state.lease_ms != asked.lease_ms or not state.lease_left_ms:
                self.lose("the device says that no lease runs")
            else:
                self._seen_ns = max(self._seen_ns, self._sent_ns.get(state.lease_nonce, 0))

    def refresh(self, now_ns: int) -> None:
        """Let time pass: a read-back older than the lease proves nothing."""
        if self.phase is ArmPhase.ARMED and now_ns - self._seen_ns > self._lease_ns:
            self.lose("no read-back from the device for the length of the lease")

    def renewal(self, request_id: int, now_ns: int) -> RenewRequest | None:
        """Return the renewal if one is due."""
        due_ns = self._renewed_ns + self._lease_ns // RENEWALS_PER_LEASE
        if self.phase is not ArmPhase.ARMED or now_ns < due_ns:
            return None
        self._renewed_ns = now_ns
        return RenewRequest(request_id, self._next_nonce(now_ns))

    def lose(self, why: str) -> None:
        """No longer armed, as far as anybody may say."""
        self.phase = ArmPhase.NOT_ARMED
        self.held_counts = None
        self.why_not = why
        self._asked = None

    @property
    def _lease_ns(self) -> int:
        return self._asked.lease_ms * 1_000_000 if self._asked else 0

    def _next_nonce(self, now_ns: int) -> int:
        nonce = self._nonce = (self._nonce + 1) % _NONCE_SPAN
        self._sent_ns[nonce] = now_ns
        while len(self._sent_ns) > _NONCES_KEPT:
            del self._sent_ns[next(iter(self._sent_ns))]
        return nonce
