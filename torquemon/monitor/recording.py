"""One insertion while it is recorded: its curve for the screen, its entries for the journal."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final

from torquemon.drivers.capture import Chunk
from torquemon.journal import Entry, EntryKind, pack_json, pack_readings
from torquemon.limits import Threshold
from torquemon.local.bands import band_at
from torquemon.local.messages import MAX_BLOCK_SAMPLES
from torquemon.local.view import BAND_RANK, Band, CurveBlock
from torquemon.model import (
    MEASURED,
    Alert,
    MotorState,
    Origin,
    Reading,
    StopReport,
    Verdict,
)
from torquemon.monitor.judging import Judging
from torquemon.monitor.plan import Plan

MAX_CURVE_SAMPLES: Final = 2_000_000
"""Kept for the screen: over half an hour at 1 kHz. The journal keeps all."""


@dataclass(slots=True)
class Recording:
    """What belongs to one insertion. `judging` is None until the sensor was asked to zero."""

    id: str
    plan: Plan
    opened_ns: int
    origin: Origin
    serial: str
    threshold: Threshold | None
    threshold_reasons: tuple[str, ...]
    judging: Judging | None = None
    zeroed: bool = False
    verdict: Verdict | None = None
    worst_band: Band = Band.IDLE
    halts: list[StopReport] = field(default_factory=list)
    samples: int = 0
    first_time_us: int | None = None
    turned: bool = False
    still_since_ns: int | None = None
    time_s: list[float] = field(default_factory=list)
    torque_ncm: list[float] = field(default_factory=list)
    angle_deg: list[float | None] = field(default_factory=list)

    @property
    def threshold_ncm(self) -> float | None:
        """What the device is to hold; None where nothing may be armed."""
        return self.threshold.threshold_ncm if self.threshold else None

    @property
    def limit_ncm(self) -> float | None:
        """The torque that is not to be passed, which the judge relates to."""
        return self.threshold.limit_ncm if self.threshold else None

    def add_to_curve(self, readings: list[Reading]) -> None:
        """Keep readings for the screen. What is no measurement is left out."""
        self.samples += len(readings)
        highest_ncm = -math.inf
        for reading in readings:
            if reading.validity not in MEASURED or len(self.time_s) >= MAX_CURVE_SAMPLES:
                continue
            if self.first_time_us is None:
                self.first_time_us = reading.device_time_us
            self.time_s.append((reading.device_time_us - self.first_time_us) / 1e6)
            self.torque_ncm.append(reading.torque_ncm)
            self.angle_deg.append(reading.angle_deg)
            highest_ncm = max(highest_ncm, reading.torque_ncm)
        if self.time_s:
            self.saw_band(self.band_of(highest_ncm))

    def band_of(self, torque_ncm: float) -> Band:
        """Return where a torque lies relative to the window and the limit."""
        window = self.plan.window
        if window is None:
            return Band.IDLE
        return band_at(torque_ncm, window.low_ncm, window.high_ncm, self.limit_ncm)

    def saw_band(self, band: Band) -> None:
        """Keep the gravest state of the insertion."""
        if BAND_RANK[band] > BAND_RANK[self.worst_band]:
            self.worst_band = band

    def follow_motor(self, motor: MotorState, now_ns: int) -> None:
        """Note what the device says of its motor."""
        if motor is MotorState.STILL:
            self.still_since_ns = self.still_since_ns or now_ns
        else:
            self.still_since_ns = None
            self.turned = self.turned or motor is not MotorState.UNKNOWN

    @property
    def elapsed_s(self) -> float:
        """Seconds of curve so far."""
        return self.time_s[-1] if self.time_s else 0.0

    def stood_still_s(self, now_ns: int) -> float:
        """Return how long the motor has stood still after it had turned; 0 if it has not."""
        if not self.turned or self.still_since_ns is None:
            return 0.0
        return (now_ns - self.still_since_ns) / 1e9

    def block(self, start: int) -> CurveBlock:
        """Return the curve from position `start`, at most one block of it."""
        start = min(start, len(self.time_s))
        stop = min(start + MAX_BLOCK_SAMPLES, len(self.time_s))
        return CurveBlock(
            insertion_id=self.id,
            first=start,
            next=stop,
            time_s=tuple(self.time_s[start:stop]),
            torque_ncm=tuple(self.torque_ncm[start:stop]),
            angle_deg=tuple(self.angle_deg[start:stop]),
        )


def raw_entry(insertion_id: str, chunks: list[Chunk]) -> Entry:
    """Return the wire's chunks as one entry: each time i64, direction u8, length u32, bytes."""
    parts: list[bytes] = []
    for chunk in chunks:
        parts.append(
            chunk.host_time_ns.to_bytes(8, "little")
            + bytes((chunk.direction,))
            + len(chunk.data).to_bytes(4, "little")
        )
        parts.append(chunk.data)
    return Entry(insertion_id, EntryKind.RAW, chunks[0].host_time_ns, b"".join(parts))


def readings_entry(insertion_id: str, readings: list[Reading]) -> Entry:
    """Return judged readings as one entry."""
    first_ns = readings[0].host_time_ns
    return Entry(insertion_id, EntryKind.READINGS, first_ns, pack_readings(readings))


def alert_entry(insertion_id: str, alert: Alert, now_ns: int) -> Entry:
    """Return an alert as one entry."""
    return Entry(insertion_id, EntryKind.ALERT, now_ns, pack_json(alert.fields()))


def event_entry(insertion_id: str, now_ns: int, what: str, **fields: object) -> Entry:
    """Return something that happened beside the curve as one entry."""
    return Entry(insertion_id, EntryKind.EVENT, now_ns, pack_json({"what": what, **fields}))


def finish_entry(insertion_id: str, now_ns: int, verdict: Verdict, **fields: object) -> Entry:
    """Return the monitor's conclusion as one entry."""
    data = pack_json({"verdict": verdict.fields(), **fields})
    return Entry(insertion_id, EntryKind.FINISH, now_ns, data)
