"""The objects of `org.bluez` that `tests.fake_bluez` shows: adapter, device, services."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from dbus_fast import Variant

from torquemon.drivers import ble_names

ADAPTER: Final = "/org/bluez/hci0"
ADDRESS: Final = "F1:00:00:00:00:01"
DEVICE: Final = f"{ADAPTER}/dev_{ADDRESS.replace(':', '_')}"
ADAPTER1: Final = "org.bluez.Adapter1"
DEVICE1: Final = "org.bluez.Device1"
SERVICE1: Final = "org.bluez.GattService1"
CHAR1: Final = "org.bluez.GattCharacteristic1"
SERVICE: Final = f"{DEVICE}/service0010"
ABOUT: Final = f"{DEVICE}/service0020"
FRAMES: Final = f"{SERVICE}/char0011"
COMMAND: Final = f"{SERVICE}/char0014"
SECURE: Final = f"{SERVICE}/char0016"
SERIAL: Final = f"{ABOUT}/char0021"
YES: Final = Variant("b", True)  # noqa: FBT003 - a D-Bus boolean
NO: Final = Variant("b", False)  # noqa: FBT003

Values = dict[str, Variant]


def adapter() -> Values:
    """An adapter that is on."""
    return {
        "Address": Variant("s", "00:00:00:00:00:01"),
        "Name": Variant("s", "chair"),
        "Powered": YES,
        "Discovering": NO,
        "Roles": Variant("as", ["central"]),
    }


def device(name: str, *, paired: bool) -> Values:
    """The handpiece, without a connection."""
    bonded = Variant("b", paired)
    return {
        "Address": Variant("s", ADDRESS),
        "AddressType": Variant("s", "random"),
        "Name": Variant("s", name),
        "Alias": Variant("s", name),
        "Adapter": Variant("o", ADAPTER),
        "Paired": bonded,
        "Bonded": bonded,
        "Trusted": NO,
        "Blocked": NO,
        "LegacyPairing": NO,
        "Connected": NO,
        "ServicesResolved": NO,
        "UUIDs": Variant("as", [ble_names.SERVICE]),
    }


def profile(mtu: int, others: Mapping[str, str]) -> Iterator[tuple[str, str, Values]]:
    """Services and characteristics; `others` are UUIDs in place of these."""
    for path, uuid in ((SERVICE, ble_names.SERVICE), (ABOUT, ble_names.DEVICE_INFORMATION)):
        values = {
            "UUID": Variant("s", uuid),
            "Device": Variant("o", DEVICE),
            "Primary": YES,
            "Includes": Variant("ao", []),
        }
        yield path, SERVICE1, values
    table = (
        (FRAMES, ble_names.FRAMES, ["notify"]),
        (COMMAND, ble_names.COMMAND, ["write", "write-without-response"]),
        (SECURE, ble_names.SECURE_COMMAND, ["write"]),
        (SERIAL, ble_names.SERIAL_NUMBER, ["read"]),
    )
    for path, uuid, flags in table:
        values = {
            "UUID": Variant("s", others.get(uuid, uuid)),
            "Service": Variant("o", path.rpartition("/")[0]),
            "Value": Variant("ay", b""),
            "Flags": Variant("as", flags),
            "MTU": Variant("q", mtu),
        }
        if "notify" in flags:
            values |= {"Notifying": NO, "NotifyAcquired": NO}
        yield path, CHAR1, values
