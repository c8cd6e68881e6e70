"""How far a handpiece runs on past its threshold: measured at every halt, kept per serial number.

Inertia and latency carry the torque past the threshold before the motor stands. What a device was
seen to do is what its threshold is lowered by next time (see `torquemon.limits`).
"""

from __future__ import annotations

import contextlib
import json
import math
from collections import deque
from typing import Final

from torquemon.journal import EntryKind, Journal, JournalError
from torquemon.model import Reading, StopReason, StopReport, Validity

SETTLE_US: Final = 300_000
"""[E] The motor stands within 50 ms of the halt; the peak is over well within this time."""
_KEPT: Final = 1000
_LOOK_BACK_INSERTIONS: Final = 50
EVENT: Final = "overshoot"


class OvershootMeter:
    """Watches the readings after one halt at the threshold."""

    def __init__(self) -> None:
        self._readings: deque[Reading] = deque(maxlen=_KEPT)
        self._halt: StopReport | None = None
        self._threshold_ncm = 0.0

    def halted(self, report: StopReport, threshold_ncm: float | None) -> None:
        """A halt was reported; only one at the threshold says anything about running on."""
        if report.reason is StopReason.THRESHOLD and threshold_ncm is not None:
            self._halt, self._threshold_ncm = report, threshold_ncm

    def feed(self, readings: list[Reading]) -> float | None:
        """Take readings; return the overshoot in N·cm once the torque has settled after a halt."""
        self._readings.extend(r for r in readings if r.validity is Validity.VALID)
        halt = self._halt
        if halt is None:
            return None
        after = [r for r in self._readings if r.seq >= halt.seq]
        if not after or after[-1].device_time_us - after[0].device_time_us < SETTLE_US:
            return None
        self._halt = None
        return max(0.0, max(r.torque_ncm for r in after) - self._threshold_ncm)


def past_overshoots(journal: Journal) -> dict[str, list[float]]:
    """Return the measured overshoots by serial number, oldest first, of the last insertions."""
    found: dict[str, list[float]] = {}
    try:
        rows = journal.insertions()[:_LOOK_BACK_INSERTIONS]
    except JournalError:
        return found  # damage in an old row is no reason not to watch the next patient
    for row in reversed(rows):
        with contextlib.suppress(JournalError, ValueError):
            found.setdefault(str(row.meta.get("serial")), []).extend(
                _overshoots_of(journal, row.id)
            )
    return found


def _overshoots_of(journal: Journal, insertion_id: str) -> list[float]:
    events = [json.loads(e.data) for e in journal.entries(insertion_id, EntryKind.EVENT)]
    values = [e.get("overshoot_ncm") for e in events if e.get("what") == EVENT]
    return [v for v in values if isinstance(v, float) and math.isfinite(v) and v >= 0]
