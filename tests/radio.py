"""Radio that is only simulated: a `bumble` central and peripherals on one link that tests can harm.

`AirLink` carries data in connection events as a radio does, and can delay, stall and cut. `Air` is
the room: a link, the chair's adapter, and handpieces in it; all of it lives in one asyncio loop.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from bumble import ll
from bumble.controller import Connection, Controller
from bumble.core import PhysicalTransport
from bumble.device import Device as BluetoothDevice
from bumble.hci import Address, HCI_ErrorCode
from bumble.host import Host
from bumble.keys import MemoryKeyStore
from bumble.link import LocalLink
from bumble.pairing import PairingConfig, PairingDelegate
from bumble.transport.common import AsyncPipeSink

from hw_sim.ble import BlePeripheral
from hw_sim.device import NAMES
from hw_sim.device_link import DeviceLink
from hw_sim.handpiece import Handpiece as SimulatedHandpiece
from hw_sim.operator import Script
from hw_sim.scenarios import scenario
from hw_sim.twin import Twin
from tests.bumble_backend import Bend, unbent, virtual_radio
from torquemon.drivers.ble_radio import BleTimes, Radio
from torquemon.drivers.device_messages import Names

SUPERVISION_S: Final = 1.0
"""How long a real link is silent before both ends call it lost; PROTOCOL.md advises 1 s."""
FAST: Final = BleTimes(scan_s=0.25, settle_s=0.05, proof_s=0.5, connect_s=3.0)
"""Advertisements come every 100 ms here."""
PASSKEY: Final = 314159
"""Shown by the handpiece, typed at the chair."""
KEY: Final = bytes(range(16))
"""What handpiece and chair know of each other."""
SERIAL: Final = NAMES.serial.decode()
_SAME_MOMENT_S: Final = 1e-6
_SETTLE_S: Final = 0.1
_LOST: Final = HCI_ErrorCode.CONNECTION_TIMEOUT_ERROR


class _Ordered(dict[Controller, None]):
    """A set in the order of joining, so that every run is the same run."""

    def add(self, controller: Controller) -> None:
        self[controller] = None

    def remove(self, controller: Controller) -> None:
        self.pop(controller)


class AirLink(LocalLink):
    """See the module. `interval_s` is the connection interval; 0 delivers at once."""

    def __init__(self, interval_s: float = 0.0) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.controllers = _Ordered()  # type: ignore[assignment]
        self.interval_s = interval_s
        self.delay_s = 0.0
        self.deaf = False
        """Nothing passes any more, and nobody is told: a dead Bluetooth service."""
        self._stalled_until_s = 0.0
        self._busy_until_s = 0.0
        self._flying: deque[tuple[float, Callable[[], None]]] = deque()

    def stall(self, seconds: float) -> None:
        """Let nothing pass for so long; longer than the supervision time-out loses the link."""
        now_s = asyncio.get_running_loop().time()
        self._stalled_until_s = now_s + min(seconds, SUPERVISION_S)
        if seconds > SUPERVISION_S:
            asyncio.get_running_loop().call_later(SUPERVISION_S, self.cut)

    def cut(self) -> None:
        """Both ends find the link lost now."""
        for controller in list(self.controllers):
            self._drop_all(controller)

    def go_deaf(self, seconds: float, partner: Controller) -> None:
        """Nothing passes for so long; the partner times out, the chair's end is never told.

        That is how a Bluetooth service that has died looks from above it.
        """
        loop = asyncio.get_running_loop()
        self.deaf = True
        loop.call_later(min(seconds, SUPERVISION_S), self._drop_all, partner)
        loop.call_later(seconds, self._hear_again)

    def _hear_again(self) -> None:
        self.deaf = False

    @staticmethod
    def _drop_all(controller: Controller) -> None:
        for connection in list(controller.le_connections.values()):
            controller.on_le_disconnected(connection, _LOST)

    def lose(self, controller: Controller) -> None:
        """Take a controller out of the room; its partners notice when their time-out is over."""
        if controller in self.controllers:
            self.remove_controller(controller)
        controller.le_legacy_advertiser.stop()
        for advertising in controller.advertising_sets.values():
            advertising.stop()
        gone = list(controller.le_connections.values())
        asyncio.get_running_loop().call_later(SUPERVISION_S, self._time_out, gone)

    def _time_out(self, gone: list[Connection]) -> None:
        for lost in gone:
            for partner in self.controllers:
                connection = partner.le_connections.get(lost.self_address)
                if connection is not None and connection.self_address == lost.peer_address:
                    partner.on_le_disconnected(connection, _LOST)

    def send_advertising_pdu(
        self, sender_controller: Controller, packet: ll.AdvertisingPdu
    ) -> None:
        if sender_controller in self.controllers and not self.deaf:
            super().send_advertising_pdu(sender_controller, packet)

    def send_acl_data(
        self,
        sender_controller: Controller,
        destination_address: Address,
        transport: PhysicalTransport,
        data: bytes,
    ) -> None:
        receiver = self.find_le_controller(destination_address)
        source = sender_controller.random_address
        if receiver is None:
            return

        def deliver() -> None:
            if source in receiver.le_connections:
                receiver.on_link_acl_data(source, transport, data)

        self._carry(deliver)

    def send_ll_control_pdu(
        self, sender_address: Address, receiver_address: Address, packet: ll.ControlPdu
    ) -> None:
        receiver = self.find_le_controller(receiver_address)
        if receiver is None:
            return

        def deliver() -> None:
            if sender_address in receiver.le_connections:
                receiver.on_ll_control_pdu(sender_address, packet)

        self._carry(deliver)

    def _carry(self, deliver: Callable[[], None]) -> None:
        """Deliver at the next connection event after delay and stall, and never out of order."""
        if self.deaf:
            return
        loop = asyncio.get_running_loop()
        at_s = max(loop.time() + self.delay_s, self._stalled_until_s)
        if self.interval_s:
            at_s = -(-at_s // self.interval_s) * self.interval_s
        at_s = self._busy_until_s = max(at_s, self._busy_until_s)
        self._flying.append((at_s, deliver))
        loop.call_at(at_s, self._land)

    def _land(self) -> None:
        """Deliver what is due: timers of one moment fire in no order, a radio has one."""
        now_s = asyncio.get_running_loop().time() + _SAME_MOMENT_S
        while self._flying and self._flying[0][0] <= now_s:
            self._flying.popleft()[1]()


class Typed(PairingDelegate):
    """A person at the chair who types a passkey, or (None) gives up."""

    def __init__(self, passkey: int | None) -> None:
        super().__init__(io_capability=PairingDelegate.KEYBOARD_INPUT_ONLY)
        self.passkey = passkey

    async def get_number(self) -> int | None:
        return self.passkey


class TwinInAir:
    """See `hw_sim.server.Device`."""

    def __init__(self, twin: Twin) -> None:
        self.twin = twin
        self.tick_hz = twin.handpiece.control_hz
        self.tick = twin.tick
        self.receive = twin.receive
        self.disconnect = twin.handpiece.disconnect

    def take_frames(self) -> list[bytes]:
        """See `hw_sim.server.Device`."""
        return self.link.take_frames()

    @property
    def link(self) -> DeviceLink:
        """The device's end of the wire."""
        return self.twin.handpiece.link


class AirHandpiece:
    """A simulated handpiece with a radio."""

    def __init__(
        self,
        air: Air,
        twin: Twin,
        address: str,
        *,
        names: Names | None = None,
        bonds: MemoryKeyStore | None = None,
    ) -> None:
        self.device = TwinInAir(twin)
        self._air = air
        self.bonds = bonds or MemoryKeyStore()
        self.controller, self.bluetooth = air.adapter(address, self.bonds)
        known = twin.handpiece.params.device.names
        self.peripheral = BlePeripheral(self.device, self.bluetooth, names or known)
        self.peripheral.allow_pairing(PASSKEY, lambda _: None)
        self._serving: asyncio.Task[None] | None = None

    @property
    def twin(self) -> Twin:
        """The simulated handpiece and its operator."""
        return self.device.twin

    async def switch_on(self) -> None:
        """Advertise and live."""
        await self.peripheral.start()
        self._serving = asyncio.create_task(self.peripheral.serve())

    async def switch_off(self) -> None:
        """Be gone without a word: no more ticks, no more radio."""
        if self._serving is not None:
            self._serving.cancel()
            await asyncio.gather(self._serving, return_exceptions=True)
            self._serving = None
        self._air.link.lose(self.controller)


class Air:
    """One room. Make it in the loop in which it lives."""

    def __init__(self, interval_s: float = 0.0) -> None:
        self.link = AirLink(interval_s)
        self.controller, self.central = self.adapter("F0:00:00:00:00:C1")
        self.typed = Typed(PASSKEY)
        config = PairingConfig(
            delegate=self.typed, identity_address_type=PairingConfig.AddressType.RANDOM
        )
        self.central.pairing_config_factory = lambda _: config

    def adapter(
        self, address: str, bonds: MemoryKeyStore | None = None
    ) -> tuple[Controller, BluetoothDevice]:
        """Return a Bluetooth device in this room, switched off, that knows these bonds."""
        controller = Controller(address, link=self.link, public_address=address)
        controller.le_acl_data_packet_length = 251
        device = BluetoothDevice(
            name=address,
            address=Address(address),
            host=Host(controller, AsyncPipeSink(controller)),
        )
        device.keystore = bonds or MemoryKeyStore()
        return controller, device

    def radio(self, mtu: int = 247, bend: Bend = unbent) -> Radio:
        """Return what the product's driver is given instead of the system's Bluetooth."""
        return virtual_radio(self.central, mtu, bend)

    async def pair(self, handpiece: AirHandpiece) -> None:
        """Pair chair and handpiece once, as the system's settings would."""
        interval_s, self.link.interval_s = self.link.interval_s, 0.0  # eighty turns of a passkey
        address = handpiece.bluetooth.random_address
        connection = await self.central.connect(address, timeout=5)
        await connection.pair()
        await asyncio.sleep(_SETTLE_S)  # the last keys are still on their way
        await connection.disconnect()
        await asyncio.sleep(_SETTLE_S)
        self.link.interval_s = interval_s


def nominal_twin(
    boot_id: int = 1,
    *,
    script: Script | None = None,
    rate_hz: int = 500,
    key: bytes = KEY,
) -> Twin:
    """Return a twin of the nominal scenario, which demands proof of this key."""
    chosen = scenario("nominal")
    device = replace(chosen.params.device, boot_id=boot_id, sample_rate_hz=rate_hz, key=key)
    handpiece: SimulatedHandpiece = chosen.handpiece(7, None, replace(chosen.params, device=device))
    return Twin(handpiece, script or chosen.script)
