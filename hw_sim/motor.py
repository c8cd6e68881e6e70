"""The motor with its gear: inertia, torque constant, losses, speed controller, brake.

All values at the output, that is at the screw: torque in N·cm, speed in degrees per second. The
figures are those of a small brushless surgical motor with about 80:1 of gear [E]; usual speed is
15-35 rpm (Cousley, 2nd ed., ch. 2).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from torquemon.units import rpm_to_deg_per_s


@dataclass(frozen=True, slots=True)
class MotorParams:
    """Figures of drive and controller [E].

    `rotor_inertia_kg_m2` counts at the motor, everything else at the output or as named.
    `halt_delay_s` is the time from the decision to halt until the brake bites; together with the
    speed it makes most of the overshoot past a threshold.
    """

    speed_rpm: float = 25.0
    rotor_inertia_kg_m2: float = 1.0e-7
    gear_ratio: float = 80.0
    gear_efficiency: float = 0.72
    torque_constant_ncm_per_a: float = 1.0
    """At the motor's shaft."""
    current_limit_a: float = 1.1
    gear_friction_ncm: float = 1.2
    gain_a_per_deg_s: float = 0.012
    gain_integral_a_per_deg: float = 0.12
    ramp_s: float = 0.15
    """From rest to full speed."""
    brake_ncm: float = 25.0
    halt_delay_s: float = 0.004

    @property
    def output_inertia_kg_m2(self) -> float:
        """Inertia of the rotor as seen at the screw."""
        return self.rotor_inertia_kg_m2 * self.gear_ratio**2

    @property
    def stall_ncm(self) -> float:
        """Largest torque that the drive can put on the screw."""
        at_motor = self.torque_constant_ncm_per_a * self.current_limit_a
        return at_motor * self.gear_ratio * self.gear_efficiency - self.gear_friction_ncm


class Motor:
    """State of the drive. `speed_deg_s` is signed, clockwise positive.

    At rest the gear holds: a load alone never turns the motor (self-locking, [E]).
    """

    __slots__ = (
        "_accel_per_ncm",
        "_brake_in_s",
        "_friction_ncm",
        "_full_deg_s",
        "_gain",
        "_gain_integral",
        "_integral_a",
        "_limit_a",
        "_ncm_per_a",
        "_params",
        "_ramp_deg_s2",
        "_set_deg_s",
        "braking",
        "speed_deg_s",
    )

    def __init__(self, params: MotorParams) -> None:
        self._params = params
        # N·cm to N·m, radians to degrees
        self._accel_per_ncm = 0.01 / params.output_inertia_kg_m2 * math.degrees(1.0)
        self._ncm_per_a = (
            params.torque_constant_ncm_per_a * params.gear_ratio * params.gear_efficiency
        )
        self._full_deg_s = rpm_to_deg_per_s(params.speed_rpm)
        self._ramp_deg_s2 = self._full_deg_s / params.ramp_s
        self._limit_a = params.current_limit_a
        self._gain = params.gain_a_per_deg_s
        self._gain_integral = params.gain_integral_a_per_deg
        self._friction_ncm = params.gear_friction_ncm
        self._set_deg_s = 0.0
        self._integral_a = 0.0
        self._brake_in_s = 0.0
        self.braking = False
        self.speed_deg_s = 0.0

    @property
    def turning(self) -> bool:
        """Whether the shaft moves."""
        return self.speed_deg_s != 0.0

    def halt(self) -> None:
        """Cut the drive and brake; stays braked until `release`."""
        if not self.braking:
            self.braking = True
            self._brake_in_s = self._params.halt_delay_s

    def release(self) -> None:
        """Let go of the brake. The motor stays still until it is driven."""
        self.braking = False
        self._set_deg_s = 0.0
        self._integral_a = 0.0

    def tick(self, direction: int, load_ncm: float, dt_s: float) -> float:
        """Advance by `dt_s` with the pedal at `direction` (1, 0, -1); return the speed, deg/s.

        `load_ncm` is the torque of the screw on the bit, positive against clockwise turning.
        """
        if self.braking:
            return self._brake(load_ncm, dt_s)
        wanted = direction * self._full_deg_s
        speed = self.speed_deg_s
        if wanted == 0.0 and speed == 0.0:
            return 0.0
        change = self._ramp_deg_s2 * dt_s
        gap = wanted - self._set_deg_s
        self._set_deg_s += gap if -change <= gap <= change else math.copysign(change, gap)
        drive_ncm = self._control(speed, dt_s) * self._ncm_per_a
        return self._move(speed, drive_ncm, load_ncm, dt_s, stop_at_zero=wanted == 0.0)

    def _control(self, speed_deg_s: float, dt_s: float) -> float:
        """Current in A from the speed error: proportional, integral, limited."""
        limit = self._limit_a
        error = self._set_deg_s - speed_deg_s
        wound = self._integral_a + self._gain_integral * error * dt_s
        current = self._gain * error + wound
        if -limit < current < limit:
            self._integral_a = wound  # held while limited, or it would run away at a stall
            return current
        return limit if current > 0 else -limit

    def _brake(self, load_ncm: float, dt_s: float) -> float:
        speed = self.speed_deg_s
        if speed == 0.0:
            return 0.0
        if self._brake_in_s > 0.0:
            self._brake_in_s -= dt_s
            drive_ncm = self._control(speed, dt_s) * self._ncm_per_a
            return self._move(speed, drive_ncm, load_ncm, dt_s, stop_at_zero=True)
        brake_ncm = math.copysign(self._params.brake_ncm, -speed)
        return self._move(speed, brake_ncm, load_ncm, dt_s, stop_at_zero=True)

    def _move(
        self, speed: float, drive_ncm: float, load_ncm: float, dt_s: float, *, stop_at_zero: bool
    ) -> float:
        friction = self._friction_ncm
        net = drive_ncm - load_ncm
        if speed == 0.0:
            # The gear's friction holds up to its own size; a load alone is held altogether.
            if abs(drive_ncm) <= friction or drive_ncm * net <= 0 or abs(net) <= friction:
                return 0.0
            net -= math.copysign(friction, net)
        else:
            net -= math.copysign(friction, speed)
        after = speed + net * self._accel_per_ncm * dt_s
        if speed != 0.0 and after * speed <= 0.0 and (stop_at_zero or drive_ncm * speed >= 0.0):
            after = 0.0  # a stall or the end of braking: it does not swing back
        self.speed_deg_s = after
        return after
