"""What the tests of gauges share: an emulator on a real pty, a wire in memory, a wrong baud."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hw_sim.gauges.base import EmulatedGauge
from hw_sim.gauges.kinds import EMULATORS
from hw_sim.ports import PtyPort
from torquemon.clock import ManualClock, SystemClock
from torquemon.drivers.gauges.base import Gauge, GaugeSettings
from torquemon.drivers.gauges.kinds import make_gauge
from torquemon.drivers.gauges.port import OpenGauge, open_gauge
from torquemon.drivers.gauges.reading import GaugeProblem, GaugeReading, Told
from torquemon.drivers.gauges.talk import Talk

KINDS = tuple(sorted(EMULATORS))
UNIT_IS_STATED = frozenset({"imada", "lutron", "unipulse"})
"""Families whose unit the user states; a switch must then end the readings."""
PATIENCE_S = 20.0
"""Far beyond what is needed: a busy computer is no failure."""

FORM = """
name = "bench"
maker = "Example"
model = "T-1"
source = "tests"
baud = [9600]
rate_hz = 20
poll = "?\\r"
pattern = "(?P<value>[+-]?[0-9.]++) (?P<unit>[A-Za-z.]++)"
examples = ["-1.234 N.cm"]
"""


def settings_for(kind: str, form: Path | None = None) -> GaugeSettings:
    unit = "N.cm" if kind in UNIT_IS_STATED else ""
    return GaugeSettings(unit=unit, form=form if kind == "ascii" else None)


class Served:
    """An emulator on a pty, in a thread. `speed` multiplies what it does by itself."""

    def __init__(self, emulator: EmulatedGauge, speed: float = 1.0) -> None:
        self.emulator = emulator
        self.port = PtyPort()
        self.answers = 0
        self.mute = False
        self._speed = speed
        self._ending = threading.Event()
        self._closed = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        clock = SystemClock()
        begin_ns = clock.monotonic_ns()
        while not self._ending.is_set():
            data = self.port.wait(0.001)
            time_s = (clock.monotonic_ns() - begin_ns) / 1e9 * self._speed
            out = self.emulator.receive(data) + self.emulator.unasked(time_s)
            if out and self.port.connected and not self.mute:
                self.answers += 1
                self.port.write(out)

    def unplug(self) -> None:
        self._ending.set()
        self._thread.join(5.0)
        if not self._closed:
            self._closed = True
            self.port.close()


class Listener:
    """Collects what an open gauge says."""

    def __init__(self) -> None:
        self.events: queue.Queue[Told] = queue.Queue()

    def next(self) -> Told:
        return self.events.get(timeout=PATIENCE_S)

    def readings(self, count: int) -> list[GaugeReading]:
        found: list[GaugeReading] = []
        while len(found) < count:
            event = self.next()
            if isinstance(event, GaugeReading):
                found.append(event)
            else:  # a very busy computer is silent for a while, which is told and goes on
                assert not event.ends, event
        return found

    def problem(self) -> GaugeProblem:
        while True:
            event = self.next()
            if isinstance(event, GaugeProblem):
                return event

    def drain(self) -> list[Told]:
        found: list[Told] = []
        while not self.events.empty():
            found.append(self.events.get_nowait())
        return found


@contextmanager
def served(kind: str, speed: float = 1.0) -> Iterator[Served]:
    server = Served(EMULATORS[kind](), speed)
    try:
        yield server
    finally:
        server.unplug()


@contextmanager
def opened(kind: str, server: Served, settings: GaugeSettings | None = None) -> Iterator[Listener]:
    listener = Listener()
    gauge: OpenGauge = open_gauge(
        kind,
        server.port.url,
        clock=SystemClock(),
        on_reading=listener.events.put,
        on_problem=listener.events.put,
        settings=settings or settings_for(kind),
    )
    try:
        yield listener
    finally:
        gauge.close()


class MemoryWire:
    """A `Transport` without a wire: time passes in `read`, answers come from an emulator."""

    over_the_air = False
    bare_why = ""
    name = "memory"

    def __init__(self, clock: ManualClock, emulator: EmulatedGauge | None = None) -> None:
        self._clock = clock
        self._emulator = emulator
        self._time_s = 0.0
        self.incoming = b""
        self.written: list[bytes] = []
        self.asked_s: list[float] = []

    def read(self, timeout_s: float) -> bytes:
        if not self.incoming:
            self._clock.advance(max(timeout_s, 0.0005))
            self._time_s += max(timeout_s, 0.0005)
            if self._emulator is not None:
                self.incoming += self._emulator.unasked(self._time_s)
        data, self.incoming = self.incoming, b""
        return data

    def write(self, data: bytes) -> None:
        self.written.append(data)
        self.asked_s.append(self._clock.monotonic_ns() / 1e9)
        if self._emulator is not None:
            self.incoming += self._emulator.receive(data)

    def wake(self) -> None: ...

    def close(self) -> None: ...


def talk_over(
    kind: str, emulator: EmulatedGauge | None, settings: GaugeSettings | None = None
) -> tuple[Gauge, Talk, MemoryWire, ManualClock]:
    clock = ManualClock()
    wire = MemoryWire(clock, emulator)
    gauge = make_gauge(kind, settings or settings_for(kind))
    return gauge, Talk(gauge, wire, gauge.baudrates[0], clock), wire, clock


def at_wrong_baud(data: bytes, sent: int, read: int) -> bytes:
    """Return what a port at `read` baud makes of bytes that were sent at `sent` baud (8N1)."""
    line = [1] * 10
    for byte in data:
        line += [0, *((byte >> bit) & 1 for bit in range(8)), 1]
    line += [1] * 20
    ratio = sent / read
    out = bytearray()
    at = 0.0
    while (index := int(at)) < len(line) - 1:
        if line[index] == 1:
            at = float(index + 1)
            continue
        bits = [line[min(int(at + ratio * (number + 1.5)), len(line) - 1)] for number in range(8)]
        out.append(sum(bit << number for number, bit in enumerate(bits)))
        at += ratio * 10
    return bytes(out)
