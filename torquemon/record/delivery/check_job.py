"""Asks the destinations beside the recorder: `torquemon outbox check` as a process of its own.

A server that hangs is waited for by that process, and by nobody else.
"""

from __future__ import annotations

import subprocess
import sys
from typing import IO, Final

from torquemon.text import clean

_MAX_BYTES: Final = 8000
_MAX_LINES: Final = 20
_LINE_CHARS: Final = 200


class CheckJob:
    """At most one check at a time."""

    def __init__(self, command: tuple[str, ...] = (sys.executable, "-m", "torquemon")) -> None:
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None
        self._said: tuple[str, ...] = ()

    @property
    def said(self) -> tuple[str, ...]:
        """What was said last, a line each; empty where nothing was asked."""
        process = self._process
        if process is not None and process.poll() is not None:
            self._process = None
            self._said = (*_lines(process.stdout), *_lines(process.stderr))[:_MAX_LINES]
        return self._said

    def begin(self) -> None:
        """Begin, unless one is under way."""
        if self._process is not None and self._process.poll() is None:
            return
        self._said = ("the destinations are being asked",)
        try:
            self._process = subprocess.Popen(
                [*self._command, "outbox", "check"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        except OSError as error:
            self._said = (f"the destinations cannot be asked ({error.strerror})",)

    def close(self) -> None:
        """End what is under way."""
        if self._process is not None:
            self._process.terminate()
            self._process.communicate(timeout=5)
            self._process = None


def _lines(stream: IO[bytes] | None) -> list[str]:
    """Read a pipe whose other end is closed. What servers answered is in it: cleaned again."""
    if stream is None:
        return []
    with stream:
        text = stream.read(_MAX_BYTES).decode("utf-8", errors="replace")
    return [clean(line, _LINE_CHARS) for line in text.splitlines() if line.strip()]
