"""The sending process as the recorder holds it: started once there is a destination to send to.

A process of its own, because making a PDF or waiting for a slow server must delay neither the
folding of a record nor the sound of an alarm.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Final

from torquemon.clock import Clock
from torquemon.paths import HomeError
from torquemon.record.delivery.config import config_path, load, stamp
from torquemon.record.errors import RecordError
from torquemon.record.opening import open_store

_END_WAIT_S: Final = 12.0
"""The process itself goes on for less; whoever needs longer is ended."""
_KILL_WAIT_S: Final = 3.0
AGAIN_NS: Final = 30_000_000_000
"""One that ended by itself (another sends already, a part is missing) would end again at once: a
new one each half second takes a processor from whoever sounds the alarms."""


class SendingProcess:
    """Runs while a file of destinations is there."""

    def __init__(
        self, clock: Clock, command: tuple[str, ...] = (sys.executable, "-m", "torquemon")
    ) -> None:
        self._clock = clock
        self._command = command
        self._seen: tuple[int, int] = (0, 0)
        self._process: subprocess.Popen[bytes] | None = None
        self._not_before_ns = 0

    def look(self) -> None:
        """Start it where destinations are set up and it does not run. Never raises."""
        with contextlib.suppress(OSError, HomeError, RecordError):
            self._make_known()
            if self._process is not None and self._process.poll() is None:
                return
            now_ns = self._clock.monotonic_ns()
            if config_path().exists() and now_ns >= self._not_before_ns:
                self._not_before_ns = now_ns + AGAIN_NS
                words = [*self._command, "outbox", "watch", "--until-input-ends"]
                self._let_go()
                self._process = subprocess.Popen(
                    words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
                )

    def _make_known(self) -> None:
        """Queue for new destinations at once: what is signed while the process starts counts."""
        now = stamp(config_path())
        if now == self._seen:
            return
        if load().destinations:
            open_store(self._clock).close()
        self._seen = now

    def close(self) -> None:
        """End it: it finishes the insertion at hand, or is made to."""
        process = self._process
        if process is None:
            return
        if process.stdin is not None:
            with contextlib.suppress(OSError):
                process.stdin.close()
        for end, wait_s in ((process.terminate, _END_WAIT_S), (process.kill, _KILL_WAIT_S)):
            try:
                process.wait(wait_s)
            except subprocess.TimeoutExpired:
                end()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_KILL_WAIT_S)

    def _let_go(self) -> None:
        """Close what is left of a process that ended."""
        if self._process is not None and self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()


@contextlib.contextmanager
def sending(clock: Clock) -> Iterator[Callable[[], None]]:
    """Let a process send while the block runs; call what is given now and then."""
    process = SendingProcess(clock)
    try:
        process.look()
        yield process.look
    finally:
        process.close()
