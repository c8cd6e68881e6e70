"""Commands on their way to the air: bounded, stops ahead, nothing old; frames cut and joined."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from hw_sim.ble_packets import WriteStream, notifications
from torquemon import drivers
from torquemon.drivers.ble_queue import MAX_AGE_S, MAX_WAITING, CommandQueue, is_stop
from torquemon.drivers.frame import MAX_ENCODED_BYTES, Frame, Framer, encode_frame
from torquemon.drivers.host_messages import RenewRequest, StopRequest
from torquemon.drivers.messages import to_frame

VECTORS = Path(drivers.__file__).with_name("vectors.json")


def renewal(number: int) -> bytes:
    return encode_frame(to_frame(RenewRequest(1 + number % 65_535, number), number & 0xFFFF))


def stop(number: int) -> bytes:
    return encode_frame(to_frame(StopRequest(1 + number % 65_535), number & 0xFFFF))


@given(
    st.integers(0, 255),
    st.integers(0, 0xFFFF),
    st.binary(max_size=300),
    st.none() | st.binary(min_size=16, max_size=16),
)
def test_a_stop_is_told_from_everything_else(
    kind: int, counter: int, payload: bytes, tag: bytes | None
) -> None:
    assert is_stop(encode_frame(Frame(kind, counter, payload, tag or b""))) == (
        kind == StopRequest.TYPE
    )


def test_no_vector_but_a_stop_is_taken_for_one() -> None:
    cases = json.loads(VECTORS.read_text("utf-8"))
    wires = [(case["message"], bytes.fromhex(case["wire"])) for case in cases["vectors"]]
    assert len(wires) > 10
    for name, wire in wires:
        assert is_stop(wire) == (name == "StopRequest")


class QueueMachine(RuleBasedStateMachine):
    """Against a plain list of what was put in and when."""

    def __init__(self) -> None:
        super().__init__()
        self.queue = CommandQueue()
        self.now_s = 5.0
        self.number = 0
        self.waiting: list[tuple[float, bytes]] = []
        self.stop: bytes | None = None

    @rule(kinds=st.lists(st.booleans(), min_size=1, max_size=6), early=st.booleans())
    def put(self, kinds: list[bool], early: bool) -> None:  # noqa: FBT001 - hypothesis
        wire = b"\x00" if early else b""
        for is_a_stop in kinds:
            self.number += 1
            frame = stop(self.number) if is_a_stop else renewal(self.number)
            wire += frame
            if is_a_stop:
                self.stop = frame
            else:
                self.waiting.append((self.now_s, frame))
        self.waiting = self.waiting[-MAX_WAITING:]
        self.queue.put(wire, self.now_s)

    @rule(seconds=st.floats(0.001, 0.3))
    def time_passes(self, seconds: float) -> None:
        self.now_s += seconds

    @rule()
    def take(self) -> None:
        fresh = [(at_s, wire) for at_s, wire in self.waiting if self.now_s - at_s <= MAX_AGE_S]
        expected = fresh[0][1] if fresh else None
        self.waiting = fresh[1:]
        assert self.queue.take(self.now_s) == expected

    @rule()
    def take_stop(self) -> None:
        expected, self.stop = self.stop, None
        assert self.queue.take_stop() == expected

    @rule()
    def clear(self) -> None:
        self.queue.clear()
        self.waiting.clear()
        self.stop = None
        assert len(self.queue) == 0

    @invariant()
    def bounded(self) -> None:
        assert len(self.queue) <= MAX_WAITING + 1


TestQueue = QueueMachine.TestCase


@pytest.mark.requirement("REQ-LINK-10")
def test_what_is_old_is_counted_and_never_sent() -> None:
    queue = CommandQueue()
    queue.put(renewal(1) + stop(2) + renewal(3), 10.0)
    assert queue.take(10.0 + MAX_AGE_S + 0.01) is None
    assert queue.expired == 2
    assert queue.take_stop() == stop(2), "a stop never grows old"


@pytest.mark.parametrize("payload_bytes", [1, 20, 182, 244, 512])
@given(
    st.lists(st.binary(max_size=480), max_size=8),
)
def test_frames_survive_any_mtu(payload_bytes: int, payloads: list[bytes]) -> None:
    frames = [encode_frame(Frame(0x82, at, payload)) for at, payload in enumerate(payloads)]
    values = notifications(frames, payload_bytes)
    assert all(0 < len(value) <= payload_bytes for value in values)
    assert b"".join(values) == b"".join(frames)
    framer = Framer()
    got = [frame.payload for value in values for frame in framer.feed(value)]
    assert got == payloads
    for frame in frames:
        if len(frame) <= payload_bytes:
            assert any(frame in value for value in values), "a frame that fits is not split"


@given(st.lists(st.binary(max_size=700), max_size=12))
def test_writes_are_joined_to_whole_frames_and_bounded(writes: list[bytes]) -> None:
    stream = WriteStream()
    out = b""
    for value in writes:
        whole = stream.feed(value)
        assert not whole or whole.endswith(b"\x00")
        assert len(stream._rest) <= MAX_ENCODED_BYTES + 1
        out += whole
    sent = b"".join(writes)
    if all(len(piece) <= MAX_ENCODED_BYTES for piece in sent.split(b"\x00")):
        assert out == sent[: sent.rfind(b"\x00") + 1]
