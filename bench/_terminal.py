"""A program in a terminal of 120x40, and what stands on it: enough of a terminal to read Textual's.

`python -m bench._terminal` is the bare application that start-up is compared with: three widgets.
"""

from __future__ import annotations

import codecs
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time
from contextlib import suppress
from pathlib import Path

COLUMNS, ROWS = 120, 40
_TOKEN = re.compile(r"\x1b\[([0-9;?<>=$]*)([@-~])|\x1b[^\[]|[^\x1b]")
_UNFINISHED = re.compile(r"\x1b(?:\[[0-9;?<>=$]*)?$")
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


class Terminal:
    """Runs a program of this Python and keeps the cells that it has drawn."""

    def __init__(self, arguments: list[str]) -> None:
        self.started_ns = time.monotonic_ns()
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            os.environ |= {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
            os.execv(sys.executable, [sys.executable, *arguments])  # noqa: S606 - no shell wanted
        os.set_blocking(self.master, False)
        self.cells = [[" "] * COLUMNS for _ in range(ROWS)]
        self.drawn_bytes = 0
        self.row_begins = [0] * ROWS
        """How often a line was begun in each row."""
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""
        self._x = self._y = 0

    def read(self) -> bool:
        """Take in what was drawn; return whether there was anything."""
        data = b""
        with suppress(BlockingIOError, OSError):
            data = os.read(self.master, 262_144)
        self.drawn_bytes += len(data)
        text = self._rest + self._decoder.decode(data)
        unfinished = _UNFINISHED.search(text)
        self._rest = text[unfinished.start() :] if unfinished else ""
        for token in _TOKEN.finditer(text, 0, len(text) - len(self._rest)):
            self._take(token)
        return bool(data)

    def _take(self, token: re.Match[str]) -> None:
        if token[2] == "H":
            row, _, column = token[1].partition(";")
            self._y, self._x = int(row or 1) - 1, int(column or 1) - 1
            self.row_begins[self._y] += self._x == 0
        elif token[2] is not None or token[0][0] == "\x1b":
            return
        elif token[0] == "\n":
            self._y, self._x = self._y + 1, 0
        elif token[0] == "\r":
            self._x = 0
        else:
            if self._x < COLUMNS and self._y < ROWS:
                self.cells[self._y][self._x] = token[0]
            self._x += 1

    def part(self, rows: range, columns: range) -> str:
        """Return a part of the screen."""
        return "\n".join("".join(self.cells[y][columns.start : columns.stop]) for y in rows)

    def wait_for(self, words: str, timeout_s: float = 30.0) -> float:
        """Return the milliseconds from the start until `words` stood on the screen."""
        until_ns = time.monotonic_ns() + round(timeout_s * 1e9)
        while time.monotonic_ns() < until_ns:
            select.select([self.master], [], [], 0.05)
            if self.read() and words in self.part(range(ROWS), range(COLUMNS)):
                return (time.monotonic_ns() - self.started_ns) / 1e6
        raise SystemExit(f"the screen never showed {words!r}")

    def cpu_s(self) -> float:
        """Return the processor time that the program has used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(")")[2]
        user, system = fields.split()[11:13]
        return (int(user) + int(system)) / _TICKS_PER_S

    def close(self) -> None:
        """End the program."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        with suppress(OSError):
            os.close(self.master)


def main() -> None:
    """Run the bare application."""
    from textual.app import App, ComposeResult
    from textual.widgets import Static

    class Bare(App[None]):
        def compose(self) -> ComposeResult:
            yield Static("one")
            yield Static("two")
            yield Static("three-widgets")

    Bare().run()


if __name__ == "__main__":
    main()
