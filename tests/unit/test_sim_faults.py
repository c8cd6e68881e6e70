"""Faults of the wire bend what they say they bend; errors of the device begin, last and end."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hw_sim.chance import seeded
from hw_sim.device import HandpieceParams
from hw_sim.erring import ErringHandpiece
from hw_sim.faults import BENDS, Channel, Fault, cut, double, lose
from torquemon.drivers.device_messages import Ack, Hello, Status
from torquemon.drivers.frame import Framer, encode_frame
from torquemon.drivers.host_messages import HelloRequest, StopRequest
from torquemon.drivers.messages import HostMessage, Message, from_frame, to_frame
from torquemon.drivers.readings import Readings
from torquemon.model import ArmState, Validity
from torquemon.units import TorqueUnit

FRAMES = b"\x03abc\x00\x05defgh\x00\x02i\x00"


@pytest.mark.parametrize("fault", list(BENDS))
@pytest.mark.parametrize("seed", range(30))
def test_a_fault_changes_bytes_and_the_same_seed_does_it_again(fault: Fault, seed: int) -> None:
    bent = BENDS[fault](FRAMES, seeded(seed))
    assert bent == BENDS[fault](FRAMES, seeded(seed))
    assert len(bent) <= 2 * len(FRAMES)


@pytest.mark.parametrize("seed", range(20))
def test_what_is_lost_or_cut_is_shorter_and_what_is_doubled_longer(seed: int) -> None:
    assert len(lose(FRAMES, seeded(seed))) < len(FRAMES)
    assert len(cut(FRAMES, seeded(seed))) < len(FRAMES)
    assert len(double(FRAMES, seeded(seed))) > len(FRAMES)


def test_a_fault_waits_for_bytes_and_is_told_when_it_meets_them() -> None:
    told: list[Fault] = []
    channel = Channel(seeded(1), told.append)
    channel.befall(Fault.FRAME_CUT)
    channel.put(b"", 0)
    assert (told, channel.waiting) == ([], 1)
    channel.put(FRAMES, 0)
    assert (told, channel.waiting) == ([Fault.FRAME_CUT], 0)
    assert FRAMES.startswith(channel.take(0))


def test_bytes_that_are_held_back_come_later_and_in_order() -> None:
    channel = Channel(seeded(2), lambda _: None)
    channel.befall(Fault.BYTES_DELAYED)
    channel.put(b"first", 0)
    channel.put(b"second", 1)
    assert channel.take(14_000_000) == b""
    assert channel.take(400_000_001) == b"firstsecond"


def ready(seed: int = 3) -> tuple[ErringHandpiece, Framer]:
    device, framer = ErringHandpiece(HandpieceParams(), seed), Framer()
    tell(device, HelloRequest(1, 1, 1, 9))
    framer.feed(device.advance(0.05))
    return device, framer


def tell(device: ErringHandpiece, message: HostMessage) -> None:
    device.receive(encode_frame(to_frame(message, 0)))


def heard(device: ErringHandpiece, framer: Framer, seconds: float) -> list[Message]:
    found = [
        from_frame(f)
        for _ in range(round(seconds * 100))
        for f in framer.feed(device.advance(0.01))
    ]
    return [message for message in found if message is not None]


def test_a_reboot_is_silence_then_another_start_with_the_pedal_up() -> None:
    device, framer = ready()
    device.pedal = True
    device.advance(0.3)
    boot_id = device.params.device.boot_id
    device.err(Fault.REBOOTED)
    assert not device.motor.turning
    assert not device.pedal
    assert heard(device, framer, 1.0) == []
    tell(device, HelloRequest(2, 1, 1, 10))
    hello = next(m for m in heard(device, framer, 0.1) if isinstance(m, Hello))
    assert hello.boot_id == boot_id + 1


@pytest.mark.parametrize(("fault", "answers"), [(Fault.ANSWERS_NEVER, 0), (Fault.ANSWERS_LATE, 1)])
def test_an_answer_comes_late_or_never(fault: Fault, answers: int) -> None:
    device, framer = ready()
    device.err(fault)
    tell(device, StopRequest(5))
    assert not any(isinstance(m, Ack) for m in heard(device, framer, 0.01))
    assert sum(isinstance(m, Ack) for m in heard(device, framer, 1.0)) == answers


def test_an_acknowledged_stop_is_not_always_a_stop() -> None:
    turning = []
    for seed in range(12):
        device, framer = ready(seed)
        device.pedal = True
        device.advance(0.4)
        device.err(Fault.ACKS_WITHOUT_DOING)
        tell(device, StopRequest(5))
        assert any(isinstance(m, Ack) for m in heard(device, framer, 0.1))
        turning.append(device.motor.turning)
        device.advance(2.0)
        assert device.motor.turning is not (device.arm_state is ArmState.HALTED)
    assert all(turning)


def test_a_read_back_errs_for_a_while() -> None:
    device, framer = ready()
    device.err(Fault.READS_BACK_OTHER)
    assert device.lies
    device.advance(1.0)
    assert not device.lies
    states = [m.state for m in heard(device, framer, 0.3) if isinstance(m, Status)]
    assert {state.threshold_counts for state in states[-1:]} == {0}


def test_another_unit_stands_in_the_next_hello_only_for_a_while() -> None:
    device, framer = ready()
    device.err(Fault.WRONG_UNIT)
    for expected in (False, True):
        tell(device, HelloRequest(2, 1, 1, 10))
        hello = next(m for m in heard(device, framer, 0.1) if isinstance(m, Hello))
        assert (hello.torque_unit is TorqueUnit.NCM) is expected
        device.advance(1.6)
        framer.feed(device.transmit())


def mostly(validity: Validity) -> Callable[[list[Readings]], bool]:
    return lambda found: any(s.validity is validity for r in found for s in r.samples)


@pytest.mark.parametrize(
    ("fault", "holds"),
    [
        (Fault.SENSOR_INVALID, mostly(Validity.INVALID)),
        (Fault.SENSOR_SILENT, lambda found: len(found) < 50),
        (Fault.SENSOR_STUCK, lambda found: len(found) >= 50),
        (Fault.SEQUENCE_WRAPPED, lambda found: found[-1].first_seq > 1 << 30),
    ],
)
def test_the_samples_show_the_error_and_are_written_down(
    fault: Fault, holds: Callable[[list[Readings]], bool]
) -> None:
    device, framer = ready(4)
    device.err(fault)
    found = [m for m in heard(device, framer, 0.5) if isinstance(m, Readings)]
    assert holds(found)
    truth = device.truths[device.params.device.boot_id]
    for message in found:
        for number, sample in enumerate(message.samples, message.first_seq):
            stamp_us, counts = truth[number][-1][:2]
            assert (message.base_time_us + sample.offset_us, sample.torque_counts) == (
                stamp_us,
                counts,
            )


def test_a_clock_that_jumps_is_never_below_nothing() -> None:
    for seed in range(20):
        device, framer = ready(seed)
        device.err(Fault.CLOCK_JUMPED)
        found = [m for m in heard(device, framer, 0.2) if isinstance(m, Readings)]
        times_us = [message.base_time_us for message in found]
        assert min(times_us) >= 0
