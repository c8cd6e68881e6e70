"""A real terminal for tests: tmux of its own, keys typed, screen read, ended by its own socket."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from tests.processes import START_S, require, wait_for

SIZE: Final = (120, 40)
KILLED: Final = -9
_SIZES: Final = ("COLUMNS", "LINES")
"""Programs believe these more than their terminal. Python's readline sets them beneath
`os.environ`, so that only an environment of our own keeps them from whatever is started."""


class Terminal:
    """One program in one terminal."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket

    def _tmux(self, *words: str) -> str:
        done = subprocess.run(
            ["tmux", "-S", str(self._socket), "-f", os.devnull, *words],  # noqa: S607 - tmux of the machine
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=20,
            check=True,
            env={name: os.environ[name] for name in os.environ if name not in _SIZES},
        )
        return done.stdout

    def start(self, *command: str, size: tuple[int, int] = SIZE) -> None:
        """Start a program; the terminal stays when it ends."""
        columns, rows = map(str, size)
        self._tmux(
            *("set-option", "-g", "remain-on-exit", "on", ";"),
            *("set-option", "-g", "default-size", f"{columns}x{rows}", ";"),
            *("new-session", "-d", "-x", columns, "-y", rows, "--", *command),
        )

    def screen(self) -> str:
        """What stands on the screen now."""
        return self._tmux("capture-pane", "-p")

    def type(self, *keys: str) -> None:
        """Press keys, by tmux's names."""
        self._tmux("send-keys", *keys)

    def shows(self, *words: str) -> Callable[[], bool]:
        """A condition: all these words stand on the screen."""

        def condition() -> bool:
            screen = self.screen()
            return all(word in screen for word in words)

        return condition

    def wait_for(self, *words: str, within_s: float = 2 * START_S) -> str:
        """Wait until all these words stand on the screen; return it."""
        try:
            wait_for(self.shows(*words), within_s, f"{words} on the screen")
        except AssertionError as error:
            raise AssertionError(f"{error}:\n{self.screen()}") from None
        return self.screen()

    @property
    def pid(self) -> int:
        """The program's process."""
        return int(self._tmux("display-message", "-p", "#{pane_pid}"))

    @property
    def exit_code(self) -> int | None:
        """How the program ended, as Python tells it: minus the signal's number; None before."""
        form = "#{pane_dead}:#{pane_dead_status}:#{pane_dead_signal}"
        dead, status, number = self._tmux("display-message", "-p", form).strip().split(":")
        if dead != "1":
            return None
        if not (status or number):
            self._tmux("run-shell", "true")  # tmux asks how a child ended when another one ends
            return None
        return int(status) if status else -int(number)

    def wait_end(self, within_s: float = 2 * START_S) -> int:
        """Wait until the program has ended; return its exit code."""
        wait_for(lambda: self.exit_code is not None, within_s, "the program ends")
        code = self.exit_code
        assert code is not None
        return code

    def close(self) -> None:
        """End the terminal and what runs in it."""
        with contextlib.suppress(subprocess.CalledProcessError):
            self._tmux("kill-server")


@contextlib.contextmanager
def terminal(*command: str, size: tuple[int, int] = SIZE) -> Iterator[Terminal]:
    """`command` in a terminal of its own."""
    require(shutil.which("tmux"), "needs tmux (Debian: tmux)")
    # a socket's name may have 100 characters: a test's own folder has too many
    with tempfile.TemporaryDirectory(prefix="torquemon-") as folder:
        made = Terminal(Path(folder) / "tmux")
        made.start(*command, size=size)
        try:
            yield made
        finally:
            made.close()


def program(*words: str) -> tuple[str, ...]:
    """The program with these words on its command line."""
    return (sys.executable, "-m", "torquemon", *words)
