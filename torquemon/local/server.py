"""The monitor's side of the loopback protocol: sockets without a thread, everything bounded.

`poll` is called by the monitor's main loop. A client that says no token, sends too much or does
not read is dropped; no client can hold up another, or the session.
"""

from __future__ import annotations

import contextlib
import hmac
import selectors
import socket
from collections.abc import Callable
from typing import Final

from pydantic import ValidationError

from torquemon.local.door import LOOPBACK, Door, new_token
from torquemon.local.messages import (
    MAX_ANSWER_BYTES,
    MAX_REQUEST_BYTES,
    REQUEST,
    Answer,
    Fetch,
    Hello,
    Order,
    Role,
)

MAX_CLIENTS: Final = 16
"""A chair has a dashboard, a second screen and a browser page; more is a mistake."""
_RECEIVE_BYTES: Final = 65_536

Handler = Callable[[int, Role, Fetch | Order], Answer]


class _Client:
    """One connection."""

    def __init__(self, number: int, connection: socket.socket) -> None:
        self.number = number
        self.client = number  # whom this connection belongs to
        self.connection = connection
        self.role: Role | None = None
        self.inbox = b""
        self.outbox = b""


class LocalServer:
    """Listens on loopback. `gone` hears a client's number when its last connection has left."""

    def __init__(self, handler: Handler, gone: Callable[[int], None]) -> None:
        self._handler = handler
        self._gone = gone
        self._listener = socket.create_server((LOOPBACK, 0))
        self._listener.settimeout(0)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ, None)
        self._clients: dict[int, _Client] = {}
        self._numbered = 0
        self.door = Door(self._listener.getsockname()[1], new_token())

    def poll(self, timeout_s: float) -> None:
        """Serve whoever has something to say, for at most about `timeout_s`."""
        for key, events in self._selector.select(timeout_s):
            client: _Client | None = key.data
            if client is None:
                self._accept()
                continue
            try:
                if events & selectors.EVENT_READ:
                    self._receive(client)
                if events & selectors.EVENT_WRITE:
                    self._send(client)
            except OSError:
                self._drop(client)

    def close(self) -> None:
        """Drop everybody and stop listening."""
        for client in list(self._clients.values()):
            with contextlib.suppress(OSError):
                client.connection.settimeout(0.2)
                client.connection.sendall(client.outbox)
            self._drop(client)
        self._selector.close()
        self._listener.close()

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:
            return  # gone again before it was taken
        if len(self._clients) >= MAX_CLIENTS:
            connection.close()
            return
        connection.settimeout(0)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._numbered += 1
        client = _Client(self._numbered, connection)
        self._clients[client.number] = client
        self._selector.register(connection, selectors.EVENT_READ, client)

    def _receive(self, client: _Client) -> None:
        try:
            data = client.connection.recv(_RECEIVE_BYTES)
        except BlockingIOError:
            return
        if not data:
            raise ConnectionResetError
        client.inbox += data
        while b"\n" in client.inbox:
            line, client.inbox = client.inbox.split(b"\n", 1)
            self._answer(client, line)
        if len(client.inbox) > MAX_REQUEST_BYTES:
            raise ConnectionResetError

    def _answer(self, client: _Client, line: bytes) -> None:
        try:
            if len(line) > MAX_REQUEST_BYTES:
                raise ConnectionResetError
            request = REQUEST.validate_json(line)
        except ValidationError:
            self._queue(client, Answer(ok=False, error="the request is not understood"))
            return
        if isinstance(request, Hello):
            if not hmac.compare_digest(request.token.encode(), self.door.token.encode()):
                raise ConnectionResetError
            client.role = request.role
            client.client = request.client or client.number
            self._queue(client, Answer(ok=True, client=client.client))
        elif client.role is None:
            raise ConnectionResetError
        else:
            self._queue(client, self._handler(client.client, client.role, request))

    def _queue(self, client: _Client, answer: Answer) -> None:
        client.outbox += answer.model_dump_json().encode() + b"\n"
        if len(client.outbox) > 2 * MAX_ANSWER_BYTES:
            raise ConnectionResetError
        self._send(client)

    def _send(self, client: _Client) -> None:
        with contextlib.suppress(BlockingIOError):
            sent = client.connection.send(client.outbox)
            client.outbox = client.outbox[sent:]
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if client.outbox else 0)
        self._selector.modify(client.connection, wanted, client)

    def _drop(self, client: _Client) -> None:
        if self._clients.pop(client.number, None) is None:
            return
        self._selector.unregister(client.connection)
        client.connection.close()
        if all(other.client != client.client for other in self._clients.values()):
            self._gone(client.client)
