"""The loopback door: token, roles, bounds; no client can hold up another or the session."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.chairs import Chair
from tests.processes import wait_for
from torquemon.local.client import LocalError, LocalLostError, MonitorClient
from torquemon.local.door import Door, DoorError, new_token, read_door, write_door
from torquemon.local.messages import MAX_REQUEST_BYTES, OrderName, Role
from torquemon.local.server import LocalServer
from torquemon.local.serving import MAX_CLIENTS


class Served:
    """A chair behind a server that is polled by a thread, as the monitor's loop does."""

    def __init__(self) -> None:
        self.chair = Chair(watched=False)
        self.chair.plug_in()
        self.chair.run(0.2)
        self.left: list[int] = []

        def gone(client: int) -> None:
            self.left.append(client)
            self.chair.desk.gone(client)

        self.server = LocalServer(self.chair.desk.answer, gone)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while not self._over.is_set():
            self.server.poll(0.005)

    def close(self) -> None:
        self._over.set()
        self._thread.join(5)
        self.server.close()

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.server.door.port), timeout=5)

    @property
    def hello(self) -> bytes:
        return b'{"op":"hello","token":"%s","role":"view"}\n' % self.server.door.token.encode()


@pytest.fixture
def served() -> Iterator[Served]:
    made = Served()
    yield made
    made.close()


def closed(connection: socket.socket) -> bool:
    """Whether the monitor has hung up, after whatever it still had to say."""
    try:
        while connection.recv(65_536):
            pass
    except ConnectionResetError:
        return True
    return True


def line(connection: socket.socket) -> dict[str, object]:
    data = b""
    while not data.endswith(b"\n"):
        piece = connection.recv(65_536)
        assert piece, "the monitor hung up"
        data += piece
    answer: dict[str, object] = json.loads(data)
    return answer


def test_a_dashboard_fetches_and_orders(served: Served) -> None:
    async def visit() -> None:
        client = await MonitorClient.connect(served.server.door, Role.CONTROL)
        view, _ = await client.fetch(0, None, 0)
        assert view.controlling
        assert view.device is not None
        assert await client.order(OrderName.TARE) == "zeroing the sensor"
        with pytest.raises(LocalError, match="unknown site"):
            await client.order(OrderName.PREPARE, site="moon")
        viewer = await MonitorClient.connect(served.server.door, Role.VIEW)
        with pytest.raises(LocalError, match="only the controlling dashboard"):
            await viewer.order(OrderName.START)
        assert await viewer.order(OrderName.STOP) == "stop sent"
        await client.close()
        await viewer.close()

    asyncio.run(visit())
    wait_for(lambda: len(served.left) == 2, 2, "both have left")


@pytest.mark.parametrize("token", ["", "x", "A" * 43, "\u00e9" * 10])
def test_without_the_token_nobody_is_served(served: Served, token: str) -> None:
    async def visit() -> None:
        with pytest.raises(LocalLostError):
            await MonitorClient.connect(Door(served.server.door.port, token), Role.CONTROL)

    asyncio.run(visit())


@pytest.mark.parametrize(
    "data",
    [
        b'{"op":"fetch"}\n',
        b'{"op":"order","name":"stop"}\n',
        b"x" * (MAX_REQUEST_BYTES + 1),
        b'{"op":"hello","token":"' + b"y" * MAX_REQUEST_BYTES + b'","role":"view"}\n',
    ],
)
def test_a_stranger_is_shown_out(served: Served, data: bytes) -> None:
    with served.connect() as connection:
        connection.sendall(data)
        assert closed(connection)
    assert served.chair.sent(object) == served.chair.line.sent
    assert served.chair.device.latch is None


@pytest.mark.parametrize(
    "data",
    [b"\n", b"nonsense\n", b"\xff\xfe\n", b'{"op":"start"}\n', b"[1]\n", b'{"op":"hello"}\n'],
)
def test_what_is_not_understood_is_answered_with_a_sentence(served: Served, data: bytes) -> None:
    with served.connect() as connection:
        connection.sendall(served.hello)
        assert line(connection)["ok"]
        connection.sendall(data)
        answer = line(connection)
        assert not answer["ok"]
        assert answer["error"] == "the request is not understood"
        connection.sendall(b'{"op":"fetch"}\n')
        assert line(connection)["view"]


def test_requests_in_pieces_and_together_are_all_answered(served: Served) -> None:
    with served.connect() as connection:
        for byte in served.hello:
            connection.sendall(bytes((byte,)))
        assert line(connection)["ok"]
        connection.sendall(b'{"op":"fetch"}\n' * 20)
        data = b""
        while data.count(b"\n") < 20:
            data += connection.recv(65_536)
        assert all(json.loads(part)["ok"] for part in data.splitlines())


def test_a_client_that_does_not_read_is_dropped_and_holds_up_nobody(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = replace(served.server.dialect, max_answer_bytes=200_000)
    monkeypatch.setattr(served.server, "dialect", small)
    with served.connect() as lazy, served.connect() as other:
        lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        for connection in (lazy, other):
            connection.sendall(served.hello)
        assert line(other)["ok"]
        lazy.settimeout(0.2)
        try:
            while not served.left:
                lazy.sendall(b'{"op":"fetch"}\n' * 200)
        except (TimeoutError, ConnectionError):
            pass
        wait_for(lambda: served.left, 10, "it is dropped")
        other.sendall(b'{"op":"fetch"}\n')
        assert line(other)["view"]


def test_more_clients_than_a_chair_has_are_turned_away(served: Served) -> None:
    connections = []
    try:
        for _ in range(MAX_CLIENTS):
            connection = served.connect()
            connections.append(connection)
            connection.sendall(served.hello)
            assert line(connection)["ok"]
        with served.connect() as late:
            assert closed(late)
    finally:
        for connection in connections:
            connection.close()
    wait_for(lambda: len(served.left) == MAX_CLIENTS, 2, "all have left")
    with served.connect() as next_one:
        next_one.sendall(served.hello)
        assert line(next_one)["ok"]


def test_the_monitor_listens_on_loopback_only(served: Served) -> None:
    assert served.server._listener.getsockname()[0] == "127.0.0.1"


# --- the door's file ----------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform == "win32", reason="file modes are POSIX")
def test_the_door_is_for_this_user_only_and_hides_its_token(tmp_path: Path) -> None:
    path = tmp_path / "monitor.json"
    path.write_text("old", encoding="utf-8")
    path.chmod(0o644)
    door = Door(4242, new_token())
    write_door(path, door)
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_door(path) == door
    assert door.token not in repr(door)
    assert [file.name for file in tmp_path.iterdir()] == ["monitor.json"]


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"port": 0, "token": "x"}', '{"port": 70000, "token": "x"}', "\udcff"]
)
def test_a_damaged_door_says_what_to_do(tmp_path: Path, text: str) -> None:
    path = tmp_path / "monitor.json"
    path.write_bytes(text.encode("utf-8", errors="surrogateescape"))
    with pytest.raises(DoorError, match="start `torquemon run` again"):
        read_door(path)


def test_without_a_door_no_monitor_runs(tmp_path: Path) -> None:
    with pytest.raises(DoorError, match="torquemon run"):
        read_door(tmp_path / "monitor.json")


def test_a_client_of_a_monitor_that_is_gone_is_told(served: Served) -> None:
    async def visit(then: Callable[[], None]) -> None:
        client = await MonitorClient.connect(served.server.door, Role.VIEW)
        then()
        with pytest.raises(LocalLostError):
            await client.fetch(0, None, 0)
        await client.close()

    asyncio.run(visit(served.close))
