"""Which ports and radio devices may be a handpiece. Listening takes seconds, so it has a thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable
from typing import Final

from torquemon.drivers.serial_port import PortInfo, list_serial_ports
from torquemon.local.archive import PortLine
from torquemon.text import clean

LISTEN_S: Final = 5.0
MAX_LINES: Final = 64
Hear = Callable[[float], Iterable[PortLine]]


def hear(seconds: float) -> Iterable[PortLine]:
    """Listen for handpieces in the air. Raises what bleak raises."""
    from torquemon.drivers.ble_radio import Radio
    from torquemon.drivers.ble_scan import Sightings, scan

    found = Sightings()
    asyncio.run(scan(Radio(), seconds, asyncio.Event(), found))
    return [
        PortLine(
            url=f"ble:{each.address}",
            name=each.name or str(each.address),
            kind="ble",
            detail=f"{each.rssi_dbm} dBm",
        )
        for each in found.all()
    ]


class Ports:
    """What is on which port. `said` is how the last look over the air went."""

    def __init__(
        self,
        serial: Callable[[], list[PortInfo]] = list_serial_ports,
        hear: Hear = hear,
    ) -> None:
        self.said = ""
        self._serial = serial
        self._hear = hear
        self._heard: tuple[PortLine, ...] = ()
        self._thread: threading.Thread | None = None

    def scan(self) -> None:
        """Begin to listen, unless it is done already."""
        if self._thread is not None and self._thread.is_alive():
            return
        self.said = "listening for handpieces in the air"
        self._thread = threading.Thread(target=self._listen, name="scan", daemon=True)
        self._thread.start()

    def wait(self, timeout_s: float) -> None:
        """Wait until the listening is over. For tests."""
        if self._thread is not None:
            self._thread.join(timeout_s)

    def _listen(self) -> None:
        try:
            self._heard = tuple(self._hear(LISTEN_S))
        except Exception as error:  # noqa: BLE001 - bleak raises what its system gives it
            self.said = f"the radio cannot be used: {clean(str(error) or type(error).__name__)}"
            return
        count = len(self._heard)
        self.said = f"{count} handpieces in the air" if count else "no handpiece is in the air"

    def lines(self) -> list[PortLine]:
        """Return the serial ports of this machine and what was heard last."""
        found = [
            PortLine(
                url=clean(port.device),
                name=clean(port.description or port.device),
                kind="usb" if port.vid is not None else "serial",
                detail=clean(port.serial or ""),
            )
            for port in self._serial()
        ]
        return [*found, *self._heard][:MAX_LINES]
