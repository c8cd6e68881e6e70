"""The monitor's process: puts the parts together and beats until it is told to end.

The reader thread has the port, the journal thread the disk, this loop the rest. `gc.freeze` once
everything is warm keeps the collector from walking the whole program under the reader.
"""

from __future__ import annotations

import contextlib
import gc
import secrets
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from torquemon import paths
from torquemon.chair_lock import ChairLock
from torquemon.clock import Clock
from torquemon.drivers.correction_store import load_corrections
from torquemon.drivers.handpiece import Handpiece
from torquemon.drivers.key_store import KeyStore
from torquemon.drivers.transport import TransportOpener
from torquemon.journal import Journal
from torquemon.local.door import write_door
from torquemon.local.server import LocalServer
from torquemon.monitor.chronicle import Chronicle
from torquemon.monitor.desk import Desk
from torquemon.monitor.device_side import DeviceSide
from torquemon.monitor.headless import Lines
from torquemon.monitor.overshoot import past_overshoots
from torquemon.monitor.plan import Plan
from torquemon.monitor.session import Options, Session
from torquemon.monitor.viewing import Viewer
from torquemon.monitor.writer import JournalWriter
from torquemon.profiles import Catalogue

BEAT_S: Final = 0.01
SWITCH_INTERVAL_S: Final = 0.0005
"""The reader waits at most this long for the interpreter, not the usual 5 ms."""
_QUIT_GRACE_NS: Final = 1_000_000_000
_SEED_BITS: Final = 256
"""The first 64 can be read off the wire; nobody may guess the others: see `Link`."""


class ChairBusyError(Exception):
    """Another monitor runs at this chair."""


@dataclass(frozen=True, slots=True)
class Run:
    """What this run is for.

    `start_recording` starts one as soon as a handpiece is there and streams; `once` ends the run
    when it is closed; `connect_timeout_s` gives up when no handpiece came (None: never).
    """

    opener: TransportOpener
    port: str
    plan: Plan
    options: Options
    start_recording: bool = False
    once: bool = False
    connect_timeout_s: float | None = None
    duration_s: float | None = None


class Monitor:
    """One chair, running."""

    def __init__(self, run: Run, catalogue: Catalogue, clock: Clock, lines: Lines) -> None:
        self._run = run
        self._clock = clock
        self._lines = lines
        self._lock = ChairLock(paths.lock_path())
        if not self._lock.acquire():
            raise ChairBusyError(
                "another monitor already runs at this chair: end it first, or give this one its "
                f"own folder with {paths.HOME_VARIABLE}"
            )
        self._journal = Journal(paths.journal_path())
        self._writer = JournalWriter(self._journal)
        keys = KeyStore(paths.keys_path()).load()
        self._handpiece = Handpiece(
            run.opener, clock, secrets.randbits(_SEED_BITS), keys, load_corrections(paths.home())
        )
        self._chronicle = Chronicle(self._writer, clock)
        side = DeviceSide(self._chronicle, run.port)
        self.session = Session(
            self._handpiece,
            self._chronicle,
            side,
            clock,
            run.plan,
            run.options,
            past_overshoots(self._journal),
        )
        self._desk = Desk(self.session, catalogue, clock)
        self._server = LocalServer(self._desk.answer, self._desk.gone)
        self._viewer = Viewer(self.session)
        self._signalled = False
        self._started = False
        self._chronicle.on_alert = lines.alert

    def run(self) -> int:
        """Beat until it is over; return the exit code."""
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        began_ns = self._clock.monotonic_ns()
        self._writer.start()
        self._handpiece.start()
        try:
            write_door(paths.door_path(), self._server.door)
        except OSError as error:
            sys.stderr.write(
                f"torquemon: no dashboard can join, the door cannot be written ({error.strerror})\n"
            )
        gc.collect()
        gc.freeze()
        try:
            with _signals(self._on_signal):
                while not self._is_over(began_ns):
                    self._beat()
            return self._end()
        finally:
            self._handpiece.close()
            self._server.close()
            self._writer.close()
            self._journal.close()
            self._lines.close()
            with contextlib.suppress(OSError):
                paths.door_path().unlink(missing_ok=True)
            self._lock.release()

    def _beat(self) -> None:
        self._server.poll(BEAT_S)
        self.session.step()
        now_ns = self._clock.monotonic_ns()
        if (
            self._run.start_recording
            and not self._started
            and self.session.side.is_streaming(now_ns)
        ):
            # who typed the patient and --record on one line has confirmed them
            self.session.confirm()
            self.session.start()
            self._started = self._chronicle.recording is not None
        self._lines.closed(self._chronicle.closed)
        self._lines.beat(now_ns, lambda: self._viewer.view(now_ns, controlling=False))

    def _is_over(self, began_ns: int) -> bool:
        if self._signalled or self._desk.wants_quit:
            return True
        if self._run.once and self._chronicle.closed is not None:
            return True
        elapsed_s = (self._clock.monotonic_ns() - began_ns) / 1e9
        if self._run.duration_s is not None and elapsed_s > self._run.duration_s:
            return True
        limit_s = self._run.connect_timeout_s
        return limit_s is not None and self.session.side.device is None and elapsed_s > limit_s

    def _end(self) -> int:
        """Close what is running, wait for the disk, let the device go. Returns the exit code."""
        self.session.finish()
        until_ns = self._clock.monotonic_ns() + _QUIT_GRACE_NS
        while self._chronicle.recording is not None and self._clock.monotonic_ns() < until_ns:
            self._beat()
        self._beat()  # one more: the answers of the last orders leave, the lease is given back
        self._lines.closed(self._chronicle.closed)
        if self.session.side.device is None:
            sys.stderr.write(f"torquemon: no handpiece: {self.session.side.text}\n")
            return 1
        if self._writer.flush(5.0) and not self._writer.dropped_entries:
            return 0
        sys.stderr.write(f"torquemon: not everything could be stored: {self._writer.problem}\n")
        return 1

    def _on_signal(self) -> None:
        self._signalled = True


@contextlib.contextmanager
def _signals(on_signal: Callable[[], None]) -> Iterator[None]:
    """End in order when the system or the launcher asks for it."""
    wanted = [signal.SIGINT, signal.SIGTERM]
    before = {number: signal.signal(number, lambda *_: on_signal()) for number in wanted}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
