"""Opens a gauge for the monitor, as the wire of a device that can only be listened to."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from torquemon.clock import Clock
from torquemon.drivers.codec import Generation
from torquemon.drivers.errors import TransportError
from torquemon.drivers.gauges.angle import angle_source
from torquemon.drivers.gauges.base import GaugeSettings
from torquemon.drivers.gauges.bridge import GaugeWire, Tap
from torquemon.drivers.gauges.kinds import make_gauge
from torquemon.drivers.gauges.reading import GaugeReading
from torquemon.drivers.gauges.spec import MIN_LIVE_HZ, GaugeError, read_address
from torquemon.drivers.gauges.stated import UNIT_STATED
from torquemon.drivers.gauges.talk import Talk
from torquemon.drivers.serial_port import SerialPort
from torquemon.text import clean

FIRST_READING_S: Final = 3.0
"""So long an instrument has to give its first reading before it is called unfit."""


def _too_slow(kind: str, settings: GaugeSettings, rate_hz: float) -> str:
    """Say what makes it slow: its file, or its baud rate where another one is faster."""
    needed = f"a live insertion needs {MIN_LIVE_HZ:g}"
    calibrate = "use it for `torquemon calibrate`"
    if kind == "ascii":
        return (
            f"the file says rate_hz = {rate_hz:g}, {needed}: write the instrument's own rate, or "
            f"{calibrate}"
        )
    faster = [
        baud
        for baud in make_gauge(kind, settings).baudrates
        if make_gauge(kind, replace(settings, baud_rate=baud)).rate_hz >= MIN_LIVE_HZ
    ]
    set_it = f"set it to {faster[0]} baud and say baud={faster[0]}, or " if faster else ""
    return (
        f"the {clean(kind, 30)} gauge gives {rate_hz:g} readings per second, {needed}: "
        f"{set_it}{calibrate}"
    )


class GaugeOpener:
    """Opens a gauge for the monitor: up only once it gave a reading, else a sentence why not."""

    def __init__(self, address: str, clock: Clock) -> None:
        """Raises GaugeError where the address, a setting or the instrument is unfit."""
        found = read_address(address)
        self._kind, self._settings, self._port = found.kind, found.settings, found.port
        self._clock = clock
        rate_hz = make_gauge(self._kind, self._settings).rate_hz
        if rate_hz < MIN_LIVE_HZ:
            raise GaugeError(_too_slow(self._kind, self._settings, rate_hz))

    def __call__(self) -> GaugeWire:
        """Open it. Raises TransportError."""
        gauge = make_gauge(self._kind, self._settings)
        baud_rate = self._settings.baud_rate or gauge.baudrates[0]
        port = SerialPort(self._port, baud_rate)
        served = self._settings.simulated or port.is_served
        tap = Tap(port)
        try:
            talk = Talk(gauge, tap, baud_rate, self._clock)
            first = self._first_reading(talk)
            measured = first.angle_deg is not None
            angle = angle_source(self._settings, self._clock, measured=measured)
        except BaseException:
            tap.close()
            raise
        # one half from a program makes the whole curve one of a program
        mark = Generation.SIMULATED if served or angle.is_served else Generation.REAL
        stated = f"unit by user: {first.unit_text}" if UNIT_STATED in first.flags else ""
        return GaugeWire(gauge, tap, talk, angle, self._clock, mark, stated)

    def _first_reading(self, talk: Talk) -> GaugeReading:
        until_ns = self._clock.monotonic_ns() + round(FIRST_READING_S * 1e9)
        why = ""
        while self._clock.monotonic_ns() < until_ns:
            for event in talk.step(0.05):
                if isinstance(event, GaugeReading):
                    return event
                why = event.why
        raise TransportError(why or talk.why_silent())
