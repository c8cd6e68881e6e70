"""A replayed curve: every sample exactly once, with its own time; bad files in one sentence."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from hw_sim.curve_file import CurveError, RecordedCurve, parse_curve, read_curve
from hw_sim.replay import BEGIN_AFTER_US, ReplayDevice
from torquemon.drivers.codec import MAX_SPAN_US, Capability, Generation, Result
from torquemon.drivers.device_messages import Ack, Hello, Status
from torquemon.drivers.frame import Framer, encode_frame
from torquemon.drivers.host_messages import ArmRequest, HelloRequest, StopRequest, TareRequest
from torquemon.drivers.messages import DeviceMessage, HostMessage, from_frame, to_frame
from torquemon.drivers.readings import Readings
from torquemon.model import MotorState, Validity
from torquemon.units import TorqueUnit, counts_to_ncm


def wire(message: HostMessage) -> bytes:
    return encode_frame(to_frame(message, 0))


def play(device: ReplayDevice, seconds: float) -> list[DeviceMessage]:
    framer = Framer()
    found: list[DeviceMessage] = []
    for _ in range(round(seconds * device.tick_hz)):
        device.tick()
        for frame in framer.feed(b"".join(device.take_frames())):
            message = from_frame(frame)
            assert isinstance(message, DeviceMessage)
            found.append(message)
    return found


def curve_with_gaps(seed: int) -> RecordedCurve:
    rng = random.Random(seed)  # noqa: S311 - a test case, not a secret
    times, now = [], 0
    for index in range(400):
        times.append(now)
        now += 500_000 if index in (100, 300) else rng.randint(1, 3000)
    torques = tuple(round(rng.uniform(-1, 40), 4) for _ in times)
    angles = tuple(round(0.25 * index, 3) for index in range(len(times)))
    return RecordedCurve(tuple(times), torques, angles)


@pytest.mark.parametrize("seed", range(3))
def test_every_sample_is_one_reading_with_its_own_time(seed: int) -> None:
    curve = curve_with_gaps(seed)
    device = ReplayDevice(curve, boot_id=9)
    assert play(device, 0.5) == []
    device.receive(wire(HelloRequest(1, 1, 1, 5)))
    messages = play(device, 1.0 + curve.time_us[-1] / 1e6 + 0.3)
    readings = [message for message in messages if isinstance(message, Readings)]
    seqs, times, torques, angles = [], [], [], []
    expected_seq = readings[0].first_seq
    for frame in readings:
        assert frame.first_seq == expected_seq
        expected_seq += len(frame.samples)
        assert frame.samples[-1].offset_us <= min(MAX_SPAN_US, 10_000)
        for index, sample in enumerate(frame.samples):
            if sample.validity is Validity.VALID:
                seqs.append(frame.first_seq + index)
                times.append(frame.base_time_us + sample.offset_us)
                torques.append(counts_to_ncm(sample.torque_counts, 100, TorqueUnit.NCM))
                angles.append((sample.angle_mdeg or 0) / 1000)
    assert seqs == list(range(seqs[0], seqs[0] + len(curve.time_us)))
    assert tuple(time - times[0] for time in times) == curve.time_us
    assert tuple(torques) == curve.torque_ncm
    assert tuple(angles) == curve.angle_deg
    assert times[0] == 500_000 + BEGIN_AFTER_US


def test_the_motor_is_forward_during_the_curve_only_and_the_link_stays_alive() -> None:
    curve = RecordedCurve((0, 400_000), (1.0, 2.0), None)
    device = ReplayDevice(curve, boot_id=9)
    device.receive(wire(HelloRequest(1, 1, 1, 5)))
    messages = play(device, 2.0)
    hello = messages[0]
    assert isinstance(hello, Hello)
    assert hello.generation is Generation.REPLAYED
    assert hello.capabilities == Capability(0)
    hello.check()
    states = [m.state.motor for m in messages if isinstance(m, Status)]
    order = [state for index, state in enumerate(states) if states[index - 1 : index] != [state]]
    assert order == [MotorState.STILL, MotorState.FORWARD, MotorState.STILL]
    idle = [
        m
        for m in messages
        if isinstance(m, Readings) and m.samples[0].validity is Validity.CALIBRATING
    ]
    assert 140 <= len(idle) <= 170


@pytest.mark.requirement("REQ-ORG-3")
@pytest.mark.parametrize("command", [ArmRequest(3, 1000, 500, 1), StopRequest(3), TareRequest(3)])
def test_a_recording_cannot_be_stopped_armed_or_tared(
    command: ArmRequest | StopRequest | TareRequest,
) -> None:
    device = ReplayDevice(RecordedCurve((0, 1000), (1.0, 2.0), None), boot_id=9)
    device.receive(wire(HelloRequest(1, 1, 1, 5)) + wire(command))
    acks = [m for m in play(device, 0.01) if isinstance(m, Ack)]
    assert [ack.result for ack in acks] == [Result.UNSUPPORTED]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "line 1: no column time_s"),
        ("time_s,torque\n0,1\n", "line 1: no column torque_ncm"),
        ("time_s,torque_ncm\n", "0 samples"),
        ("time_s,torque_ncm\n0,1\n", "1 samples"),
        ("time_s,torque_ncm\n0,1\n0.1\n", "line 3: no value for torque_ncm"),
        ("time_s,torque_ncm\n0,1\n0.1,x\n", "line 3: torque_ncm is 'x'"),
        ("time_s,torque_ncm\n0,1\n0.1,nan\n", "line 3: torque_ncm is nan"),
        ("time_s,torque_ncm\n0,1\n0.1,inf\n", "line 3: torque_ncm is inf"),
        ("time_s,torque_ncm\n0,1\n0.1,1e9\n", "line 3: torque_ncm is 1e+09"),
        ("time_s,torque_ncm\n0,1\n0.1,1\n0.05,1\n", "line 4: time_s 0.05"),
        ("time_s,torque_ncm\n0,1\n0,1\n", "line 3: time_s 0"),
    ],
)
def test_a_bad_file_is_told_in_one_sentence_with_its_line(text: str, says: str) -> None:
    with pytest.raises(CurveError, match=r"c\.csv") as caught:
        parse_curve(text.splitlines(keepends=True), "c.csv")
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_times_count_from_the_first_sample_and_other_columns_are_left_alone() -> None:
    text = "note,time_s,torque_ncm\na,5.0000015,1\nb,5.25,2\n"
    curve = parse_curve(text.splitlines(), "c.csv")
    assert curve == RecordedCurve((0, 249_998), (1.0, 2.0), None)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"time_s,torque_ncm\n\x00,1\n"])
def test_bytes_that_are_no_text(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "c.csv"
    path.write_bytes(content)
    with pytest.raises(CurveError, match=r"c\.csv"):
        read_curve(path)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(CurveError, match="cannot be read"):
        read_curve(tmp_path / "none.csv")
