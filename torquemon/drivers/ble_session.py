"""One connection to one handpiece by Bluetooth Low Energy: the asynchronous half of the driver.

It lives in the loop of its own thread. Notifications arrive in a plain, bounded callback; commands
leave from a bounded queue, a stop at once and beside whatever is under way. It promises nothing
about being alive: whoever reads notices a dead link from the data that does not come.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from torquemon.drivers import ble_names
from torquemon.drivers.ble_queue import CommandQueue
from torquemon.drivers.ble_radio import BleTimes, Radio
from torquemon.drivers.ble_scan import Sighting
from torquemon.drivers.errors import TransportError
from torquemon.drivers.frame import DELIMITER
from torquemon.text import DeviceText, clean, clean_bytes

if TYPE_CHECKING:
    from bleak import BleakClient
    from bleak.backends.characteristic import BleakGATTCharacteristic

MAX_CHUNKS: Final = 2048
"""Notifications that wait for the reader thread: ten seconds of 1 kHz, a megabyte at most."""
MAX_FAILED_WRITES: Final = 3
"""Bluetooth stacks refuse a write now and then; so many in a row mean that nobody takes them."""
_SERIAL_CHARS: Final = 40
_BARE_WORDS: Final = ("insufficient", "notpermitted", "notauthorized")


class BleSession:
    """Open it, then let `on_news` tell the reader that `chunks` or `gone_why` have something."""

    def __init__(
        self, sighting: Sighting, radio: Radio, times: BleTimes, on_news: Callable[[], None]
    ) -> None:
        from bleak import BleakClient

        self.sighting = sighting
        self.chunks: deque[bytes] = deque()
        self.dropped_chunks = 0
        self.failed_writes = 0
        self.gone_why = ""
        self.bare_why = f"{sighting.label} has not shown yet that it is paired with this computer"
        self.serial: DeviceText | None = None
        self.queue = CommandQueue()
        self.on_closed: Callable[[], None] = _nothing
        self._on_news = on_news
        self._times = times
        self._by_socket = radio.by_socket
        self._client: BleakClient = BleakClient(
            sighting.device,
            self._on_disconnected,
            timeout=times.connect_s,
            backend=radio.client,
        )
        self._wanted = asyncio.Event()
        self._stop_wanted = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._torn: set[str] = set()
        self._closing = False

    # --- opening --------------------------------------------------------------------------------

    async def open(self) -> None:
        """Connect, listen, and let the device's stack say whether this computer is paired."""
        async with asyncio.timeout(self._times.connect_s):
            await self._client.connect()
            self.gone_why = ""  # BlueZ calls an attempt that failed a connection that was lost
            self._check_profile()
            self.serial = await self._read_serial()
            await self._client.start_notify(
                ble_names.FRAMES,
                self._on_notification,
                bluez={"use_start_notify": not self._by_socket},
            )
        proof = asyncio.create_task(self._prove())
        self._tasks = [
            proof,
            asyncio.create_task(self._write_commands()),
            asyncio.create_task(self._write_stops()),
        ]
        await asyncio.wait([proof], timeout=self._times.proof_s)

    def _check_profile(self) -> None:
        get = self._client.services.get_characteristic
        for uuid in (ble_names.FRAMES, ble_names.COMMAND):
            if get(uuid) is None:
                raise TransportError(
                    f"{self.sighting.label} does not speak this protocol: another kind of device?"
                )

    async def _read_serial(self) -> DeviceText | None:
        """Return what it calls its serial number; None where it does not say."""
        from bleak.exc import BleakError

        if self._client.services.get_characteristic(ble_names.SERIAL_NUMBER) is None:
            return None
        try:
            async with asyncio.timeout(self._times.read_s):
                raw = await self._client.read_gatt_char(ble_names.SERIAL_NUMBER)
        except (BleakError, TimeoutError):
            return None
        return clean_bytes(bytes(raw), _SERIAL_CHARS)

    async def _prove(self) -> None:
        """Write what needs an encrypted, authenticated link: `pair()` may succeed without one."""
        from bleak.exc import BleakError

        who = self.sighting.label
        if self._client.services.get_characteristic(ble_names.SECURE_COMMAND) is None:
            self.bare_why = f"{who} has no protected way for commands: it can only be watched"
            return
        try:
            await self._client.write_gatt_char(
                ble_names.SECURE_COMMAND, ble_names.PROOF_OF_PAIRING, response=True
            )
        except BleakError as error:
            self.bare_why = (
                f"{who} is not paired with this computer, so it can only be watched: pair it in "
                f"the Bluetooth settings of the system, then connect again{_unusual(error)}"
            )
        else:
            self.bare_why = ""

    # --- in -------------------------------------------------------------------------------------

    def _on_notification(self, _: BleakGATTCharacteristic, data: bytearray) -> None:
        if len(self.chunks) >= MAX_CHUNKS:
            self.dropped_chunks += 1
            return
        self.chunks.append(bytes(data))
        self._on_news()

    def _on_disconnected(self, _: BleakClient) -> None:
        self._lose(f"{self.sighting.label} is gone: out of reach, switched off, or disconnected")

    def _lose(self, why: str) -> None:
        if not self.gone_why:
            self.gone_why = why
        self.queue.clear()
        self._on_news()

    # --- out ------------------------------------------------------------------------------------

    def send(self, data: bytes) -> None:
        """Take whole frames; in the loop."""
        if self.gone_why or self._closing:
            return
        self.queue.put(data, asyncio.get_running_loop().time())
        self._wanted.set()
        self._stop_wanted.set()

    async def _write_commands(self) -> None:
        loop = asyncio.get_running_loop()
        while not self.gone_why:
            await self._wanted.wait()
            self._wanted.clear()
            while (frame := self.queue.take(loop.time())) is not None:
                where = ble_names.COMMAND if self.bare_why else ble_names.SECURE_COMMAND
                await self._write(where, frame, response=True)

    async def _write_stops(self) -> None:
        while not self.gone_why:
            await self._stop_wanted.wait()
            self._stop_wanted.clear()
            if (frame := self.queue.take_stop()) is not None:
                known = self._client.services.get_characteristic(ble_names.COMMAND)
                at_once = known is not None and "write-without-response" in known.properties
                await self._write(ble_names.COMMAND, frame, response=not at_once)

    async def _write(self, uuid: str, frame: bytes, *, response: bool) -> None:
        from bleak.exc import BleakError

        data = DELIMITER + frame if uuid in self._torn else frame
        self._torn.add(uuid)
        try:
            async with asyncio.timeout(self._times.write_s):
                for piece in self._pieces(uuid, data):
                    await self._client.write_gatt_char(uuid, piece, response=response)
        except (BleakError, TimeoutError, OSError, EOFError) as error:
            self.failed_writes += 1
            if self.failed_writes >= MAX_FAILED_WRITES or not self._client.is_connected:
                self._lose(f"{self.sighting.label} takes no commands any more: {_short(error)}")
        else:
            self.failed_writes = 0
            self._torn.discard(uuid)

    def _pieces(self, uuid: str, data: bytes) -> list[bytes]:
        found = self._client.services.get_characteristic(uuid)
        room = ble_names.SMALLEST_PAYLOAD
        if found is not None:
            room = max(room, found.max_write_without_response_size)
        return [data[at : at + room] for at in range(0, len(data), room)]

    # --- closing --------------------------------------------------------------------------------

    async def close(self) -> None:
        """Let the connection go; nothing of it is left behind. May be called twice."""
        self._closing = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        self.queue.clear()
        with contextlib.suppress(Exception):  # every stack has its own way to say "gone already"
            async with asyncio.timeout(self._times.close_s):
                await self._client.disconnect()
                self.on_closed()
        self.chunks.clear()


def _nothing() -> None:
    """Nobody wants to know."""


def _unusual(error: BaseException) -> str:
    """Say what was answered, where it is not the usual "not on a bare link"."""
    said = str(error).lower()
    usual = any(words in said for words in _BARE_WORDS)
    return "" if usual else f" ({_short(error)})"


def _short(error: BaseException) -> str:
    return clean(str(error) or type(error).__name__, 80)
