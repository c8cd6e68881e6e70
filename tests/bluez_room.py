"""A Linux chair: a private D-Bus, the fake of BlueZ with one handpiece, the product's opener on it.

bleak finds the bus by `DBUS_SYSTEM_BUS_ADDRESS`, as it does on any Linux; nothing of it is changed.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Final

from tests.bluez_objects import ADDRESS
from tests.dbus_tree import private_bus
from tests.fake_bluez import SUPERVISION_S, FakeBluez
from tests.radio import KEY, nominal_twin
from torquemon.drivers.ble import BleOpener
from torquemon.drivers.ble_radio import BleTimes, Radio

TIMES: Final = BleTimes(
    scan_s=0.4, settle_s=0.02, proof_s=0.5, connect_s=3.0, patience_s=5.0, close_s=1.0
)
"""Advertisements come every 50 ms here; one call of the opener is one attempt."""
_VARIABLE: Final = "DBUS_SYSTEM_BUS_ADDRESS"


class BluezRoom:
    """The chair; all of it ends with the stack."""

    def __init__(
        self,
        stack: contextlib.ExitStack,
        folder: Path,
        *,
        paired: bool = True,
        mtu: int = 247,
        key: bytes | None = None,
    ) -> None:
        self._stack = stack
        self._boots = 1
        self.bus = stack.enter_context(private_bus(folder))
        before = os.environ.get(_VARIABLE)
        os.environ[_VARIABLE] = self.bus.address
        stack.callback(_restore, before)
        twin = nominal_twin(rate_hz=1000, key=KEY if key is None else key)
        self.bluez = FakeBluez(self.bus.address, twin, paired=paired, mtu=mtu)
        stack.callback(self.bluez.close)

    def opener(
        self, target: str = ADDRESS, *, by_socket: bool = False, times: BleTimes = TIMES
    ) -> BleOpener:
        """Return the product's opener with bleak's own backend; closed with the room."""
        opener = BleOpener(target, radio=Radio(by_socket=by_socket), times=times)
        self._stack.callback(opener.close)
        return opener

    def come_back(self) -> None:
        """The handpiece is there again, after a restart."""
        self._boots += 1
        self.bluez.come_back(nominal_twin(self._boots, rate_hz=1000))


__all__ = ["SUPERVISION_S", "BluezRoom"]


def _restore(before: str | None) -> None:
    if before is None:
        del os.environ[_VARIABLE]
    else:
        os.environ[_VARIABLE] = before
