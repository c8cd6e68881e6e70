"""Pacing and the outbox, with a clock and a port of our own."""

from __future__ import annotations

from hw_sim.ports import MAX_PENDING_FRAMES, Outbox
from hw_sim.server import Server
from torquemon.clock import ManualClock


class Wire:
    """A port that takes `room` bytes and lets time pass while it waits."""

    url = "test"

    def __init__(self, clock: ManualClock, room: int = 1 << 30) -> None:
        self.clock = clock
        self.room = room
        self.taken = b""
        self.connected = True
        self.hiccups_s: list[float] = []

    def wait(self, seconds: float) -> bytes:
        assert 0 < seconds <= 0.002
        self.clock.advance(self.hiccups_s.pop() if self.hiccups_s else seconds)
        return b""

    def write(self, data: bytes) -> int:
        part = data[: self.room]
        self.room -= len(part)
        self.taken += part
        return len(part)

    def close(self) -> None:
        """Nothing to take away."""


class Ticker:
    """A device that counts its ticks and says one frame each."""

    tick_hz = 1000

    def __init__(self) -> None:
        self.ticks = 0
        self.gone = 0

    def tick(self) -> None:
        self.ticks += 1

    def receive(self, data: bytes, *, trusted: bool = True) -> None:
        """Nothing is ever said to it."""

    def take_frames(self) -> list[bytes]:
        return []

    def disconnect(self) -> None:
        self.gone += 1


def test_it_ticks_in_real_time() -> None:
    clock = ManualClock()
    device = Ticker()
    server = Server(device, Wire(clock), clock)
    server.run(1.0)
    assert 998 <= device.ticks <= 1000
    assert server.pace.late_ticks == 0


def test_after_a_hiccup_it_catches_up_and_says_how_late_it_was() -> None:
    clock = ManualClock()
    device = Ticker()
    wire = Wire(clock)
    wire.hiccups_s = [0.1]
    server = Server(device, wire, clock)
    server.run(1.0)
    assert 998 <= device.ticks <= 1000
    assert 95e6 < server.pace.max_late_ns < 101e6
    assert server.pace.late_ticks > 80


def test_a_client_that_leaves_ends_the_session() -> None:
    clock = ManualClock()
    device = Ticker()
    wire = Wire(clock)
    server = Server(device, wire, clock)
    server.run(0.1)
    wire.connected = False
    server.run(0.1)
    assert device.gone == 1


def test_the_outbox_drops_the_oldest_whole_frames_and_finishes_a_begun_one() -> None:
    wire = Wire(ManualClock(), room=3)
    outbox = Outbox()
    outbox.send(wire, [b"first", b"second"])
    assert wire.taken == b"fir"
    many = [b"%06d" % number for number in range(MAX_PENDING_FRAMES + 10)]
    outbox.send(wire, many)
    assert outbox.dropped_frames == 12
    wire.room = 1 << 30
    outbox.send(wire, [])
    assert wire.taken.startswith(b"first" + many[11])
    assert wire.taken.endswith(many[-1])


def test_an_empty_port_keeps_frames_until_the_client_is_gone() -> None:
    wire = Wire(ManualClock(), room=0)
    outbox = Outbox()
    outbox.send(wire, [b"one", b"two"])
    outbox.clear()
    wire.room = 100
    outbox.send(wire, [b"new"])
    assert wire.taken == b"new"
