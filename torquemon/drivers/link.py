"""The session with one device: hello, readings, commands, lease, stop. Sans-I/O, one owner.

Frames come in, events and bytes go out; the time is passed in. Whoever owns a link (the reader
thread) calls `receive` for every frame and `tick` at least every 20 ms. What it may not do: arm
again by itself, or hold a stop back behind anything else.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

from torquemon.drivers.codec import PROTOCOL_VERSION, Result
from torquemon.drivers.correction import NO_CORRECTIONS, Corrections
from torquemon.drivers.device import DeviceInfo, Sequence
from torquemon.drivers.device_messages import (
    Ack,
    AuthProof,
    DeviceError,
    DeviceState,
    Hello,
    Status,
    StopNotice,
)
from torquemon.drivers.errors import MessageError
from torquemon.drivers.frame import Frame, encode_frame
from torquemon.drivers.host_messages import (
    ArmRequest,
    DisarmRequest,
    HelloRequest,
    StopRequest,
    TareRequest,
)
from torquemon.drivers.host_trust import HostTrust, Standing
from torquemon.drivers.lease import Lease
from torquemon.drivers.link_events import (
    Answered,
    Connected,
    DeviceSays,
    Halted,
    LinkEvent,
    Proved,
    Refused,
    Samples,
    StateSeen,
    StopConfirmed,
    StopFailed,
    Strangers,
)
from torquemon.drivers.messages import HostCommand, HostMessage, from_frame, to_frame
from torquemon.drivers.readings import Readings, read_block
from torquemon.drivers.requests import Requests
from torquemon.drivers.stop_watch import StopPhase, StopWatch
from torquemon.drivers.trust import NO_KEYS, Keys
from torquemon.model import (
    ArmPhase,
    ArmStop,
    Command,
    Disarm,
    Stop,
    StopReason,
    StopReport,
    Tare,
)
from torquemon.text import clean_bytes

__all__ = [
    "Answered",
    "Connected",
    "DeviceSays",
    "Halted",
    "Link",
    "LinkEvent",
    "LinkPhase",
    "Proved",
    "Refused",
    "Samples",
    "StateSeen",
    "StopConfirmed",
    "StopFailed",
    "Strangers",
]

_HELLO_REPEAT_NS: Final = 500_000_000
_STOP_FAILED_REPEAT_NS: Final = 500_000_000
_SILENCE_NS: Final = 1_000_000_000
"""Status comes ten times a second; after this long the device may have rebooted: greet again."""
_STRANGER_REPEAT_NS: Final = 1_000_000_000
"""A flood of forged frames is told once a second, with its number."""
_COMMANDED: Final = "somebody without the key gives the handpiece orders: it refused them"
_MAX_DEVICE_TIME_US: Final = 1 << 62
"""A hundred thousand years: a clock beyond this is broken, and does not fit what is stored."""


class LinkPhase(Enum):
    """How far the session has come."""

    SILENT = auto()
    GREETING = auto()
    READY = auto()
    REFUSED = auto()


class Link:
    """One session. `seed` makes session number, ids and nonces; they must differ from last time.

    Its lower 64 bits can be read off the wire: where devices prove themselves it needs 192 more
    that nobody can guess. `keys` are those of the handpieces of this chair, by serial number, and
    `corrections` what signed checks say of them.
    """

    def __init__(
        self, seed: int, keys: Keys = NO_KEYS, corrections: Corrections = NO_CORRECTIONS
    ) -> None:
        self.corrections = corrections
        self.phase = LinkPhase.SILENT
        self.info: DeviceInfo | None = None
        self.requests = Requests(seed & 0xFFFF)
        self.lease = Lease(seed >> 16 & 0xFFFFFFFF)
        self.trust = HostTrust(seed, keys)
        self.sequence = Sequence()
        self.stop_watch = StopWatch()
        self.bad_messages = 0
        self.refusal = ""
        """Why the session cannot go on; empty where it can."""
        self._session = seed & 0xFFFFFFFF
        self._counter = 0
        self._hello_ns = 0
        self._heard_ns = 0
        self._last_report_id = 0
        self._stop_failed_ns: int | None = None
        self._given_up: list[HostCommand] = []
        self._greeted_by_another = False
        self._strangers_told = 0
        self._strange_orders = 0
        self._strangers_ns: int | None = None

    # --- out ------------------------------------------------------------------------------------

    def greet(self, now_ns: int) -> bytes:
        """Return a hello. Repeated by `tick` until the device answers."""
        self.phase = LinkPhase.GREETING
        self._greeted_by_another = False
        self.trust.forget()
        self._hello_ns = now_ns
        self._session = (self._session + 1) & 0xFFFFFFFF
        hello = HelloRequest(
            self.requests.new_id(), PROTOCOL_VERSION, PROTOCOL_VERSION, self._session
        )
        return self._write(hello)

    def order(self, command: Command, now_ns: int) -> bytes:
        """Return the bytes that carry a command out.

        Empty where the device cannot obey it; `lease.why_not` then says why.
        """
        if isinstance(command, Stop):
            return self.stop(now_ns)
        if self.info is None or self.phase is not LinkPhase.READY:
            return b""
        if isinstance(command, Tare):
            return self._send(TareRequest(self.requests.new_id()), now_ns)
        if isinstance(command, ArmStop):
            return self._arm(self.info, command, now_ns)
        if isinstance(command, Disarm) and self.info.can_stop:
            return self._send(DisarmRequest(self.requests.new_id()), now_ns)
        return b""

    def stop(self, now_ns: int) -> bytes:
        """Return the stop. It waits for nothing and is sent in every phase of a session.

        Where no hello was answered yet the capability is unknown: then it is sent as well.
        """
        request, wire = self.stop_wire()
        if wire:
            self.stop_written(request, now_ns)
        return wire

    def stop_wire(self) -> tuple[StopRequest, bytes]:
        """Return a stop and its bytes, before anything is noted: they leave first.

        The bytes are empty where the device cannot be stopped. `stop_written` follows.
        """
        request = StopRequest(self.requests.new_id())
        if self.info is not None and not self.info.can_stop:
            return request, b""
        return request, self._write(request)

    def stop_written(self, request: StopRequest, now_ns: int) -> None:
        """Note that the stop has left, and watch what comes of it."""
        if not self.stop_watch.active:
            self._stop_failed_ns = None
        info = self.info
        has_motion = info is not None and (info.has_angle or info.has_speed)
        self.stop_watch.begin(now_ns, has_motion=has_motion)
        self._note_sent(request, now_ns, repeats=False)

    def wire_is(self, bare_why: str) -> None:
        """The wire as it is now, see `Transport.bare_why`: one that turns bare ends the arming."""
        self.trust.wire_is(bare_why)
        if not self.trust.may_arm and self.lease.phase in (ArmPhase.ARMED, ArmPhase.ARMING):
            self.lease.lose(self.trust.why_not)

    def _arm(self, info: DeviceInfo, command: ArmStop, now_ns: int) -> bytes:
        if not info.can_stop:
            self.lease.lose("the device cannot keep a stop threshold: warn only")
            return b""
        if not self.trust.may_arm:
            self.lease.lose(self.trust.why_not)
            return b""
        counts = info.threshold_counts(command.threshold_ncm)
        lease_ms = min(command.lease_ms, info.hello.max_lease_ms)
        request = self.lease.ask(self.requests.new_id(), counts, lease_ms, now_ns)
        return self._send(request, now_ns)

    def _send(self, message: HostCommand, now_ns: int, *, repeats: bool = True) -> bytes:
        self._note_sent(message, now_ns, repeats=repeats)
        return self._write(message)

    def _note_sent(self, message: HostCommand, now_ns: int, *, repeats: bool) -> None:
        dropped = self.requests.sent(message, now_ns, repeats=repeats)
        self._given_up += (pending.message for pending in dropped)

    def _write(self, message: HostMessage) -> bytes:
        wire = encode_frame(self.trust.seal(to_frame(message, self._counter)))
        self._counter = (self._counter + 1) & 0xFFFF
        return wire

    # --- time -----------------------------------------------------------------------------------

    def tick(self, now_ns: int, *, may_renew: bool) -> tuple[list[LinkEvent], bytes]:
        """Let time pass: repeat, renew, give up. `may_renew` is the supervision's consent."""
        out: list[bytes] = []
        events: list[LinkEvent] = []
        silent = now_ns - self._heard_ns > _SILENCE_NS
        if self.phase is LinkPhase.READY and (silent or self._greeted_by_another):
            if silent:
                self.lease.lose("the device fell silent")
            out.append(self.greet(now_ns))
        elif self.phase is LinkPhase.GREETING and now_ns - self._hello_ns > _HELLO_REPEAT_NS:
            out.append(self.greet(now_ns))
        self._watch_stop(now_ns, events, out)
        challenge = self.trust.challenge(now_ns)
        if challenge is not None:
            out.append(self._write(challenge))
        self._tell_strangers(now_ns, events)
        repeat, expired = self.requests.overdue(now_ns)
        out.extend(self._write(message) for message in repeat)
        given_up, self._given_up = self._given_up, []
        for message in (*given_up, *expired):
            if isinstance(message, ArmRequest):
                limit_ms = self.requests.confirm_timeout_ns // 1_000_000
                self.lease.lose(f"no confirmation from the device within {limit_ms} ms")
            events.append(Answered(type(message).__name__, None))
        self.lease.refresh(now_ns)
        if may_renew and self.phase is LinkPhase.READY and self.trust.may_arm:
            renewal = self.lease.renewal(self.requests.new_id(), now_ns)
            if renewal is not None:
                out.append(self._send(renewal, now_ns, repeats=False))
        return events, b"".join(out)

    def _tell_strangers(self, now_ns: int, events: list[LinkEvent]) -> None:
        refused, told_ns = self.trust.refused, self._strangers_ns
        due = told_ns is None or now_ns - told_ns >= _STRANGER_REPEAT_NS
        proven = self.trust.standing is Standing.PROVEN  # else the refusal says it already
        if proven and refused > self._strangers_told and due:
            self._strangers_told, self._strangers_ns = refused, now_ns
            events.append(
                Strangers(
                    f"{refused} messages so far were not made by the handpiece, or came twice: "
                    "nothing of them was believed"
                )
            )
        if self._strange_orders and due:
            self._strange_orders, self._strangers_ns = 0, now_ns
            events.append(Strangers(_COMMANDED))

    def _watch_stop(self, now_ns: int, events: list[LinkEvent], out: list[bytes]) -> None:
        if not self.stop_watch.active:
            return
        phase = self.stop_watch.check(now_ns, self.requests.round_trip_ns)
        if phase is StopPhase.CONFIRMED:
            events.append(StopConfirmed())
            return
        told_ns = self._stop_failed_ns
        due = told_ns is None or now_ns - told_ns > _STOP_FAILED_REPEAT_NS
        if phase is StopPhase.FAILED and due:
            self._stop_failed_ns = now_ns
            events.append(StopFailed("the stop is not confirmed: release the pedal at once"))
        if self.stop_watch.repeat_due(now_ns):
            out.append(self.stop(now_ns))

    # --- in -------------------------------------------------------------------------------------

    def receive(self, frame: Frame, now_ns: int) -> list[LinkEvent]:  # noqa: PLR0911 - a dispatch
        """Take one frame. Never raises on what a device sends: it is counted and skipped."""
        if not self.trust.believes(frame):
            return []
        self._heard_ns = now_ns
        try:
            if frame.type == Readings.TYPE:  # the one that comes a hundred times a second
                return self._readings(frame.payload, now_ns)
            message = from_frame(frame)
        except MessageError:
            self.bad_messages += 1
            return []
        match message:
            case Status():
                return self._state(message.state, now_ns)
            case Ack():
                return self._ack(message, now_ns)
            case StopNotice():
                return self._notice(message)
            case Hello():
                return self._hello(message, frame.payload)
            case AuthProof():
                return self._proof(frame, message)
            case DeviceError():
                return [DeviceSays(message.code, clean_bytes(message.text))]
            case _:
                return []  # a type that we do not know, or one that only a host sends

    def _hello(self, hello: Hello, payload: bytes) -> list[LinkEvent]:
        if self.phase is not LinkPhase.GREETING or hello.session != self._session:
            return []
        if hello.version != PROTOCOL_VERSION:
            self.phase = LinkPhase.REFUSED
            self.refusal = (
                f"the device speaks version {hello.version} of the protocol, this program "
                f"version {PROTOCOL_VERSION}: update the older of the two"
            )
            return [Refused(self.refusal)]
        try:
            info = DeviceInfo.from_hello(hello).corrected_by(self.corrections)
        except (ValueError, OverflowError, OSError) as error:
            self.phase = LinkPhase.REFUSED
            self.refusal = f"the device introduces itself with what cannot be: {error}"
            return [Refused(self.refusal)]
        self.trust.greeted(info, payload)
        if not self.trust.may_arm:
            self.lease.lose(self.trust.why_not)
        old = self.info
        rebooted = old is not None and old.hello.boot_id != hello.boot_id
        self.info = info
        self.phase = LinkPhase.READY
        if rebooted:
            self.sequence.restart()
            self.stop_watch.restart()
            self._last_report_id = 0
        return [Connected(info, rebooted)]

    def _proof(self, frame: Frame, message: AuthProof) -> list[LinkEvent]:
        if message.session != self._session:
            # somebody else greeted the device meanwhile: the next tick does so anew
            self._greeted_by_another = self.trust.standing is Standing.WAITING
            return []
        if not self.trust.proof(frame, message):
            return []
        if self.lease.phase is ArmPhase.NOT_ARMED:
            self.lease.lose("not armed yet")
        return [Proved()]

    def _readings(self, payload: bytes, now_ns: int) -> list[LinkEvent]:
        block = read_block(payload)
        if self.info is None or self.phase is not LinkPhase.READY:
            return []
        if block.base_time_us > _MAX_DEVICE_TIME_US:
            self.bad_messages += 1
            return []
        first = self.sequence.accept(block.first_seq, len(block.rows))
        if first is None:
            return []
        readings = self.info.readings(block, first, now_ns)
        if self.stop_watch.active:
            for reading in readings:
                self.stop_watch.saw_reading(reading)
        return [Samples(readings)]

    def _state(self, state: DeviceState, now_ns: int) -> list[LinkEvent]:
        if self.info is None:
            return []
        self.lease.saw(state, now_ns)
        self.stop_watch.saw_state(state)
        events: list[LinkEvent] = [StateSeen(state)]
        if state.latch_report_id:
            events += self._halted(
                state.latch_report_id,
                state.latch_reason,
                state.latch_torque_counts,
                state.latch_seq,
            )
        return events

    def _ack(self, ack: Ack, now_ns: int) -> list[LinkEvent]:
        pending = self.requests.answered(ack, now_ns)
        self.lease.answered(ack, now_ns)
        events = self._state(ack.state, now_ns)
        if self.trust.standing is Standing.PROVEN and ack.result is Result.NOT_AUTHENTICATED:
            self._strange_orders += 1
        if pending is not None:
            events.append(Answered(type(pending.message).__name__, ack.result))
        return events

    def _notice(self, notice: StopNotice) -> list[LinkEvent]:
        return self._halted(notice.report_id, notice.reason, notice.torque_counts, notice.seq)

    def _halted(
        self, report_id: int, reason: StopReason, torque_counts: int, seq: int
    ) -> list[LinkEvent]:
        if self.info is None or report_id == self._last_report_id:
            return []
        self._last_report_id = report_id
        return [Halted(StopReport(report_id, reason, self.info.ncm(torque_counts), seq))]

    def lost(self, why: str) -> None:
        """The wire is gone. Nothing is armed any more, as far as anybody may say."""
        self.phase = LinkPhase.SILENT
        self.trust.forget()
        self.requests.clear()
        self.stop_watch.wire_lost()
        self.lease.lose(why)
