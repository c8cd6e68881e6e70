"""How far a handpiece runs on past its threshold: measured at every halt, kept per serial number.

Inertia and latency carry the torque past the threshold before the motor stands. What a device was
seen to do is what its threshold is lowered by next time (see `torquemon.limits`).
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Mapping
from typing import Final

from torquemon.journal import EntryKind, Journal
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
    for row in reversed(journal.insertions()[:_LOOK_BACK_INSERTIONS]):
        for entry in journal.entries(row.id, EntryKind.EVENT):
            event: Mapping[str, object] = json.loads(entry.data)
            value = event.get("overshoot_ncm")
            if event.get("what") == EVENT and isinstance(value, float):
                found.setdefault(str(row.meta.get("serial")), []).append(value)
    return found
