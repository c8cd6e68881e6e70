"""Which wire an address means. `ble:` is the air, everything else is pyserial's.

    ble:SN-0001             a serial number, known or asked for
    ble:TM-0001             a name, if only one device has it
    ble:C0:FF:EE:00:00:01   an address (a UUID on macOS)
    ble:                    the only handpiece in reach
    gauge:mark10@COM3       a torque gauge: listened to, never armed (see gauges/spec.py)

A driver's library is loaded when its wire is asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from torquemon.drivers.transport import TransportOpener

AIR: Final = "ble:"
GAUGE: Final = "gauge:"
KNOWN_FILE: Final = "handpieces.json"
HELD_FILE: Final = "air.connected"


@dataclass(frozen=True, slots=True)
class Wire:
    """How a wire is opened, and how it is let go for good."""

    opener: TransportOpener
    close: Callable[[], None]


def wire_for(address: str, home: Path) -> Wire:
    """Return the wire that an address means; nothing is opened yet. `home`: the chair's folder.

    For the monitor, which holds the chair: through the air it frees what its predecessor left.
    Raises DriverError with a sentence where the address cannot be meant.
    """
    if address.startswith(AIR):
        from torquemon.drivers.ble import BleOpener
        from torquemon.drivers.ble_known import KnownDevices

        known = KnownDevices(home / KNOWN_FILE)
        air = BleOpener(address.removeprefix(AIR), known=known, held=home / HELD_FILE)
        return Wire(air, air.close)
    if address.startswith(GAUGE):
        from torquemon.clock import SystemClock
        from torquemon.drivers.gauges.opener import GaugeOpener

        return Wire(GaugeOpener(address, SystemClock()), _nothing)
    from torquemon.drivers.serial_port import SerialOpener

    return Wire(SerialOpener(address), _nothing)


def _nothing() -> None:
    """A cable needs no closing beyond its port."""
