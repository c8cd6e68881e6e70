"""Serves one simulated device in real time on a port. The only room here that knows a clock.

Ticks that are due are caught up in small portions, frames leave as soon as they are ready, and
between ticks the loop sleeps in the port's `wait`, never longer than 2 ms and never busily. How
late it was stands in the summary.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

from hw_sim.ports import Outbox, Port
from torquemon.clock import Clock

MAX_WAIT_S: Final = 0.002
MIN_WAIT_S: Final = 0.0001
CATCH_UP_TICKS: Final = 16
"""After so many ticks in one go the wire is served again."""
LATE_NS: Final = 5_000_000
_NS: Final = 1_000_000_000


class Device(Protocol):
    """What can be served: something that is ticked and speaks in frames."""

    @property
    def tick_hz(self) -> int:
        """Ticks per second of simulated time."""
        ...

    def tick(self) -> None:
        """Let one tick pass."""
        ...

    def receive(self, data: bytes, *, trusted: bool = True) -> None:
        """Bytes from the host; `trusted` as in `DeviceLink.receive`."""
        ...

    def take_frames(self) -> list[bytes]:
        """Whole frames for the host."""
        ...

    def disconnect(self) -> None:
        """The client is gone."""
        ...


@dataclass(slots=True)
class Pace:
    """How well real time was kept."""

    ticks: int = 0
    late_ticks: int = 0
    max_late_ns: int = 0


class Served(Protocol):
    """What a server tells when it has ended."""

    pace: Pace
    outbox: Outbox


class Server:
    """Runs a device on a port until `stop` is called or `duration_s` is over."""

    def __init__(self, device: Device, port: Port, clock: Clock) -> None:
        self._device = device
        self._port = port
        self._clock = clock
        self._running = True
        self._was_connected = False
        self.outbox = Outbox()
        self.pace = Pace()

    def stop(self) -> None:
        """Leave `run` after the present round. May be called from a signal handler."""
        self._running = False

    def run(self, duration_s: float | None = None) -> None:
        """Serve."""
        start_ns = self._clock.monotonic_ns()
        tick_ns = _NS // self._device.tick_hz
        end_ns = None if duration_s is None else start_ns + round(duration_s * _NS)
        next_ns = start_ns + tick_ns
        while self._running:
            now_ns = self._clock.monotonic_ns()
            if end_ns is not None and now_ns >= end_ns:
                return
            next_ns = self._catch_up(next_ns, now_ns, tick_ns)
            self._send()
            wait_s = (next_ns - self._clock.monotonic_ns()) / _NS
            data = self._port.wait(min(max(wait_s, MIN_WAIT_S), MAX_WAIT_S))
            self._note_connection()
            if data:
                self._device.receive(data)
                self._send()

    def _catch_up(self, next_ns: int, now_ns: int, tick_ns: int) -> int:
        """Run the ticks that are due; return when the next one is."""
        if now_ns < next_ns:
            return next_ns
        pace = self.pace
        late_ns = now_ns - next_ns
        pace.max_late_ns = max(pace.max_late_ns, late_ns)
        for _ in range(CATCH_UP_TICKS):
            if next_ns > now_ns:
                break
            self._device.tick()
            pace.ticks += 1
            if now_ns - next_ns > LATE_NS:
                pace.late_ticks += 1
            next_ns += tick_ns
        return next_ns

    def _send(self) -> None:
        self.outbox.send(self._port, self._device.take_frames())

    def _note_connection(self) -> None:
        connected = self._port.connected
        if self._was_connected and not connected:
            self.outbox.clear()
            self._device.disconnect()
        self._was_connected = connected
