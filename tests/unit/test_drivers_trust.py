"""The proof over the air, host against twin: who may be armed, and what is said if nobody may."""

from __future__ import annotations

import hashlib
import hmac
import struct
from dataclasses import replace

import pytest

from hw_sim.device import DeviceConfig
from tests.chairs import Bench
from torquemon.drivers import messages as m
from torquemon.drivers.codec import Result
from torquemon.drivers.frame import encode_frame
from torquemon.drivers.host_trust import Standing
from torquemon.drivers.link import Answered, Proved, Strangers
from torquemon.drivers.readings import RawSample
from torquemon.drivers.trust import NO_KEYS, Checker, Keys, Sealer, make_tag, wire_keys
from torquemon.model import ArmPhase, ArmState, ArmStop, Disarm, Stop, Tare, Validity

KEY = bytes(range(16))
OTHER = bytes(16)
HELD = Keys({"SIM-0001": KEY})


def bench(
    key: bytes = KEY, keys: Keys = HELD, *, over_the_air: bool = True, delay_s: float = 0.0
) -> Bench:
    config = DeviceConfig(key=key)
    made = Bench(config=config, keys=keys, over_the_air=over_the_air, delay_s=delay_s)
    made.plug_in()
    made.run(0.5)
    return made


def phase(made: Bench) -> ArmPhase:
    """The phase, asked anew: it changes under the hands of the type checker."""
    return made.link.lease.phase


def standing(made: Bench) -> Standing:
    """How far the device is believed, asked anew."""
    return made.link.trust.standing


def arm(made: Bench) -> None:
    made.host.judge_with(lambda _: None)
    made.host.allow_renewals_until(made.now_ns + 10_000_000_000)
    made.host.request(ArmStop(12.0, 500))
    made.run(0.5)


@pytest.mark.requirement("REQ-LINK-6")
@pytest.mark.parametrize("delay_s", [0.0, 0.03, 0.08])
def test_a_device_that_proved_itself_is_armed_and_renewed_over_the_air(delay_s: float) -> None:
    made = bench(delay_s=delay_s)
    assert made.link.trust.standing is Standing.PROVEN
    assert len(made.of(Proved)) == 1
    arm(made)
    assert made.link.lease.phase is ArmPhase.ARMED
    made.run(3.0)
    assert made.link.lease.phase is ArmPhase.ARMED
    assert made.device.arm_state is ArmState.ARMED
    assert made.link.trust.refused == 0
    assert made.of(Strangers) == []


@pytest.mark.requirement("REQ-LINK-6")
@pytest.mark.parametrize(
    ("key", "keys", "says"),
    [
        (b"", HELD, "cannot prove over the air"),
        (KEY, NO_KEYS, "the key of handpiece SIM-0001 is not known here"),
        (KEY, Keys({}, "the file is damaged"), r"`torquemon pair` \(the file is damaged\)"),
        (KEY, Keys({"SIM-0002": KEY}), "is not known here"),
        (OTHER, HELD, "does not know the key that is kept for it"),
    ],
)
def test_a_device_that_did_not_prove_itself_is_listened_to_and_never_armed(
    key: bytes, keys: Keys, says: str
) -> None:
    made = bench(key, keys)
    arm(made)
    assert not made.link.trust.may_arm
    with pytest.raises(AssertionError, match=says):
        raise AssertionError(made.link.lease.why_not)
    assert "warn only" in made.link.trust.refusal
    assert made.sent(m.ArmRequest) == []
    assert made.device.arm_state is ArmState.DISARMED
    assert made.link.sequence.lost == 0
    readings = made.link.sequence._next
    made.run(0.5)
    assert readings is not None
    assert made.link.sequence._next is not None
    assert made.link.sequence._next > readings, "it is listened to all the same"


def test_a_cable_needs_no_key_and_a_device_that_demands_one_gets_it() -> None:
    cable = bench(b"", NO_KEYS, over_the_air=False)
    arm(cable)
    assert cable.link.lease.phase is ArmPhase.ARMED
    demanding = bench(over_the_air=False)
    arm(demanding)
    assert demanding.link.trust.standing is Standing.PROVEN
    assert demanding.link.lease.phase is ArmPhase.ARMED


@pytest.mark.requirement("REQ-LINK-6")
def test_a_bare_link_is_listened_to_until_it_is_encrypted() -> None:
    made = Bench(config=DeviceConfig(key=KEY), keys=HELD, over_the_air=True)
    made.line.bare_why = "this computer is not paired with the handpiece: warn only"
    made.plug_in()
    made.run(0.5)
    arm(made)
    assert made.sent(m.AuthRequest) == []
    assert made.sent(m.ArmRequest) == []
    assert made.link.lease.why_not == made.line.bare_why
    made.line.bare_why = ""
    made.run(0.5)
    arm(made)
    assert phase(made) is ArmPhase.ARMED
    made.line.bare_why = "the encryption is gone: warn only"
    made.run(0.02)
    assert phase(made) is ArmPhase.NOT_ARMED
    made.run(1.0)
    assert made.device.arm_state is ArmState.HALTED, "the lease was not renewed"


@pytest.mark.requirement("REQ-LINK-6")
def test_the_device_obeys_no_order_without_a_proof_and_always_a_stop() -> None:
    made = bench(KEY, NO_KEYS)
    made.host.request(Tare())
    made.host.request(Disarm())
    made.run(0.5)
    results = [(event.command, event.result) for event in made.of(Answered)]
    refused = Result.NOT_AUTHENTICATED
    assert results == [("TareRequest", refused), ("DisarmRequest", refused)]
    assert made.device.firmware.tare_counts == 0
    made.host.request(Stop())
    made.run(0.1)
    assert made.device.arm_state is ArmState.HALTED


def test_a_reconnect_proves_anew_and_arms_nothing_by_itself() -> None:
    made = bench()
    arm(made)
    made.pull_out()
    assert standing(made) is Standing.UNKNOWN
    made.line.pass_time(0.1)
    made.plug_in()
    made.run(0.5)
    assert standing(made) is Standing.PROVEN
    assert len(made.of(Proved)) == 2
    assert made.link.lease.phase is not ArmPhase.ARMED
    assert made.sent(m.ArmRequest) == []


@pytest.mark.requirement("REQ-SEC-8")
def test_a_stranger_who_guesses_the_id_of_an_order_cannot_have_it_called_refused() -> None:
    made = bench(delay_s=0.03)
    made.host.judge_with(lambda _: None)
    made.host.allow_renewals_until(made.now_ns + 10_000_000_000)
    made.host.request(ArmStop(12.0, 500))
    made.step()
    (asked,) = made.sent(m.ArmRequest)
    made.device.receive(encode_frame(m.to_frame(replace(asked, threshold_counts=4900), 0)))
    made.run(0.3)
    assert phase(made) is ArmPhase.ARMED
    assert [event.result for event in made.of(Answered) if event.command == "ArmRequest"] == [
        Result.DONE
    ]
    assert any("gives the handpiece orders" in event.why for event in made.of(Strangers))


@pytest.mark.requirement("REQ-SEC-7")
def test_a_flood_of_forgeries_is_told_once_a_second() -> None:
    made = bench()
    order = encode_frame(m.to_frame(m.DisarmRequest(9), 9))
    answer = encode_frame(m.to_frame(m.StatusRequest(9), 9)._replace(tag=b"f" * 16))
    for _ in range(200):
        for _ in range(5):
            made.device.receive(order)
            made.host.on_chunk(made.line, answer, made.now_ns)
        made.step()
    told = [event.why for event in made.of(Strangers)]
    assert 2 <= len(told) <= 6, "two seconds, two kinds"
    assert made.link.trust.refused == 1000
    assert len(set(told)) >= 2


@pytest.mark.requirement("REQ-SEC-8")
@pytest.mark.parametrize("then", ["at once", "after a reconnect", "after a reboot"])
def test_a_whole_session_sent_again_arms_nothing(then: str) -> None:
    made = Bench(config=DeviceConfig(key=KEY), keys=HELD, over_the_air=True)
    recorded: list[bytes] = []

    def passes(data: bytes) -> bytes:
        recorded.append(data)
        return data

    made.line.bend_out = passes
    made.plug_in()
    made.run(0.5)
    arm(made)
    made.host.request(Disarm())
    made.run(0.2)
    assert made.device.arm_state is ArmState.DISARMED
    if then == "after a reboot":
        made.reboot()
    elif then == "after a reconnect":
        made.device.disconnect()
    made.line.pass_time(0.1)
    assert len(recorded) > 5
    states = set()
    for data in recorded:
        made.device.receive(data)
        made.line.pass_time(0.05)
        states.add(made.device.arm_state)
    assert states == {ArmState.DISARMED}
    trust = made.device.link.trust
    assert trust is not None
    assert trust.refused >= 2


# --- the arithmetic, written a second time from the page ------------------------------------------


def test_the_tag_is_the_one_that_the_page_describes() -> None:
    hello = b"the payload of a hello"
    secret = hmac.new(
        KEY, b"TorqueMon 1 wire" + b"h" * 16 + b"d" * 16 + hello, hashlib.sha256
    ).digest()
    host = hmac.new(secret, b"host to device", hashlib.sha256).digest()
    device = hmac.new(secret, b"device to host", hashlib.sha256).digest()
    assert wire_keys(KEY, b"h" * 16, b"d" * 16, hello) == (host, device)
    number = 65_536 + 7
    expected = hmac.new(host, struct.pack("<Q", number) + b"\x11" + b"abc", hashlib.sha256)
    assert make_tag(host, number, 0x11, b"abc") == expected.digest()[:16]


@pytest.mark.parametrize(("key", "nonce"), [(b"", b"n" * 16), (KEY, b"n" * 15), (KEY + b"x", b"")])
def test_a_key_or_nonce_of_another_length_is_refused(key: bytes, nonce: bytes) -> None:
    with pytest.raises(ValueError, match="a key has 16 bytes"):
        wire_keys(key, nonce, nonce, b"")


def test_a_frame_from_a_whole_turn_of_the_counter_ago_is_not_believed() -> None:
    sealer, checker = Sealer(KEY, -1), Checker(KEY, -1)
    first = sealer.seal(m.to_frame(m.DisarmRequest(1), 0))
    assert checker.holds(first)
    for counter in range(1, 65_536 + 1):
        frame = sealer.seal(m.to_frame(m.DisarmRequest(1), counter))
        if counter % 5000 == 0 or counter == 65_536:
            assert checker.holds(frame), "what is lost in between does no harm"
    assert frame.counter == first.counter
    assert frame.tag != first.tag
    assert not checker.holds(first)
    assert not checker.holds(frame), "nor is the same one believed twice"


def test_the_cost_in_bytes_is_what_the_page_says() -> None:
    def size(message: m.Message, tag: bytes = b"") -> int:
        return len(encode_frame(m.to_frame(message, 0x101)._replace(tag=tag)))

    sample = RawSample(1000, 515, 90_150, 251, Validity.VALID)
    ten = m.Readings(2000, 2_000_000, (sample,) * 10)
    tag = b"t" * 16
    assert (size(ten), size(ten, tag)) == (154, 170)
    assert (size(m.AuthRequest(tag)), size(m.AuthProof(0x1010101, tag), tag)) == (26, 46)


def test_the_tag_costs_the_stream_one_reading_less_a_frame() -> None:
    config = DeviceConfig(key=KEY, sample_rate_hz=2000, reading_span_ms=100.0)
    made = Bench(config=config, keys=HELD, over_the_air=True, rate_hz=2000)
    made.plug_in()
    made.run(1.0)
    assert made.link.trust.standing is Standing.PROVEN
    assert made.link.sequence.lost == 0
    assert made.link.bad_messages == 0
