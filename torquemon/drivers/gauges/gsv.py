"""ME-Systeme GSV-6 and GSV-8 strain-gauge amplifiers with a torque sensor (binary frames).

Format: the maker's own library `gsv86lib` 0.1.1 (MIT, github.com/me-systeme/gsv86lib): requests
`AA 9n command parameters 85`; answers `AA 5n error payload 85`; values `AA 1n status payload 85`
with n + 1 channels, status bit 7 set, bits 4-6 the type (3 is float32, big-endian), bit 0 input
overload. Commands GetUnitNo 0x0F and GetValue 0x3B; unit 17 is cN·m (which is N·cm), 18 N·m.
GSV-8 115,200 baud, GSV-6 230,400. The library opens the port itself, starts threads and sets the
amplifier's transmission: it is used in the tests as an independent check of these frames instead.

Only the two questions above are sent. The unit is asked again around every value (bracket.py).
"""

from __future__ import annotations

import math
import struct
from typing import Final, Literal

from torquemon.drivers.gauges.base import NOT_SAID, GaugeIdentity, GaugeSettings
from torquemon.drivers.gauges.bracket import Bracket
from torquemon.drivers.gauges.numbers import make_reading, unit_sentence
from torquemon.drivers.gauges.reading import OVERLOAD, GaugeEvent, GaugeOverload, GaugeProblem
from torquemon.text import clean

SYNC: Final = 0xAA
END: Final = 0x85
GET_UNIT: Final = 0x0F
GET_VALUE: Final = 0x3B
UNIT_TEXTS: Final = {17: "cNm", 18: "Nm"}
"""Codes of the units that are torques and not too large: `kN·m` is another kind of instrument."""
_OTHER_UNITS: Final = {0: "mV/V", 3: "N", 1: "kg", 24: "kNm", 7: "(none)", 254: "-", 255: "-"}
_KIND: Final = 0xC0
_ANSWER: Final = 0x40
_SERIAL: Final = 0x30
_IS_SERIAL: Final = 0x10
_COUNT: Final = 0x0F
_INDICATOR: Final = 0x80
_OVER: Final = 0x01
_FLOAT32: Final = 3
_BYTES: Final = {1: 2, 2: 3, 3: 4}
_HEAD_BYTES: Final = 3
_OK: Final = 0x00


def request(command: int, *parameters: int) -> bytes:
    """Return the bytes of a request."""
    return bytes((SYNC, 0x90 | len(parameters), command, *parameters, END))


class Gsv:
    """One amplifier; `channel` is the one that the torque sensor is on."""

    name = "gsv"
    baudrates = (115_200, 230_400)
    rate_hz = 50.0
    gives_angle = False
    can_stop: Literal[False] = False

    def __init__(self, settings: GaugeSettings) -> None:
        self._channel = settings.channel
        model = clean(f"GSV channel {self._channel}")
        self.identity = GaugeIdentity(clean("ME-Systeme"), model, NOT_SAID)
        self._bracket = Bracket(self._make)
        self._rest = b""

    def opening(self) -> list[bytes]:
        """See `Gauge.opening`."""
        return []

    def poll(self) -> bytes:
        """See `Gauge.poll`: unit, value, unit."""
        unit = request(GET_UNIT, self._channel)
        return unit + request(GET_VALUE) + unit

    def feed(self, data: bytes, host_time_ns: int) -> list[GaugeEvent]:
        """See `Gauge.feed`."""
        events: list[GaugeEvent] = []
        rest = self._rest + data
        while True:
            at = rest.find(SYNC)
            if at < 0:
                rest = b""
                break
            rest = rest[at:]
            size = _frame_bytes(rest)
            if size is None:
                break  # the head is not whole yet
            if size and len(rest) < size:
                break
            if not size or rest[size - 1] != END:
                rest = rest[1:]
                continue
            events += self._frame(rest[:size], host_time_ns)
            rest = rest[size:]
        self._rest = rest
        return events

    def _frame(self, frame: bytes, host_time_ns: int) -> list[GaugeEvent]:
        status, payload = frame[2], frame[_HEAD_BYTES:-1]
        if frame[1] & _KIND == _ANSWER:
            if status == _OK and len(payload) == 1:
                return self._unit(payload[0], host_time_ns)
            return []  # the answer to another program's question, or a refusal
        if status >> 4 & 7 != _FLOAT32:
            why = "it sends whole numbers without a scale: set its values to float"
            return [GaugeProblem(host_time_ns, why)]
        at = (self._channel - 1) * 4
        if len(payload) < at + 4:
            last = len(payload) // 4
            why = f"the GSV amplifier has no channel {self._channel}: give channel=1 to {last}"
            return [GaugeProblem(host_time_ns, why)]
        (value,) = struct.unpack_from(">f", payload, at)
        over = bool(status & _OVER)
        if math.isfinite(value):
            self._bracket.value(value, host_time_ns, overload=over)
        elif over:
            sign = "" if math.isnan(value) else "-" if value < 0 else "+"
            return [GaugeOverload(host_time_ns, sign, flags=frozenset({OVERLOAD}))]
        return []

    def _unit(self, code: int, host_time_ns: int) -> list[GaugeEvent]:
        text = UNIT_TEXTS.get(code)
        released = self._bracket.unit(text or f"code {code}")
        if text is None:
            shown = _OTHER_UNITS.get(code, f"code {code}")
            return [GaugeProblem(host_time_ns, unit_sentence(shown))]
        return released

    def _make(self, value: float, unit: str, host_time_ns: int, overload: bool) -> GaugeEvent:  # noqa: FBT001 - as Bracket calls it
        flags = frozenset({OVERLOAD}) if overload else frozenset[str]()
        return make_reading(value, unit, host_time_ns, overload=overload, flags=flags)


def _frame_bytes(data: bytes) -> int | None:
    """Return how long the frame at the start is: None if not known yet, 0 where it is none."""
    if len(data) < _HEAD_BYTES:
        return None
    head, status = data[1], data[2]
    if head & _SERIAL != _IS_SERIAL or head & _KIND not in (0, _ANSWER):
        return 0
    count = head & _COUNT
    if head & _KIND == _ANSWER:
        return _HEAD_BYTES + count + 1
    size = _BYTES.get(status >> 4 & 7)
    if size is None or not status & _INDICATOR:
        return 0
    return _HEAD_BYTES + (count + 1) * size + 1
