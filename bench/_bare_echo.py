"""The least that can be done with a byte: read what is there, write an answer. For comparison."""

from __future__ import annotations

import os
import select
import sys
import termios
import tty


def main() -> None:
    """Answer every tenth chunk on the port that is the only argument, until it is gone."""
    port = os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY)
    tty.setraw(port, termios.TCSANOW)
    answer = b"x" * 12 + b"\x00"
    count = 0
    while True:
        select.select([port], [], [])
        try:
            chunk = os.read(port, 65_536)
        except OSError:
            return
        if not chunk:
            return
        for _ in range(chunk.count(b"\x00")):
            if count % 10 == 0:
                os.write(port, answer)
            count += 1


if __name__ == "__main__":
    main()
