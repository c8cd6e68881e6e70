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

from torquemon.paths import HomeError
from torquemon.record.delivery.config import config_path

_END_WAIT_S: Final = 12.0
"""The process itself goes on for less; whoever needs longer is ended."""


class SendingProcess:
    """Runs while a file of destinations is there."""

    def __init__(self, command: tuple[str, ...] = (sys.executable, "-m", "torquemon")) -> None:
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None

    def look(self) -> None:
        """Start it where destinations are set up and it does not run. Never raises."""
        with contextlib.suppress(OSError, HomeError):
            if self._process is not None and self._process.poll() is None:
                return
            if config_path().exists():
                words = [*self._command, "outbox", "watch", "--until-input-ends"]
                self._process = subprocess.Popen(
                    words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
                )

    def close(self) -> None:
        """End it: it finishes the insertion at hand, or is made to."""
        process = self._process
        if process is None:
            return
        if process.stdin is not None:
            with contextlib.suppress(OSError):
                process.stdin.close()
        try:
            process.wait(_END_WAIT_S)
        except subprocess.TimeoutExpired:
            process.terminate()
            process.wait(_END_WAIT_S)


@contextlib.contextmanager
def sending() -> Iterator[Callable[[], None]]:
    """Let a process send while the block runs; call what is given now and then."""
    process = SendingProcess()
    try:
        yield process.look
    finally:
        process.close()
