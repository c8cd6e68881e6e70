"""A fake `org.bluez`: an adapter and one handpiece, for bleak's own BlueZ backend, unmodified.

It behaves as bluetoothd does as far as the driver can tell: devices appear while somebody
discovers, a connection resolves its services, notifications come as property changes or through a
socket, a write that needs encryption is refused on a bare link. The handpiece is a firmware twin.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

from dbus_fast import Variant

from hw_sim.ble_packets import WriteStream, notifications
from hw_sim.twin import Twin
from tests.bluez_objects import (
    ABOUT,
    ADAPTER,
    ADAPTER1,
    CHAR1,
    COMMAND,
    DEVICE,
    DEVICE1,
    FRAMES,
    NO,
    SECURE,
    SERIAL,
    SERVICE,
    YES,
    adapter,
    device,
    profile,
)
from tests.dbus_tree import NOTHING, PROPERTIES, DBusTree, Refusal, Reply
from torquemon.drivers.loop_thread import LoopThread

SUPERVISION_S: Final = 0.5
_ADVERTISES_S: Final = 0.05
_TICK_S: Final = 0.005
_RSSI: Final = (-61, -58)
_WAIT_S: Final = 10.0
_T = TypeVar("_T")


class FakeBluez:
    """The service, in a loop and a thread of its own.

    `paired`: whether BlueZ has a bond; `encrypted`: whether the link then really is. `fails`: names
    of errors with which the next attempts to connect end, after a flip of `Connected`.
    """

    def __init__(self, address: str, twin: Twin, *, paired: bool = True, mtu: int = 247) -> None:
        self.twin = twin
        self.paired = self.encrypted = paired
        self.mtu = mtu
        self.name = "TM-0001"
        self.fails: list[str] = []
        self.refuses: str | None = None
        """Passkey that a person does not enter rightly: `Pair` then fails with this error."""
        self.in_reach = True
        self.profile: dict[str, str] = {}
        """Other UUIDs in place of these."""
        self.written: list[int] = []
        """The sizes of all writes."""
        self.refused_writes = 0
        self.tree = DBusTree(
            {
                (ADAPTER1, "StartDiscovery"): self._start_discovery,
                (ADAPTER1, "StopDiscovery"): self._stop_discovery,
                (ADAPTER1, "SetDiscoveryFilter"): self._accept,
                (ADAPTER1, "RemoveDevice"): self._remove_device,
                (DEVICE1, "Connect"): self._connect,
                (DEVICE1, "Disconnect"): self._disconnect,
                (DEVICE1, "Pair"): self._pair,
                (PROPERTIES, "Set"): self._set,
                (CHAR1, "ReadValue"): self._read,
                (CHAR1, "WriteValue"): self._write,
                (CHAR1, "StartNotify"): self._start_notify,
                (CHAR1, "StopNotify"): self._stop_notify,
                (CHAR1, "AcquireNotify"): self._acquire_notify,
            }
        )
        self._address = address
        self._streams = {path: WriteStream() for path in (COMMAND, SECURE)}
        self._socket: socket.socket | None = None
        self._thread = LoopThread("bluetoothd")
        self._tasks: list[asyncio.Task[None]] = []
        self.run(self._start())

    # --- the test's side ------------------------------------------------------------------------

    def run(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Run something in the loop of the service."""
        return self._thread.submit(work).result(_WAIT_S)

    def close(self) -> None:
        """End the service and its thread."""
        self.die()
        self._thread.close()

    def die(self) -> None:
        """The service is killed: no signal, no answer, and nothing from the handpiece any more."""
        self.run(self._end())

    def live_again(self) -> None:
        """The service is started anew; it knows its bond and no connection."""
        self.tree.objects.clear()
        self.run(self._start())

    def vanish(self) -> None:
        """The handpiece is gone without a word; the kernel notices after the supervision time."""
        self.run(self._vanish())

    def come_back(self, twin: Twin) -> None:
        """Another start of the handpiece is in reach."""
        self.run(self._come_back(twin))

    def pair(self) -> None:
        """Pair in the settings of the system."""
        self.run(self._bond())

    @property
    def connected(self) -> bool:
        """Whether there is a connection."""
        return DEVICE in self.tree.objects and bool(self.tree.get(DEVICE, DEVICE1, "Connected"))

    # --- life -----------------------------------------------------------------------------------

    async def _start(self) -> None:
        await self.tree.own(self._address, "org.bluez")  # before its objects, as bluetoothd does
        self.tree.add(ADAPTER, ADAPTER1, **adapter())
        if self.paired:
            self._know_device()
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._serve()), loop.create_task(self._advertise())]

    async def _end(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        self._close_socket()
        await self.tree.leave()
        self.twin.handpiece.disconnect()

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        before_s = loop.time()
        while True:
            now_s = loop.time()
            if self.in_reach:
                frames_before = self.twin.handpiece.link
                self._advance(now_s - before_s)
                values = notifications(frames_before.take_frames(), self.mtu - 3)
                for value in values if self.connected else ():
                    self._notify(value)
            before_s = now_s
            await asyncio.sleep(_TICK_S)

    def _advance(self, seconds: float) -> None:
        for _ in range(min(round(seconds * self.twin.handpiece.control_hz), 1000)):
            self.twin.tick()

    def _notify(self, value: bytes) -> None:
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.send(value)
        elif self.tree.get(FRAMES, CHAR1, "Notifying"):
            self.tree.set(FRAMES, CHAR1, Value=Variant("ay", value))

    async def _advertise(self) -> None:
        turn = 0
        while True:
            await asyncio.sleep(_ADVERTISES_S)
            heard = self.in_reach and not self.connected
            if heard and self.tree.get(ADAPTER, ADAPTER1, "Discovering"):
                turn += 1
                self._know_device()
                self.tree.set(DEVICE, DEVICE1, RSSI=Variant("n", _RSSI[turn % 2]))

    async def _vanish(self) -> None:
        self.in_reach = False
        self.twin.handpiece.disconnect()
        self._tasks.append(asyncio.get_running_loop().create_task(self._supervise()))

    async def _supervise(self) -> None:
        await asyncio.sleep(SUPERVISION_S)
        if self.connected:
            self._unlink()

    async def _come_back(self, twin: Twin) -> None:
        self.twin = twin
        self.in_reach = True

    async def _bond(self) -> None:
        self.paired = self.encrypted = True
        if DEVICE in self.tree.objects:
            self.tree.set(DEVICE, DEVICE1, Paired=YES, Bonded=YES)

    # --- objects --------------------------------------------------------------------------------

    def _know_device(self) -> None:
        if DEVICE in self.tree.objects:
            return
        self.tree.add(DEVICE, DEVICE1, **device(self.name, paired=self.paired))

    def _resolve(self) -> None:
        for path, interface, values in profile(self.mtu, self.profile):
            self.tree.add(path, interface, **values)
        self.tree.set(DEVICE, DEVICE1, ServicesResolved=YES)

    def _unlink(self) -> None:
        self._close_socket()
        for stream in self._streams.values():
            stream.reset()
        self.twin.handpiece.disconnect()
        self.tree.set(DEVICE, DEVICE1, ServicesResolved=NO)
        self.tree.set(DEVICE, DEVICE1, Connected=NO)
        self.tree.remove(SERVICE)
        self.tree.remove(ABOUT)

    def _close_socket(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    # --- methods --------------------------------------------------------------------------------

    async def _accept(self, _: str, __: list[Any]) -> Reply:
        return NOTHING

    async def _start_discovery(self, _: str, __: list[Any]) -> Reply:
        self.tree.set(ADAPTER, ADAPTER1, Discovering=YES)
        return NOTHING

    async def _stop_discovery(self, _: str, __: list[Any]) -> Reply:
        self.tree.set(ADAPTER, ADAPTER1, Discovering=NO)
        return NOTHING

    async def _remove_device(self, _: str, arguments: list[Any]) -> Reply:
        self.paired = self.encrypted = False
        self.tree.remove(arguments[0])
        return NOTHING

    async def _set(self, path: str, arguments: list[Any]) -> Reply:
        interface, name, value = arguments
        self.tree.set(path, interface, **{name: value})
        return NOTHING

    async def _connect(self, _: str, __: list[Any]) -> Reply:
        await asyncio.sleep(_TICK_S)
        if self.fails:
            self.tree.set(DEVICE, DEVICE1, Connected=YES)
            await asyncio.sleep(_TICK_S)
            self.tree.set(DEVICE, DEVICE1, Connected=NO)
            raise Refusal("org.bluez.Error.Failed", self.fails.pop(0))
        if not self.in_reach:
            raise Refusal("org.bluez.Error.Failed", "br-connection-page-timeout")
        self.tree.set(DEVICE, DEVICE1, Connected=YES)
        await asyncio.sleep(_TICK_S)
        self._resolve()
        return NOTHING

    async def _disconnect(self, _: str, __: list[Any]) -> Reply:
        if self.connected:
            self._unlink()
        return NOTHING

    async def _pair(self, _: str, __: list[Any]) -> Reply:
        if self.refuses is not None:
            raise Refusal(self.refuses, "Authentication Failed")
        await self._bond()
        return NOTHING

    async def _read(self, path: str, _: list[Any]) -> Reply:
        if path != SERIAL:
            raise Refusal("org.bluez.Error.NotPermitted", "Read not permitted")
        return "ay", [self.twin.handpiece.params.device.names.serial], []

    async def _write(self, path: str, arguments: list[Any]) -> Reply:
        value, _ = arguments
        self.written.append(len(value))
        if path == SECURE and not (self.paired and self.encrypted):
            self.refused_writes += 1
            raise Refusal("org.bluez.Error.NotPermitted", "Not paired")
        frames = self._streams[path].feed(bytes(value))
        if frames and self.in_reach:
            self.twin.receive(frames, trusted=path == SECURE)
        return NOTHING

    async def _start_notify(self, path: str, _: list[Any]) -> Reply:
        self.tree.set(path, CHAR1, Notifying=YES)
        return NOTHING

    async def _stop_notify(self, path: str, _: list[Any]) -> Reply:
        self.tree.set(path, CHAR1, Notifying=NO)
        return NOTHING

    async def _acquire_notify(self, path: str, _: list[Any]) -> Reply:
        if self._socket is not None:
            raise Refusal("org.bluez.Error.NotPermitted", "Notify acquired")
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.settimeout(0)
        self._socket = ours
        self.tree.set(path, CHAR1, NotifyAcquired=YES)
        return "hq", [0, self.mtu], [theirs.detach()]
