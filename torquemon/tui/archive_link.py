"""What the dashboard needs of the recorder, and how it goes on when there is none.

Without a recorder the number, the alarms and STOP are as they were: only what was recorded cannot
be shown until it is back.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from torquemon.local.archive import ArchiveAnswer, ArchiveRequest
from torquemon.local.archive_client import ArchiveAsker
from torquemon.local.client import LocalLostError


class Channel(Protocol):
    """One connection to the recorder."""

    async def ask(self, request: ArchiveRequest) -> ArchiveAnswer:
        """Ask. Raises LocalError with the recorder's sentence."""
        ...

    async def close(self) -> None:
        """Leave."""
        ...


class ArchiveLink(ArchiveAsker):
    """The recorder's door, opened when it is first needed and again after it was lost.

    `connect` raises what a `Channel` may raise: LocalError, OSError, DoorError.
    """

    def __init__(self, connect: Callable[[], Awaitable[Channel]]) -> None:
        self._connect = connect
        self._channel: Channel | None = None

    async def ask(self, request: ArchiveRequest) -> ArchiveAnswer:
        """See `Channel`."""
        if self._channel is None:
            self._channel = await self._connect()
        channel = self._channel
        try:
            return await channel.ask(request)
        except OSError:
            if self._channel is channel:
                self._channel = None
            await channel.close()
            raise

    async def close(self) -> None:
        """Leave."""
        if self._channel is not None:
            await self._channel.close()
            self._channel = None


async def no_recorder() -> Channel:
    """Connect to nothing: a dashboard that was given no recorder."""
    raise LocalLostError("no recorder runs at this chair: start one with `torquemon run`")
