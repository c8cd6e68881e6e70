"""What is no handpiece at the other end of a port: garbage, silence, a port that goes away."""

from __future__ import annotations

import contextlib
import os
import pty
import random
import socket
import sys
import termios
import time
import tty
from collections.abc import Callable, Iterator

import pytest

from tests.processes import wait_for
from tests.wire_bench import hosting
from torquemon.clock import SystemClock
from torquemon.drivers import messages as m
from torquemon.drivers.errors import TransportError
from torquemon.drivers.frame import MAX_ENCODED_BYTES
from torquemon.drivers.handpiece import WireDown, WireUp
from torquemon.drivers.link import Connected, LinkPhase
from torquemon.drivers.probe import probe
from torquemon.drivers.serial_port import SerialOpener, SerialPort

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a pty needs POSIX")


class Strangers:
    """Ports with something else on them: it listens, and says whatever it is told to."""

    def __init__(self, kind: str, stack: contextlib.ExitStack) -> None:
        if kind == "pty":
            self._far, near = pty.openpty()
            tty.setraw(near)
            self.url = os.ttyname(near)
            stack.callback(os.close, self._far)
            stack.callback(os.close, near)
            self.say: Callable[[bytes], object] = lambda data: os.write(self._far, data)
        else:
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            self.url = f"socket://127.0.0.1:{listener.getsockname()[1]}"
            self._client: socket.socket | None = None

            def say(data: bytes) -> None:
                if self._client is None:
                    self._client = stack.enter_context(listener.accept()[0])
                self._client.sendall(data)

            self.say = say


@pytest.fixture(params=["pty", "tcp"])
def stranger(request: pytest.FixtureRequest) -> Iterator[Strangers]:
    with contextlib.ExitStack() as stack:
        yield Strangers(request.param, stack)


def test_garbage_is_counted_and_never_takes_the_reader_along(stranger: Strangers) -> None:
    noise = random.Random(4)  # noqa: S311 - no secret
    with hosting(SerialOpener(stranger.url)) as host:
        host.wait(WireUp, 3)
        sent = 0

        def fed() -> bool:
            nonlocal sent
            stranger.say(noise.randbytes(700))
            sent += 700
            host.look()
            assert host.handpiece.framer.pending_bytes <= MAX_ENCODED_BYTES
            return host.handpiece.framer.bad_frames > 50

        wait_for(fed, 10, "garbage is counted")
        assert host.of(Connected) == []
        assert host.of(WireDown) == []
        assert host.handpiece._thread.is_alive()


def test_a_device_that_never_answers_is_asked_again_and_said_to_be_silent(
    stranger: Strangers,
) -> None:
    with hosting(SerialOpener(stranger.url)) as host:
        wait_for(lambda: len(host.sent(m.HelloRequest)) >= 3, 4, "three hellos")
        assert host.of(Connected) == []
        assert host.link.phase is LinkPhase.GREETING


def test_asking_a_silent_port_ends_with_a_sentence(stranger: Strangers) -> None:
    began_s = time.monotonic()
    answer = probe(SerialOpener(stranger.url), SystemClock(), 5)
    assert answer == "no answer: off, another baud rate, or a device that speaks another protocol"
    assert time.monotonic() - began_s < 3


def test_a_port_that_is_not_read_never_blocks_a_write_for_long() -> None:
    with contextlib.ExitStack() as stack:
        stranger = Strangers("pty", stack)
        port = SerialPort(stranger.url)
        stack.callback(port.close)
        began_s = time.monotonic()
        for _ in range(10):
            port.write(b"\x01" * 4000)
        assert time.monotonic() - began_s < 10 * 0.3


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("/dev/ttyNOTHING9", "there is no port"),
        ("/dev/null", "is no serial port"),
        ("socket://127.0.0.1:1", "nothing answers"),
        ("socket://127.0.0.1:99999", "not a port or URL"),
        ("nonsense://x", "not a port or URL"),
        ("", ""),
        ("/dev/tty\x1b[2J\u202e", "there is no port"),
    ],
)
def test_a_wrong_port_is_one_harmless_sentence(url: str, says: str) -> None:
    with pytest.raises(TransportError) as caught:
        SerialOpener(url)()
    sentence = str(caught.value)
    assert says in sentence
    assert "\n" not in sentence
    assert "\x1b" not in sentence
    assert "\u202e" not in sentence


def test_a_port_that_goes_while_it_is_opened_is_a_transport_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def gone(*_: object) -> None:
        raise termios.error(5, "Input/output error")

    with contextlib.ExitStack() as stack:
        stranger = Strangers("pty", stack)
        monkeypatch.setattr(termios, "tcflush", gone)
        with pytest.raises(TransportError, match="cannot be opened"):
            SerialPort(stranger.url)
