"""Which gauge is on a port? A few questions, each listed here, none of which sets anything.

An unknown device hears these bytes too, most of them at a speed that is not its own. The tests
check that no family, at any of its speeds, hears one of its orders before it is found (a Tornado at
38,400 baud hears what an amplifier is asked at 115,200 as `a`, which switches it to N·m).
At most `LONGEST_S` a port; it is opened alone, so a port that a monitor holds is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, NamedTuple

from torquemon.clock import Clock
from torquemon.drivers.errors import TransportError
from torquemon.drivers.gauges.gsv import GET_UNIT, request
from torquemon.drivers.transport import Transport
from torquemon.text import clean_bytes

_MAX_HEARD: Final = 4096
_READ_S: Final = 0.05
ANSWER_S: Final = 0.3
LISTEN_S: Final = 1.2


class Step(NamedTuple):
    """One question: at which speed, what is sent, how long an answer is waited for."""

    baud_rate: int
    question: bytes
    wait_s: float
    kinds: tuple[str, ...]

    def words(self) -> str:
        """Say what is done, for people."""
        who = ", ".join(self.kinds)
        if not self.question:
            return f"{self.baud_rate} baud: nothing is sent, {self.wait_s:g} s of listening ({who})"
        return (
            f"{self.baud_rate} baud: {self.question.hex(' ')} = {self.question!r:.40} asks for a "
            f"value or its unit ({who})"
        )


_UNIT_OF_GSV: Final = request(GET_UNIT, 1)
STEPS: Final = (
    Step(115_200, b"?C\r", ANSWER_S, ("mecmesin", "mark10")),
    Step(57_600, b"?\r", ANSWER_S, ("mecmesin", "mark10")),
    Step(38_400, b"?\r", ANSWER_S, ("shimpo", "mark10")),
    Step(19_200, b"?\r", ANSWER_S, ("mecmesin", "mark10")),
    Step(9600, b"?\r", ANSWER_S, ("mecmesin", "mark10")),
    Step(19_200, b"\rD\r", ANSWER_S, ("imada",)),
    Step(9600, b"\rRI\r", ANSWER_S, ("unipulse",)),
    Step(230_400, _UNIT_OF_GSV, ANSWER_S, ("gsv",)),
    Step(115_200, _UNIT_OF_GSV, ANSWER_S, ("gsv",)),
    Step(9600, b"", LISTEN_S, ("lutron",)),
)
"""Who answers a `?` is found first, from fast to slow. Later a CR ends what was misheard before."""
LONGEST_S: Final = sum(step.wait_s for step in STEPS)

_NUMBER: Final = rb"[+-]? *(?:\d{1,8}\.?\d{0,8}|\.\d{1,8}) *"
_ANSWERS: Final = {
    "lutron": re.compile(rb"\x024[12]\d\d[01][0-3]\d{8}\r"),
    "mark10": re.compile(rb"(?:^|[\r\n])(?:" + _NUMBER + rb"[A-Za-z]{1,8}\r\n|\*[12]\d\r\n)"),
    "mecmesin": re.compile(rb"(?:^|[\r\n])" + _NUMBER + rb"[A-Za-z]{1,4}\.[A-Za-z]{1,3}\r"),
    "shimpo": re.compile(rb"(?:^|[\r\n])" + _NUMBER + rb"[A-Za-z]{1,4}\.[A-Za-z]{1,3}\r"),
    "imada": re.compile(rb"(?:^|[\r\n])" + _NUMBER + rb"[A-Za-z]{3}\r(?!\n)"),
    "unipulse": re.compile(rb"RI,(?:[+-][\d.]{8}|-{9}),[+-][\d.]{3,7},[+-]\d{5}\r"),
    "gsv": re.compile(rb"\xaa\x51\x00.\x85", re.DOTALL),
}
_SAY_UNIT: Final = frozenset({"imada", "lutron", "unipulse"})


class FoundGauge(NamedTuple):
    """A family that answered as documented; `answer` is the line, cleaned."""

    kind: str
    baud_rate: int
    answer: str

    def sentence(self) -> str:
        """Say what it is and how to use it."""
        unit = ",unit=N.cm (the unit on its display)" if self.kind in _SAY_UNIT else ""
        settings = f":baud={self.baud_rate}{unit}"
        return (
            f"answers like a {self.kind} gauge at {self.baud_rate} baud ({self.answer}): use "
            f"--gauge {self.kind}{settings}; warn only, it cannot stop"
        )


def probe_gauge(open_port: Callable[[int], Transport], clock: Clock) -> FoundGauge | str:
    """Return which gauge answers, or a sentence on why none does. `open_port` takes the speed."""
    heard = 0
    try:
        for step in STEPS:
            data = _ask(open_port(step.baud_rate), step, clock)
            heard += len(data)
            for kind in step.kinds:
                found = _ANSWERS[kind].search(data)
                if found is not None:
                    line = _shown(found[0], kind)
                    return FoundGauge(kind, step.baud_rate, line)
    except TransportError as error:
        return str(error)
    if heard:
        return f"unknown device: {heard} bytes came, none of them an answer that is known"
    return "no answer: off, another baud rate, or a device that speaks another protocol"


def _shown(answer: bytes, kind: str) -> str:
    return answer.hex(" ") if kind == "gsv" else clean_bytes(answer.strip(b"\x02\r\n "), 40)


def _ask(port: Transport, step: Step, clock: Clock) -> bytes:
    """Ask one question and return what came."""
    heard = b""
    try:
        if step.question:
            port.write(step.question)
        until_ns = clock.monotonic_ns() + round(step.wait_s * 1e9)
        while clock.monotonic_ns() < until_ns and len(heard) < _MAX_HEARD:
            heard += port.read(_READ_S)
            if any(_ANSWERS[kind].search(heard) for kind in step.kinds):
                break
    finally:
        port.close()
    return heard[:_MAX_HEARD]
