"""The serving side of the loopback protocol: sockets without a thread, everything bounded.

One process, one door: the monitor's and the recorder's differ only in what may be asked and what is
answered (`Dialect`). `poll` is called by the process's main loop. A client that says no token,
sends too much or does not read is dropped; no client can hold up another, or the process.
"""

from __future__ import annotations

import contextlib
import hmac
import os
import secrets
import selectors
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from torquemon.local.door import LAUNCH_VARIABLE, LOOPBACK, Door, new_token
from torquemon.local.messages import Hello, PlainAnswer, Role

MAX_CLIENTS: Final = 16
"""A chair has a dashboard, a second screen and a browser page; more is a mistake."""
MAX_LINES: Final = 64
"""A client asks and waits for the answer; more lines in one read are no client of ours."""
_CLIENT_NUMBERS: Final = (1 << 62) - 1
"""Client numbers are drawn, not counted: nobody takes another's by guessing."""

RequestT = TypeVar("RequestT", bound=BaseModel)
AnswerT = TypeVar("AnswerT", bound=PlainAnswer)
Handler = Callable[[int, Role, RequestT], AnswerT]


@dataclass(frozen=True, slots=True)
class Dialect(Generic[RequestT, AnswerT]):
    """What is asked and answered at one door, and how long a line of either may be."""

    requests: TypeAdapter[Hello | RequestT]
    answer: type[AnswerT]
    max_request_bytes: int
    max_answer_bytes: int


class _Client:
    """One connection."""

    def __init__(self, number: int, connection: socket.socket) -> None:
        self.number = number
        self.connection = connection
        self.client = 0  # whom this connection belongs to, once it has said hello
        self.role: Role | None = None
        self.inbox = b""
        self.outbox = bytearray()


class DoorServer(Generic[RequestT, AnswerT]):
    """Listens on loopback. `gone` hears a client's number when its last connection has left."""

    def __init__(
        self,
        handler: Handler[RequestT, AnswerT],
        gone: Callable[[int], None],
        dialect: Dialect[RequestT, AnswerT],
    ) -> None:
        self.dialect = dialect
        self._handler = handler
        self._gone = gone
        self._listener = socket.create_server((LOOPBACK, 0))
        self._listener.settimeout(0)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ, None)
        self._clients: dict[int, _Client] = {}
        self._numbered = 0
        port = self._listener.getsockname()[1]
        self.door = Door(port, new_token(), os.environ.get(LAUNCH_VARIABLE, ""))

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
            strangers = [client for client in self._clients.values() if client.role is None]
            if not strangers:
                connection.close()
                return
            self._drop(strangers[0])  # who never said hello keeps nobody out
        connection.settimeout(0)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._numbered += 1
        client = _Client(self._numbered, connection)
        self._clients[client.number] = client
        self._selector.register(connection, selectors.EVENT_READ, client)

    def _receive(self, client: _Client) -> None:
        most = self.dialect.max_request_bytes
        try:
            data = client.connection.recv(most * 2)
        except BlockingIOError:
            return
        if not data:
            raise ConnectionResetError
        *lines, client.inbox = (client.inbox + data).split(b"\n")
        if len(client.inbox) > most or len(lines) > MAX_LINES:
            raise ConnectionResetError
        for line in lines:
            self._answer(client, line)

    def _answer(self, client: _Client, line: bytes) -> None:
        if len(line) > self.dialect.max_request_bytes:
            raise ConnectionResetError
        try:
            request = self.dialect.requests.validate_json(line)
        except ValidationError:
            if client.role is None:
                raise ConnectionResetError from None
            self._queue(
                client, self.dialect.answer(ok=False, error="the request is not understood")
            )
            return
        if client.role is None:
            self._greet(client, request)
        elif isinstance(request, Hello):
            raise ConnectionResetError  # once is enough: a second could ask for another role
        else:
            self._queue(client, self._handler(client.client, client.role, request))

    def _greet(self, client: _Client, request: Hello | RequestT) -> None:
        """Let a connection in that knows the token, as a new client or beside its first."""
        if not isinstance(request, Hello) or not hmac.compare_digest(
            request.token.encode(), self.door.token.encode()
        ):
            raise ConnectionResetError
        number = request.client or 1 + secrets.randbelow(_CLIENT_NUMBERS)
        if request.client and not any(
            other.client == number and other.role is request.role
            for other in self._clients.values()
        ):
            raise ConnectionResetError
        client.role, client.client = request.role, number
        self._queue(client, self.dialect.answer(ok=True, client=number))

    def _queue(self, client: _Client, answer: AnswerT) -> None:
        client.outbox += answer.model_dump_json().encode() + b"\n"
        if len(client.outbox) > 2 * self.dialect.max_answer_bytes:
            raise ConnectionResetError
        self._send(client)

    def _send(self, client: _Client) -> None:
        with contextlib.suppress(BlockingIOError):
            sent = client.connection.send(client.outbox)
            del client.outbox[:sent]
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if client.outbox else 0)
        self._selector.modify(client.connection, wanted, client)

    def _drop(self, client: _Client) -> None:
        if self._clients.pop(client.number, None) is None:
            return
        self._selector.unregister(client.connection)
        client.connection.close()
        if client.client and all(o.client != client.client for o in self._clients.values()):
            self._gone(client.client)
