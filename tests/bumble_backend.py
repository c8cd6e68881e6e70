"""A backend for bleak over a `bumble` device, so that the product's driver can be run on a radio
that is only simulated. It does what an operating system does: scan, connect, bond, notify.

`virtual_radio(central)` returns the two classes that bleak's `backend=` takes.
"""

# ruff: noqa: ANN401, FBT001, ARG002 - the signatures are bleak's
from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any, ClassVar, cast

from bleak.assigned_numbers import CharacteristicPropertyName
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.client import BaseBleakClient, NotifyCallback
from bleak.backends.descriptor import BleakGATTDescriptor
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData, BaseBleakScanner
from bleak.backends.service import BleakGATTService, BleakGATTServiceCollection
from bleak.exc import BleakDeviceNotFoundError, BleakError, BleakGATTProtocolError
from bleak.uuids import normalize_uuid_str
from bumble.att import ATT_Error
from bumble.core import AdvertisingData, BaseBumbleError
from bumble.device import Advertisement, Connection, Device, Peer
from bumble.gatt_client import CharacteristicProxy
from bumble.hci import Address

from torquemon.drivers.ble_radio import Radio

Bend = Callable[[bytes], list[bytes]]
"""What a notification becomes on its way through the operating system."""


class Scanner(BaseBleakScanner):
    """See `BaseBleakScanner`. `trouble` is what the system says of an adapter that is off."""

    central: ClassVar[Device]
    trouble: ClassVar[Exception | None] = None

    def __init__(self, callback: Any, service_uuids: Any, *_: Any, **__: Any) -> None:
        super().__init__(callback, service_uuids)

    async def start(self) -> None:
        if self.trouble is not None:
            raise self.trouble
        self.seen_devices = {}
        self.central.on(Device.EVENT_ADVERTISEMENT, self._seen)
        await self.central.start_scanning(active=False)

    async def stop(self) -> None:
        self.central.remove_listener(Device.EVENT_ADVERTISEMENT, self._seen)
        await self.central.stop_scanning()

    def _seen(self, advertisement: Advertisement) -> None:
        kinds = AdvertisingData.Type
        get = advertisement.data.get_all
        uuids = get(kinds.COMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS)
        names = [*get(kinds.COMPLETE_LOCAL_NAME), *get(kinds.SHORTENED_LOCAL_NAME)]
        services = [normalize_uuid_str(str(uuid)) for found in uuids for uuid in cast(Any, found)]
        if not self.is_allowed_uuid(services):
            return
        name = str(names[0]) if names else None
        seen = AdvertisementData(name, {}, {}, services, None, advertisement.rssi, ())
        address = advertisement.address.to_string(with_type_qualifier=False)
        device = self.create_or_update_device(address, address, name, advertisement.address, seen)
        self.call_detection_callbacks(device, seen)


class Client(BaseBleakClient):
    """See `BaseBleakClient`. `mtu` is what the adapter asks for."""

    central: ClassVar[Device]
    mtu: ClassVar[int]
    bend: ClassVar[list[Bend]]

    def __init__(self, device: BLEDevice | str, *_: Any, **kwargs: Any) -> None:
        super().__init__(
            device,
            disconnected_callback=kwargs["disconnected_callback"],
            timeout=kwargs["timeout"],
        )
        self._device = device
        self._connection: Connection | None = None
        self._peer: Peer | None = None
        self._subscribers: list[tuple[CharacteristicProxy[bytes], Any]] = []

    @property
    def name(self) -> str:
        return self.address

    @property
    def mtu_size(self) -> int:
        return self._connection.att_mtu if self._connection else 23

    @property
    def is_connected(self) -> bool:
        return self._connection is not None

    async def connect(self, pair: bool, **_: Any) -> None:
        if not isinstance(self._device, BLEDevice):
            raise BleakDeviceNotFoundError(self.address)
        address: Address = self._device.details
        try:
            self._connection = await self.central.connect(address, timeout=self._timeout)
        except (BaseBumbleError, TimeoutError) as error:
            raise BleakError(f"failed to connect: {error}") from error
        self._connection.on(Connection.EVENT_DISCONNECTION, self._gone)
        try:
            await self._introduce(self._connection, pair=pair)
        except (BaseBumbleError, asyncio.CancelledError) as error:
            if isinstance(error, asyncio.CancelledError) and self._connection is not None:
                raise  # the caller gave up, not the link
            raise BleakError(f"the connection was lost at once: {error}") from error

    async def _introduce(self, connection: Connection, *, pair: bool) -> None:
        self._peer = peer = Peer(connection)
        await peer.request_mtu(self.mtu)
        keys = self.central.keystore
        if keys is not None and await keys.get(str(connection.peer_address)) is not None:
            await connection.encrypt()
        elif pair:
            await self.pair()
        await peer.discover_services()
        await peer.discover_characteristics()
        self.services = self._collect(peer)

    def _collect(self, peer: Peer) -> BleakGATTServiceCollection:
        found = BleakGATTServiceCollection()
        for proxy in peer.services:
            service = BleakGATTService(proxy, proxy.handle, _uuid(proxy.uuid))
            found.add_service(service)
            for each in proxy.characteristics:
                names = str(each.properties).lower().split("|")
                properties = [cast(CharacteristicPropertyName, n.replace("_", "-")) for n in names]
                found.add_characteristic(
                    BleakGATTCharacteristic(
                        each,
                        each.handle,
                        _uuid(each.uuid),
                        properties,
                        lambda: self.mtu_size - 3,
                        service,
                    )
                )
        return found

    def _gone(self, _: int) -> None:
        self._connection = None
        self.services = None
        self._subscribers.clear()
        if self._disconnected_callback is not None:
            self._disconnected_callback()

    async def disconnect(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(BaseBumbleError):
                await self._connection.disconnect()

    async def pair(self, *_: Any, **__: Any) -> None:
        if self._connection is None:
            raise BleakError("Not connected")
        try:
            await self._connection.pair()
        except BaseBumbleError as error:
            raise BleakError(f"pairing failed: {error}") from error

    async def unpair(self) -> None:
        raise NotImplementedError

    async def read_gatt_char(self, characteristic: BleakGATTCharacteristic, **_: Any) -> bytearray:
        proxy: CharacteristicProxy[bytes] = characteristic.obj
        return bytearray(await _translated(proxy.client.read_value(proxy)))

    async def write_gatt_char(
        self, characteristic: BleakGATTCharacteristic, data: Any, response: bool
    ) -> None:
        proxy: CharacteristicProxy[bytes] = characteristic.obj
        if self._connection is None:
            raise BleakError("Not connected")
        await _translated(proxy.client.write_value(proxy, bytes(data), with_response=response))

    async def start_notify(
        self, characteristic: BleakGATTCharacteristic, callback: NotifyCallback, **_: Any
    ) -> None:
        proxy: CharacteristicProxy[bytes] = characteristic.obj

        def arrived(value: bytes) -> None:
            for part in self.bend[0](value):
                callback(bytearray(part))

        self._subscribers.append((proxy, arrived))
        await _translated(proxy.client.subscribe(proxy, arrived))

    async def stop_notify(self, characteristic: BleakGATTCharacteristic) -> None:
        for proxy, arrived in self._subscribers:
            await _translated(proxy.client.unsubscribe(proxy, arrived))
        self._subscribers.clear()

    async def read_gatt_descriptor(self, descriptor: BleakGATTDescriptor, **_: Any) -> bytearray:
        raise NotImplementedError

    async def write_gatt_descriptor(self, descriptor: BleakGATTDescriptor, data: Any) -> None:
        raise NotImplementedError


async def _translated(doing: Any) -> Any:
    """Await it, with the errors of the attribute protocol as bleak names them.

    Whoever gives up waiting does not call the request back from the air: it ends by itself.
    """
    request = asyncio.ensure_future(doing)
    try:
        return await asyncio.shield(request)
    except asyncio.CancelledError:
        request.add_done_callback(lambda done: done.cancelled() or done.exception())
        raise
    except ATT_Error as error:
        raise BleakGATTProtocolError(error.error_code) from error
    except BaseBumbleError as error:
        raise BleakError(str(error)) from error


def _uuid(uuid: Any) -> str:
    return normalize_uuid_str(uuid.to_hex_str("-").lower())


def unbent(value: bytes) -> list[bytes]:
    """Every notification arrives, once."""
    return [value]


def virtual_radio(central: Device, mtu: int = 247, bend: Bend = unbent) -> Radio:
    """Return the backend classes for one central."""
    client = type("VirtualClient", (Client,), {"central": central, "mtu": mtu, "bend": [bend]})
    scanner = type("VirtualScanner", (Scanner,), {"central": central})
    return Radio(client=client, scanner=scanner)
