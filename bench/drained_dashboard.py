"""The real dashboard in a terminal of 120x40 whose output somebody reads, until terminated."""

from __future__ import annotations

import fcntl
import os
import pty
import signal
import struct
import sys
import termios


def main() -> None:
    """Run the dashboard in a child with its own terminal and drain it."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "xterm-256color"
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        code = (
            "from torquemon.launcher import run_dashboard\n"
            "from torquemon.local.messages import Role\n"
            "run_dashboard(Role.CONTROL, start_recording=False)"
        )
        os.execv(sys.executable, [sys.executable, "-c", code])  # noqa: S606 - no shell wanted
    signal.signal(signal.SIGTERM, lambda *_: os.kill(pid, signal.SIGTERM))
    while True:
        try:
            if not os.read(terminal, 65_536):
                break
        except OSError:
            break
    os.waitpid(pid, 0)


if __name__ == "__main__":
    main()
