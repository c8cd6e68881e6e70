"""A handpiece on a wire: transport and link together, driven by one thread that owns both.

The thread reads, decodes, judges and writes a stop without leaving; nothing in it waits for a
disk, a screen or a lock. Other threads may only call `request`, `allow_renewals_until`,
`judge_with`, `drain` and `close`. The judge is called for every reading, in order, in the reader
thread. Renewals leave from the same thread and only while readings come and are judged: a lease
that is renewed proves that the judgement is alive.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from torquemon.clock import Clock
from torquemon.drivers.capture import Capture, Chunk, Direction
from torquemon.drivers.correction import NO_CORRECTIONS, Corrections
from torquemon.drivers.device_clock import DeviceClock
from torquemon.drivers.errors import (
    TransportError,
    TransportGoneError,
    TransportPendingError,
)
from torquemon.drivers.frame import Framer
from torquemon.drivers.link import Connected, Link, LinkEvent, LinkPhase, Samples, StopFailed
from torquemon.drivers.transport import Transport, TransportOpener
from torquemon.drivers.trust import NO_KEYS, Keys
from torquemon.model import MEASURED, Command, Reading, Stop
from torquemon.text import clean

READ_TIMEOUT_S: Final = 0.02
NO_DATA_NS: Final = 250_000_000
"""No reading for this long is no data, on any wire."""
_BACK_OFF_S: Final = (0.2, 0.5, 1.0, 2.0, 5.0)
MAX_EVENTS: Final = 50_000
"""A session that does not drain for a minute loses events, counted; the reader goes on."""
MAX_COMMANDS: Final = 64
"""An operator cannot type faster; more is a fault, and a stop is never refused for it."""

Judge = Callable[[Reading], Stop | None]


@dataclass(frozen=True, slots=True)
class WireUp:
    """The wire is open."""

    name: str


@dataclass(frozen=True, slots=True)
class WireDown:
    """The wire is gone or cannot be had; it is looked for again."""

    why: str
    was_up: bool


@dataclass(frozen=True, slots=True)
class JudgeFailed:
    """The judge raised. It is not asked again, and the motor was told to stop."""

    why: str


HandpieceEvent = LinkEvent | WireUp | WireDown | JudgeFailed


def _sentence(error: Exception) -> str:
    """Return what is told of an error; one that is no sentence of ours becomes one."""
    if isinstance(error, TransportError):
        return str(error)
    return f"the driver failed ({clean(f'{type(error).__name__}: {error}')}): trying anew"


def _judge_nothing(_: Reading) -> Stop | None:
    return None


class Handpiece:
    """One handpiece. `start` begins the reader thread; events are drained by the session."""

    def __init__(
        self,
        opener: TransportOpener,
        clock: Clock,
        seed: int,
        keys: Keys = NO_KEYS,
        corrections: Corrections = NO_CORRECTIONS,
    ) -> None:
        self.link = Link(seed, keys, corrections)
        self.capture = Capture()
        self.framer = Framer()
        self.device_clock = DeviceClock()
        self.dropped_events = 0
        self.over_the_air = False
        """Whether the last wire was one through the air."""
        self._opener = opener
        self._clock = clock
        self._judge: Judge = _judge_nothing
        self._events: deque[HandpieceEvent] = deque()
        self._commands: deque[Command] = deque()
        self._stop_wanted: Stop | None = None
        self._renew_until_ns = 0
        self._reading_ns = 0
        self._transport: Transport | None = None
        self._pending_why = ""
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="handpiece", daemon=True)

    # --- called from other threads --------------------------------------------------------------

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def judge_with(self, judge: Judge | None) -> None:
        """Judge the readings that come from now on with `judge`; None judges nothing."""
        self._judge = judge or _judge_nothing

    def request(self, command: Command) -> bool:
        """Queue a command; a stop goes to the front. False where the queue is full."""
        if isinstance(command, Stop):
            self._stop_wanted = command  # one place: a stop overtakes, and two are one
        elif len(self._commands) < MAX_COMMANDS:
            self._commands.append(command)
        else:
            return False
        transport = self._transport
        if transport is not None:
            transport.wake()
        return True

    def allow_renewals_until(self, deadline_ns: int) -> None:
        """Let the lease be renewed until this moment: the supervision's heartbeat."""
        self._renew_until_ns = deadline_ns

    def drain(self) -> list[HandpieceEvent]:
        """Return the events since the last call."""
        return [self._events.popleft() for _ in range(len(self._events))]

    def close(self, timeout_s: float = 2.0) -> None:
        """End the thread and let the wire go."""
        self._closing.set()
        transport = self._transport
        if transport is not None:
            transport.wake()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    # --- the reader thread ----------------------------------------------------------------------

    def _run(self) -> None:
        attempt = 0
        while not self._closing.is_set():
            try:
                self._transport = transport = self._opener()
            except TransportPendingError as error:  # it has waited itself: no back-off
                self._tell_pending(str(error))
                continue
            except Exception as error:  # noqa: BLE001 - without this thread no wire is looked for
                self._pending_why = ""
                self._tell(WireDown(_sentence(error), was_up=False))
                self._closing.wait(_BACK_OFF_S[min(attempt, len(_BACK_OFF_S) - 1)])
                attempt += 1
                continue
            attempt = 0
            self._pending_why = ""
            try:
                self._converse(transport)
            except TransportError as error:
                self.on_gone(str(error))
            except Exception as error:  # noqa: BLE001 - without this thread nothing watches
                self.on_gone(_sentence(error))
            finally:
                self._let_go(transport)
            self._closing.wait(_BACK_OFF_S[0])

    def _tell_pending(self, why: str) -> None:
        """Say what is being done to get a wire; once while it is the same."""
        if why != self._pending_why:
            self._pending_why = why
            self._tell(WireDown(why, was_up=False))

    def _let_go(self, transport: Transport) -> None:
        self._transport = None
        try:
            transport.close()
        except Exception as error:  # noqa: BLE001 - as above
            self._tell(WireDown(_sentence(error), was_up=False))

    def _converse(self, transport: Transport) -> None:
        self.on_open(transport, self._clock.monotonic_ns())
        while not self._closing.is_set():
            data = transport.read(READ_TIMEOUT_S)
            now_ns = self._clock.monotonic_ns()
            if data:
                self.on_chunk(transport, data, now_ns)
            self.on_time(transport, now_ns)

    def on_open(self, transport: Transport, now_ns: int) -> None:
        """The wire is open: greet the device.

        Of what was ordered while there was no wire only a stop is still meant: an old arming or
        zero must not happen by itself now.
        """
        self._commands.clear()
        self.over_the_air = transport.over_the_air
        self._tell(WireUp(transport.name))
        self.framer.reset()
        self.link.trust.on_wire(over_the_air=transport.over_the_air, bare_why=transport.bare_why)
        self._write(transport, self.link.greet(now_ns))

    def on_gone(self, why: str) -> None:
        """The wire is gone. A stop whose standstill nobody saw has failed, as far as one knows."""
        unseen = self.link.stop_watch.active or self._stop_wanted is not None
        self.link.lost(why)
        self._tell(WireDown(why, was_up=True))
        if unseen:
            self._tell(StopFailed("the wire went before the motor was seen to stand still"))

    def on_chunk(self, transport: Transport, data: bytes, now_ns: int) -> None:
        """Take bytes as they came: frame, decode, judge, and write a stop if one is asked for."""
        for frame in self.framer.feed(data):
            for event in self.link.receive(frame, now_ns):
                if type(event) is Samples:
                    self._judge_all(transport, event)
                    self.device_clock.saw(event.readings[-1].device_time_us, now_ns)
                elif type(event) is Connected and event.rebooted:
                    self.device_clock.restart()
                self._tell(event)
        self.capture.append(Chunk(now_ns, Direction.RECEIVED, data))

    def _judge_all(self, transport: Transport, samples: Samples) -> None:
        judge = self._judge
        try:
            for reading in samples.readings:
                stop = judge(reading)
                if stop is not None:
                    self._stop_now(transport)
        except TransportError:
            raise
        except Exception as error:  # noqa: BLE001 - a judge that fails must not take the reader along
            self._judge = _judge_nothing
            self._stop_now(transport)
            self._tell(JudgeFailed(f"{type(error).__name__}: {error}"))
        else:
            if samples.readings[-1].validity in MEASURED:
                self._reading_ns = self._clock.monotonic_ns()

    def _stop_now(self, transport: Transport) -> None:
        """Write a stop before anything is noted of it."""
        request, wire = self.link.stop_wire()
        if wire:
            transport.write(wire)
            now_ns = self._clock.monotonic_ns()
            self.link.stop_written(request, now_ns)
            self.capture.append(Chunk(now_ns, Direction.SENT, wire))

    def on_time(self, transport: Transport, now_ns: int) -> None:
        """Carry out what other threads asked for, renew, repeat."""
        self.link.wire_is(transport.bare_why)
        stop, self._stop_wanted = self._stop_wanted, None
        if stop is not None:
            self._stop_now(transport)
        while self._commands:
            wire = self.link.order(self._commands.popleft(), now_ns)
            if wire:
                self._write(transport, wire)
        judged = self._judge is not _judge_nothing and now_ns - self._reading_ns < NO_DATA_NS
        events, wire = self.link.tick(now_ns, may_renew=judged and now_ns < self._renew_until_ns)
        if wire:
            self._write(transport, wire)
        for event in events:
            self._tell(event)
        if self.link.phase is LinkPhase.REFUSED:
            raise TransportGoneError(self.link.refusal)

    def _write(self, transport: Transport, wire: bytes) -> None:
        if not wire:
            return
        transport.write(wire)
        self.capture.append(Chunk(self._clock.monotonic_ns(), Direction.SENT, wire))

    def _tell(self, event: HandpieceEvent) -> None:
        if len(self._events) >= MAX_EVENTS:
            self.dropped_events += 1
            return
        self._events.append(event)
