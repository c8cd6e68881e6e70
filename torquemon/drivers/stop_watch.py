"""Was the stop obeyed? Watches what the handpiece does, not only what it answers. Sans-I/O.

A stop counts as confirmed when the motion channels stand still (speed or angle, where the device
has one), otherwise when its state says halted or still. Where motion is measured but its readings
stay away, the word counts after two seconds, and the stop has failed by then. Unconfirmed after
150 ms or three round trips it has failed, is said so, and is repeated until it holds.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

from torquemon.drivers.device_messages import DeviceState
from torquemon.model import ArmState, MotorState, Reading

CONFIRM_NS: Final = 150_000_000
REPEAT_NS: Final = 40_000_000
_STILL_RPM: Final = 1.0
"""Below one revolution per minute, 6 degrees a second, nothing is being wound."""
_STILL_US: Final = 50_000
"""This long without motion is a standstill, by the device's clock and by ours: one may jump."""
_STILL_DEG: Final = 0.3
"""One revolution per minute over that time: an angle alone must not call a crawling screw still."""
_MOTION_WAIT_NS: Final = 2_000_000_000
"""So long a word of the device waits for its motion channels to bear it out."""


class StopPhase(Enum):
    """How far a stop has come."""

    IDLE = auto()
    WATCHING = auto()
    FAILED = auto()
    CONFIRMED = auto()


class StopWatch:
    """Follows one stop from its request to the standstill."""

    def __init__(self) -> None:
        self.phase = StopPhase.IDLE
        self._since_ns = 0
        self._sent_ns = 0
        self._has_motion = False
        self._forget()

    def _forget(self) -> None:
        self._state_still = False
        self._state_still_ns: int | None = None
        self._motion_ns: int | None = None
        self._still_from_us: int | None = None
        self._still_from_ns = 0
        self._still_angle_deg = 0.0
        self._motion_still = False

    @property
    def active(self) -> bool:
        """Whether a stop still waits for its standstill."""
        return self.phase in (StopPhase.WATCHING, StopPhase.FAILED)

    def begin(self, now_ns: int, *, has_motion: bool = False) -> None:
        """A stop goes out now. A running watch goes on: its deadline is not pushed back.

        `has_motion`: the device measures speed or angle. Then its word alone confirms nothing while
        those may still come: it halts by its own account and may run on all the same.
        """
        self._has_motion = has_motion
        if not self.active:
            self._forget()
            self.phase = StopPhase.WATCHING
            self._since_ns = now_ns
        self._sent_ns = now_ns

    def restart(self) -> None:
        """The device rebooted: its clock and angle begin anew, and so does the standstill."""
        self._forget()

    def saw_state(self, state: DeviceState) -> None:
        """Take a read-back."""
        if self.active:
            self._state_still = state.motor is MotorState.STILL or (
                state.motor is MotorState.UNKNOWN and state.arm_state is ArmState.HALTED
            )

    def saw_reading(self, reading: Reading) -> None:
        """Take a reading: its speed or angle tells whether the screw still turns."""
        if not self.active or (reading.speed_rpm is None and reading.angle_deg is None):
            return
        now_ns = self._motion_ns = reading.host_time_ns
        moving = reading.speed_rpm is not None and abs(reading.speed_rpm) >= _STILL_RPM
        angle_deg = reading.angle_deg
        if angle_deg is not None and abs(angle_deg - self._still_angle_deg) > _STILL_DEG:
            moving = True
        now_us, since_us = reading.device_time_us, self._still_from_us
        if moving or since_us is None or now_us < since_us:  # earlier: the clock was set back
            self._still_from_us = since_us = now_us
            self._still_from_ns = now_ns
            self._still_angle_deg = self._still_angle_deg if angle_deg is None else angle_deg
        self._motion_still = (
            now_us - since_us >= _STILL_US and now_ns - self._still_from_ns >= _STILL_US * 1000
        )

    def check(self, now_ns: int, round_trip_ns: float | None) -> StopPhase:
        """Return the phase as of now."""
        if self.active:
            still = self._motion_still if self._hears_motion(now_ns) else self._word_counts(now_ns)
            limit_ns = max(CONFIRM_NS, 3 * (round_trip_ns or 0))
            if still:
                self.phase = StopPhase.CONFIRMED
            elif now_ns - self._since_ns > limit_ns:
                self.phase = StopPhase.FAILED
        return self.phase

    def _hears_motion(self, now_ns: int) -> bool:
        """Whether motion was measured lately: then that is what counts."""
        return self._motion_ns is not None and now_ns - self._motion_ns < _MOTION_WAIT_NS

    def _word_counts(self, now_ns: int) -> bool:
        """Whether the state says still, and nothing that measures motion can be asked."""
        if not self._state_still:
            self._state_still_ns = None
            return False
        if self._state_still_ns is None:
            self._state_still_ns = now_ns
        return not self._has_motion or now_ns - self._state_still_ns >= _MOTION_WAIT_NS

    def repeat_due(self, now_ns: int) -> bool:
        """Whether the stop is to be written once more."""
        return self.active and now_ns - self._sent_ns >= REPEAT_NS

    def wire_lost(self) -> None:
        """The wire is gone: a pending stop has failed, and stays so until a standstill is seen."""
        if self.active:
            self.phase = StopPhase.FAILED
            self._forget()
