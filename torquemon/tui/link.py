"""What the dashboard needs of a monitor, and how it learns that the monitor is gone.

The client of the loopback protocol fulfils `MonitorLink`; so does the scripted one of the tests.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from torquemon.local.client import LocalError
from torquemon.local.door import DoorError
from torquemon.local.messages import OrderName
from torquemon.local.view import CurveBlock, View

LINK_ERRORS: Final = (OSError, LocalError, DoorError)
"""What a `MonitorLink` may raise: refusals, losses, and a monitor that is not there at all."""


class MonitorLink(Protocol):
    """One connection to the monitor, in the role that it was opened with."""

    async def fetch(
        self, drawn: int, insertion_id: str | None, curve_from: int
    ) -> tuple[View, CurveBlock | None]:
        """Return the present view, and the curve of `insertion_id` from `curve_from` on.

        `drawn` is the sequence of the last view that stands on the screen: the heartbeat.
        """
        ...

    async def order(self, name: OrderName, **fields: str) -> str:
        """Have something done; return the sentence that the monitor answered."""
        ...

    async def close(self) -> None:
        """End the connection."""
        ...


class ReconnectingLink:
    """A link that is opened when it is first needed, and again after it was lost.

    `connect` opens one; it is asked again at every request while there is none, so the pause
    between two attempts is the caller's.
    """

    def __init__(self, connect: Callable[[], Awaitable[MonitorLink]]) -> None:
        self._connect = connect
        self._link: MonitorLink | None = None
        self._opening = asyncio.Lock()

    async def fetch(
        self, drawn: int, insertion_id: str | None, curve_from: int
    ) -> tuple[View, CurveBlock | None]:
        """See `MonitorLink`."""
        link = await self._opened()
        try:
            return await link.fetch(drawn, insertion_id, curve_from)
        except OSError:
            await self._drop(link)
            raise

    async def order(self, name: OrderName, **fields: str) -> str:
        """See `MonitorLink`. An order is never repeated: the operator sees that it failed."""
        link = await self._opened()
        try:
            return await link.order(name, **fields)
        except OSError:
            await self._drop(link)
            raise

    async def close(self) -> None:
        """See `MonitorLink`."""
        if self._link is not None:
            await self._drop(self._link)

    async def _opened(self) -> MonitorLink:
        async with self._opening:
            if self._link is None:
                self._link = await self._connect()
            return self._link

    async def _drop(self, link: MonitorLink) -> None:
        if self._link is link:
            self._link = None
        await link.close()
