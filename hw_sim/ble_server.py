"""Offers a device on a real Bluetooth adapter, or on any other that `bumble` can open.

`bumble` drives the adapter itself, so the operating system must let go of it first (Linux:
`hciconfig hci0 down`; another adapter than the one that the chair uses).
"""

from __future__ import annotations

import asyncio
import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hw_sim.ports import Outbox, PortError
from hw_sim.server import Device, Pace
from torquemon.drivers.device_messages import Names

if TYPE_CHECKING:
    from bumble.transport.common import Transport

ADDRESS: Final = "F0:5E:ED:00:00:01"
"""A static random address: the simulator is the same device after every start."""
PASSKEYS: Final = 1_000_000


class BleServer:
    """Serves until `stop` is called or the time is over. See `hw_sim.server.Served`.

    `passkey` (0 to 999,999) is what a chair types to pair; by default one is made up. Pairings are
    kept in the file `bonds`, or forgotten at the end. Raises PortError where bumble is missing or
    the passkey is none.
    """

    def __init__(
        self,
        device: Device,
        names: Names,
        adapter: str,
        passkey: int | None = None,
        bonds: Path | None = None,
    ) -> None:
        try:
            import bumble  # noqa: F401 - only to see whether it is there
        except ImportError as error:
            raise PortError("--ble needs bumble: pip install bumble") from error
        if passkey is not None and not 0 <= passkey < PASSKEYS:
            raise PortError(f"--passkey has six digits at most, not {passkey}")
        self.pace = Pace()
        self.outbox = Outbox()
        self._device = device
        self._names = names
        self._adapter = adapter
        self._bonds = bonds
        self._passkey = secrets.randbelow(PASSKEYS) if passkey is None else passkey
        self._loop: asyncio.AbstractEventLoop | None = None
        self._over = asyncio.Event()

    def stop(self) -> None:
        """Leave `run` soon. May be called from a signal handler."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._over.set)

    def run(self, duration_s: float | None = None) -> None:
        """Serve. Raises PortError where the adapter cannot be had."""
        asyncio.run(self._run(duration_s))

    async def _run(self, duration_s: float | None) -> None:
        from bumble.transport import open_transport

        self._loop = asyncio.get_running_loop()
        try:
            transport = await open_transport(self._adapter)
        except Exception as error:  # bumble and its USB library raise whatever they like
            what = str(error) or type(error).__name__
            raise PortError(f"the adapter {self._adapter} cannot be opened: {what}") from error
        try:
            await self._serve(transport, duration_s)
        finally:
            await transport.close()

    async def _serve(self, adapter: Transport, duration_s: float | None) -> None:
        from bumble.device import Device as BluetoothDevice
        from bumble.hci import Address
        from bumble.keys import JsonKeyStore, MemoryKeyStore

        from hw_sim.ble import BlePeripheral

        address = Address(ADDRESS)
        radio = BluetoothDevice.with_hci("TorqueMon", address, adapter.source, adapter.sink)
        kept = self._bonds
        radio.keystore = JsonKeyStore(ADDRESS, str(kept)) if kept else MemoryKeyStore()
        peripheral = BlePeripheral(self._device, radio, self._names)
        self.pace = peripheral.pace
        peripheral.allow_pairing(self._passkey, self._show)
        await peripheral.start()
        sys.stdout.write(f"ready ble:{peripheral.local_name}\n")
        sys.stdout.flush()
        serving = asyncio.create_task(peripheral.serve())
        try:
            async with asyncio.timeout(duration_s):
                await self._over.wait()
        except TimeoutError:
            pass
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)
            await peripheral.close()

    def _show(self, passkey: str) -> None:
        """Show the passkey where a handpiece would: to whoever stands before it."""
        sys.stderr.write(f"passkey {passkey}\n")
        sys.stderr.flush()
