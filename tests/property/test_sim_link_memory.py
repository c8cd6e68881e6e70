"""Idempotence on the wire: a repeated id is answered from memory, sixteen deep."""

from __future__ import annotations

from collections import OrderedDict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw_sim.device_link import MAX_WAITING_FRAMES, REMEMBERED_IDS, DeviceLink
from hw_sim.firmware import Command
from torquemon.drivers.codec import Result
from torquemon.drivers.device_messages import Ack, DeviceState, Hello, Status
from torquemon.drivers.frame import Framer, encode_frame
from torquemon.drivers.host_messages import (
    ArmRequest,
    DisarmRequest,
    HelloRequest,
    RenewRequest,
    StatusRequest,
    StopRequest,
    TareRequest,
)
from torquemon.drivers.messages import HostMessage, from_frame, to_frame
from torquemon.model import ArmState, MotorState, StopReason

STATE = DeviceState(
    ArmState.DISARMED, StopReason.NONE, MotorState.STILL, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
)


class Device:
    """Counts what is carried out and answers with a number that grows."""

    def __init__(self) -> None:
        self.done: list[Command] = []
        self.link = DeviceLink(self._execute, lambda: STATE, self._hello)
        self.framer = Framer()

    def _execute(self, command: Command) -> Result:
        self.done.append(command)
        return Result(len(self.done) % 10)

    def _hello(self, request: HelloRequest) -> Hello:
        from hw_sim.device import HandpieceParams, introduction

        return introduction(HandpieceParams(), request)

    def ask(self, *messages: HostMessage) -> list[Ack]:
        self.link.receive(b"".join(encode_frame(to_frame(message, 0)) for message in messages))
        found = [from_frame(f) for f in self.framer.feed(b"".join(self.link.take_frames()))]
        return [message for message in found if isinstance(message, Ack)]


def greeted() -> Device:
    device = Device()
    device.ask(HelloRequest(1, 1, 1, 7))
    return device


COMMANDS = st.builds(
    lambda kind, request_id: kind(request_id),
    st.sampled_from((TareRequest, DisarmRequest, StopRequest)),
    st.integers(1, 30),
)


@pytest.mark.requirement("REQ-DEV-6")
@given(st.lists(COMMANDS, max_size=60))
def test_sixteen_results_are_remembered(
    commands: list[TareRequest | DisarmRequest | StopRequest],
) -> None:
    device = greeted()
    memory: OrderedDict[tuple[int, int], Result] = OrderedDict()
    for command in commands:
        before = len(device.done)
        (ack,) = device.ask(command)
        key = (command.request_id, command.TYPE)
        carried_out = len(device.done) > before
        assert carried_out == (key not in memory or isinstance(command, StopRequest))
        if carried_out:
            memory[key] = ack.result
            while len(memory) > REMEMBERED_IDS:
                memory.popitem(last=False)
        else:
            assert ack.result is memory[key]
        assert (ack.request_id, ack.command) == key


def test_a_hello_forgets_the_ids_and_starts_the_counter_anew() -> None:
    device = greeted()
    device.ask(TareRequest(5))
    device.link.receive(encode_frame(to_frame(HelloRequest(2, 1, 1, 8), 0)))
    frames = device.framer.feed(b"".join(device.link.take_frames()))
    assert frames[0].counter == 0
    hello = from_frame(frames[0])
    assert isinstance(hello, Hello)
    assert (hello.session, hello.request_id, hello.version) == (8, 2, 1)
    device.ask(TareRequest(5))
    assert len(device.done) == 2


@pytest.mark.requirement("REQ-DEV-6")
def test_silent_and_deaf_before_the_hello_but_a_stop_is_obeyed() -> None:
    device = Device()
    assert device.ask(ArmRequest(1, 1200, 500, 1), RenewRequest(2, 2), StopRequest(3)) == []
    assert device.done == [StopRequest(3)]


@pytest.mark.requirement("REQ-DEV-6")
def test_of_what_comes_together_the_stop_goes_first() -> None:
    device = greeted()
    device.ask(ArmRequest(1, 1200, 500, 1), RenewRequest(2, 2), StopRequest(3))
    assert isinstance(device.done[0], StopRequest)


def test_a_stranger_may_ask_and_stop_and_nothing_else() -> None:
    device = greeted()
    said: list[HostMessage] = [ArmRequest(1, 1200, 500, 1), TareRequest(2)]
    said += [StatusRequest(3), StopRequest(4)]
    wire = b"".join(encode_frame(to_frame(message, 0)) for message in said)
    device.link.receive(wire, trusted=False)
    frames = device.framer.feed(b"".join(device.link.take_frames()))
    acks = [from_frame(frame) for frame in frames]
    results = {ack.command: ack.result for ack in acks if isinstance(ack, Ack)}
    assert results[ArmRequest.TYPE] is results[TareRequest.TYPE] is Result.NOT_AUTHENTICATED
    assert device.done == [StopRequest(4), StatusRequest(3)]
    (ack,) = device.ask(TareRequest(2))
    assert device.done[-1] == TareRequest(2), "a refusal to a stranger is not remembered"
    assert ack.result is Result(3)


@given(st.lists(st.binary(max_size=60), max_size=20))
def test_no_bytes_make_it_raise_or_act(chunks: list[bytes]) -> None:
    device = greeted()
    for chunk in chunks:
        device.link.receive(chunk)
    assert device.done == []


def test_what_nobody_fetches_is_bounded() -> None:
    device = greeted()
    for _ in range(MAX_WAITING_FRAMES + 50):
        device.link.send(Status(STATE))
    assert len(device.link.take_frames()) == MAX_WAITING_FRAMES
    assert device.link.dropped_frames == 50
