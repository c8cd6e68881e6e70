"""The two wires on which a simulated device is served: a pty and a loopback TCP port.

Both never block: what nobody reads is kept up to a bound, then the oldest whole frames are dropped
and counted. One client at a time; when it goes, the device falls silent until the next hello.
"""

from __future__ import annotations

import errno
import os
import select
import socket
import sys
import time
from collections import deque
from pathlib import Path
from typing import Final, Protocol

READ_BYTES: Final = 4096
MAX_PENDING_FRAMES: Final = 1024


class PortError(Exception):
    """The port cannot be offered; the message says why."""


class Port(Protocol):
    """One wire. `connected` tells whether somebody is at the other end."""

    @property
    def url(self) -> str:
        """What a host opens."""
        ...

    @property
    def connected(self) -> bool:
        """Whether a client is there."""
        ...

    def wait(self, seconds: float) -> bytes:
        """Wait at most so long for bytes and return what came, else nothing."""
        ...

    def write(self, data: bytes) -> int:
        """Write what fits at once and return how many bytes that were."""
        ...

    def close(self) -> None:
        """Take the wire away."""
        ...


class Outbox:
    """Frames on their way to a port that may not take them. `dropped_frames` counts the lost."""

    def __init__(self) -> None:
        self._frames: deque[bytes] = deque()
        self._begun = False
        self.dropped_frames = 0

    def send(self, port: Port, frames: list[bytes]) -> None:
        """Queue frames and write as much as the port takes now."""
        waiting = self._frames
        waiting.extend(frames)
        while len(waiting) > MAX_PENDING_FRAMES:
            # A frame that is half on the wire must be finished, the one after it can go.
            del waiting[1 if self._begun else 0]
            self.dropped_frames += 1
        while waiting:
            frame = waiting[0]
            sent = port.write(frame)
            if sent < len(frame):
                if sent:
                    waiting[0] = frame[sent:]
                    self._begun = True
                return
            waiting.popleft()
            self._begun = False

    def clear(self) -> None:
        """Forget everything: the client is gone."""
        self._frames.clear()
        self._begun = False


class PtyPort:
    """A pseudo terminal in raw mode (POSIX). `link` is a name that points to it while it lives."""

    def __init__(self, link: Path | None = None) -> None:
        if sys.platform == "win32":
            raise PortError("a pty needs POSIX; on Windows serve with --tcp 0")
        import tty

        self._master, slave = os.openpty()
        tty.setraw(slave)
        self._url = os.ttyname(slave)
        # With the other side closed, the master tells by EIO that nobody is there.
        os.close(slave)
        os.set_blocking(self._master, False)
        self._connected = False
        self._link = link
        if link is not None:
            if link.is_symlink():
                link.unlink()
            try:
                link.symlink_to(self._url)
            except OSError as error:
                raise PortError(f"cannot make the link {link}: {error.strerror}") from error

    @property
    def url(self) -> str:
        """See `Port`."""
        return self._url

    @property
    def connected(self) -> bool:
        """See `Port`."""
        return self._connected

    def wait(self, seconds: float) -> bytes:
        """See `Port`."""
        if self._connected:
            select.select([self._master], [], [], seconds)
        else:
            time.sleep(seconds)  # a hung-up master is always "readable"
        try:
            data = os.read(self._master, READ_BYTES)
        except BlockingIOError:
            self._connected = True  # open at the other side, nothing said
            return b""
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            self._connected = False
            return b""
        self._connected = bool(data)  # macOS says "hung up" by an empty read
        return data

    def write(self, data: bytes) -> int:
        """See `Port`."""
        try:
            return os.write(self._master, data)
        except BlockingIOError:
            return 0
        except OSError:
            return len(data)  # hung up this moment; `wait` will tell

    def close(self) -> None:
        """See `Port`."""
        os.close(self._master)
        if self._link is not None and self._link.is_symlink():
            self._link.unlink()


class TcpPort:
    """A listening socket on 127.0.0.1; one client at a time, others wait in line."""

    def __init__(self, port: int) -> None:
        self._listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._listener.bind(("127.0.0.1", port))
            self._listener.listen(1)
        except (OSError, OverflowError) as error:
            self._listener.close()
            raise PortError(f"cannot listen on 127.0.0.1:{port}: {error}") from error
        self._listener.settimeout(0)
        self._client: socket.socket | None = None

    @property
    def url(self) -> str:
        """See `Port`."""
        return f"socket://127.0.0.1:{self._listener.getsockname()[1]}"

    @property
    def connected(self) -> bool:
        """See `Port`."""
        return self._client is not None

    def wait(self, seconds: float) -> bytes:
        """See `Port`."""
        watched = self._client or self._listener
        if not select.select([watched], [], [], seconds)[0]:
            return b""
        if self._client is None:
            self._accept()
            return b""
        try:
            data = self._client.recv(READ_BYTES)
        except BlockingIOError:
            return b""
        except OSError:
            data = b""
        if not data:
            self._hang_up()
        return data

    def write(self, data: bytes) -> int:
        """See `Port`."""
        if self._client is None:
            return len(data)  # spoken into the air, as on a wire without a listener
        try:
            return self._client.send(data)
        except BlockingIOError:
            return 0
        except OSError:
            self._hang_up()
            return len(data)

    def close(self) -> None:
        """See `Port`."""
        self._hang_up()
        self._listener.close()

    def _accept(self) -> None:
        try:
            client, _ = self._listener.accept()
        except OSError:
            return  # it left again while it waited
        client.settimeout(0)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._client = client

    def _hang_up(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None
