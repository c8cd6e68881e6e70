"""Host and device in any order of orders, faults and time: what the screen may never say."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.chairs import STEP_S, Bench
from torquemon.drivers import messages as m
from torquemon.drivers.host_messages import nonce_is_newer
from torquemon.drivers.link import LinkPhase, StopFailed
from torquemon.drivers.requests import MAX_PENDING
from torquemon.model import ArmPhase, ArmState, ArmStop, Disarm, Stop, Tare

LEASES_MS = (100, 500, 1500)
MS = 1_000_000
BEAT_MS = round(STEP_S * 1000)


def nothing(_: bytes) -> bytes:
    return b""


class LinkMachine(RuleBasedStateMachine):
    """Drives the real host against the firmware twin and keeps books of what is true."""

    @initialize(
        delay_s=st.sampled_from((0.0, 0.02, 0.07)),
        seed=st.sampled_from((1, 0xFFFF_FFFE << 16 | 0xFFFE, 0x7FFF_FFFF_0000)),
    )
    def begin(self, delay_s: float, seed: int) -> None:
        self.bench = Bench(delay_s=delay_s, host_seed=seed)
        self.lease_ms = 500
        self.plugged = False
        self.consent = False
        self.arm_orders = 0
        self.arm_ids: set[int] = set()
        self.sent_before = 0
        self.last_nonce: int | None = None
        self.truly_armed_ns: dict[int, int] = {}
        self.before = ArmPhase.NOT_ARMED
        self.ordered_now = False
        self.arming_since_ns: int | None = None
        self.stop_since_ns: int | None = None
        self.plug()

    # --- one beat, and what must hold after it --------------------------------------------------

    def beat(self) -> None:
        bench = self.bench
        if self.plugged:
            allowed_ns = bench.now_ns + 10_000 * MS if self.consent else 0
            bench.host.allow_renewals_until(allowed_ns)
            bench.step()
        else:
            bench.line.pass_time(STEP_S)
        if bench.device.arm_state is ArmState.ARMED:
            self.truly_armed_ns[bench.device.firmware.threshold_counts] = bench.now_ns
        self.check_armed()
        self.check_sent()
        self.check_stop()
        assert len(bench.link.requests._pending) <= MAX_PENDING

    def check_armed(self) -> None:
        lease, now_ns = self.bench.link.lease, self.bench.now_ns
        if lease.phase is ArmPhase.ARMED:
            assert lease.held_counts is not None
            last_ns = self.truly_armed_ns.get(lease.held_counts, -(10**12))
            assert now_ns - last_ns <= (self.lease_ms + 200) * MS, "ARMED shown for too long"
            assert self.before in (ArmPhase.ARMED, ArmPhase.ARMING) or self.ordered_now
            assert self.bench.link.phase is LinkPhase.READY
        else:
            assert lease.why_not
        if lease.phase is ArmPhase.ARMING:
            assert self.before is ArmPhase.ARMING or self.ordered_now, "arming by itself"
            if self.arming_since_ns is None or self.ordered_now:
                self.arming_since_ns = now_ns
            limit_ns = self.bench.link.requests.confirm_timeout_ns + 3 * BEAT_MS * MS
            assert now_ns - self.arming_since_ns <= limit_ns, "not confirmed, and still arming"
        else:
            self.arming_since_ns = None
        self.before, self.ordered_now = lease.phase, False

    def check_sent(self) -> None:
        sent = self.bench.line.sent
        fresh, self.sent_before = sent[self.sent_before :], len(sent)
        for message in fresh:
            if isinstance(message, m.RenewRequest):
                assert self.consent, "renewed without consent"
                assert self.last_nonce is not None
                assert nonce_is_newer(message.nonce, self.last_nonce)
                self.last_nonce = message.nonce
            elif isinstance(message, m.ArmRequest) and message.request_id not in self.arm_ids:
                self.arm_ids.add(message.request_id)
                if self.last_nonce is not None:
                    assert nonce_is_newer(message.nonce, self.last_nonce)
                self.last_nonce = message.nonce
        assert len(self.arm_ids) <= self.arm_orders, "armed more often than ordered"

    def check_stop(self) -> None:
        bench = self.bench
        if not self.plugged or not bench.link.stop_watch.active:
            self.stop_since_ns = None
            return
        if self.stop_since_ns is None:
            self.stop_since_ns = bench.now_ns
            self.failed_before = len(bench.of(StopFailed))
        waited_ms = (bench.now_ns - self.stop_since_ns) // MS
        trips_ms = 3 * (bench.link.requests.round_trip_ns or 0) / MS
        if waited_ms > max(150, trips_ms) + 3 * BEAT_MS:
            assert len(bench.of(StopFailed)) > self.failed_before, "a stop failed unsaid"

    # --- orders ---------------------------------------------------------------------------------

    @rule(threshold_ncm=st.sampled_from((4.0, 12.0, 15.0)), lease_ms=st.sampled_from(LEASES_MS))
    def arm(self, threshold_ncm: float, lease_ms: int) -> None:
        self.arm_orders += 1
        self.ordered_now = True
        self.lease_ms = max(lease_ms, self.lease_ms if self.is_armed else 0)
        self.bench.host.request(ArmStop(threshold_ncm, lease_ms))
        self.beat()

    @rule(turning=st.booleans(), lease_ms=st.sampled_from(LEASES_MS))
    def get_armed(self, turning: bool, lease_ms: int) -> None:  # noqa: FBT001 - drawn by hypothesis
        """The usual way to an armed stop, so that what follows happens to one that is armed."""
        self.mute(inwards=False, outwards=False)
        self.plug()
        self.consent = True
        self.bench.device.pedal = False
        self.time_passes(30)
        self.release()
        self.time_passes(20)
        self.arm(12.0, lease_ms)
        self.time_passes(20)
        if turning:
            self.bench.device.pedal = True
            self.time_passes(20)

    @property
    def is_armed(self) -> bool:
        return self.bench.link.lease.phase is ArmPhase.ARMED

    @rule(command=st.sampled_from((Tare(), Disarm(), Stop())))
    def order(self, command: Tare | Disarm | Stop) -> None:
        self.bench.host.request(command)
        before = len(self.bench.line.sent)
        can_hear = self.plugged and self.bench.link.phase is not LinkPhase.SILENT
        self.beat()
        if isinstance(command, Stop) and can_hear:
            assert isinstance(self.bench.line.sent[before], m.StopRequest), "a stop is first"

    @rule(consent=st.booleans())
    def supervise(self, consent: bool) -> None:  # noqa: FBT001 - drawn by hypothesis
        self.consent = consent

    # --- the line -------------------------------------------------------------------------------

    @rule()
    def pull(self) -> None:
        if self.plugged:
            self.plugged = False
            self.bench.pull_out()
            self.sent_before = 0
            assert self.bench.link.lease.phase is ArmPhase.NOT_ARMED
            self.before = ArmPhase.NOT_ARMED

    @rule()
    def plug(self) -> None:
        if not self.plugged:
            self.plugged = True
            self.bench.plug_in()

    @rule(inwards=st.booleans(), outwards=st.booleans())
    def mute(self, inwards: bool, outwards: bool) -> None:  # noqa: FBT001 - drawn by hypothesis
        self.bench.line.bend_in = nothing if inwards else None
        self.bench.line.bend_out = nothing if outwards else None

    @rule(at=st.integers(0, 10_000), bit=st.integers(0, 7))
    def noise(self, at: int, bit: int) -> None:
        """One bit of what comes next is wrong."""

        def bend(data: bytes) -> bytes:
            if not data:
                return data
            self.bench.line.bend_in = None
            where = at % len(data)
            return data[:where] + bytes((data[where] ^ 1 << bit,)) + data[where + 1 :]

        self.bench.line.bend_in = bend

    @rule()
    def order_in_the_dark(self) -> None:
        """An arming that is asked for while there is no wire."""
        self.pull()
        self.arm(12.0, 500)
        self.plug()
        self.time_passes(20)

    @rule()
    def go_deaf(self) -> None:
        """Nothing comes any more, while what the host says still arrives."""
        self.mute(inwards=True, outwards=False)
        self.time_passes(130)

    # --- the device and its operator ------------------------------------------------------------

    @rule()
    def reboot(self) -> None:
        self.bench.reboot()

    @rule(pressed=st.booleans())
    def pedal(self, pressed: bool) -> None:  # noqa: FBT001 - drawn by hypothesis
        self.bench.device.pedal = pressed

    @rule()
    def stop_button(self) -> None:
        self.bench.device.press_stop_button()

    @rule()
    def release(self) -> None:
        self.bench.device.operator_acknowledges()

    @rule(beats=st.sampled_from((1, 5, 20, 60, 130)))
    def time_passes(self, beats: int) -> None:
        for _ in range(beats):
            self.beat()


LinkMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)
TestLink = LinkMachine.TestCase
