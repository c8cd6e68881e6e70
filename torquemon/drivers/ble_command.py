"""`torquemon devices --ble`: who is in the air, how near, and what each of them can do.

Only devices that advertise this program's service are connected, one after the other, and greeted;
a hello commands nothing. Everything printed was cleaned where it came in.
"""

from __future__ import annotations

import secrets
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, TextIO

from torquemon.clock import Clock
from torquemon.drivers.ble import BleOpener
from torquemon.drivers.ble_known import KnownDevices
from torquemon.drivers.ble_radio import BleTimes, Radio
from torquemon.drivers.ble_scan import Sighting, listen
from torquemon.drivers.ble_words import why_not
from torquemon.drivers.device import DeviceInfo
from torquemon.drivers.errors import TransportError
from torquemon.drivers.handpiece import Handpiece, WireDown
from torquemon.drivers.link import Connected
from torquemon.drivers.loop_thread import LoopThread
from torquemon.drivers.trust import NO_KEYS, Keys
from torquemon.drivers.wires import AIR, KNOWN_FILE

CONNECT_WAIT_S: Final = 20.0
MEASURE_S: Final = 1.5
"""So long a device is listened to, to see how late its frames come."""
_POLL_S: Final = 0.02
_NEAR: Final = ((-60, "near"), (-75, "in the room"), (-90, "far"))
"""[E] Signal strength in dBm of a device with 0 dBm, and what it means for a link."""
_SEED_BITS: Final = 256


def nearness(rssi_dbm: int) -> str:
    """Say a signal strength in words and in figures."""
    words = next((words for limit, words in _NEAR if rssi_dbm >= limit), "hardly heard")
    return f"{words} ({rssi_dbm} dBm)"


class AirList:
    """One look round. `radio` is the system's where none is given."""

    def __init__(
        self,
        clock: Clock,
        *,
        home: Path,
        keys: Keys = NO_KEYS,
        radio: Radio = Radio(),  # noqa: B008 - frozen
        times: BleTimes = BleTimes(),  # noqa: B008 - frozen
        thread: LoopThread | None = None,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._clock = clock
        self._keys = keys
        self._radio = radio
        self._times = times
        self._own_thread = thread is None
        self._thread = thread or LoopThread("bluetooth")
        self._wait = wait
        self._known = KnownDevices(home / KNOWN_FILE)

    def write(self, out: TextIO) -> int:
        """Print a line for each; return how many answered. Raises TransportError."""
        answered = 0
        met: set[str] = set()
        for sighting in self._listen():
            line, serial = self._ask(sighting)
            answered += bool(serial)
            met |= {serial, sighting.address}
            out.write(f"{AIR}{serial or sighting.address}  {nearness(sighting.rssi_dbm)}  {line}\n")
            out.flush()
        for known in self._known.all():
            if not met & {known.serial, known.address}:
                out.write(f"{AIR}{known.serial}  not in reach  met before as {known.name}\n")
        return answered

    def _listen(self) -> list[Sighting]:
        try:
            listening = listen(self._radio, self._times.scan_s)
            return self._thread.submit(listening).result(self._times.scan_s + CONNECT_WAIT_S)
        except Exception as error:
            raise why_not(error, "a handpiece") from error

    def _ask(self, sighting: Sighting) -> tuple[str, str]:
        """Return what a device can do and its serial number; empty where it did not answer."""
        opener = BleOpener(
            sighting.address,
            radio=self._radio,
            known=self._known,
            thread=self._thread,
            times=self._times,
        )
        host = Handpiece(opener, self._clock, secrets.randbits(_SEED_BITS), self._keys)
        host.start()
        try:
            answer = self._answer(host)
            if not isinstance(answer, DeviceInfo):
                return f"{sighting.name}: {answer}", ""
            self._wait(MEASURE_S)
            return f"{sighting.name}: {answer.sentence()}; {_standing(host)}", answer.serial
        finally:
            host.close()
            opener.close()

    def _answer(self, host: Handpiece) -> DeviceInfo | str:
        why = "it does not answer"
        until_ns = self._clock.monotonic_ns() + round(CONNECT_WAIT_S * 1e9)
        while self._clock.monotonic_ns() < until_ns:
            for event in host.drain():
                if isinstance(event, Connected):
                    return event.info
                if isinstance(event, WireDown):
                    why = event.why
            self._wait(_POLL_S)
        return why

    def close(self) -> None:
        """End the thread, where it is its own."""
        if self._own_thread:
            self._thread.close()


def _standing(host: Handpiece) -> str:
    """Say whether it may be armed, and how its link is."""
    may = host.link.trust.why_not or "paired, proved: can be armed"
    delay = host.device_clock.delay
    if delay is None:
        return f"{may}; no readings"
    return f"{may}; frames come up to {delay.worst_ms:.0f} ms late"


def run_air(out: TextIO = sys.stdout) -> int:
    """Run `devices --ble`; exit code 1 where nobody answered."""
    from torquemon import paths
    from torquemon.clock import SystemClock
    from torquemon.drivers.key_store import KeyStore

    try:
        home = paths.home()
        keys = KeyStore(paths.keys_path()).load()
    except paths.HomeError as error:
        sys.stderr.write(f"torquemon devices: {error}\n")
        return 1
    sys.stderr.write("listening for handpieces\n")
    room = AirList(SystemClock(), home=home, keys=keys)
    try:
        answered = room.write(out)
    except TransportError as error:
        sys.stderr.write(f"torquemon devices: {error}\n")
        return 1
    finally:
        room.close()
    if not answered:
        sys.stderr.write(
            "no handpiece answers: is it on, awake, near, and not connected elsewhere?\n"
        )
    return 0 if answered else 1
