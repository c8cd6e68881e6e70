"""One contract for every wire: the same promises on a pty, on TCP, in the air and with BlueZ.

`WIRES` lists the wires; what a wire cannot do as fast as a cable stands in its `notices_s`.
"""

from __future__ import annotations

import contextlib
import os
import pty
import random
import socket
import subprocess
import sys
import tempfile
import termios
import threading
import time
import tty
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, Protocol

import pytest

from tests.air_room import AirRoom
from tests.processes import python, ready_port, require, wait_for
from tests.radio import KEY, PASSKEY, SERIAL, SUPERVISION_S
from torquemon.clock import SystemClock
from torquemon.drivers import messages as m
from torquemon.drivers.ble import BleOpener
from torquemon.drivers.ble_radio import BleTimes
from torquemon.drivers.capture import Chunk, Direction
from torquemon.drivers.errors import TransportError, TransportGoneError
from torquemon.drivers.frame import MAX_ENCODED_BYTES, Framer
from torquemon.drivers.handpiece import Handpiece, WireDown, WireUp
from torquemon.drivers.key_text import scan_text
from torquemon.drivers.link import Connected, Halted, LinkPhase, Samples, StopConfirmed
from torquemon.drivers.messages import from_frame
from torquemon.drivers.probe import probe
from torquemon.drivers.serial_port import SerialOpener, SerialPort
from torquemon.drivers.transport import Transport
from torquemon.drivers.trust import Keys
from torquemon.model import ArmPhase, ArmStop, Reading, Stop, StopReason

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a pty needs POSIX")


# --- the wires ----------------------------------------------------------------------------------


class Wire(Protocol):
    """A wire with a simulated handpiece at its far end."""

    notices_s: float
    """How soon the wire itself says that the device is gone. NO DATA is said after 250 ms."""

    def open(self) -> Transport:
        """Open the host's end. Raises TransportError."""
        ...

    def vanish(self) -> None:
        """The device is gone in the midst of whatever it does."""
        ...

    def come_back(self) -> None:
        """It is there again, after a restart."""
        ...


class ProcessWire:
    """A simulator process on a pty or a TCP port, killed to make it vanish."""

    notices_s = 0.5

    def __init__(self, stack: contextlib.ExitStack, *place: str) -> None:
        self._stack = stack
        self._place = place
        self._process: subprocess.Popen[str]
        self.come_back()

    def open(self) -> Transport:
        return self._opener()

    def vanish(self) -> None:
        if self._place[0] == "--pty-link":
            # the number of a dead pty goes to whoever opens the next one on this machine
            Path(self._place[1]).unlink()
        self._process.kill()
        self._process.wait(10)

    def come_back(self) -> None:
        words = ("hw_sim", "--scenario", "nominal", "--seed", "7", *self._place)
        self._process = self._stack.enter_context(python(*words))
        url = ready_port(self._process)
        if self._place[0] == "--tcp":
            self._place = ("--tcp", url.rpartition(":")[2])
            self._opener = SerialOpener(url)
        else:
            self._opener = SerialOpener(self._place[1])


class AirWire:
    """The virtual radio: paired, encrypted, and both ends know the key."""

    notices_s = SUPERVISION_S + 0.5

    def __init__(self, stack: contextlib.ExitStack) -> None:
        self._room = AirRoom(stack)
        self._opener = self._room.opener(SERIAL)

    def open(self) -> Transport:
        return self._opener()

    def vanish(self) -> None:
        self._room.switch_off()

    def come_back(self) -> None:
        self._room.switch_on()


class BluezWire:
    """bleak's own BlueZ backend against the fake: paired, encrypted, both ends know the key."""

    def __init__(self, stack: contextlib.ExitStack, folder: Path) -> None:
        require(sys.platform == "linux", "BlueZ is Linux's")
        from tests import bluez_room  # its library is there on Linux only

        self.notices_s = bluez_room.SUPERVISION_S + 0.5
        self._room = bluez_room.BluezRoom(stack, folder)
        self._opener = self._room.opener()

    def open(self) -> Transport:
        return self._opener()

    def vanish(self) -> None:
        self._room.bluez.vanish()

    def come_back(self) -> None:
        self._room.come_back()


class RadioWire:
    """A real radio: the simulator on one adapter, this system's Bluetooth on another.

    TORQUEMON_BLE_ADAPTER names the first, as bumble does (usb:0). Pair the two once by hand with
    the passkey 314159, in the system's settings, while `python -m hw_sim --ble` runs with the key
    file of this class; the pairing is kept beside it.
    """

    notices_s = 8.0

    def __init__(self, stack: contextlib.ExitStack) -> None:
        self._stack = stack
        folder = Path(tempfile.gettempdir()) / "torquemon-radio"
        folder.mkdir(mode=0o700, exist_ok=True)
        self._key_file = folder / "key.txt"
        self._key_file.write_text(scan_text(SERIAL, KEY) + "\n", "utf-8")
        self._opener = BleOpener(SERIAL, times=BleTimes(patience_s=30.0))
        stack.callback(self._opener.close)
        self.come_back()

    def open(self) -> Transport:
        return self._opener()

    def vanish(self) -> None:
        self._process.kill()
        self._process.wait(10)

    def come_back(self) -> None:
        words = ("--seed", "7", "--key-file", str(self._key_file), "--passkey", str(PASSKEY))
        adapter = os.environ[RADIO]
        self._process = self._stack.enter_context(python("hw_sim", "--ble", adapter, *words))
        ready_port(self._process)


RADIO: Final = "TORQUEMON_BLE_ADAPTER"
WIRES: dict[str, Callable[[contextlib.ExitStack, Path], Wire]] = {
    "pty": lambda stack, folder: ProcessWire(stack, "--pty-link", str(folder / "port")),
    "tcp": lambda stack, _: ProcessWire(stack, "--tcp", "0"),
    "air": lambda stack, _: AirWire(stack),
    "bluez": BluezWire,
}
if RADIO in os.environ:
    WIRES["radio"] = lambda stack, _: RadioWire(stack)


@pytest.fixture(params=list(WIRES))
def wire(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Wire]:
    with contextlib.ExitStack() as stack:
        yield WIRES[request.param](stack, tmp_path)


# --- a host on it -------------------------------------------------------------------------------


class Host:
    """A handpiece driver with its thread, and what came of it."""

    def __init__(self, opener: Callable[[], Transport]) -> None:
        seed = random.randrange(1 << 64)  # noqa: S311 - no secret
        self.handpiece = Handpiece(opener, SystemClock(), seed, Keys({SERIAL: KEY}))
        self.link = self.handpiece.link
        self.events: list[object] = []
        self.chunks: list[Chunk] = []
        self.renewing = False
        self.handpiece.start()

    def look(self) -> None:
        self.events += self.handpiece.drain()
        self.chunks += self.handpiece.capture.drain()
        if self.renewing:
            self.handpiece.allow_renewals_until(time.monotonic_ns() + 300_000_000)

    def of(self, kind: type[Any]) -> list[Any]:
        self.look()
        return [event for event in self.events if isinstance(event, kind)]

    def wait(self, kind: type[Any], within_s: float, count: int = 1) -> None:
        wait_for(lambda: len(self.of(kind)) >= count, within_s, f"{count} {kind.__name__}")

    def wait_phase(self, phase: ArmPhase, within_s: float) -> None:
        def reached() -> bool:
            self.look()
            return self.link.lease.phase is phase

        wait_for(reached, within_s, phase.value)

    def for_a_while(self, seconds: float, holds: Callable[[], bool]) -> None:
        """Look on; the condition must hold all the time."""
        end_s = time.monotonic() + seconds

        def over() -> bool:
            self.look()
            assert holds()
            return time.monotonic() > end_s

        wait_for(over, seconds + 5, "time passes")

    def arm(self) -> None:
        wait_for(lambda: self.link.trust.may_arm, 2.0, "the handpiece has proved itself")
        self.handpiece.request(ArmStop(12.0, 500))
        self.renewing = True
        self.wait_phase(ArmPhase.ARMED, 2.0)

    def readings(self) -> list[Reading]:
        return [reading for event in self.of(Samples) for reading in event.readings]

    def sent(self, kind: type[m.Message]) -> list[m.Message]:
        self.look()
        framer = Framer()
        wires = [chunk.data for chunk in self.chunks if chunk.direction is Direction.SENT]
        found = [from_frame(frame) for data in wires for frame in framer.feed(data)]
        return [message for message in found if isinstance(message, kind)]


@contextlib.contextmanager
def hosting(opener: Callable[[], Transport]) -> Iterator[Host]:
    host = Host(opener)
    host.handpiece.judge_with(lambda _: None)  # what nobody judges is not renewed
    try:
        yield host
    finally:
        host.handpiece.close()
        assert not host.handpiece._thread.is_alive(), "the reader thread ends when it is told to"


# --- the contract -------------------------------------------------------------------------------


def test_readings_come_in_order_and_without_loss(wire: Wire) -> None:
    with hosting(wire.open) as host:
        host.wait(Connected, 5)
        wait_for(lambda: len(host.readings()) >= 1200, 6, "1200 readings")
        seqs = [reading.seq for reading in host.readings()]
        times = [reading.device_time_us for reading in host.readings()]
        assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))
        assert times == sorted(set(times))
        assert host.link.sequence.lost == 0
        assert host.link.bad_messages == 0
        assert host.handpiece.framer.bad_frames == 0
        assert host.handpiece.dropped_events == 0


def test_armed_while_renewed_and_halted_when_the_lease_lapses(wire: Wire) -> None:
    with hosting(wire.open) as host:
        host.wait(Connected, 5)
        wait_for(host.readings, 2, "readings")
        host.arm()
        assert host.link.lease.held_counts is not None
        host.for_a_while(1.2, lambda: host.link.lease.phase is ArmPhase.ARMED)
        assert 8 <= len(host.sent(m.RenewRequest)) <= 13
        host.renewing = False
        host.wait_phase(ArmPhase.HALTED, 1.5)
        host.wait(Halted, 1)
        (halted,) = host.of(Halted)
        assert halted.report.reason is StopReason.LEASE_EXPIRED


def test_a_stop_is_carried_out_and_seen_to_be(wire: Wire) -> None:
    with hosting(wire.open) as host:
        host.wait(Connected, 5)
        wait_for(host.readings, 2, "readings")
        host.arm()
        host.handpiece.request(Stop())
        host.wait(Halted, 0.5)
        host.wait(StopConfirmed, 0.5)
        (halted,) = host.of(Halted)
        assert halted.report.reason is StopReason.HOST_ALERT
        assert host.link.lease.phase is ArmPhase.HALTED


def test_a_device_that_vanishes_is_noticed_found_again_and_not_armed(wire: Wire) -> None:
    with hosting(wire.open) as host:
        host.wait(Connected, 5)
        wait_for(host.readings, 2, "readings")
        host.arm()
        wire.vanish()
        host.wait(WireDown, wire.notices_s)
        assert host.of(WireDown)[0].was_up
        assert host.link.lease.phase is ArmPhase.NOT_ARMED
        assert host.link.phase is LinkPhase.SILENT
        wait_for(lambda: len(host.of(WireDown)) >= 3, 5, "two more attempts")
        assert not any(event.was_up for event in host.of(WireDown)[1:])
        wire.come_back()
        host.wait(Connected, 8, count=2)
        assert len(host.of(WireUp)) >= 2
        before = len(host.readings())
        wait_for(lambda: len(host.readings()) > before + 100, 3, "readings again")
        host.for_a_while(0.5, lambda: host.link.lease.phase is ArmPhase.NOT_ARMED)
        assert len(host.sent(m.ArmRequest)) == 1
        assert host.of(Connected)[1].rebooted
        assert host.readings()[before].seq < 2000, "the numbers begin anew"


def test_looking_for_a_lost_wire_slows_down(wire: Wire) -> None:
    wire.vanish()
    times: list[float] = []

    def opener() -> Transport:
        times.append(time.monotonic())
        return wire.open()

    with hosting(opener) as host:
        wait_for(lambda: len(times) >= 4, 6, "four attempts")
        gaps = [after - before for before, after in pairwise(times)]
        assert gaps[0] >= 0.19
        assert gaps[1] >= 0.49
        assert gaps[2] >= 0.99
        sentences = {event.why for event in host.of(WireDown)}
        assert len(sentences) == 1
        assert all("Traceback" not in why for why in sentences)


def test_a_write_into_a_wire_that_is_gone_says_so(wire: Wire) -> None:
    transport = wire.open()
    said: list[str] = []
    try:
        wire.vanish()

        def gone() -> bool:
            try:
                transport.write(b"\x00" * 64)
            except TransportGoneError as error:
                said.append(str(error))
            return bool(said)

        wait_for(gone, 2 * wire.notices_s, "the write fails")
        assert "is gone" in said[0]
    finally:
        transport.close()
        transport.close()


def test_a_second_host_gets_nothing_and_disturbs_nothing(wire: Wire) -> None:
    with hosting(wire.open) as host:
        host.wait(Connected, 5)
        wait_for(host.readings, 2, "readings")
        answer = probe(wire.open, SystemClock(), 5)
        assert isinstance(answer, str)
        assert "in use" in answer or "no answer" in answer or "to another computer" in answer
        before = len(host.readings())
        wait_for(lambda: len(host.readings()) > before + 200, 2, "readings go on")
        assert host.link.sequence.lost == 0
        assert len(host.of(WireUp)) == 1


def test_a_wake_ends_a_long_read_at_once(wire: Wire) -> None:
    transport = wire.open()
    try:
        began_s = time.monotonic()
        timer = threading.Timer(0.1, transport.wake)
        timer.start()
        assert transport.read(5.0) == b"", "silent before the first hello"
        assert time.monotonic() - began_s < 1.0
        timer.join()
    finally:
        transport.close()


# --- what is no handpiece -----------------------------------------------------------------------


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
