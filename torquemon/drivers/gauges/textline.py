"""Instruments that answer one line of text for each value: a number, a unit, or a word. Sans-I/O.

What is common to several families is here: the line, its number and its unit, words for overload
and low battery. A family adds its own questions and error answers.
"""

from __future__ import annotations

import re
from typing import Final, Literal

from torquemon.drivers.gauges.base import NOT_SAID, GaugeIdentity, LineCutter
from torquemon.drivers.gauges.numbers import make_reading, read_number, unit_sentence
from torquemon.drivers.gauges.reading import (
    LOW_BATTERY,
    NO_NUMBER,
    OVERLOAD,
    GaugeEvent,
    GaugeProblem,
    GaugeReading,
)
from torquemon.model import Validity
from torquemon.text import clean

_LINE: Final = re.compile(r"([+-]? {0,8}[0-9.]{1,12}) {0,8}((?:[A-Za-z][A-Za-z .*-]{0,11})?)")
_OVER: Final = re.compile(
    r"([+-]?) ?(?:O\.?L\.?|OVL|OVER ?(?:LOAD|RANGE)?|OVERLOAD)", re.IGNORECASE
)
_LOW: Final = re.compile(r"LO ?BAT(?:T(?:ERY)?)?|LOW ?BAT(?:T(?:ERY)?)?", re.IGNORECASE)
_NO_FLAGS: Final[frozenset[str]] = frozenset()


class TextGauge:
    """Reads lines. `last` is the newest reading: what an overload without a number is at least."""

    name = ""
    maker = ""
    model = ""
    baudrates: tuple[int, ...] = (9600,)
    rate_hz = 10.0
    gives_angle = False
    can_stop: Literal[False] = False

    def __init__(self) -> None:
        self.identity = GaugeIdentity(clean(self.maker), clean(self.model), NOT_SAID)
        self._lines = LineCutter()
        self._last: GaugeReading | None = None
        self._flags = _NO_FLAGS

    def opening(self) -> list[bytes]:
        """See `Gauge.opening`: nothing; the first question comes by `poll`."""
        return []

    def feed(self, data: bytes, host_time_ns: int) -> list[GaugeEvent]:
        """See `Gauge.feed`."""
        events: list[GaugeEvent] = []
        for line in self._lines.feed(data):
            for event in self._line(line.decode("ascii", "replace").strip(), host_time_ns):
                if isinstance(event, GaugeReading):
                    self._last = event
                events.append(event)
        return events

    def _line(self, text: str, host_time_ns: int) -> list[GaugeEvent]:
        """Return what a line says. Noise says nothing; a wire of nothing else is told as such."""
        over = _OVER.fullmatch(text)
        if over is not None:
            return self._overload(over[1], host_time_ns)
        if _LOW.fullmatch(text):
            self._flags = frozenset({LOW_BATTERY})
            return []
        found = _LINE.fullmatch(text)
        value = read_number(found[1]) if found else None
        if found is None or value is None:
            return []
        return self._value(value, found[2], host_time_ns)

    def _value(self, value: float, unit_text: str, host_time_ns: int) -> list[GaugeEvent]:
        if not unit_text:
            return [GaugeProblem(host_time_ns, unit_sentence(""))]
        return [make_reading(value, unit_text, host_time_ns, flags=self._flags)]

    def _overload(self, sign: str, host_time_ns: int) -> list[GaugeEvent]:
        """Tell an overload whose number is not given: at least what was last measured."""
        last = self._last
        least_ncm = abs(last.torque_ncm) if last else 0.0
        negative = sign == "-" or (not sign and last is not None and last.torque_ncm < 0)
        unit_text = last.unit_text if last else clean("")
        return [
            GaugeReading(
                host_time_ns,
                -least_ncm if negative else least_ncm,
                None,
                None,
                Validity.OVERFLOW,
                unit_text,
                self._flags | {OVERLOAD, NO_NUMBER},
            )
        ]
