"""A client of the monitor: fetches the view, gives orders. For dashboards and scripts."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Generic, Self, TypeVar

from pydantic import BaseModel, ValidationError

from torquemon.local.door import LOOPBACK, Door
from torquemon.local.messages import (
    MAX_ANSWER_BYTES,
    Answer,
    Fetch,
    Hello,
    Order,
    OrderName,
    PlainAnswer,
    Role,
)
from torquemon.local.view import CurveBlock, View

AnswerT = TypeVar("AnswerT", bound=PlainAnswer)


class LocalError(Exception):
    """The monitor refused, and its sentence."""


class LocalLostError(LocalError, OSError):
    """The monitor does not answer any more."""


class Connection(Generic[AnswerT]):
    """One connection. Requests on it are answered one after the other.

    `whom` is who serves, for the sentences: the monitor, the recorder. Whoever is cancelled while
    it waits leaves an answer on the way: that one is nobody's, and never another request's.
    """

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        answer: type[AnswerT],
        whom: str,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._answer = answer
        self._whom = whom
        self._turn = asyncio.Lock()
        self._unread = 0

    @classmethod
    async def open(
        cls, door: Door, answer: type[AnswerT], whom: str, limit_bytes: int = MAX_ANSWER_BYTES
    ) -> Self:
        """Connect. Raises LocalLostError."""
        try:
            reader, writer = await asyncio.open_connection(LOOPBACK, door.port, limit=limit_bytes)
        except OSError as error:
            raise LocalLostError(f"the {whom} does not answer: is it still running?") from error
        return cls(reader, writer, answer, whom)

    async def ask(self, request: BaseModel) -> AnswerT:
        """Send a request and return its answer. Raises LocalError."""
        async with self._turn:
            try:
                self._writer.write(request.model_dump_json().encode() + b"\n")
                self._unread += 1
                await self._writer.drain()
                answer = self._answer.model_validate_json(await self._own_line())
            except (
                OSError,
                asyncio.IncompleteReadError,
                asyncio.LimitOverrunError,
                ValidationError,
            ) as error:
                raise LocalLostError(f"the {self._whom} does not answer any more") from error
        if not answer.ok:
            raise LocalError(answer.error)
        return answer

    async def _own_line(self) -> bytes:
        """Return the answer to what was asked last; those before it are nobody's any more."""
        line = b""
        while self._unread:
            line = await self._reader.readuntil(b"\n")
            self._unread -= 1
        return line

    async def close(self) -> None:
        """Leave."""
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()


class MonitorClient:
    """A client of the monitor: one connection for the view, one for orders.

    A stop must not wait behind a fetch that is not answered.
    """

    def __init__(self, views: Connection[Answer], orders: Connection[Answer]) -> None:
        self._views = views
        self._orders = orders

    @classmethod
    async def connect(cls, door: Door, role: Role) -> MonitorClient:
        """Connect and say hello. Raises LocalError."""
        async with contextlib.AsyncExitStack() as opened:
            views = await Connection.open(door, Answer, "monitor")
            opened.push_async_callback(views.close)
            hello = await views.ask(Hello(token=door.token, role=role))
            orders = await Connection.open(door, Answer, "monitor")
            opened.push_async_callback(orders.close)
            await orders.ask(Hello(token=door.token, role=role, client=hello.client))
            opened.pop_all()
        return cls(views, orders)

    async def fetch(
        self, drawn: int, insertion_id: str | None, curve_from: int
    ) -> tuple[View, CurveBlock | None]:
        """Fetch the view; `drawn` names the last view that was drawn. Raises LocalError."""
        answer = await self._views.ask(
            Fetch(drawn=drawn, insertion_id=insertion_id, curve_from=curve_from)
        )
        if answer.view is None:
            raise LocalLostError("the monitor answered without a view")
        return answer.view, answer.curve

    async def order(self, name: OrderName, **fields: str) -> str:
        """Give an order and return the monitor's sentence. Raises LocalError on refusal."""
        answer = await self._orders.ask(Order(name=name, fields=fields))
        return answer.text

    async def close(self) -> None:
        """Leave."""
        await self._views.close()
        await self._orders.close()
