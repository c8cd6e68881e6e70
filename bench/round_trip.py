"""Round trip from a sample's bytes on a pty to the bytes of the stop, with the dashboard drawing.

One sender plays a handpiece at 1 kHz to the real monitor and, on the same tick, to a bare echo
loop on another pty; both answer every tenth frame. So both are measured under the same load, in
the same run. The run is void when the sender itself was late: `python -m bench.round_trip`.
"""

from __future__ import annotations

import argparse
import os
import pty
import secrets
import select
import subprocess
import sys
import tempfile
import time
import tty
from collections import deque
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

from bench.answering_monitor import STOP_EVERY
from torquemon.drivers.codec import Capability, Generation
from torquemon.drivers.device_messages import Hello, Names
from torquemon.drivers.frame import Frame, Framer, encode_frame
from torquemon.drivers.host_messages import HelloRequest, StopRequest
from torquemon.drivers.messages import Message, to_frame
from torquemon.drivers.readings import RawSample, Readings
from torquemon.launcher import child
from torquemon.model import Validity
from torquemon.units import TorqueUnit

TICK_NS = 1_000_000
LATE_LIMIT_MS = 0.5
WARM_UP_S = 3.0


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

    def run(self, seconds: float) -> None:
        """Send one sample a millisecond, on time, and collect the answers."""
        next_ns = time.perf_counter_ns() + TICK_NS
        until_ns = next_ns + round(seconds * 1e9)
        while next_ns < until_ns:
            self._collect_until(next_ns)
            now_ns = time.perf_counter_ns()
            if self.measuring:
                self.late_ns.append(now_ns - next_ns)
            self._send_sample()
            next_ns += TICK_NS

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

    def begin(self) -> None:
        """Forget the warm-up: from here on it counts."""
        self.measuring = True
        for wire in (self._monitor, self._echo):
            wire.delays_ns.clear()

    def synchronise(self) -> None:
        """Drop what was sent before the judge answered, so that answers match their samples."""
        self._monitor.sent_ns.clear()


def quantile_ms(values_ns: list[int], share: float) -> float:
    """Return a quantile in milliseconds."""
    ordered = sorted(values_ns)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] / 1e6


def prefer_sender() -> str:
    """Give this process precedence where the system allows it; say how."""
    with suppress(OSError, AttributeError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))
        return "real-time priority"
    with suppress(OSError):
        os.nice(-15)
        return "raised priority"
    return "ordinary priority"


def dashboard(stack: ExitStack) -> subprocess.Popen[bytes]:
    """Start the real dashboard in a terminal of its own, 120x40, whose output is drained."""
    command = [sys.executable, "-m", "bench.drained_dashboard"]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    stack.callback(process.wait)
    stack.callback(process.terminate)
    return process


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    args = parser.parse_args()
    with ExitStack() as stack:
        os.environ["TORQUEMON_HOME"] = stack.enter_context(tempfile.TemporaryDirectory())
        monitor, monitor_port = open_wire(stack)
        echo, echo_port = open_wire(stack)
        stack.enter_context(child(["bench.bare_echo", echo_port]))
        stack.enter_context(child(["bench.answering_monitor", monitor_port]))
        sender = Sender(monitor, echo)
        sender.greet()
        screen = dashboard(stack)
        how = prefer_sender()
        sender.run(WARM_UP_S)
        sender.synchronise()
        sender.run(0.5)
        sender.begin()
        sender.run(args.seconds)
        drawing = screen.poll() is None
        size = (Path(os.environ["TORQUEMON_HOME"]) / "journal.db").stat().st_size
    return report(sender, monitor, echo, how=how, drawing=drawing, journal_bytes=size)


def report(
    sender: Sender, monitor: Wire, echo: Wire, *, how: str, drawing: bool, journal_bytes: int
) -> int:
    """Print the figures; 1 where the run is void."""
    late_ms = quantile_ms(sender.late_ns, 0.99)
    print(f"round trip byte -> stop bytes, pty, 1 kHz, sender with {how}")
    print(f"  dashboard drawing: {'yes' if drawing else 'NO, it ended'}; journal {journal_bytes} B")
    print(f"  sender late, 99th percentile: {late_ms:.3f} ms over {len(sender.late_ns)} samples")
    print(f"  {'':12}{'answers':>9}{'median ms':>11}{'99th':>9}{'99.9th':>9}")
    for name, wire in (("monitor", monitor), ("bare echo", echo)):
        delays = wire.delays_ns
        figures = [quantile_ms(delays, share) for share in (0.5, 0.99, 0.999)]
        cells = f"{figures[0]:11.3f}{figures[1]:9.3f}{figures[2]:9.3f}"
        print(f"  {name:12}{len(delays):9}{cells}")
    ratio = quantile_ms(monitor.delays_ns, 0.5) / quantile_ms(echo.delays_ns, 0.5)
    print(f"  ratio of the medians: {ratio:.2f}")
    if late_ms > LATE_LIMIT_MS or not drawing:
        print("  VOID: the sender was late or the dashboard did not draw")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
