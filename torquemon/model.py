"""The values that travel through the house: frozen, typed, unit last in the name.

Nothing here does I/O or reads a clock. A value that is out of its range is refused where it is
made, so that no room has to ask again.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final, NamedTuple


class Validity(IntEnum):
    """How far a sample can be trusted (the measurement states of IEEE 11073-10101)."""

    VALID = 0
    QUESTIONABLE = 1
    CALIBRATING = 2
    OVERFLOW = 3
    UNDERFLOW = 4
    INVALID = 5


MEASURED = frozenset({Validity.VALID, Validity.QUESTIONABLE, Validity.OVERFLOW})
"""States in which the number is a measurement; a clipped one is at least as large as it says."""


class Reading(NamedTuple):
    """One sample of a handpiece.

    `seq` counts samples since the device started (32 bits, unwrapped by the link);
    `device_time_us` is the device's own clock in microseconds; `host_time_ns` the monotonic clock
    of this machine when the bytes arrived. Insertion torque is positive, `angle_deg` grows
    clockwise. An angle or a speed that the device does not measure is None.
    """

    seq: int
    device_time_us: int
    host_time_ns: int
    torque_ncm: float
    angle_deg: float | None
    speed_rpm: float | None
    validity: Validity


PURPOSES: Final = ("insertion", "removal", "tightening")
"""What a recording is of. Without a word it is an insertion."""


class Origin(StrEnum):
    """Where data comes from. Once `simulated` or `replayed`, for ever so."""

    REAL = "real"
    SIMULATED = "simulated"
    REPLAYED = "replayed"

    def merged(self, other: Origin) -> Origin:
        """Return the origin of data made of both: real only where both are real."""
        if self is Origin.REAL:
            return other
        return self


class AlertCode(StrEnum):
    """What an alert is about."""

    ROOT_CONTACT = "root_contact"
    HARD_RESISTANCE = "hard_resistance"
    NEAR_LIMIT = "near_limit"
    EXCESS_TORQUE = "excess_torque"
    BELOW_WINDOW = "below_window"
    CAM_OUT = "cam_out"
    STRIPPING = "stripping"
    TIP_FRACTURE = "tip_fracture"
    STALE_DATA = "stale_data"
    SIGNAL_QUALITY = "signal_quality"
    NOT_ARMED = "not_armed"
    STOP_FAILED = "stop_failed"


HOST_CLOCK_CODES = frozenset({AlertCode.STALE_DATA, AlertCode.NOT_ARMED, AlertCode.STOP_FAILED})
"""Alerts that depend on this machine's clock or on the link: a recorded curve cannot raise them."""


class Priority(StrEnum):
    """How urgently an alert asks for the operator."""

    ALARM = "alarm"
    WARNING = "warning"
    ADVISORY = "advisory"

    @property
    def rank(self) -> int:
        """Larger is more urgent."""
        return _RANKS[self]


_RANKS = {Priority.ADVISORY: 0, Priority.WARNING: 1, Priority.ALARM: 2}


@dataclass(frozen=True, slots=True)
class Alert:
    """One finding, at one sample, with the sentence that explains it.

    `time_s` counts from the first sample of the insertion; `why` is a sentence with the numbers.
    """

    code: AlertCode
    priority: Priority
    seq: int
    time_s: float
    torque_ncm: float
    angle_deg: float | None
    why: str

    def fields(self) -> dict[str, object]:
        """Return the alert for JSON, as the journal and `analyse` write it."""
        return {
            "code": self.code.value,
            "priority": self.priority.value,
            "seq": self.seq,
            "time_s": self.time_s,
            "torque_ncm": self.torque_ncm,
            "angle_deg": self.angle_deg,
            "why": self.why,
        }


class VerdictKind(StrEnum):
    """Where the maximum insertion torque lies relative to the chosen window."""

    BELOW = "below"
    WITHIN = "within"
    ABOVE = "above"
    UNDETERMINED = "undetermined"


@dataclass(frozen=True, slots=True)
class Window:
    """A torque window for the maximum insertion torque, in N·cm, with where it comes from."""

    low_ncm: float
    high_ncm: float
    id: str
    source: str

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low_ncm) and math.isfinite(self.high_ncm)):
            raise ValueError("a window's edges must be finite numbers of N·cm")
        if not 0 <= self.low_ncm < self.high_ncm:
            raise ValueError(
                f"a window needs 0 <= low < high, got {self.low_ncm:g} and {self.high_ncm:g} N·cm"
            )

    def __str__(self) -> str:
        return f"{self.low_ncm:g}-{self.high_ncm:g}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the curve says about the window, with the values it rests on.

    `final_torque_ncm` is the torque at final seating. A value that the data cannot give is None
    and then `kind` is undetermined and `why` says what is missing.
    """

    kind: VerdictKind
    max_insertion_torque_ncm: float | None
    final_torque_ncm: float | None
    window: Window | None
    rule_version: str
    why: str

    def fields(self) -> dict[str, object]:
        """Return the verdict for JSON."""
        return {
            "kind": self.kind.value,
            "max_insertion_torque_ncm": self.max_insertion_torque_ncm,
            "final_torque_ncm": self.final_torque_ncm,
            "window": str(self.window) if self.window else None,
            "rule_version": self.rule_version,
            "why": self.why,
        }


class StopReason(IntEnum):
    """Why a handpiece halted. The number is its code on the wire; one reason is latched."""

    NONE = 0
    THRESHOLD = 1
    OPERATOR = 2
    LEASE_EXPIRED = 3
    SENSOR_RANGE = 4
    SENSOR_SILENT = 5
    HOST_ALERT = 6


@dataclass(frozen=True, slots=True)
class StopReport:
    """What the handpiece says of a halt: reason, torque and sample at which it was decided."""

    report_id: int
    reason: StopReason
    torque_ncm: float
    seq: int


@dataclass(frozen=True, slots=True)
class Tare:
    """Set the present torque as zero. Only before engagement and only within a stated bound."""


@dataclass(frozen=True, slots=True)
class ArmStop:
    """Arm the device's own stop at `threshold_ncm` for `lease_ms`, renewed by the host."""

    threshold_ncm: float
    lease_ms: int


@dataclass(frozen=True, slots=True)
class Renew:
    """Extend the lease of an armed stop."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Stop the motor now. `why` is kept in the record; it does not travel."""

    why: str = ""


@dataclass(frozen=True, slots=True)
class Disarm:
    """End the lease and drop the threshold. Refused by the device while its motor turns."""


Command = Tare | ArmStop | Renew | Stop | Disarm


class MotorState(IntEnum):
    """What the handpiece's motor does. The number is its code on the wire."""

    STILL = 0
    FORWARD = 1
    REVERSE = 2
    UNKNOWN = 255


class ArmState(IntEnum):
    """What the device says of its stop. The number is its code on the wire."""

    DISARMED = 0
    ARMED = 1
    HALTED = 2
    STANDALONE = 3
    """Lease over, threshold kept, released by a deliberate act on the handpiece."""


class ArmPhase(StrEnum):
    """What is known of the device's own stop. ARMED only while a fresh read-back says so."""

    WARN_ONLY = "warn_only"
    NOT_ARMED = "not_armed"
    ARMING = "arming"
    ARMED = "armed"
    HALTED = "halted"
