"""The door of the monitor: loopback only, nobody without the token, closed to other users."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from torquemon import paths
from torquemon.local.door import LOOPBACK, Door, DoorError, read_door, write_door
from torquemon.local.messages import Answer, Fetch, Order, Role
from torquemon.local.server import LocalServer

pytestmark = pytest.mark.requirement("REQ-SEC-2")
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="this system has no such rights")


class Served:
    """A server and what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[Role, Fetch | Order]] = []
        self.server = LocalServer(self._handle, lambda _: None)

    def _handle(self, _: int, role: Role, request: Fetch | Order) -> Answer:
        self.asked.append((role, request))
        return Answer(ok=True, text="done")

    def say(self, *lines: bytes) -> bytes:
        """Send lines over a connection of their own; return what comes back before the end."""
        with socket.create_connection((LOOPBACK, self.server.door.port), timeout=2.0) as client:
            client.sendall(b"".join(line + b"\n" for line in lines))
            for _ in range(20):
                self.server.poll(0.005)
            client.settimeout(0.0)
            try:
                return client.recv(65_536)
            except BlockingIOError:
                return b"(silence)"
            except ConnectionResetError:
                return b""


@pytest.fixture
def served() -> Iterator[Served]:
    door = Served()
    yield door
    door.server.close()


def hello(token: str, role: str = "control") -> bytes:
    return json.dumps({"op": "hello", "token": token, "role": role}).encode()


STOP = b'{"op": "order", "name": "stop"}'
FETCH = b'{"op": "fetch"}'


@pytest.mark.parametrize(
    "lines",
    [
        (STOP,),
        (FETCH,),
        (hello(""), STOP),
        (hello("wrong"), STOP),
        (hello("wrong"), FETCH),
        (b"GET / HTTP/1.1", STOP),
    ],
)
def test_without_the_token_nothing_is_done_or_shown(served: Served, lines: tuple[bytes]) -> None:
    answer = served.say(*lines)
    assert served.asked == []
    assert b'"ok":true' not in answer


def test_with_the_token_an_order_reaches_the_desk_in_its_role(served: Served) -> None:
    answer = served.say(hello(served.server.door.token, "view"), STOP)
    assert answer.count(b'"ok":true') == 2
    ((role, order),) = served.asked
    assert role is Role.VIEW
    assert isinstance(order, Order)


def test_a_part_of_the_token_is_not_enough(served: Served) -> None:
    assert b'"ok":true' not in served.say(hello(served.server.door.token[:-1]), STOP)
    assert served.asked == []


def test_every_run_has_its_own_token_and_it_is_never_shown() -> None:
    tokens = set()
    for _ in range(5):
        server = Served().server
        tokens.add(server.door.token)
        assert server.door.token not in repr(server.door)
        server.close()
    assert len(tokens) == 5
    assert min(map(len, tokens)) >= 32


def test_it_listens_on_loopback_only(served: Served) -> None:
    assert served.server._listener.getsockname()[0] == "127.0.0.1"


@POSIX
@pytest.mark.requirement("REQ-SEC-3")
def test_folder_and_token_are_for_this_user_only(chair_folder: Path) -> None:
    chair_folder.mkdir(mode=0o755)
    path = paths.door_path()
    assert chair_folder.stat().st_mode & 0o077 == 0
    write_door(path, Door(1234, "secret"))
    assert path.stat().st_mode & 0o077 == 0
    assert read_door(path) == Door(1234, "secret")


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"port": 0, "token": "x"}', "\x00"])
def test_a_damaged_door_is_a_sentence(tmp_path: Path, content: str) -> None:
    path = tmp_path / "monitor.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DoorError, match="again"):
        read_door(path)
