"""The reader thread and its bounds: it outlives every mistake, and holds no more than it may."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from tests.chairs import Bench
from tests.processes import wait_for
from torquemon.clock import SystemClock
from torquemon.drivers import capture, handpiece
from torquemon.drivers import messages as m
from torquemon.drivers.capture import Capture, Chunk, Direction
from torquemon.drivers.errors import TransportGoneError
from torquemon.drivers.frame import Framer, encode_frame
from torquemon.drivers.handpiece import Handpiece, JudgeFailed, WireDown, WireUp
from torquemon.drivers.host_messages import HelloRequest
from torquemon.drivers.link import Connected, Refused, Samples
from torquemon.drivers.messages import from_frame, to_frame
from torquemon.model import ArmStop, Disarm, Reading, Stop, Tare


class Scripted:
    """A wire that does what a list says: bytes are read, exceptions are raised."""

    name = "scripted"
    over_the_air = False
    bare_why = ""

    def __init__(self, *steps: bytes | Exception) -> None:
        self._steps = list(steps)
        self.written: list[bytes] = []
        self.closed = 0
        self._woken = threading.Event()

    def read(self, timeout_s: float) -> bytes:
        if not self._steps:
            self._woken.wait(timeout_s)
            self._woken.clear()
            return b""
        step = self._steps.pop(0)
        if isinstance(step, Exception):
            raise step
        return step

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def wake(self) -> None:
        self._woken.set()

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def run() -> Iterator[Callable[[list[Scripted]], Handpiece]]:
    started: list[Handpiece] = []

    def start(wires: list[Scripted]) -> Handpiece:
        left = iter(wires)
        host = Handpiece(lambda: next(left), SystemClock(), 3)
        host.start()
        started.append(host)
        return host

    yield start
    for host in started:
        host.close()
        assert not host._thread.is_alive()


def test_a_mistake_in_the_driver_is_a_lost_wire_and_not_the_end(
    run: Callable[[list[Scripted]], Handpiece],
) -> None:
    first, second = Scripted(ZeroDivisionError("a mistake")), Scripted()
    host = run([first, second])
    wait_for(lambda: second.written, 3, "the second attempt greets")
    events = host.drain()
    downs = [event for event in events if isinstance(event, WireDown)]
    assert downs[0].was_up
    assert "a mistake" in downs[0].why
    assert len([event for event in events if isinstance(event, WireUp)]) == 2
    assert first.closed == 1


def test_a_wire_that_goes_is_closed_before_it_is_opened_again(
    run: Callable[[list[Scripted]], Handpiece],
) -> None:
    first, second = Scripted(TransportGoneError("unplugged")), Scripted()
    run([first, second])
    wait_for(lambda: second.written, 3, "the second attempt greets")
    assert first.closed == 1


def test_another_version_says_which_and_keeps_saying_it() -> None:
    bench = Bench()
    bench.plug_in()
    hello = bench.sent(HelloRequest)[0]
    answer = bench.device._hello(hello)
    object.__setattr__(answer, "version", 9)
    bench.host.on_chunk(bench.line, encode_frame(to_frame(answer, 0)), bench.now_ns)
    with pytest.raises(TransportGoneError, match="version 9"):
        bench.host.on_time(bench.line, bench.now_ns)
    bench.beat()
    (refused,) = bench.of(Refused)
    assert "version 9" in refused.why


def test_orders_are_bounded_and_a_stop_is_never_refused() -> None:
    bench = Bench()
    accepted = [bench.host.request(Tare()) for _ in range(100)]
    assert accepted.count(True) == handpiece.MAX_COMMANDS
    for _ in range(100):
        assert bench.host.request(Stop())
    assert len(bench.host._commands) <= handpiece.MAX_COMMANDS + 100
    bench.plug_in()
    bench.step()
    assert len(bench.sent(m.StopRequest)) == 1
    assert bench.sent(m.TareRequest) == []


def test_events_that_nobody_fetches_are_bounded_and_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(handpiece, "MAX_EVENTS", 50)
    bench = Bench()
    monkeypatch.setattr(bench, "beat", lambda: None)  # a session that hangs
    bench.plug_in()
    bench.run(2.0)
    assert len(bench.host._events) == 50
    assert bench.host.dropped_events > 50
    assert bench.link.info is not None, "the reader goes on"


def test_chunks_that_nobody_stores_are_bounded_and_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(capture, "MAX_CHUNKS", 10)
    kept = Capture()
    for number in range(25):
        kept.append(Chunk(number, Direction.RECEIVED, b"x"))
    assert kept.dropped == 15
    assert [chunk.host_time_ns for chunk in kept.drain()] == list(range(10))
    kept.append(Chunk(30, Direction.SENT, b"y"))
    assert len(kept.drain()) == 1


def test_the_capture_holds_every_byte_of_both_directions() -> None:
    bench = Bench()
    seen: list[bytes] = []

    def tap(data: bytes) -> bytes:
        seen.append(data)
        return data

    bench.line.bend_in = tap
    bench.plug_in()
    bench.run(1.0)
    bench.host.request(Tare())
    bench.host.request(ArmStop(12.0, 500))
    bench.run(0.2)
    chunks = bench.host.capture.drain()
    received = b"".join(c.data for c in chunks if c.direction is Direction.RECEIVED)
    sent = b"".join(c.data for c in chunks if c.direction is Direction.SENT)
    assert received == b"".join(seen)
    assert [from_frame(frame) for frame in Framer().feed(sent)] == bench.line.sent


def test_the_judge_sees_every_reading_once_and_its_stop_is_first_on_the_wire() -> None:
    bench = Bench()
    bench.plug_in()
    bench.run(0.1)
    judged: list[Reading] = []

    def judge(reading: Reading) -> Stop | None:
        judged.append(reading)
        return Stop("enough") if len(judged) == 30 else None

    bench.host.judge_with(judge)
    bench.host.request(Disarm())
    bench.run(0.5)
    seqs = [reading.seq for reading in judged]
    assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))
    told = [reading for event in bench.of(Samples) for reading in event.readings]
    assert [reading for reading in told if reading.seq >= seqs[0]] == judged
    assert bench.device.latch is not None
    bench.host.judge_with(None)
    count = len(judged)
    bench.run(0.1)
    assert len(judged) == count


def test_a_judge_that_raises_is_told_once_and_not_asked_again() -> None:
    bench = Bench()
    bench.plug_in()
    bench.run(0.1)
    calls: list[Reading] = []

    def judge(reading: Reading) -> Stop | None:
        calls.append(reading)
        raise KeyError("x")

    bench.host.judge_with(judge)
    bench.run(0.5)
    assert len(calls) == 1
    assert len(bench.of(JudgeFailed)) == 1
    assert bench.sent(m.StopRequest)
    assert len(bench.of(Connected)) == 1
