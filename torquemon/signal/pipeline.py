"""Live: holds the state of one insertion, names the alerts, gives view and conclusion.

`step` is called once a sample in the monitor's reader thread; it raises for no float whatever.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from torquemon.model import Alert, AlertCode, Priority, Reading, Validity, Verdict
from torquemon.signal import layout as at
from torquemon.signal.kernel import step as kernel_step
from torquemon.signal.phase import depth_mm
from torquemon.signal.setup import JudgeSetup
from torquemon.signal.start import start_state
from torquemon.signal.verdict import below_window_alert, judge, known_angle
from torquemon.signal.words import describe

MAX_ALERTS: Final = 200
"""More findings than this in one insertion are one finding: the signal is bad."""
_NAN: Final = float("nan")
_NONE: Final[tuple[Alert, ...]] = ()
_CALIBRATING: Final = Validity.CALIBRATING
_VALID: Final = Validity.VALID


class Phase(StrEnum):
    """What the screw is doing."""

    IDLE = "idle"
    ENGAGING = "engaging"
    CORTEX = "cortex"
    ADVANCING = "advancing"
    PAUSED = "paused"
    RESTARTING = "restarting"
    SEATING = "seating"
    SEATED = "seated"
    REMOVING = "removing"


_PHASES: Final = tuple(Phase)


class SignalView(NamedTuple):
    """The present state for a display. None where it is not known."""

    torque_ncm: float
    phase: Phase
    depth_mm: float | None
    max_torque_ncm: float | None
    slope_ncm_per_turn: float | None
    degrees_to_limit: float | None
    engaged_deg: float | None = None
    """Rotation since the first sample at which the depth is counted from."""


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What is said at the end of an insertion.

    `removal_torque_ncm` is the largest torque while the screw was turned back; None: it was not.
    """

    alerts: tuple[Alert, ...]
    verdict: Verdict
    removal_torque_ncm: float | None = None


class Pipeline:
    """Judges one insertion, one reading at a time."""

    __slots__ = ("_alerts", "_last", "_setup", "_state")

    def __init__(self, setup: JudgeSetup) -> None:
        self._setup = setup
        self._state = start_state(setup)
        self._alerts = 0
        self._last: Reading | None = None

    def step(self, reading: Reading) -> tuple[Alert, ...]:
        """Judge one reading; return the alerts that begin with it (nearly always none)."""
        _, t_us, _, torque_ncm, angle_deg, speed_rpm, validity = reading
        if validity is _CALIBRATING:
            return _NONE
        bits = kernel_step(
            self._state,
            t_us + 0.0,  # whole numbers mixed with floats would cost more at every step
            torque_ncm,
            _NAN if angle_deg is None else angle_deg,
            _NAN if speed_rpm is None else speed_rpm,
            0.0 if validity is _VALID else float(validity),
        )
        self._last = reading
        if bits == 0:
            return _NONE
        return self._name(bits, reading)

    def finish(self) -> Conclusion:
        """Conclude: `below_window` if that is what it is, and the verdict."""
        verdict = judge(self._state, self._setup)
        if self._last is None:
            return Conclusion(_NONE, verdict)
        removal = self._state[at.REMOVAL_PEAK]
        return Conclusion(
            below_window_alert(self._state, self._last, verdict),
            verdict,
            round(removal, 4) if removal > 0.0 else None,
        )

    def snapshot(self) -> SignalView:
        """Return the present state for a display."""
        s = self._state
        phase = _PHASES[int(s[at.PHASE])]
        if s[at.ENGAGED] == 0.0:
            return SignalView(s[at.CLEAN], phase, None, None, None, None)
        depth = depth_mm(s) if s[at.HAS_ANGLE] > 0.0 else None
        slope = s[at.STEEP]
        left = None
        if slope > 0.0 and s[at.LIMIT] < at.NEVER:
            left = max(0.0, (s[at.LIMIT] - s[at.Y]) / slope * 360.0)
        engaged_deg = None if depth is None else s[at.TH_ENGAGED]
        return SignalView(s[at.CLEAN], phase, depth, s[at.PEAK], slope, left, engaged_deg)

    def _name(self, bits: int, reading: Reading) -> tuple[Alert, ...]:
        """Turn alert bits into alerts, as long as there are not too many of them."""
        found = name_alerts(bits, self._state, self._setup, reading)
        self._alerts += len(found)
        return within_cap(found, self._alerts)


def within_cap(found: tuple[Alert, ...], told: int) -> tuple[Alert, ...]:
    """Return which of the alerts are still told when `told`, these included, have been.

    Beyond the cap only `excess_torque` is: it stops the motor, and no flood may hide it.
    """
    if told <= MAX_ALERTS:
        return found
    return tuple(alert for alert in found if alert.code is AlertCode.EXCESS_TORQUE)


def name_alerts(
    bits: int, s: Sequence[float], setup: JudgeSetup, reading: Reading
) -> tuple[Alert, ...]:
    """Turn alert bits into alerts with their sentences, the most urgent first."""
    time_s = max(0.0, (reading.device_time_us - s[at.T_FIRST]) / 1e6)
    return tuple(
        Alert(
            code=code,
            priority=priority,
            seq=reading.seq,
            time_s=float(round(time_s, 6)),
            torque_ncm=float(round(s[at.CLEAN], 4)),
            angle_deg=known_angle(reading),
            why=describe(bit, s, setup),
        )
        for bit, code, priority in _CODES
        if bits & bit
    )


_CODES: Final = (
    (at.BIT_EXCESS, AlertCode.EXCESS_TORQUE, Priority.ALARM),
    (at.BIT_ROOT, AlertCode.ROOT_CONTACT, Priority.ALARM),
    (at.BIT_FRACTURE, AlertCode.TIP_FRACTURE, Priority.ALARM),
    (at.BIT_HARD, AlertCode.HARD_RESISTANCE, Priority.WARNING),
    (at.BIT_NEAR, AlertCode.NEAR_LIMIT, Priority.WARNING),
    (at.BIT_CAM_OUT, AlertCode.CAM_OUT, Priority.WARNING),
    (at.BIT_STRIPPING, AlertCode.STRIPPING, Priority.WARNING),
    (at.BIT_QUALITY, AlertCode.SIGNAL_QUALITY, Priority.WARNING),
    (at.BIT_SEAT, AlertCode.HARD_RESISTANCE, Priority.ADVISORY),
)
