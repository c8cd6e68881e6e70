"""The events of an insertion as a report tells them: in time order, numbered as on the curve."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from torquemon.model import Alert, Priority, Reading
from torquemon.record.report_curve import Mark, Sample, as_sample
from torquemon.record.report_data import Event, ReportData

MAX_TOLD: Final = 7
"""What fits the page. Halts and alarms go before warnings, warnings before notes."""
_UNTOLD: Final = frozenset({"acknowledged"})


@dataclass(frozen=True, slots=True)
class Told:
    """One event: what, when, where on the curve (None: before it, after it, or in a hole)."""

    code: str
    priority: Priority | None
    """None for a halt."""
    time_s: float | None
    sample: Sample | None
    torque_ncm: float | None
    why: str

    @property
    def rank(self) -> int:
        """Larger is told before others."""
        return 3 if self.priority is None else self.priority.rank


def told_events(data: ReportData, zero_deg: float | None) -> tuple[list[Told], int]:
    """Return what the page tells, in time order, and how much more the record has."""
    finder = _Finder(data, zero_deg)
    found = [finder.alert(alert) for alert in data.alerts]
    found += [finder.event(event) for event in data.events if event.what not in _UNTOLD]
    by_weight = sorted(range(len(found)), key=lambda index: (-found[index].rank, index))
    chosen = [found[index] for index in by_weight[:MAX_TOLD]]
    chosen.sort(key=lambda told: (told.time_s is None, told.time_s or 0.0))
    return chosen, len(found) - len(chosen)


def marks(told: Sequence[Told]) -> list[Mark]:
    """Return the marks on the curve; an event that lies outside of it has none."""
    return [
        Mark(number, event.sample, event.priority)
        for number, event in enumerate(told, start=1)
        if event.sample is not None
    ]


class _Finder:
    """Finds the reading that an event belongs to, by sample number or by the host's clock."""

    def __init__(self, data: ReportData, zero_deg: float | None) -> None:
        self._readings = data.readings
        self._zero_deg = zero_deg
        self._opened_ns = data.opened_ns
        wanted = {alert.seq for alert in data.alerts} | {event.seq for event in data.events}
        self._by_seq: dict[int, Reading] = {}
        for reading in data.readings:
            if reading.seq in wanted:
                self._by_seq.setdefault(reading.seq, reading)
        self._host_ns = [reading.host_time_ns for reading in data.readings]

    def alert(self, alert: Alert) -> Told:
        reading = self._by_seq.get(alert.seq)
        sample = self._sample(reading) if reading else None
        time_s = sample.time_s if sample else alert.time_s
        return Told(alert.code.value, alert.priority, time_s, sample, alert.torque_ncm, alert.why)

    def event(self, event: Event) -> Told:
        halt = event.what == "halt"
        reading = self._by_seq.get(event.seq) if event.seq is not None else None
        reading = reading or self._at(event.host_ns)
        sample = self._sample(reading) if reading else None
        time_s = sample.time_s if sample else self._host_time_s(event.host_ns)
        priority = None if halt else Priority.ALARM
        code = event.what if event.what != "alarm" else event.code
        why = event.code if halt else event.why
        torque_ncm = event.torque_ncm
        if torque_ncm is None and sample is not None:
            torque_ncm = sample.torque_ncm
        return Told(code, priority, time_s, sample, torque_ncm, why)

    def _sample(self, reading: Reading) -> Sample:
        return as_sample(reading, self._readings[0].device_time_us, self._zero_deg)

    def _at(self, host_ns: int | None) -> Reading | None:
        """Return the last reading at a moment; None outside of the curve."""
        if host_ns is None or not self._host_ns:
            return None
        if not self._host_ns[0] <= host_ns <= self._host_ns[-1]:
            return None
        return self._readings[bisect_right(self._host_ns, host_ns) - 1]

    def _host_time_s(self, host_ns: int | None) -> float | None:
        if host_ns is None:
            return None
        start_ns = self._host_ns[0] if self._host_ns else self._opened_ns
        return (host_ns - start_ns) / 1e9
