"""The address of a gauge, as people write it: `gauge:KIND[:key=value,...]@PORT`.

gauge:mark10@/dev/ttyUSB0
gauge:mark10:baud=9600,rpm=25@COM3
gauge:ascii:form=my-gauge.toml@/dev/ttyUSB0
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from torquemon.drivers.errors import DriverError
from torquemon.drivers.gauges.base import GaugeSettings
from torquemon.text import clean

GAUGE: Final = "gauge:"
MIN_LIVE_HZ: Final = 12.0
"""[E] NO DATA after 250 ms: slower than this one lost answer would take the number away."""
_MAX_BAUD: Final = 4_000_000
_MAX_CHANNEL: Final = 8
_MAX_RPM: Final = 200.0
"""[E] Mini-implants are wound at 15-35 rpm; ten times that is a slip."""


class GaugeError(DriverError):
    """A kind or a setting that cannot be used; the message is a sentence with the remedy."""


@dataclass(frozen=True, slots=True)
class GaugeAddress:
    """Which instrument, how, and where."""

    kind: str
    settings: GaugeSettings
    port: str


def _whole(most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        value = int(text)
        if not 1 <= value <= most:
            raise ValueError
        return value

    return read


def _rpm(text: str) -> float:
    value = float(text)
    if not 0 < value <= _MAX_RPM:  # refuses NaN and infinity as well
        raise ValueError
    return value


# what is written, the field it fills, how it is read, and what may be written
_KEYS: Final[dict[str, tuple[str, Callable[[str], Any], str]]] = {
    "baud": ("baud_rate", _whole(_MAX_BAUD), "bits per second, for example 9600"),
    "unit": ("unit", str, "the unit on the display, for example N.cm"),
    "form": ("form", Path, "a TOML file"),
    "channel": ("channel", _whole(_MAX_CHANNEL), f"1 to {_MAX_CHANNEL}"),
    "rpm": ("speed_rpm", _rpm, f"revolutions per minute, up to {_MAX_RPM:g}"),
    "rotation": ("rotation", str, "FILE.toml;PORT of a sensor that measures the angle"),
}
_SIMULATED: Final = "simulated"


def read_settings(text: str) -> GaugeSettings:
    """Read `key=value,...`. Raises GaugeError."""
    values: dict[str, Any] = {}
    for part in filter(None, (each.strip() for each in text.split(","))):
        if part == _SIMULATED:
            values[_SIMULATED] = True
            continue
        key, _, value = part.partition("=")
        known = _KEYS.get(key)
        if known is None:
            raise GaugeError(
                f"gauge setting {clean(key, 20)!r} is not known; known: "
                f"{', '.join(sorted(_KEYS))}, {_SIMULATED}"
            )
        field, read, what = known
        try:
            values[field] = read(value)
        except ValueError:
            raise GaugeError(f"gauge setting {key}={clean(value, 20)!r}: give {what}") from None
        if not value:
            raise GaugeError(f"gauge setting {key} is empty: give {what}")
    return GaugeSettings(**values)


def gauge_address(gauge: str, port: str) -> str:
    """Return the address for `--gauge` and `--port`."""
    return f"{GAUGE}{gauge}@{port}"


def read_address(address: str) -> GaugeAddress:
    """Read an address. Raises GaugeError."""
    what, _, port = address.removeprefix(GAUGE).rpartition("@")
    kind, _, settings = what.partition(":")
    if not kind or not port:
        raise GaugeError(
            f"{clean(address, 40)!r} is no gauge: write gauge:KIND@PORT, for example "
            "gauge:mark10@/dev/ttyUSB0"
        )
    return GaugeAddress(kind, read_settings(settings), port)
