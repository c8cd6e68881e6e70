"""Finds the moments at which two streams of torque stand still together. Sans-I/O, bounded.

Both streams are stamped by this computer's clock when they arrive. Samples are gathered in bins, so
the memory and the work of a look do not depend on how fast an instrument sends. A hold counts only
if both streams delivered all through it, every sample was valid, and neither moved nor crept; the
two means are taken over the same span.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from statistics import stdev
from typing import Final

from torquemon.model import Validity

BIN_NS: Final = 50_000_000
STILL_NCM: Final = 0.3
STILL_SHARE: Final = 0.03
"""[E] A hand can hold a torque within about a fiftieth; more than this band is moving."""
CREEP_PART: Final = 1.0 / 3.0
"""Of that band: so far may the two halves of a hold differ; more is creeping."""
SCATTER_PART: Final = 0.5
"""Of that band: the standard deviation of a hold; a noisy instrument may hold still too."""
MIN_HOLD_S: Final = 0.4
MAX_HOLD_S: Final = 20.0
HANDPIECE_GAP_NS: Final = 250_000_000
REFERENCE_GAP_NS: Final = 1_000_000_000
MIN_REFERENCE_SAMPLES: Final = 4
SETTLE_PART: Final = 4
"""A quarter of a hold goes before it and must be still too, but does not count: whatever is left
there of the movement would reach the two instruments at different moments."""
MIN_BINS: Final = 2
"""A hold has two halves."""
MAX_TORQUE_NCM: Final = 1000.0
"""A slip of units, not a torque of this field."""


def band_ncm(torque_ncm: float) -> float:
    """Return within which band a hold at this torque must stay."""
    return max(STILL_NCM, STILL_SHARE * abs(torque_ncm))


@dataclass(slots=True)
class _Bin:
    start_ns: int
    count: int = 0
    total_ncm: float = 0.0

    @property
    def mean_ncm(self) -> float:
        return self.total_ncm / self.count


@dataclass(frozen=True, slots=True)
class Held:
    """One stream over one hold: mean, number of samples, standard deviation of its bins (N·cm)."""

    mean_ncm: float
    samples: int
    scatter_ncm: float


@dataclass(frozen=True, slots=True)
class Hold:
    """Both streams over the same span, in nanoseconds of this computer's monotonic clock."""

    begin_ns: int
    end_ns: int
    reference: Held
    handpiece: Held


@dataclass(slots=True)
class Stream:
    """One stream of torque: the bins of the last hold, and why they may not count."""

    name: str
    gap_ns: int
    min_samples: int
    kept: int
    bins: deque[_Bin] = field(default_factory=deque)
    last_ns: int | None = None
    trouble: str = ""
    """Why the last sample is no measurement; empty where it is one."""
    restless: str = ""
    """Why the last hold that was looked at did not count; empty where it did."""

    def add(self, time_ns: int, torque_ncm: float, validity: Validity) -> None:
        """Take one sample. What is no plain measurement ends the hold."""
        if validity is not Validity.VALID:
            self._broken(f"the {self.name} says that its torque is {validity.name.lower()}")
            return
        if not math.isfinite(torque_ncm) or abs(torque_ncm) > MAX_TORQUE_NCM:
            self._broken(f"the {self.name} sends what is no torque")
            return
        last_ns, self.last_ns = self.last_ns, time_ns
        if last_ns is not None and not 0 <= time_ns - last_ns <= self.gap_ns:
            self.bins.clear()
        self.trouble = ""
        bins = self.bins
        if not bins or time_ns - bins[-1].start_ns >= BIN_NS:
            bins.append(_Bin(time_ns))
            if len(bins) > self.kept:
                bins.popleft()
        newest = bins[-1]
        newest.count += 1
        newest.total_ncm += torque_ncm

    def _broken(self, why: str) -> None:
        self.bins.clear()
        self.last_ns = None
        self.trouble = why

    @property
    def now_ncm(self) -> float | None:
        """The mean of the newest bin; None where nothing came."""
        return self.bins[-1].mean_ncm if self.bins else None

    def is_silent(self, now_ns: int) -> bool:
        """Whether nothing valid came for longer than this stream may pause."""
        return self.last_ns is None or now_ns - self.last_ns > self.gap_ns

    def held(self, begin_ns: int, end_ns: int) -> Held | None:
        """Return the hold between two moments; None where it moved, crept or had holes."""
        bins = [part for part in self.bins if begin_ns <= part.start_ns < end_ns]
        samples = sum(part.count for part in bins)
        if samples < self.min_samples or len(bins) < MIN_BINS or self.is_silent(end_ns):
            return None
        if bins[0].start_ns - begin_ns > min(self.gap_ns, (end_ns - begin_ns) // 4):
            return None  # it began later than the hold
        means = [part.mean_ncm for part in bins]
        mean_ncm = sum(part.total_ncm for part in bins) / samples
        half = len(means) // 2
        crept_ncm = abs(sum(means[half:]) / (len(means) - half) - sum(means[:half]) / half)
        scatter_ncm = stdev(means)
        band = band_ncm(mean_ncm)
        if crept_ncm > band * CREEP_PART or scatter_ncm > band * SCATTER_PART:
            moved_ncm = max(means) - min(means)
            self.restless = f"the {self.name} moves by {moved_ncm:.2f} N·cm: hold it more still"
            return None
        self.restless = ""
        return Held(mean_ncm, samples, scatter_ncm)


class HoldFinder:
    """Takes both streams and says when they stand still together for `hold_s` seconds."""

    def __init__(self, hold_s: float) -> None:
        if not MIN_HOLD_S <= hold_s <= MAX_HOLD_S:  # NaN is no number between them
            raise ValueError(f"a hold takes {MIN_HOLD_S:g} to {MAX_HOLD_S:g} s, not {hold_s:g}")
        self._hold_ns = round(hold_s * 1e9)
        self._settle_ns = self._hold_ns // SETTLE_PART
        kept = 2 * (self._hold_ns // BIN_NS) + 4
        self.reference = Stream("gauge", REFERENCE_GAP_NS, MIN_REFERENCE_SAMPLES, kept)
        self.handpiece = Stream("handpiece", HANDPIECE_GAP_NS, MIN_REFERENCE_SAMPLES, kept)

    @property
    def trouble(self) -> str:
        """Why neither can be taken at its word just now; empty where both can."""
        return self.reference.trouble or self.handpiece.trouble

    def look(self, now_ns: int) -> Hold | None:
        """Return the hold that ends now; None while something moves or is missing."""
        begin_ns = now_ns - self._hold_ns
        streams = (self.reference, self.handpiece)
        if any(stream.held(begin_ns - self._settle_ns, now_ns) is None for stream in streams):
            return None
        reference, handpiece = (stream.held(begin_ns, now_ns) for stream in streams)
        if reference is None or handpiece is None:
            return None
        return Hold(begin_ns, now_ns, reference, handpiece)

    @property
    def restless(self) -> str:
        """Why nothing stands still; empty where it did, or where too little came."""
        return self.reference.restless or self.handpiece.restless

    def forget(self) -> None:
        """Begin a new hold: nothing of the last one counts twice."""
        self.reference.bins.clear()
        self.handpiece.bins.clear()
