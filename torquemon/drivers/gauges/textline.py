"""Instruments that answer one line of text for each value: a number, a unit, or a word. Sans-I/O.

What is common to several families is here: the line, its number and its unit, words for overload
and low battery. A family adds its own questions and error answers.
"""

from __future__ import annotations

import re
from typing import Final, Literal

from torquemon.drivers.gauges.base import NOT_SAID, GaugeIdentity, LineCutter, line_text
from torquemon.drivers.gauges.numbers import make_reading, read_number, unit_sentence
from torquemon.drivers.gauges.reading import (
    LOW_BATTERY,
    OVERLOAD,
    GaugeEvent,
    GaugeOverload,
    GaugeProblem,
)
from torquemon.text import clean

_LINE: Final = re.compile(
    r"([+-]? {0,8}[0-9.]{1,12}) {0,8}((?:[A-Za-z][!-/:-~ \u00b7\u2219\u22c5]{0,11})?)"
)
_OVER: Final = re.compile(
    r"([+-]?) ?(?:O\.?L\.?|OVL|OVER ?(?:LOAD|RANGE)?|OVERLOAD)", re.IGNORECASE
)
_LOW: Final = re.compile(r"LO ?BAT(?:T(?:ERY)?)?|LOW ?BAT(?:T(?:ERY)?)?", re.IGNORECASE)
_NO_FLAGS: Final[frozenset[str]] = frozenset()


def is_over(text: str) -> bool:
    """Whether a line says *overload*."""
    return _OVER.fullmatch(text) is not None


class TextGauge:
    """Reads lines."""

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
        self._flags = _NO_FLAGS

    def opening(self) -> list[bytes]:
        """See `Gauge.opening`: nothing; the first question comes by `poll`."""
        return []

    def feed(self, data: bytes, host_time_ns: int) -> list[GaugeEvent]:
        """See `Gauge.feed`."""
        events: list[GaugeEvent] = []
        for line in self._lines.feed(data):
            events += self._line(line_text(line), host_time_ns)
        return events

    def _line(self, text: str, host_time_ns: int) -> list[GaugeEvent]:
        """Return what a line says. Noise says nothing; a wire of nothing else is told as such."""
        over = _OVER.fullmatch(text)
        if over is not None:
            return [GaugeOverload(host_time_ns, over[1], flags=self._flags | {OVERLOAD})]
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
