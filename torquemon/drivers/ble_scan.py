"""Which handpieces are in the air, and which of them is meant. What they say is cleaned here.

Only devices that advertise the service of PROTOCOL.md are looked at. A name is a claim that any
device can make: two of the same name are never guessed between.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from torquemon.drivers import ble_names
from torquemon.drivers.ble_radio import BleTimes, Radio
from torquemon.drivers.errors import TransportError
from torquemon.text import DeviceText, clean

if TYPE_CHECKING:
    from bleak.backends.device import BLEDevice
    from bleak.backends.scanner import AdvertisementData

MAX_SIGHTINGS: Final = 128
"""Somebody who advertises under ever new addresses fills no memory."""
NAME_CHARS: Final = 40


@dataclass(frozen=True, slots=True)
class Sighting:
    """A device that was heard. `rssi_dbm`: signal strength, nearer is larger."""

    device: BLEDevice
    address: DeviceText
    name: DeviceText
    rssi_dbm: int

    @property
    def label(self) -> str:
        """How it is called towards people."""
        return f"{self.name} ({self.address})" if self.name else str(self.address)


class Sightings:
    """What a scan has heard so far, each device once, with its latest signal."""

    def __init__(self, on_sighting: Callable[[Sighting], None] | None = None) -> None:
        self._found: dict[str, Sighting] = {}
        self._on_sighting = on_sighting

    def heard(self, device: BLEDevice, advertised: AdvertisementData) -> None:
        """Take one advertisement: bleak's plain callback, bounded."""
        name = clean(advertised.local_name or device.name or "", NAME_CHARS)
        address = clean(device.address, NAME_CHARS)
        before = self._found.get(address)
        if before is None and len(self._found) >= MAX_SIGHTINGS:
            return
        if not name and before is not None:
            name = before.name
        sighting = Sighting(device, address, name, advertised.rssi)
        self._found[address] = sighting
        if self._on_sighting is not None:
            self._on_sighting(sighting)

    def all(self) -> list[Sighting]:
        """Return them, the strongest signal first."""
        return sorted(self._found.values(), key=lambda each: (-each.rssi_dbm, each.address))


async def scan(radio: Radio, seconds: float, enough: asyncio.Event, found: Sightings) -> None:
    """Listen for so long, or until there is enough. Raises what bleak raises."""
    from bleak import BleakScanner

    scanner = BleakScanner(found.heard, [ble_names.SERVICE], backend=radio.scanner)
    async with scanner:
        try:
            async with asyncio.timeout(seconds):
                await enough.wait()
        except TimeoutError:
            return


async def listen(radio: Radio, seconds: float) -> list[Sighting]:
    """Return everybody who is heard within so long. Raises what bleak raises."""
    found = Sightings()
    await scan(radio, seconds, asyncio.Event(), found)
    return found.all()


async def find(target: str, known_address: str | None, radio: Radio, times: BleTimes) -> Candidates:
    """Listen for `target`: an address, a name, or empty for whoever is there.

    `known_address` is where a handpiece of this serial number was last met; found again there, it
    is the one that is meant.
    """
    wanted = clean(target, NAME_CHARS)
    enough, settling = asyncio.Event(), False
    loop = asyncio.get_running_loop()

    def seen(sighting: Sighting) -> None:
        nonlocal settling
        address = sighting.address.casefold()
        if wanted and address in {wanted.casefold(), (known_address or "").casefold()}:
            enough.set()
        elif wanted and sighting.name == wanted and not settling:
            settling = True
            loop.call_later(times.settle_s, enough.set)

    found = Sightings(seen)
    await scan(radio, times.scan_s, enough, found)
    return Candidates(wanted, known_address, found.all())


@dataclass(frozen=True, slots=True)
class Candidates:
    """What a scan for one target found."""

    wanted: DeviceText
    known_address: str | None
    heard: list[Sighting]

    def meant(self) -> Sighting | None:
        """Return the one that is meant; None where only asking each of them can tell.

        Raises TransportError where nobody is there or several are called so.
        """
        if not self.heard:
            raise TransportError(_nobody(self.wanted))
        addresses = {self.wanted.casefold()}
        if self.known_address:
            addresses.add(self.known_address.casefold())
        by_address = [each for each in self.heard if each.address.casefold() in addresses]
        if self.wanted and by_address:
            return by_address[0]
        named = [each for each in self.heard if not self.wanted or each.name == self.wanted]
        if len(named) > 1:
            labels = ", ".join(each.label for each in named[:5])
            who = f"are called {self.wanted}" if self.wanted else "are in reach"
            raise TransportError(
                f"{len(named)} handpieces {who}: {labels}; give the address or the serial number"
            )
        return named[0] if named else None


def _nobody(wanted: str) -> str:
    who = f"{wanted} does not answer" if wanted else "no handpiece answers"
    return (
        f"{who} by Bluetooth: is it on, awake, near, and not connected to another computer? "
        "`torquemon devices --ble` lists what is in reach"
    )


def unknown(wanted: str, heard: list[Sighting]) -> TransportError:
    """Return the error for a target that nobody in reach is."""
    labels = ", ".join(each.label for each in heard[:5])
    return TransportError(f"no handpiece in reach is {wanted}; there are: {labels}")
