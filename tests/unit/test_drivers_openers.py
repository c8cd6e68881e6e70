"""Whatever a system raises when a wire is opened: the reader thread goes on and says so."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from tests.processes import wait_for
from torquemon.clock import SystemClock
from torquemon.drivers import serial_port
from torquemon.drivers.errors import TransportError, TransportPendingError
from torquemon.drivers.handpiece import Handpiece, WireDown, WireUp
from torquemon.drivers.serial_port import PortInfo, SerialOpener
from torquemon.drivers.transport import Transport
from torquemon.text import clean


class Quiet:
    """A wire on which nothing is said."""

    name = "quiet"
    over_the_air = False
    bare_why = ""

    def __init__(self, on_close: Exception | None = None) -> None:
        self.written: list[bytes] = []
        self._on_close = on_close
        self._woken = threading.Event()

    def read(self, timeout_s: float) -> bytes:
        self._woken.wait(timeout_s)
        if self._on_close is not None:
            raise ZeroDivisionError("in the midst of it")
        return b""

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def wake(self) -> None:
        self._woken.set()

    def close(self) -> None:
        if self._on_close is not None:
            raise self._on_close


@pytest.fixture
def run() -> Iterator[Callable[..., Handpiece]]:
    started: list[Handpiece] = []

    def start(*steps: Exception | Quiet) -> Handpiece:
        left = iter(steps)

        def opener() -> Transport:
            step = next(left)
            if isinstance(step, Exception):
                raise step
            return step

        host = Handpiece(opener, SystemClock(), 3)
        host.start()
        started.append(host)
        return host

    yield start
    for host in started:
        host.close()
        assert not host._thread.is_alive()


@pytest.mark.requirement("REQ-LINK-8")
@pytest.mark.parametrize(
    "error",
    [
        TypeError("expected str, bytes or os.PathLike object, not NoneType"),
        ZeroDivisionError("a mistake"),
        OSError(5, "Input/output error"),
        RuntimeError("\x1b[2J\u202egnirts"),
        RecursionError(),
        MemoryError(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_opener_that_raises_the_unheard_of_is_told_and_asked_again(
    run: Callable[..., Handpiece], error: Exception
) -> None:
    wire = Quiet()
    host = run(error, wire)
    wait_for(lambda: wire.written, 3, "the second attempt greets")
    (down,) = [event for event in host.drain() if isinstance(event, WireDown)]
    assert not down.was_up
    assert type(error).__name__ in down.why
    assert "\x1b" not in down.why
    assert "\u202e" not in down.why


@pytest.mark.requirement("REQ-LINK-8")
def test_ports_that_cannot_be_listed_are_told_and_listed_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """pyserial raises a TypeError where a USB device goes while it is looked at (its issue 774)."""
    asked = threading.Event()

    def broken() -> list[PortInfo]:
        asked.set()
        raise TypeError("argument of type 'NoneType' is not iterable")

    opener = SerialOpener("/dev/ttyNOTHING9")
    opener._known = PortInfo("/dev/ttyNOTHING9", clean("x"), 1, 2, clean("3"))
    monkeypatch.setattr(serial_port, "list_serial_ports", broken)
    host = Handpiece(opener, SystemClock(), 3)
    host.start()
    try:
        wait_for(asked.is_set, 3, "the ports are listed")
        asked.clear()
        wait_for(asked.is_set, 3, "the ports are listed again")
        assert host._thread.is_alive()
    finally:
        host.close()


@pytest.mark.requirement("REQ-LINK-8")
def test_a_wire_that_cannot_even_be_closed_is_let_go(run: Callable[..., Handpiece]) -> None:
    second = Quiet()
    host = run(Quiet(on_close=ValueError("closed in a strange state")), second)
    wait_for(lambda: second.written, 3, "the second attempt greets")
    whys = [event.why for event in host.drain() if isinstance(event, WireDown)]
    assert "in the midst of it" in whys[0]
    assert "in a strange state" in whys[1]


def test_what_is_pending_is_told_once_and_asked_again_at_once(
    run: Callable[..., Handpiece],
) -> None:
    looking = [TransportPendingError("looking for it") for _ in range(50)]
    connecting = [TransportPendingError("connecting to it") for _ in range(50)]
    refused = TransportError("it is out of reach")
    wire = Quiet()
    host = run(*looking, *connecting, refused, TransportPendingError("looking for it"), wire)
    wait_for(lambda: wire.written, 3, "it is open")
    events = host.drain()
    whys = [event.why for event in events if isinstance(event, WireDown)]
    assert whys == ["looking for it", "connecting to it", "it is out of reach", "looking for it"]
    assert len([event for event in events if isinstance(event, WireUp)]) == 1
