"""Who is on the wire: what a Hello says, cleaned, with counts turned into N·cm."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from torquemon.drivers.codec import Capability, Generation
from torquemon.drivers.correction import Correction, Corrections
from torquemon.drivers.device_messages import Hello
from torquemon.drivers.readings import VALIDITIES, Block
from torquemon.model import Origin, Reading
from torquemon.text import DeviceText, clean_bytes
from torquemon.units import counts_to_ncm, ncm_to_counts_floor

_ORIGINS = {
    Generation.REAL: Origin.REAL,
    Generation.SIMULATED: Origin.SIMULATED,
    Generation.REPLAYED: Origin.REPLAYED,
}
_SEQ_SPAN = 1 << 32
MAX_ACCURACY_NCM = 20.0
"""[E] Less accurate than the windows are wide: such an instrument tells nothing."""
MAX_THRESHOLD_NCM = 1000.0
"""[E] Forty times what a mini-implant is wound at: a slip of units."""
RENUMBERED_FRAMES = 30
"""So many frames in a row from the past are a device that numbers anew: 0.3 s of them."""


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """A device as it introduced itself. Limits in N·cm, None where the device states none."""

    hello: Hello
    maker: DeviceText
    model: DeviceText
    serial: DeviceText
    firmware: DeviceText
    origin: Origin
    calibrated: date | None
    correction: Correction | None = None
    """What a signed check against a gauge found; None where its readings are taken as they come."""

    @classmethod
    def from_hello(cls, hello: Hello) -> DeviceInfo:
        """Clean the names and read the date. Raises ValueError for values that cannot be."""
        calibrated = None
        if hello.calibrated_utc_s:
            calibrated = datetime.fromtimestamp(hello.calibrated_utc_s, UTC).date()
        maker, model, serial, firmware = (clean_bytes(name) for name in hello.names)
        origin = _ORIGINS[hello.generation]
        info = cls(hello, maker, model, serial, firmware, origin, calibrated)
        if info.accuracy_ncm > MAX_ACCURACY_NCM:
            raise ValueError(f"an accuracy of {info.accuracy_ncm:g} N·cm")
        if info.can_stop and info.threshold_max_ncm > MAX_THRESHOLD_NCM:
            raise ValueError(f"thresholds up to {info.threshold_max_ncm:g} N·cm")
        return info

    def corrected_by(self, corrections: Corrections) -> DeviceInfo:
        """Return this device with the correction that was signed for it, if there is one."""
        return replace(self, correction=corrections.of(self.serial, self.origin))

    @property
    def gain(self) -> float:
        """What the handpiece reads of one N·cm; 1 where nothing is corrected."""
        return 1.0 if self.correction is None else self.correction.gain

    @property
    def has_angle(self) -> bool:
        """Whether readings carry an angle."""
        return Capability.ANGLE in self.hello.capabilities

    @property
    def has_speed(self) -> bool:
        """Whether readings carry a speed."""
        return Capability.SPEED in self.hello.capabilities

    @property
    def can_stop(self) -> bool:
        """Whether the device keeps a threshold and obeys a stop; otherwise it can only warn."""
        return Capability.STOP_THRESHOLD in self.hello.capabilities

    @property
    def accuracy_ncm(self) -> float:
        """Stated accuracy in N·cm, or what a check leaves open if that is more; 0: not stated."""
        stated_ncm = self.ncm(self.hello.accuracy_counts)
        return (
            stated_ncm
            if self.correction is None
            else max(stated_ncm, self.correction.uncertainty_ncm)
        )

    @property
    def threshold_min_ncm(self) -> float:
        """Lowest threshold that the device accepts, on its own scale."""
        return self._own_ncm(self.hello.threshold_min_counts)

    @property
    def threshold_max_ncm(self) -> float:
        """Highest threshold that the device accepts, on its own scale."""
        return self._own_ncm(self.hello.threshold_max_counts)

    @property
    def threshold_step_ncm(self) -> float:
        """The device's own step, on its own scale."""
        return self._own_ncm(self.hello.threshold_step_counts)

    def sentence(self) -> str:
        """Say who it is and what it can do."""
        stop = "can be stopped" if self.can_stop else "warn only"
        mark = "" if self.origin is Origin.REAL else f", {self.origin.upper()}"
        return (
            f"{self.maker} {self.model}, serial number {self.serial}, firmware {self.firmware}, "
            f"{self.hello.sample_rate_hz} Hz, {stop}{mark}"
        )

    def fields(self) -> dict[str, object]:
        """Return what the record keeps of the device; `hello` decodes the raw chunks again."""
        return {
            "maker": self.maker,
            "model": self.model,
            "serial": self.serial,
            "firmware": self.firmware,
            "sample_rate_hz": self.hello.sample_rate_hz,
            "accuracy_ncm": self.accuracy_ncm,
            "calibrated": self.calibrated.isoformat() if self.calibrated else None,
            **({} if self.correction is None else {"correction": self.correction.fields()}),
            "hello": self.hello.pack().hex(),
        }

    def ncm(self, counts: int) -> float:
        """Turn counts of this device into N·cm, corrected."""
        return self._own_ncm(counts) / self.gain

    def _own_ncm(self, counts: int) -> float:
        """Turn counts into N·cm as the device itself reads them."""
        return counts_to_ncm(counts, self.hello.resolution_millionths, self.hello.torque_unit)

    def threshold_counts(self, threshold_ncm: float) -> int:
        """Turn a threshold into counts of the device's own scale, floored to its step.

        Raises ValueError where it is not a finite number.
        """
        hello = self.hello
        own_ncm = threshold_ncm * self.gain
        counts = ncm_to_counts_floor(own_ncm, hello.resolution_millionths, hello.torque_unit)
        return counts // hello.threshold_step_counts * hello.threshold_step_counts

    def readings(self, block: Block, first_seq: int, host_time_ns: int) -> list[Reading]:
        """Turn a frame's samples into readings. `first_seq` is their number, unwrapped.

        This is the one place where counts become N·cm, and where a correction is applied: the
        chunks that the journal keeps are as the device sent them.
        """
        resolution = self.hello.resolution_millionths
        unit = self.hello.torque_unit
        base_us = block.base_time_us
        gain = self.gain
        angle_at = 2 if block.has_angle else None
        speed_at = -2 if block.has_speed else None
        return [
            Reading(
                seq,
                base_us + row[0],
                host_time_ns,
                counts_to_ncm(row[1], resolution, unit) / gain,
                None if angle_at is None else row[angle_at] / 1000,
                None if speed_at is None else row[speed_at] / 10,
                VALIDITIES[row[-1]],
            )
            for seq, row in enumerate(block.rows, first_seq)
        ]


class Sequence:
    """Unwraps the 32-bit sample numbers of a device and counts what is missing.

    `lost` grows by every number that was skipped; a number that was seen before (a doubled or
    reordered frame) is reported as None and must be dropped. A whole run of such frames, each going
    on where the last one ended, is no repetition but another numbering, and is taken up: the
    numbers go on rising, how many are missing is then not known.
    """

    __slots__ = ("_next", "_run", "_run_next", "lost", "repeated")

    def __init__(self) -> None:
        self._next: int | None = None
        self._run = 0
        self._run_next = 0
        self.lost = 0
        self.repeated = 0

    def accept(self, first_seq: int, count: int) -> int | None:
        """Take the samples `first_seq` … of one frame; return their unwrapped first number."""
        if self._next is None:
            self._next = first_seq + count
            return first_seq
        step = (first_seq - self._next) % _SEQ_SPAN
        if step >= _SEQ_SPAN // 2:
            self._run = self._run + 1 if first_seq == self._run_next else 1
            self._run_next = (first_seq + count) % _SEQ_SPAN
            if self._run < RENUMBERED_FRAMES:
                self.repeated += count
                return None
        else:
            self.lost += step
        self._run = 0
        unwrapped = self._next + step
        self._next = unwrapped + count
        return unwrapped

    def restart(self) -> None:
        """Begin anew: the device rebooted and counts from zero."""
        self._next = None
