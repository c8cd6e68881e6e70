"""The sender of the round-trip benchmark: a handpiece that is on time, and an echo beside it."""

from __future__ import annotations

import os
import pty
import secrets
import select
import time
import tty
from collections import deque
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field

from bench._answering_monitor import STOP_EVERY
from torquemon.drivers.codec import Capability, Generation
from torquemon.drivers.device_messages import Hello, Names
from torquemon.drivers.frame import Frame, Framer, encode_frame
from torquemon.drivers.host_messages import HelloRequest, StopRequest
from torquemon.drivers.messages import Message, to_frame
from torquemon.drivers.readings import RawSample, Readings
from torquemon.model import Validity
from torquemon.units import TorqueUnit


@dataclass
class Wire:
    """The sender's end of one pty: when the answered frames left, and how long each answer took."""

    master: int
    sent_ns: deque[int] = field(default_factory=deque)
    delays_ns: list[int] = field(default_factory=list)
    framer: Framer = field(default_factory=Framer)


def open_wire(stack: ExitStack) -> tuple[Wire, str]:
    """Open a raw pty; return the sender's end and the name of the other."""
    master, slave = pty.openpty()
    tty.setraw(master)
    tty.setraw(slave)
    os.set_blocking(master, False)
    stack.callback(os.close, master)
    stack.callback(os.close, slave)
    return Wire(master), os.ttyname(slave)


def hello(request: HelloRequest) -> Hello:
    """Introduce a plain simulated handpiece."""
    return Hello(
        request_id=request.request_id,
        session=request.session,
        version=1,
        generation=Generation.SIMULATED,
        capabilities=Capability.ANGLE | Capability.SPEED | Capability.STOP_THRESHOLD,
        torque_unit=TorqueUnit.NCM,
        resolution_millionths=10_000,
        range_min_counts=-500,
        range_max_counts=6000,
        threshold_min_counts=100,
        threshold_max_counts=5000,
        threshold_step_counts=10,
        accuracy_counts=30,
        sample_rate_hz=1000,
        max_lease_ms=2000,
        tare_bound_counts=100,
        calibrated_utc_s=0,
        boot_id=1,
        names=Names(b"Bench", b"Sender", secrets.token_hex(4).encode(), b"1"),
    )


class Sender:
    """Plays the handpiece. `late_ns` holds how late each tick was."""

    def __init__(self, monitor: Wire, echo: Wire) -> None:
        self._monitor = monitor
        self._echo = echo
        self._counter = 0
        self._seq = 0
        self.late_ns: list[int] = []
        self.measuring = False

    def greet(self, timeout_s: float = 20.0) -> None:
        """Wait for the monitor's hello and answer it."""
        until = time.monotonic() + timeout_s
        while time.monotonic() < until:
            select.select([self._monitor.master], [], [], 0.1)
            for frame in self._frames(self._monitor):
                if frame.type == HelloRequest.TYPE:
                    self._write(hello(HelloRequest.unpack(frame.payload)))
                    return
        raise SystemExit("the monitor did not say hello")

    def run(self, seconds: float, rate_hz: int = 1000) -> None:
        """Send samples at `rate_hz`, on time, and collect the answers."""
        tick_ns = 1_000_000_000 // rate_hz
        next_ns = time.perf_counter_ns() + tick_ns
        until_ns = next_ns + round(seconds * 1e9)
        while next_ns < until_ns:
            self._collect_until(next_ns)
            now_ns = time.perf_counter_ns()
            if self.measuring:
                self.late_ns.append(now_ns - next_ns)
            self._send_sample()
            next_ns += tick_ns

    def _collect_until(self, next_ns: int) -> None:
        wires = {self._monitor.master: self._monitor, self._echo.master: self._echo}
        while (left_ns := next_ns - time.perf_counter_ns()) > 0:
            wait_s = max(0.0, left_ns - 60_000) / 1e9  # the last 60 µs are spun, to be on time
            for master in select.select(list(wires), [], [], wait_s)[0]:
                now_ns = time.perf_counter_ns()
                self._take(wires[master], now_ns)

    def _take(self, wire: Wire, now_ns: int) -> None:
        if wire is self._echo:
            answers = self._read(wire).count(b"\x00")
        else:
            answers = sum(frame.type == StopRequest.TYPE for frame in self._frames(wire))
        for _ in range(answers):
            if wire.sent_ns:
                delay_ns = now_ns - wire.sent_ns.popleft()
                if self.measuring:
                    wire.delays_ns.append(delay_ns)

    def _frames(self, wire: Wire) -> list[Frame]:
        return wire.framer.feed(self._read(wire))

    @staticmethod
    def _read(wire: Wire) -> bytes:
        with suppress(BlockingIOError):
            return os.read(wire.master, 65_536)
        return b""

    def _send_sample(self) -> None:
        torque = 50 + (self._seq * 7) % 5
        sample = RawSample(0, torque, 1000, 0, Validity.VALID)
        readings = Readings(self._seq, self._seq * 1000, (sample,))
        wire = encode_frame(to_frame(readings, self._counter))
        if self._seq % STOP_EVERY == 0:
            self._monitor.sent_ns.append(time.perf_counter_ns())
        os.write(self._monitor.master, wire)
        if self._seq % STOP_EVERY == 0:
            self._echo.sent_ns.append(time.perf_counter_ns())
        os.write(self._echo.master, wire)
        self._counter += 1
        self._seq += 1

    def _write(self, message: Message) -> None:
        os.write(self._monitor.master, encode_frame(to_frame(message, self._counter)))
        self._counter += 1

    def settle(self, seconds: float = 0.3) -> None:
        """Send nothing for a while, so that every answer of what was sent has come."""
        until_ns = time.perf_counter_ns() + round(seconds * 1e9)
        self._collect_until(until_ns)

    def unanswered(self) -> int:
        """Return how many samples have no answer; call after `settle`."""
        return len(self._monitor.sent_ns) + len(self._echo.sent_ns)

    def forget(self) -> None:
        """Drop what was measured and what is unanswered: a new block begins."""
        self.late_ns.clear()
        for wire in (self._monitor, self._echo):
            wire.sent_ns.clear()
            wire.delays_ns.clear()
