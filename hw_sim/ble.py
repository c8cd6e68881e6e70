"""A simulated handpiece as a Bluetooth Low Energy peripheral: the GATT profile of PROTOCOL.md.

Everything runs in one asyncio loop and asks that loop the time, so the same peripheral serves a
real adapter in real time and a virtual one in simulated time. Bluetooth itself is `bumble`'s.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final

from bumble.core import UUID, AdvertisingData, ProtocolError
from bumble.device import Connection
from bumble.device import Device as BluetoothDevice
from bumble.gatt import Characteristic, CharacteristicValue, Service
from bumble.pairing import PairingConfig, PairingDelegate

from hw_sim.ble_packets import WriteStream, notifications
from hw_sim.server import CATCH_UP_TICKS, LATE_NS, Device, Pace
from torquemon.drivers import ble_names
from torquemon.drivers.device_messages import Names

PERIOD_S: Final = 0.005
"""How often the device is served: half as long as a frame of readings spans."""
ADVERTISING_MS: Final = 100.0
MAX_UNSENT_PACKETS: Final = 64
"""While so many wait in the controller the device keeps its frames, and drops them in the end."""
SHORT_NAME_CHARS: Final = 8
"""What an advertisement has room for beside the service's UUID."""
_FLAGS: Final = b"\x06"
"""General discoverable, no classic Bluetooth."""
_READ: Final = Characteristic.Properties.READ
_READABLE: Final = Characteristic.READABLE
_WRITEABLE: Final = Characteristic.WRITEABLE
_SECURE: Final = (
    Characteristic.WRITE_REQUIRES_ENCRYPTION | Characteristic.WRITE_REQUIRES_AUTHENTICATION
)


class PasskeyDisplay(PairingDelegate):
    """A handpiece with a display (or a label): it shows the passkey that the chair must enter."""

    def __init__(self, passkey: int, show: Callable[[str], None]) -> None:
        super().__init__(io_capability=PairingDelegate.DISPLAY_OUTPUT_ONLY)
        self._passkey = passkey
        self._show = show

    async def generate_passkey(self) -> int:
        """See `PairingDelegate`."""
        return self._passkey

    async def display_number(self, number: int, digits: int) -> None:
        """See `PairingDelegate`."""
        self._show(f"{number:0{digits}}")


class BlePeripheral:
    """Serves one device to one central at a time, on a Bluetooth device that is switched off yet.

    `pace` says how well time was kept. With `battery_percent` it has a battery service.
    """

    def __init__(
        self,
        device: Device,
        radio: BluetoothDevice,
        names: Names,
        battery_percent: int | None = None,
    ) -> None:
        self.pace = Pace()
        self._device = device
        self._radio = radio
        self._names = names
        self._battery_percent = battery_percent
        self._connection: Connection | None = None
        self._subscribed = False
        self._streams = {trusted: WriteStream() for trusted in (False, True)}
        self._frames = Characteristic(
            ble_names.FRAMES, Characteristic.Properties.NOTIFY, _READABLE, b""
        )
        self._frames.on(Characteristic.EVENT_SUBSCRIPTION, self._on_subscription)

    @property
    def connected(self) -> bool:
        """Whether a central is there."""
        return self._connection is not None

    def allow_pairing(self, passkey: int, show: Callable[[str], None]) -> None:
        """Pair with whoever enters this passkey (0 to 999,999), and with nobody else."""
        config = PairingConfig(
            delegate=PasskeyDisplay(passkey, show),
            identity_address_type=PairingConfig.AddressType.RANDOM,
        )
        self._radio.pairing_config_factory = lambda _: config

    async def start(self) -> None:
        """Switch the radio on and advertise; again after each connection."""
        self._radio.add_services(self._services())
        self._radio.on(BluetoothDevice.EVENT_CONNECTION, self._on_connection)
        await self._radio.power_on()
        await self.advertise()

    async def advertise(self) -> None:
        """Let centrals find the device."""
        name = self.local_name.encode()
        service = bytes(UUID(ble_names.SERVICE))
        kinds = AdvertisingData.Type
        first = [
            (kinds.FLAGS, _FLAGS),
            (kinds.COMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS, service),
            (kinds.COMPLETE_LOCAL_NAME, name),
        ]
        await self._radio.start_advertising(
            auto_restart=True,
            advertising_data=bytes(AdvertisingData(first)),
            advertising_interval_min=ADVERTISING_MS,
            advertising_interval_max=ADVERTISING_MS,
        )

    @property
    def local_name(self) -> str:
        """What the device calls itself before anybody has asked."""
        return f"TM-{self._names.serial.decode('ascii', 'replace')}"[-SHORT_NAME_CHARS:]

    async def serve(self) -> None:
        """Let the device live until this is cancelled."""
        loop = asyncio.get_running_loop()
        tick_s = 1.0 / self._device.tick_hz
        next_s = loop.time() + tick_s
        while True:
            now_s = loop.time()
            self.pace.max_late_ns = max(self.pace.max_late_ns, round((now_s - next_s) * 1e9))
            for _ in range(round(PERIOD_S / tick_s) + CATCH_UP_TICKS):
                if next_s > now_s:
                    break
                self._device.tick()
                self.pace.ticks += 1
                self.pace.late_ticks += now_s - next_s > LATE_NS / 1e9
                next_s += tick_s
            await self._send()
            await asyncio.sleep(PERIOD_S)

    async def close(self) -> None:
        """Leave the air."""
        with contextlib.suppress(ProtocolError, asyncio.CancelledError):
            await self._radio.stop_advertising()
            if self._connection is not None:
                await self._connection.disconnect()
        await self._radio.power_off()

    async def _send(self) -> None:
        connection = self._connection
        if connection is None or not self._subscribed or self._is_full():
            return
        room = connection.att_mtu - ble_names.NOTIFICATION_OVERHEAD
        for value in notifications(self._device.take_frames(), room):
            await self._radio.notify_subscriber(connection, self._frames, value)

    def _is_full(self) -> bool:
        queue = self._radio.host.le_acl_packet_queue
        return queue is not None and queue.pending >= MAX_UNSENT_PACKETS

    def _on_connection(self, connection: Connection) -> None:
        self._connection = connection
        connection.on(Connection.EVENT_DISCONNECTION, self._on_disconnection)

    def _on_disconnection(self, _: int) -> None:
        self._connection = None
        self._subscribed = False
        for stream in self._streams.values():
            stream.reset()
        self._device.disconnect()

    def _on_subscription(self, _: Connection, notify: bool, __: bool) -> None:  # noqa: FBT001 - bumble's
        self._subscribed = notify

    def _take(self, value: bytes, *, trusted: bool) -> None:
        frames = self._streams[trusted].feed(value)
        if frames:
            self._device.receive(frames, trusted=trusted)

    def _services(self) -> list[Service]:
        properties = Characteristic.Properties
        command = Characteristic(
            ble_names.COMMAND,
            properties.WRITE | properties.WRITE_WITHOUT_RESPONSE,
            _WRITEABLE,
            CharacteristicValue(write=lambda _, value: self._take(value, trusted=False)),
        )
        secure = Characteristic(
            ble_names.SECURE_COMMAND,
            properties.WRITE,
            _WRITEABLE | _SECURE,
            CharacteristicValue(write=lambda _, value: self._take(value, trusted=True)),
        )
        said = (
            (ble_names.MANUFACTURER_NAME, self._names.maker),
            (ble_names.MODEL_NUMBER, self._names.model),
            (ble_names.SERIAL_NUMBER, self._names.serial),
            (ble_names.FIRMWARE_REVISION, self._names.firmware),
        )
        about = [Characteristic(uuid, _READ, _READABLE, text) for uuid, text in said]
        services = [
            Service(ble_names.SERVICE, [self._frames, command, secure]),
            Service(ble_names.DEVICE_INFORMATION, about),
        ]
        if self._battery_percent is not None:
            level = bytes((self._battery_percent,))
            battery = Characteristic(ble_names.BATTERY_LEVEL, _READ, _READABLE, level)
            services.append(Service(ble_names.BATTERY, [battery]))
        return services
