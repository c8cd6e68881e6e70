"""Messages between a client and the monitor: one JSON object a line, each request one answer.

A client opens with `Hello` (token and role), then sends `Fetch` or `Order`. The fetch of the
controlling dashboard is its heartbeat: it names the last view that it has *drawn*, so a dashboard
that fetches but no longer draws does not count.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from torquemon.local.states import OrderName as OrderName
from torquemon.local.states import Role as Role
from torquemon.local.view import CurveBlock, View

MAX_REQUEST_BYTES: Final = 4096
"""A request is an order with a few fields; more is not ours."""
MAX_ANSWER_BYTES: Final = 4 * 1024 * 1024
"""A view with the longest curve block is about 200 kB."""
MAX_BLOCK_SAMPLES: Final = 2000
"""Samples in one curve block; a client that is behind asks again."""


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_max_length=400)


class Hello(_Message):
    """First line of a client."""

    op: Literal["hello"] = "hello"
    token: str
    role: Role
    client: Annotated[int, Field(ge=0)] = 0
    """0 for a new client; its number (from the first answer) for a further connection of it."""


class Fetch(_Message):
    """Ask for the view, with the curve from position `curve_from` of insertion `insertion_id`."""

    op: Literal["fetch"] = "fetch"
    drawn: int = 0
    insertion_id: str | None = None
    curve_from: Annotated[int, Field(ge=0)] = 0


class Order(_Message):
    """Ask for something to be done. STOP is allowed to viewers too: anyone may stop a motor."""

    op: Literal["order"] = "order"
    name: OrderName
    fields: dict[str, str] = {}


Request = Annotated[Hello | Fetch | Order, Field(discriminator="op")]
REQUEST: Final[TypeAdapter[Hello | Fetch | Order]] = TypeAdapter(Request)


class PlainAnswer(BaseModel):
    """What every answer has. `ok` false carries a sentence in `error`."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    ok: bool
    error: str = ""
    text: str = ""
    client: int = 0
    """The client's number, in the answer to a hello."""


class Answer(PlainAnswer):
    """What the monitor answers."""

    view: View | None = None
    curve: CurveBlock | None = None
