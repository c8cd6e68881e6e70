"""The kinds of gauges as a table for people: `devices --gauges`, docs/instruments.md."""

from __future__ import annotations

from typing import Final, NamedTuple

from torquemon.drivers.gauges.base import GaugeSettings
from torquemon.drivers.gauges.kinds import KINDS, make_gauge
from torquemon.drivers.gauges.spec import MIN_LIVE_HZ

_INSTRUMENTS: Final = {
    "mark10": "Mark-10 7i, Series 5, TT series",
    "imada": "Imada HTG2, DST/DSV",
    "mecmesin": "Mecmesin Tornado",
    "unipulse": "Unipulse TM400 with UTM II",
    "shimpo": "Nidec-Shimpo FG-7000T",
    "lutron": "Lutron, 16-character stream",
    "gsv": "ME-Systeme GSV-6, GSV-8",
    "ascii": "any that answers in lines of text",
}
_IN_EACH_ANSWER: Final = "in each answer"
_UNIT: Final = {
    "mecmesin": "in each answer, else asked around each",
    "imada": "code: say unit=",
    "lutron": "code: say unit=",
    "unipulse": "settings: say unit=",
    "gsv": "asked around each value",
    "ascii": "as the file says",
}
HEAD: Final = ("kind", "instruments", "baud", "readings/s", "angle", "unit", "live")


class Row(NamedTuple):
    """One kind, in words."""

    kind: str
    instruments: str
    baud: str
    rate: str
    angle: str
    unit: str
    live: str


def rows() -> list[Row]:
    """Return one row for each kind; what a file describes is left to the file."""
    found: list[Row] = []
    for kind in KINDS:
        unit = _UNIT.get(kind, _IN_EACH_ANSWER)
        if kind == "ascii":
            by_file = "as the file says"
            found.append(Row(kind, _INSTRUMENTS[kind], by_file, by_file, by_file, unit, "yes"))
            continue
        gauge = make_gauge(kind, GaugeSettings())
        baud = ", ".join(str(rate) for rate in gauge.baudrates)
        angle = "with an encoder" if gauge.gives_angle else "no"
        rate, live = _speed(kind, gauge.baudrates)
        found.append(Row(kind, _INSTRUMENTS[kind], baud, rate, angle, unit, live))
    return found


def _speed(kind: str, baudrates: tuple[int, ...]) -> tuple[str, str]:
    """Return how often it gives a reading, and whether that is enough for live use."""
    at = {baud: make_gauge(kind, GaugeSettings(baud_rate=baud)).rate_hz for baud in baudrates}
    slow, fast = min(at.values()), max(at.values())
    rate = f"{slow:g}" if slow == fast else f"{slow:g} to {fast:g}"
    enough = [baud for baud, rate_hz in at.items() if rate_hz >= MIN_LIVE_HZ]
    if not enough:
        return rate, "too slow"
    return rate, "yes" if len(enough) == len(at) else f"from {min(enough)} baud"


def markdown() -> str:
    """Return the table as it stands in docs/instruments.md."""
    lines = [f"| {' | '.join(HEAD)} |", f"|{'---|' * len(HEAD)}"]
    lines += [f"| {' | '.join(row)} |" for row in rows()]
    return "\n".join(lines) + "\n"
