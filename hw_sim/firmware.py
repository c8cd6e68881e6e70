"""The rules of the handpiece: arming, lease, latch, order of checks. Pure, with time passed in.

Rules it lives by: the device halts itself; nothing that comes over the wire starts a rotation or
clears a latch; the first reason is latched and later ones are ignored; a lapsed lease halts and
keeps its threshold. `TRANSITIONS` is the whole of what the arm state can do.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from torquemon.drivers.codec import MIN_LEASE_MS, Capability, Result
from torquemon.drivers.host_messages import (
    ArmRequest,
    DisarmRequest,
    RenewRequest,
    StatusRequest,
    StopRequest,
    TareRequest,
    nonce_is_newer,
)
from torquemon.model import ArmState, StopReason

SILENT_AFTER_US: Final = 20_000
"""Without a sample for longer than this the sensor counts as silent."""
SATURATED_SAMPLES: Final = 3
"""So many samples in a row at an end of the range halt the motor; one is a spike."""
_REPORT_IDS: Final = 0xFFFF
_TARE_SHARE: Final = 0.05
"""Weight of a new sample in the slow mean that a tare takes as zero."""

Command = ArmRequest | RenewRequest | StopRequest | DisarmRequest | TareRequest | StatusRequest


class FirmwareFaultError(RuntimeError):
    """An event that the transition table does not allow: a mistake in this module."""


class Event(Enum):
    """What moves the arm state."""

    ARM = auto()
    DISARM = auto()
    HALT = auto()
    RELEASE_HOLDING = auto()
    RELEASE_BARE = auto()


TRANSITIONS: Final[dict[tuple[ArmState, Event], ArmState]] = {
    (ArmState.DISARMED, Event.ARM): ArmState.ARMED,
    (ArmState.ARMED, Event.ARM): ArmState.ARMED,
    (ArmState.STANDALONE, Event.ARM): ArmState.ARMED,
    (ArmState.DISARMED, Event.DISARM): ArmState.DISARMED,
    (ArmState.ARMED, Event.DISARM): ArmState.DISARMED,
    (ArmState.STANDALONE, Event.DISARM): ArmState.DISARMED,
    (ArmState.DISARMED, Event.HALT): ArmState.HALTED,
    (ArmState.ARMED, Event.HALT): ArmState.HALTED,
    (ArmState.STANDALONE, Event.HALT): ArmState.HALTED,
    (ArmState.HALTED, Event.RELEASE_HOLDING): ArmState.STANDALONE,
    (ArmState.HALTED, Event.RELEASE_BARE): ArmState.DISARMED,
}


@dataclass(frozen=True, slots=True)
class FirmwareConfig:
    """What the firmware is built for. Torques in counts."""

    capabilities: Capability
    raw_min_counts: int
    raw_max_counts: int
    threshold_min_counts: int
    threshold_max_counts: int
    threshold_step_counts: int
    tare_bound_counts: int
    max_lease_ms: int

    def __post_init__(self) -> None:
        if Capability.STOP_THRESHOLD not in self.capabilities:
            return
        step = self.threshold_step_counts
        if step < 1 or self.threshold_min_counts < 1 or self.threshold_min_counts % step:
            # Floored to its step, a threshold below the first step would read as "none held".
            raise ValueError("threshold_min_counts must be a positive multiple of its step")


@dataclass(frozen=True, slots=True)
class Latch:
    """The halt that is latched. `torque_counts` and `seq` belong to the sample that decided."""

    report_id: int
    reason: StopReason
    torque_counts: int
    seq: int
    time_us: int


class Firmware:
    """The state machine. Times in microseconds of the device's own clock.

    `turning` tells it whether the motor moves; the caller sets it before every tick and command.
    `latch` is the latched halt; while it stands the motor is braked.
    """

    def __init__(self, config: FirmwareConfig) -> None:
        self._config = config
        self.arm_state = ArmState.DISARMED
        self.threshold_counts = 0
        self.lease_ms = 0
        self.nonce = 0
        self.tare_counts = 0
        self.latch: Latch | None = None
        self.turning = False
        self.torque_counts = 0
        """Filtered torque above the tare."""
        self._lease_end_us = 0
        self._report_id = 0
        self._window = (0, 0)
        self._mean = 0.0
        self._saturated = 0
        self._last_sample_us = -SILENT_AFTER_US - 1
        self._seq = 0

    # -- state that is read back -----------------------------------------------------------

    def lease_left_ms(self, now_us: int) -> int:
        """Whole milliseconds until the lease lapses; 0 unless armed."""
        if self.arm_state is not ArmState.ARMED:
            return 0
        return max(0, self._lease_end_us - now_us) // 1000

    @property
    def sensor_saturated(self) -> bool:
        """Whether the last sample lay at an end of the measuring range."""
        return self._saturated > 0

    def sensor_ready(self, now_us: int) -> bool:
        """Whether the sensor delivers and is inside its range."""
        return now_us - self._last_sample_us <= SILENT_AFTER_US and self._saturated == 0

    # -- the control loop ------------------------------------------------------------------

    def tick(self, now_us: int, raw_counts: int | None, seq: int) -> Latch | None:
        """Run the checks in their order with the sensor's sample, None where it gave none.

        Returns the latch where this very tick halted. `seq` is the number of the last sample.
        """
        self._seq = seq
        if raw_counts is not None:
            self._take(raw_counts, now_us)
        if self.latch is not None:
            return None
        if self.arm_state is ArmState.DISARMED:
            return None
        reason = self._check(now_us)
        return None if reason is StopReason.NONE else self.halt(reason, now_us)

    def _check(self, now_us: int) -> StopReason:
        """The first reason to halt, in the order of PROTOCOL.md, section 6."""
        if now_us - self._last_sample_us > SILENT_AFTER_US:
            return StopReason.SENSOR_SILENT
        if self._saturated >= SATURATED_SAMPLES:
            return StopReason.SENSOR_RANGE
        if self.torque_counts >= self.threshold_counts:
            return StopReason.THRESHOLD
        if self.arm_state is ArmState.ARMED and now_us >= self._lease_end_us:
            return StopReason.LEASE_EXPIRED
        return StopReason.NONE

    def _take(self, raw_counts: int, now_us: int) -> None:
        """Filter one sample: median of three, so that a single spike halts nothing."""
        self._last_sample_us = now_us
        config = self._config
        if config.raw_min_counts < raw_counts < config.raw_max_counts:
            self._saturated = 0
        else:
            self._saturated += 1
        first, second = self._window
        self._window = (second, raw_counts)
        if first > second:
            first, second = second, first
        median = first if raw_counts < first else min(raw_counts, second)
        self.torque_counts = median - self.tare_counts
        self._mean += (raw_counts - self._mean) * _TARE_SHARE

    def halt(self, reason: StopReason, now_us: int) -> Latch | None:
        """Latch a halt. Returns None where one is latched already: the first reason stays."""
        if self.latch is not None:
            return None
        self._report_id = self._report_id % _REPORT_IDS + 1
        self.latch = Latch(self._report_id, reason, self.torque_counts, self._seq, now_us)
        self._move(Event.HALT)
        return self.latch

    def release(self) -> bool:
        """Clear the latch: the deliberate act on the handpiece. Returns whether it did."""
        if self.latch is None:
            return False
        self.latch = None
        self._move(Event.RELEASE_HOLDING if self.threshold_counts else Event.RELEASE_BARE)
        return True

    def _move(self, event: Event) -> None:
        after = TRANSITIONS.get((self.arm_state, event))
        if after is None:
            raise FirmwareFaultError(f"{event.name} is not allowed in {self.arm_state.name}")
        self.arm_state = after

    # -- commands --------------------------------------------------------------------------

    def execute(self, command: Command, now_us: int) -> Result:
        """Carry out a command of the host and say how it went."""
        match command:
            case ArmRequest():
                return self._arm(command, now_us)
            case RenewRequest():
                return self._renew(command, now_us)
            case StopRequest():
                return self._stop(now_us)
            case DisarmRequest():
                return self._disarm()
            case TareRequest():
                return self._tare(now_us)
            case StatusRequest():
                return Result.DONE

    @property
    def _can_stop(self) -> bool:
        return Capability.STOP_THRESHOLD in self._config.capabilities

    def _arm(self, request: ArmRequest, now_us: int) -> Result:
        config = self._config
        if not self._can_stop:
            return Result.UNSUPPORTED
        if self.latch is not None:
            return Result.LATCHED
        if not (
            config.threshold_min_counts <= request.threshold_counts <= config.threshold_max_counts
            and MIN_LEASE_MS <= request.lease_ms <= config.max_lease_ms
        ):
            return Result.OUT_OF_RANGE
        if not self.sensor_ready(now_us):
            return Result.SENSOR_NOT_READY
        step = config.threshold_step_counts
        threshold = request.threshold_counts // step * step
        if self.turning and self.threshold_counts and threshold > self.threshold_counts:
            return Result.MOTOR_TURNING
        self._move(Event.ARM)
        self.threshold_counts = threshold
        self.lease_ms = request.lease_ms
        self.nonce = request.nonce
        self._lease_end_us = now_us + request.lease_ms * 1000
        return Result.DONE

    def _renew(self, request: RenewRequest, now_us: int) -> Result:
        if not self._can_stop:
            return Result.UNSUPPORTED
        if self.arm_state is not ArmState.ARMED:
            return Result.NOT_ARMED
        if not nonce_is_newer(request.nonce, self.nonce):
            return Result.STALE_NONCE
        self.nonce = request.nonce
        self._lease_end_us = now_us + self.lease_ms * 1000
        return Result.DONE

    def _stop(self, now_us: int) -> Result:
        if not self._can_stop:
            return Result.UNSUPPORTED
        self.halt(StopReason.HOST_ALERT, now_us)
        return Result.DONE

    def _disarm(self) -> Result:
        if not self._can_stop:
            return Result.UNSUPPORTED
        if self.latch is not None:
            return Result.LATCHED
        if self.turning:
            return Result.MOTOR_TURNING
        self._move(Event.DISARM)
        self.threshold_counts = 0
        self.lease_ms = 0
        return Result.DONE

    def _tare(self, now_us: int) -> Result:
        if self.turning:
            return Result.MOTOR_TURNING
        if self.latch is not None:
            return Result.LATCHED
        if not self.sensor_ready(now_us):
            return Result.SENSOR_NOT_READY
        offset = round(self._mean)
        if abs(offset) > self._config.tare_bound_counts:
            return Result.OUT_OF_RANGE
        self.tare_counts = offset
        return Result.DONE
