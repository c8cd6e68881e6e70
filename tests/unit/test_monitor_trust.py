"""The whole monitor over the air in simulated time: who is armed, what is shown, what rings."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hw_sim.device import DeviceConfig
from tests.chairs import Chair
from torquemon.drivers import messages as m
from torquemon.drivers.codec import Result
from torquemon.drivers.device_messages import Hello
from torquemon.drivers.frame import Frame, Framer, encode_frame
from torquemon.drivers.messages import from_frame, to_frame
from torquemon.drivers.trust import NO_KEYS, Keys
from torquemon.journal import EntryKind
from torquemon.local.messages import OrderName
from torquemon.local.view import Band, CheckState
from torquemon.model import AlertCode, ArmPhase, ArmState

KEY = bytes(range(16))
HELD = Keys({"SIM-0001": KEY})
BARE = "the handpiece is not paired with this computer: warn only"


def chair(key: bytes = KEY, keys: Keys = HELD, *, bare_why: str = "") -> Chair:
    made = Chair(config=DeviceConfig(key=key), keys=keys, over_the_air=True)
    made.line.bare_why = bare_why
    return made


def record(made: Chair, seconds: float = 3.0) -> None:
    """Plug in, start a recording and let it run."""
    made.plug_in()
    made.run_until(lambda: made.side.device is not None, 1.0, "hello")
    made.run(0.3)
    assert made.order(OrderName.START).ok
    made.run(seconds)


def whys(made: Chair, code: AlertCode) -> list[str]:
    return [alert.why for alert in made.alerts if alert.code is code]


@pytest.mark.requirement("REQ-LINK-6")
def test_a_proved_handpiece_is_armed_and_the_record_says_that_it_proved_itself() -> None:
    made = chair()
    made.start_armed()
    made.run(3.0)
    assert made.view().arm.phase is ArmPhase.ARMED
    assert made.device.arm_state is ArmState.ARMED
    assert made.alerts == []
    made.pull_out()
    made.plug_in()
    made.run(1.0)
    notes = [entry.data for entry in made.sink.of(EntryKind.EVENT)]
    assert any("the handpiece proved who it is" in str(note) for note in notes)
    assert made.view().arm.phase is not ArmPhase.ARMED, "nothing arms by itself"
    assert made.sent(m.ArmRequest) == []


def test_a_recording_that_starts_during_the_proof_is_zeroed_and_armed_after_it() -> None:
    made = chair()
    made.plug_in()
    made.run_until(lambda: made.side.device is not None, 1.0, "hello")
    assert made.link.trust.undecided
    assert made.order(OrderName.START).ok
    made.run(1.5)
    assert made.link.trust.may_arm
    assert made.view().arm.phase is ArmPhase.ARMED
    assert made.alerts == []


def test_a_handpiece_that_never_proves_itself_is_judged_all_the_same() -> None:
    made = chair(bytes(16))
    made.plug_in()
    made.run_until(lambda: made.side.device is not None, 1.0, "hello")
    assert made.order(OrderName.START).ok
    made.run(1.5)
    recording = made.session.chronicle.recording
    assert recording is not None
    assert recording.judging is not None
    assert made.sent(m.TareRequest) == []


@pytest.mark.requirement("REQ-LINK-6")
@pytest.mark.parametrize(
    ("made", "says"),
    [
        (lambda: chair(b""), "cannot prove over the air who it is"),
        (lambda: chair(KEY, NO_KEYS), "enter it with `torquemon pair`"),
        (lambda: chair(bytes(16)), "does not know the key that is kept for it"),
        (lambda: chair(bare_why=BARE), "is not paired with this computer"),
    ],
)
def test_who_did_not_prove_himself_is_warn_only_and_the_screen_says_why(
    made: Callable[[], Chair], says: str
) -> None:
    stranger = made()
    record(stranger)
    view = stranger.view()
    assert view.arm.phase is ArmPhase.WARN_ONLY
    assert any(says in reason for reason in view.arm.reasons)
    assert all("warn only" in reason for reason in view.arm.reasons)
    assert view.torque_ncm is not None, "it is listened to"
    assert view.band is not Band.NO_DATA
    answer = stranger.order(OrderName.ARM)
    assert says in answer.text
    stranger.run(1.0)
    assert stranger.sent(m.ArmRequest) == []
    assert stranger.device.arm_state is ArmState.DISARMED
    assert AlertCode.NOT_ARMED not in {alert.code for alert in stranger.alerts}
    assert stranger.order(OrderName.STOP).ok
    stranger.run(0.2)
    assert stranger.device.latch is not None, "a stop needs no key"


def test_the_list_before_a_start_says_whether_the_handpiece_proved_itself() -> None:
    seen: list[tuple[CheckState, str]] = []
    for made in (chair(), chair(KEY, NO_KEYS), chair(bytes(16))):
        made.plug_in()
        for seconds in (0.03, 0.5):
            made.run(seconds)
            (identity,) = [check for check in made.view().checks if check.id == "identity"]
            assert identity.gates
            seen.append((identity.state, identity.text.rpartition("SIM-0001: ")[2]))
    good, unknown, wrong = seen[1], seen[3], seen[5]
    assert good[0] is CheckState.OK
    assert unknown[0] is CheckState.BAD
    assert wrong[0] is CheckState.BAD
    assert unknown[1].endswith("warn only; enter it with `torquemon pair`")
    assert "warn only" in wrong[1]


@pytest.mark.requirement("REQ-LINK-6")
def test_a_handpiece_that_was_armed_and_is_another_one_now_is_an_alarm() -> None:
    made = chair()
    made.start_armed()
    made.device.link.trust = None
    made.pull_out()
    made.line.pass_time(1.0)
    made.device.operator_acknowledges()
    made.plug_in()
    made.run(2.0)
    assert not made.link.trust.may_arm
    assert whys(made, AlertCode.NOT_ARMED)
    assert "not armed" in made.order(OrderName.ARM).text
    made.run(1.0)
    assert made.sent(m.ArmRequest) == []


# --- somebody between -----------------------------------------------------------------------------


def altered(change: Callable[[Frame], Frame]) -> Callable[[bytes], bytes]:
    """A man in the middle who changes frames on their way, with a CRC that holds."""
    framer = Framer()
    return lambda data: b"".join(encode_frame(change(frame)) for frame in framer.feed(data))


def boastful(frame: Frame) -> Frame:
    """Ten times the resolution: a threshold of 12 N·cm would be 120."""
    if frame.type != Hello.TYPE:
        return frame
    hello = from_frame(frame)
    assert isinstance(hello, Hello)
    changed = bytearray(frame.payload)
    at = frame.payload.index(hello.resolution_millionths.to_bytes(4, "little"))
    changed[at : at + 4] = (hello.resolution_millionths // 10).to_bytes(4, "little")
    return frame._replace(payload=bytes(changed))


def humble(frame: Frame) -> Frame:
    """Nothing needs to be proved, it says."""
    if frame.type != Hello.TYPE:
        return frame
    return frame._replace(payload=frame.payload[:8] + b"\x3f\0\0\0" + frame.payload[12:])


@pytest.mark.requirement("REQ-LINK-6")
@pytest.mark.requirement("REQ-SEC-7")
@pytest.mark.parametrize("change", [boastful, humble])
def test_whoever_changes_what_the_device_says_of_itself_gets_no_arming(
    change: Callable[[Frame], Frame],
) -> None:
    made = chair()
    made.line.bend_in = altered(change)
    record(made)
    assert made.side.device is not None
    assert made.view().arm.phase is ArmPhase.WARN_ONLY
    made.order(OrderName.ARM)
    made.run(1.0)
    assert made.sent(m.ArmRequest) == []


@pytest.mark.requirement("REQ-SEC-7")
def test_forged_answers_ring_and_are_not_believed() -> None:
    made = chair()
    made.start_armed()
    state = made.side.state
    assert state is not None
    forged: list[m.DeviceMessage] = [
        m.Status(state),
        m.Ack(1, m.ArmRequest.TYPE, Result.DONE, state),
        m.StopNotice(9, state.latch_reason, 0, 0, 0),
    ]
    for count in range(30):
        frame = to_frame(forged[count % 3], 7000 + count)
        data = encode_frame(frame._replace(tag=b"f" * 16) if count % 2 else frame)
        made.host.on_chunk(made.line, data, made.now_ns)
        made.step()
    assert made.view().arm.phase is ArmPhase.ARMED, "what the device says itself still counts"
    told = whys(made, AlertCode.SIGNAL_QUALITY)
    assert told
    assert "were not made by the handpiece, or came twice" in told[0]
    assert len(told) <= 2, "told once a second, with its number"


@pytest.mark.requirement("REQ-SEC-8")
def test_strange_orders_are_refused_and_the_device_tells_the_chair() -> None:
    made = chair()
    made.start_armed()
    threshold = made.device.firmware.threshold_counts
    recorded: list[bytes] = []

    def passes(data: bytes) -> bytes:
        recorded.append(data)
        return data

    made.line.bend_out = passes
    made.run(1.0)
    made.line.bend_out = None
    assert recorded, "renewals went by"
    for order in (m.ArmRequest(3, 4900, 2000, 9), m.TareRequest(4), m.DisarmRequest(5)):
        made.device.receive(encode_frame(to_frame(order, 9)))
    for wire in recorded:
        made.device.receive(wire)
    made.run(0.5)
    assert made.device.firmware.threshold_counts == threshold
    assert made.device.arm_state is ArmState.ARMED
    assert made.view().arm.phase is ArmPhase.ARMED
    assert "somebody without the key gives the handpiece orders" in " ".join(
        whys(made, AlertCode.SIGNAL_QUALITY)
    )


def test_a_hello_of_a_stranger_ends_in_a_halt_and_is_not_taken_for_armed() -> None:
    made = chair()
    made.start_armed()
    made.device.pedal = True
    made.run(0.3)
    made.device.receive(encode_frame(to_frame(m.HelloRequest(1, 1, 1, 66), 0)))
    made.run(2.0)
    assert made.device.arm_state is ArmState.HALTED, "no renewal was accepted"
    assert made.view().arm.phase is not ArmPhase.ARMED
    made.run(2.0)
    assert made.link.trust.may_arm, "it was greeted anew and proved itself again"
