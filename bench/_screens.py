"""Screens for the round-trip benchmark, each in a terminal of 120x40 that another process drains.

`python -m bench._screens dashboard` prints the pid of the screen, drains it, and when it is told to
end kills the screen and prints how many bytes it drew.
"""

from __future__ import annotations

import fcntl
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
from contextlib import suppress

from textual.app import App, ComposeResult
from textual.screen import Screen
from textual.widgets import DataTable

ROWS = 500
_CODE = {
    "dashboard": (
        "from torquemon.launcher import run_dashboard\n"
        "from torquemon.local.messages import Role\n"
        "run_dashboard(Role.CONTROL, start_recording=False)"
    ),
    "table": "from bench._screens import TableLoad\nTableLoad().run()",
}


class InTerminal:
    """One screen, running beside the benchmark."""

    def __init__(self, kind: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench._screens", kind], stdout=subprocess.PIPE, text=True
        )
        self._pid = int(self._line())

    def _line(self) -> str:
        return self._process.stdout.readline() if self._process.stdout else ""

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the program on the screen."""
        os.kill(self._pid, number)

    def close(self) -> int:
        """End the program; return how many bytes it drew (0 when closed already)."""
        if self._process.poll() is not None:
            return 0
        self._process.terminate()
        drawn = int(self._line() or 0)
        self._process.wait()
        return drawn


class _TableScreen(Screen[None]):
    def compose(self) -> ComposeResult:
        yield DataTable()

    def on_mount(self) -> None:
        table = self.query_one(DataTable)
        table.add_columns("insertion", "site", "screw", "maximum", "verdict")
        for row in range(ROWS):
            table.add_row(str(row), "maxilla-buccal", "generic", f"{row % 15}.0", "within")


class TableLoad(App[None]):
    """Opens the table, closes it, and so on: twice a second each."""

    def on_mount(self) -> None:
        """Begin."""
        self.set_interval(0.25, self._toggle)

    def _toggle(self) -> None:
        if isinstance(self.screen, _TableScreen):
            self.pop_screen()
        else:
            self.push_screen(_TableScreen())


def main() -> None:
    """Run one screen and drain it until told to end."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "xterm-256color"
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        code = _CODE[sys.argv[1]]
        os.execv(sys.executable, [sys.executable, "-c", code])  # noqa: S606 - no shell wanted
    print(pid, flush=True)
    signal.signal(signal.SIGTERM, lambda *_: os.kill(pid, signal.SIGKILL))
    drawn = 0
    with suppress(OSError):
        while chunk := os.read(terminal, 65_536):
            drawn += len(chunk)
    os.waitpid(pid, 0)
    print(drawn, flush=True)


if __name__ == "__main__":
    main()
