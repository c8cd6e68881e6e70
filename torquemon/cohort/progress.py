"""A progress bar on a terminal, and nothing at all elsewhere."""

from __future__ import annotations

from typing import Final, TextIO

_WIDTH: Final = 30


class Progress:
    """Draws on `stream` if that is a terminal."""

    def __init__(self, stream: TextIO, total: int, what: str) -> None:
        self._stream = stream
        self._total = total
        self._what = what
        self._shown = -1
        self._on = stream.isatty()

    def update(self, done: int) -> None:
        """Show that `done` of the total are done."""
        percent = 100 * done // max(1, self._total)
        if not self._on or percent == self._shown:
            return
        self._shown = percent
        bar = "#" * (_WIDTH * percent // 100)
        self._stream.write(f"\r[{bar:<{_WIDTH}}] {done} of {self._total} {self._what}")
        self._stream.flush()

    def close(self) -> None:
        """Leave the line."""
        if self._on and self._shown >= 0:
            self._stream.write("\n")
            self._stream.flush()
