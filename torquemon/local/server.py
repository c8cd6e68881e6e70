"""The monitor's door: who may ask for the view and give orders (see `serving`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from torquemon.local.messages import (
    MAX_ANSWER_BYTES,
    MAX_REQUEST_BYTES,
    REQUEST,
    Answer,
    Fetch,
    Order,
)
from torquemon.local.serving import Dialect, DoorServer, Handler

MONITOR: Final[Dialect[Fetch | Order, Answer]] = Dialect(
    REQUEST, Answer, MAX_REQUEST_BYTES, MAX_ANSWER_BYTES
)


class LocalServer(DoorServer[Fetch | Order, Answer]):
    """The server of the monitor."""

    def __init__(
        self, handler: Handler[Fetch | Order, Answer], gone: Callable[[int], None]
    ) -> None:
        super().__init__(handler, gone, MONITOR)
