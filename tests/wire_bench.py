"""The wires of the contract, each with a simulated handpiece at its end, and a host on them.

`WIRES` lists the wires; what a wire cannot do as fast as a cable stands in its `notices_s`.
"""

from __future__ import annotations

import contextlib
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final, Protocol

from tests.air_room import AirRoom
from tests.processes import python, ready_port, require, wait_for
from tests.radio import KEY, PASSKEY, SERIAL, SUPERVISION_S
from torquemon.clock import SystemClock
from torquemon.drivers import messages as m
from torquemon.drivers.ble import BleOpener
from torquemon.drivers.ble_radio import BleTimes
from torquemon.drivers.capture import Chunk, Direction
from torquemon.drivers.frame import Framer
from torquemon.drivers.handpiece import Handpiece
from torquemon.drivers.key_text import scan_text
from torquemon.drivers.link import Samples
from torquemon.drivers.messages import from_frame
from torquemon.drivers.serial_port import SerialOpener
from torquemon.drivers.transport import Transport
from torquemon.drivers.trust import Keys
from torquemon.model import ArmPhase, ArmStop, Reading


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


# --- a host on it -------------------------------------------------------------------------------


def sent_among(chunks: Iterable[Chunk], kind: type[m.Message]) -> list[m.Message]:
    """The messages of one kind that the host wrote, in order."""
    framer = Framer()
    wires = [chunk.data for chunk in chunks if chunk.direction is Direction.SENT]
    found = [from_frame(frame) for data in wires for frame in framer.feed(data)]
    return [message for message in found if isinstance(message, kind)]


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
        return sent_among(self.chunks, kind)


@contextlib.contextmanager
def hosting(opener: Callable[[], Transport]) -> Iterator[Host]:
    host = Host(opener)
    host.handpiece.judge_with(lambda _: None)  # what nobody judges is not renewed
    try:
        yield host
    finally:
        host.handpiece.close()
        assert not host.handpiece._thread.is_alive(), "the reader thread ends when it is told to"
