"""A server on loopback that answers as it is told: raw bytes over real sockets."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

Answer = Callable[[socket.socket], None]
_CHUNK = b"\0" * 65_536


@dataclass(slots=True)
class Hostile:
    """Gives one prepared answer a request; the last one again and again."""

    url: str
    answers: list[Answer] = field(default_factory=list)
    requests: list[bytes] = field(default_factory=list)
    """What was asked, heads and bodies."""
    sent: int = 0
    """Bytes of an endless body that were taken before the reader hung up."""

    def next(self) -> Answer:
        """Return the answer to the next request."""
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def whole(
    status: str, body: bytes = b"", kind: str = "application/fhir+json", **headers: str
) -> Answer:
    """Answer properly."""
    more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{more}\r\n"
    return lambda connection: connection.sendall(head.encode() + body)


def half(body: bytes) -> Answer:
    """Promise twice as much as is sent, then hang up."""
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {2 * len(body)}"
    return lambda connection: connection.sendall(head.encode() + b"\r\n\r\n" + body)


def silent(server: threading.Event) -> Answer:
    """Say nothing until the test is over."""

    def answer(connection: socket.socket) -> None:
        del connection
        server.wait(30)

    return answer


def dripping(server: threading.Event) -> Answer:
    """Send a head, one byte at a time, for ever: no single read ever waits long."""

    def answer(connection: socket.socket) -> None:
        while not server.wait(0.02):
            connection.sendall(b"H")

    return answer


def endless(hostile: Hostile, total: int) -> Answer:
    """Send a body of zeros as long as it is read."""

    def answer(connection: socket.socket) -> None:
        head = (
            f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {total}\r\n\r\n"
        )
        connection.sendall(head.encode())
        while hostile.sent < total:
            connection.sendall(_CHUNK)
            hostile.sent += len(_CHUNK)

    return answer


@contextlib.contextmanager
def hostile(tls: ssl.SSLContext | None = None) -> Iterator[tuple[Hostile, threading.Event]]:
    """Run such a server; the event is set when the test is over."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        server = Hostile(f"http://127.0.0.1:{port}/fhir")
        threads: list[threading.Thread] = []

        def serve() -> None:
            while not over.is_set():
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                thread = threading.Thread(target=_one, args=(server, connection, tls), daemon=True)
                threads.append(thread)
                thread.start()

        accepting = threading.Thread(target=serve, daemon=True)
        accepting.start()
        try:
            yield server, over
        finally:
            over.set()
            with contextlib.suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            listening.close()
            for thread in (accepting, *threads):
                thread.join(5)


def _one(server: Hostile, plain: socket.socket, tls: ssl.SSLContext | None) -> None:
    with plain, contextlib.suppress(OSError):
        connection = plain if tls is None else tls.wrap_socket(plain, server_side=True)
        with connection:
            _answer(server, connection)


def _answer(server: Hostile, connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        request = _request(connection)
        if request:
            server.requests.append(request)
            server.next()(connection)
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_WR)
            connection.recv(1)


def _request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65_536)
        if not piece:
            return data
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    while len(body) < length:
        body += connection.recv(65_536)
    return head + b"\r\n\r\n" + body
