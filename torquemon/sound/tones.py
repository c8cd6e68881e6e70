"""The bursts, drawn as samples: one shape a priority, told apart by number, rhythm and pitch.

Designed with reference to IEC 60601-1-8 (pulse length, spacing, rise time, harmonics); where this
departs from it stands in docs/safety/alarms.md. Plain arithmetic: the same samples everywhere, so
a test can say exactly what would be heard.
"""

from __future__ import annotations

import math
import sys
from array import array
from dataclasses import dataclass
from functools import cache
from typing import Final

from torquemon.model import Priority

RATE_HZ: Final = 16_000
SAMPLE_BYTES: Final = 2
"""Mono, 16 bits, little-endian, here and in the voices."""

_FULL: Final = 32_767
_HARMONICS: Final = 4
"""The fundamental and three above it, alike in strength: the ear finds the source of such a sound,
and a noisy room that hides one harmonic does not hide all."""
_RISE: Final = 0.15
"""Share of a pulse that its rise takes, and its fall: no click, no start that frightens."""


@dataclass(frozen=True, slots=True)
class Pulse:
    """One tone: how long, how high, and the silence after it."""

    length_ms: int
    pitch_hz: float
    gap_ms: int


@dataclass(frozen=True, slots=True)
class Burst:
    """Pulses in order. `level` is the share of full scale that its peaks may reach."""

    pulses: tuple[Pulse, ...]
    level: float

    @property
    def length_ms(self) -> int:
        """How long it lasts, without the silence after its last pulse."""
        return sum(p.length_ms + p.gap_ms for p in self.pulses) - self.pulses[-1].gap_ms


def _high(last_gap_ms: int) -> tuple[Pulse, ...]:
    """Three pulses and two: the rhythm of the gravest alarm."""
    gaps_ms = (80, 80, 280, 80, last_gap_ms)
    return tuple(Pulse(120, 880.0, gap_ms) for gap_ms in gaps_ms)


HIGH_HALF: Final = Burst(_high(0), level=0.9)
"""The first half of an alarm's burst: where a phrase follows, the words take the second half."""

BURSTS: Final = {
    Priority.ALARM: Burst(_high(500) + _high(0), level=0.9),
    Priority.WARNING: Burst((Pulse(200, 587.3, 200),) * 3, level=0.7),
    Priority.ADVISORY: Burst((Pulse(180, 523.3, 180), Pulse(180, 392.0, 0)), level=0.4),
}

CHECK: Final = Burst((Pulse(70, 700.0, 0),), level=0.25)
"""The tone by which the sound tests itself and a recording says that it can be heard."""


def silence(length_ms: int) -> bytes:
    """Return so many milliseconds of nothing."""
    return bytes(RATE_HZ * length_ms // 1000 * SAMPLE_BYTES)


@cache
def rendered(burst: Burst) -> bytes:
    """Return the samples of a burst."""
    samples = array("h")
    *before, last = burst.pulses
    for pulse in before:
        samples.extend(_pulse(pulse, burst.level))
        samples.extend(array("h", silence(pulse.gap_ms)))
    samples.extend(_pulse(last, burst.level))
    if sys.byteorder == "big":
        samples.byteswap()
    return samples.tobytes()


def _pulse(pulse: Pulse, level: float) -> array[int]:
    count = RATE_HZ * pulse.length_ms // 1000
    rise = max(1, round(count * _RISE))
    turn = 2 * math.pi * pulse.pitch_hz / RATE_HZ
    waves = [sum(math.sin(turn * k * i) for k in range(1, _HARMONICS + 1)) for i in range(count)]
    peak = max(abs(wave) for wave in waves)
    return array(
        "h",
        (
            round(_FULL * level * wave / peak * min(1.0, i / rise, (count - 1 - i) / rise))
            for i, wave in enumerate(waves)
        ),
    )
