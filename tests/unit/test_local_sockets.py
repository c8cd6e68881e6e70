"""The loopback protocol over real sockets: token, two connections a client, everything bounded."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from torquemon.local.client import LocalError, LocalLostError, MonitorClient
from torquemon.local.door import LOOPBACK, Door
from torquemon.local.messages import MAX_REQUEST_BYTES, Answer, Fetch, Order, OrderName, Role
from torquemon.local.server import LocalServer
from torquemon.local.serving import MAX_CLIENTS


class Desk:
    """Notes who asked for what."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, Role, str]] = []
        self.left: list[int] = []

    def answer(self, client: int, role: Role, request: Fetch | Order) -> Answer:
        self.asked.append((client, role, request.op))
        if isinstance(request, Order) and request.name is OrderName.QUIT:
            return Answer(ok=False, error="not now")
        return Answer(ok=True, text="done")


@contextmanager
def serving(desk: Desk) -> Iterator[Door]:
    server = LocalServer(desk.answer, desk.left.append)
    ending = threading.Event()

    def poll() -> None:
        while not ending.is_set():
            server.poll(0.01)

    thread = threading.Thread(target=poll)
    thread.start()
    try:
        yield server.door
    finally:
        ending.set()
        thread.join()
        server.close()


def test_a_client_is_one_client_on_both_its_connections() -> None:
    desk = Desk()

    async def talk(door: Door) -> str:
        client = await MonitorClient.connect(door, Role.CONTROL)
        text = await client.order(OrderName.STOP)
        with pytest.raises(LocalLostError):  # this desk has no views to give
            await client.fetch(0, None, 0)
        await client.close()
        return text

    with serving(desk) as door:
        assert asyncio.run(talk(door)) == "done"
    assert [op for _, _, op in desk.asked] == ["order", "fetch"]
    assert len({client for client, _, _ in desk.asked}) == 1
    assert desk.left == [desk.asked[0][0]]


def test_a_refusal_is_the_monitors_sentence() -> None:
    async def talk(door: Door) -> None:
        client = await MonitorClient.connect(door, Role.CONTROL)
        try:
            await client.order(OrderName.QUIT)
        finally:
            await client.close()

    with serving(Desk()) as door, pytest.raises(LocalError, match="not now"):
        asyncio.run(talk(door))


def test_an_answer_that_nobody_waits_for_any_more_is_not_taken_for_the_next_one() -> None:
    asked = threading.Event()
    go_on = threading.Event()

    class Slow(Desk):
        def answer(self, client: int, role: Role, request: Fetch | Order) -> Answer:
            del client, role
            assert isinstance(request, Order)
            asked.set()
            go_on.wait(10)
            return Answer(ok=True, text=request.name.value)

    async def talk(door: Door) -> list[str]:
        client = await MonitorClient.connect(door, Role.CONTROL)
        try:
            for name in (OrderName.TARE, OrderName.ARM):
                given_up = asyncio.create_task(client.order(name))
                await asyncio.to_thread(asked.wait, 10)
                given_up.cancel()
                await asyncio.wait({given_up})
            go_on.set()
            return [await client.order(name) for name in (OrderName.STOP, OrderName.FINISH)]
        finally:
            go_on.set()
            await client.close()

    with serving(Slow()) as door:
        assert asyncio.run(talk(door)) == ["stop", "finish"]


def test_without_the_token_nothing_is_answered() -> None:
    desk = Desk()
    with serving(desk) as door:
        wrong = Door(door.port, "x" * 43)
        with pytest.raises(LocalLostError):
            asyncio.run(MonitorClient.connect(wrong, Role.CONTROL))
    assert not desk.asked


@pytest.mark.parametrize(
    "line",
    [
        b'{"op": "fetch"}\n',  # no hello before it
        b"x" * (MAX_REQUEST_BYTES + 2),
        b'{"op": "hello", "token": "\\u0000", "role": "control"}\n',
    ],
)
def test_who_does_not_say_hello_first_is_dropped(line: bytes) -> None:
    desk = Desk()
    with serving(desk) as door, socket.create_connection((LOOPBACK, door.port), 5) as wire:
        wire.sendall(line)
        assert wire.recv(100) == b""
    assert not desk.asked


def test_what_is_not_understood_is_said_and_the_rest_goes_on() -> None:
    with serving(Desk()) as door, socket.create_connection((LOOPBACK, door.port), 5) as wire:
        wire.sendall(b'{"op": "hello", "token": "%s", "role": "view"}\n' % door.token.encode())
        assert b'"ok":true' in wire.recv(4096)
        wire.sendall(b"not json\n")
        assert b"not understood" in wire.recv(4096)


def test_a_stranger_can_keep_nobody_waiting_or_out() -> None:
    with serving(Desk()) as door, contextlib.ExitStack() as stack:
        flood = stack.enter_context(socket.create_connection((LOOPBACK, door.port), 5))
        with contextlib.suppress(OSError):
            flood.sendall(b"\n" * 65_536)
        for _ in range(MAX_CLIENTS + 4):  # silent, and more than there are places
            stack.enter_context(socket.create_connection((LOOPBACK, door.port), 5))
        client = asyncio.run(_connect_and_stop(door))
        assert client == "done"


async def _connect_and_stop(door: Door) -> str:
    client = await MonitorClient.connect(door, Role.CONTROL)
    try:
        return await client.order(OrderName.STOP)
    finally:
        await client.close()


def test_nobody_takes_anothers_number_or_a_second_role() -> None:
    hello = b'{"op": "hello", "token": "%s", "role": "%s", "client": %d}\n'
    with serving(Desk()) as door:
        token = door.token.encode()
        with socket.create_connection((LOOPBACK, door.port), 5) as wire:
            wire.sendall(hello % (token, b"view", 0))
            number = json.loads(wire.recv(4096))["client"]
            for role, claimed in ((b"control", number), (b"view", 1)):
                with socket.create_connection((LOOPBACK, door.port), 5) as other:
                    other.sendall(hello % (token, role, claimed))
                    assert other.recv(100) == b""
            wire.sendall(hello % (token, b"control", 0))
            assert wire.recv(100) == b""
