"""A connection that outlived its program, on Linux: remembered while it lasts, freed afterwards.

BlueZ keeps a connection whose program was killed, and a connected handpiece does not advertise: it
would never be found again. The address of the running connection stands in a file; who finds it
there holds the chair, so whoever wrote it is dead. Nothing that others have connected is touched.
"""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import Final

from torquemon.drivers import ble_names
from torquemon.drivers.ble_radio import Radio

FREE_S: Final = 5.0
_MAX_BYTES: Final = 100


class Held:
    """The file. Reading and writing never raise: without it one frees by hand."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def address(self) -> str:
        """Return the address of a connection that was not ended in order; empty without one."""
        if self._path is None:
            return ""
        try:
            with self._path.open("rb") as file:
                return file.read(_MAX_BYTES).decode("utf-8", "replace").strip()
        except OSError:
            return ""

    def note(self, address: str) -> None:
        """A connection begins."""
        if self._path is not None:
            with contextlib.suppress(OSError):
                self._path.write_text(address, "utf-8")

    def forget(self) -> None:
        """It has ended in order, or was freed."""
        if self._path is not None:
            with contextlib.suppress(OSError):
                self._path.unlink(missing_ok=True)


async def free(address: str, radio: Radio) -> bool:
    """End the system's connection to this address; True where there was one. Never raises."""
    if radio.scanner is not None:
        return False  # no system behind it
    from bleak import BleakAdapter, BleakClient

    try:
        async with asyncio.timeout(FREE_S):
            adapter = await BleakAdapter.get()
            for device in await adapter.get_connected_devices([ble_names.SERVICE]):
                if device.address.casefold() == address.casefold():
                    client = BleakClient(device, backend=radio.client)
                    await client.connect()
                    await client.disconnect()
                    return True
    except Exception:  # noqa: BLE001 - a help that fails leaves everything as it was
        return False
    return False
