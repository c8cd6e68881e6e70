"""What every driver of a gauge is, and how a line is cut from a stream. Sans-I/O.

A driver says what to send (`opening`, `poll`) and takes what comes (`feed`). It opens no port and
reads no clock. What is unfinished is bounded: `MAX_UNFINISHED_BYTES`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, Protocol

from torquemon.drivers.gauges.reading import GaugeEvent
from torquemon.text import DeviceText, clean

MAX_UNFINISHED_BYTES: Final = 128
"""No answer of any supported instrument is half as long; more is noise or another device."""


NOT_SAID: Final = clean("")


@dataclass(frozen=True, slots=True)
class GaugeSettings:
    """How a gauge is used, as the user says.

    `baud_rate`: None is the family's usual one. `unit`: the unit on the instrument's display, only
    for families that do not send it readably. `form`: a TOML file (kind `ascii`). `speed_rpm`: the
    motor's nominal speed, from which an angle is estimated where none is measured. `rotation`:
    `FILE.toml;PORT` of a second source that measures the angle. `simulated`: on the port is an
    emulator, and everything from it is marked for ever.
    """

    baud_rate: int | None = None
    unit: str = ""
    form: Path | None = None
    channel: int = 1
    speed_rpm: float | None = None
    rotation: str = ""
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class GaugeIdentity:
    """Who the instrument is, as far as it says; cleaned. Empty where it says nothing."""

    maker: DeviceText
    model: DeviceText
    serial: DeviceText = NOT_SAID


class Gauge(Protocol):
    """One instrument's language. `rate_hz` is how often it is asked, or how often it tells."""

    @property
    def name(self) -> str:
        """The family, as the user names it: `mark10`."""
        ...

    @property
    def identity(self) -> GaugeIdentity:
        """Who it is, as far as is known by now."""
        ...

    @property
    def baudrates(self) -> tuple[int, ...]:
        """Speeds at which it is made to talk, the usual one first."""
        ...

    @property
    def rate_hz(self) -> float:
        """Readings per second that the instrument gives."""
        ...

    @property
    def gives_angle(self) -> bool:
        """Whether its readings carry an angle."""
        ...

    @property
    def can_stop(self) -> Literal[False]:
        """No gauge can stop a motor."""
        ...

    def opening(self) -> list[bytes]:
        """What is sent once when the port opens: questions only, nothing is set."""
        ...

    def poll(self) -> bytes | None:
        """Return the next request; None where the instrument talks by itself."""
        ...

    def feed(self, data: bytes, host_time_ns: int) -> list[GaugeEvent]:
        """Take bytes as they came. Never raises on what an instrument sends."""
        ...


def line_text(line: bytes) -> str:
    """Return a line as text: UTF-8 where it is that, else Latin-1. Some write a middle dot."""
    try:
        return line.decode().strip()
    except UnicodeDecodeError:
        return line.decode("latin-1").strip()


class LineCutter:
    """Cuts lines at CR, LF or both; a line that grows too long is dropped and counted."""

    def __init__(self, longest: int = MAX_UNFINISHED_BYTES) -> None:
        self.too_long = 0
        self._longest = longest
        self._rest = b""
        self._skipping = False

    def feed(self, data: bytes) -> list[bytes]:
        """Return the whole lines that are not empty."""
        lines: list[bytes] = []
        *whole, rest = (self._rest + data).replace(b"\r", b"\n").split(b"\n")
        for line in whole:
            if self._skipping or len(line) > self._longest:
                self.too_long += not self._skipping
                self._skipping = False
            elif line.strip():
                lines.append(line)
        if len(rest) > self._longest:
            self.too_long += not self._skipping
            self._skipping, rest = True, b""
        self._rest = b"" if self._skipping else rest
        return lines

    def restart(self) -> None:
        """Forget what is unfinished."""
        self._rest, self._skipping = b"", False
