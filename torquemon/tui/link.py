"""What the dashboard needs of a monitor, and how it learns that the monitor is gone.

The client of the loopback protocol fulfils `MonitorLink`; so does the scripted one of the tests.
"""

from __future__ import annotations

from typing import Final, Protocol

from torquemon.local.messages import OrderName
from torquemon.local.view import CurveBlock, View


class LinkLostError(Exception):
    """The monitor is gone or refused; the message is a sentence with the remedy."""


LINK_ERRORS: Final = (OSError, LinkLostError)
"""What a `MonitorLink` may raise. A time-out is an OSError too."""


class MonitorLink(Protocol):
    """One connection to the monitor, in the role that it was opened with.

    `order` must not wait for a fetch that is still unanswered: STOP overtakes everything.
    """

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
