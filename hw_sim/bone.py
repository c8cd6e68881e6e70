"""The torque with which bone answers the bit, tick by tick. Deterministic, in simulated time.

The table of `hw_sim.landmarks` says what fresh bone asks for at each angle. What depends on
history is added here: a thread already cut turns easier, a screw turned back pulls the other way,
bone relaxes while nobody turns and is back within a few degrees, threads strip, bits slip, tips
break. `Bone.turn` costs about a microsecond.
"""

from __future__ import annotations

import math
import random
from typing import Final

from hw_sim.landmarks import InsertionParams, fresh_torque

CUT_THREAD_SHARE: Final = 0.75
"""Torque in a thread that is already cut, relative to fresh bone [E]."""
REMOVAL_SHARE: Final = -0.6
"""Torque turning back, relative to fresh bone [E]; negative: counter-clockwise."""
REVERSAL_DEG: Final = 5.0
"""Over this angle the torque changes between these [E]: wind-up of screw, bit and bone."""

RELAX_FAST: Final = 0.12
"""Share lost at once when the turning ends [E]: dynamic friction and wind-up."""
RELAX_FAST_S: Final = 0.15
RELAX_SLOW: Final = 0.22
"""Further share lost while the bone creeps [E]. Makers advise pauses of 10-20 s; after a week
36-41 % are gone."""
RELAX_SLOW_S: Final = 8.0
RECOVERY_DEG: Final = 2.0
"""After a restart the torque is back "within a few degrees": this angle for the factor e [E]."""

RATE_SHARE: Final = 0.05
"""Rise of torque with relative speed above the nominal one [E]."""
NOMINAL_SPEED_DEG_S: Final = 150.0
"""25 rpm, the middle of the usual 15-35 rpm."""

STRIP_DEG: Final = 270.0
STRIP_FLOOR: Final = 0.15
"""A stripped thread decays with turning towards this share [E]."""
FRACTURE_DEG: Final = 22.0
FRACTURE_FLOOR: Final = 0.03
"""A broken tip falls to nothing within a quarter turn."""
CAM_OUT_DEG: Final = 75.0
"""How far a bit slips in the head before it catches again [E]."""
CAM_OUT_SHARE: Final = 0.2
"""Torque of a slipping bit [E]."""
CATCH_DEG: Final = 8.0
"""Over this angle the bit winds up again once it has caught [E]."""
_STILL: Final = 1e-4


class Bone:
    """One hole, one screw, one bit.

    `angle_deg` is where the screw stands (0: first touch of the tip), which differs from the bit's
    angle once the bit has slipped; `torque_ncm` what the bit feels. `stripped`, `broken` and
    `slips` tell what has given way.
    """

    __slots__ = (
        "_decay_deg",
        "_drive",
        "_fast",
        "_floor",
        "_gave_ncm",
        "_grip",
        "_left",
        "_params",
        "_slip_deg",
        "_slow",
        "_table",
        "angle_deg",
        "broken",
        "deepest_deg",
        "slips",
        "stripped",
        "torque_ncm",
    )

    def __init__(self, params: InsertionParams, seed: int, *, start_deg: float = 0.0) -> None:
        self._params = params
        self._table = fresh_torque(params, random.Random(f"bone {seed}"))
        self.angle_deg = start_deg
        self.deepest_deg = start_deg
        self.torque_ncm = 0.0
        self.broken = False
        self.stripped = False
        self.slips = 0
        self._drive = 1.0 if start_deg == 0 else 0.0
        self._fast = 0.0
        self._slow = 0.0
        self._slip_deg = 0.0
        self._grip = 1.0
        self._gave_ncm = math.inf
        self._left = 1.0
        self._floor = 1.0
        self._decay_deg = STRIP_DEG

    @property
    def params(self) -> InsertionParams:
        """What this bone was made from."""
        return self._params

    @property
    def seated(self) -> bool:
        """Whether the neck has met bone."""
        return self.deepest_deg >= self._params.seat_deg

    @property
    def in_contact(self) -> bool:
        """Whether the tip has met a root."""
        contact_deg = self._params.contact_deg
        return contact_deg is not None and self.deepest_deg >= contact_deg

    def fresh_ncm(self, angle_deg: float) -> float:
        """Torque of fresh bone at an angle."""
        if angle_deg <= 0:
            return 0.0
        index = int(angle_deg)
        table = self._table
        if index + 1 >= len(table):
            return table[-1]
        low = table[index]
        return low + (table[index + 1] - low) * (angle_deg - index)

    def turn(self, step_deg: float, dt_s: float) -> float:
        """Let the bit turn by `step_deg` (clockwise positive) in `dt_s`; return its torque, N·cm.

        A step of exactly 0 is rest.
        """
        if step_deg == 0.0:
            return self._rest(dt_s)
        size_deg = step_deg if step_deg > 0 else -step_deg
        if self._slip_deg > 0.0:
            return self._slip(size_deg)
        angle_deg = self.angle_deg = self.angle_deg + step_deg
        if step_deg < 0:
            target = REMOVAL_SHARE
        elif angle_deg >= self.deepest_deg:
            self.deepest_deg = angle_deg
            target = 1.0
        else:
            target = CUT_THREAD_SHARE
        drive = self._drive
        if drive != target:
            drive += (target - drive) * min(1.0, size_deg / REVERSAL_DEG)
            self._drive = drive
        if self._slow > _STILL:
            keep = math.exp(-size_deg / RECOVERY_DEG)
            self._fast *= keep
            self._slow *= keep
            drive *= 1.0 - self._fast - self._slow
        speed_share = size_deg / (dt_s * NOMINAL_SPEED_DEG_S) - 1.0
        torque = self.fresh_ncm(angle_deg) * drive * (1.0 + RATE_SHARE * speed_share)
        if self._grip < 1.0:
            self._grip = min(1.0, self._grip + size_deg / CATCH_DEG)
            torque *= self._grip
        if self._floor < 1.0:
            # What has given way follows its own decay, not what sound bone would ask for.
            self._left += (self._floor - self._left) * min(1.0, size_deg / self._decay_deg)
            torque = min(self.fresh_ncm(angle_deg), self._gave_ncm) * drive * self._left
        elif step_deg > 0:
            self._give_way(torque)
        self.torque_ncm = torque
        return torque

    def _rest(self, dt_s: float) -> float:
        self._fast += (RELAX_FAST - self._fast) * min(1.0, dt_s / RELAX_FAST_S)
        self._slow += (RELAX_SLOW - self._slow) * min(1.0, dt_s / RELAX_SLOW_S)
        fresh = min(self.fresh_ncm(self.angle_deg), self._gave_ncm)
        held = fresh * self._drive * self._left * self._grip
        self.torque_ncm = held * (1.0 - self._fast - self._slow)
        return self.torque_ncm

    def _slip(self, size_deg: float) -> float:
        self._slip_deg -= size_deg
        if self._slip_deg <= 0.0:
            self._grip = CAM_OUT_SHARE
        self.torque_ncm = self.fresh_ncm(self.angle_deg) * CAM_OUT_SHARE * self._left
        return self.torque_ncm

    def _give_way(self, torque_ncm: float) -> None:
        """Let tip, bit or thread give way where the torque passes what it bears."""
        params = self._params
        if params.tip_fracture_ncm is not None and torque_ncm > params.tip_fracture_ncm:
            self.broken = True
            self._gave_ncm = torque_ncm
            self._floor, self._decay_deg = FRACTURE_FLOOR, FRACTURE_DEG
        elif params.cam_out_ncm is not None and torque_ncm > params.cam_out_ncm:
            self.slips += 1
            self._slip_deg = CAM_OUT_DEG
        elif params.strip_ncm is not None and torque_ncm > params.strip_ncm:
            self.stripped = True
            self._gave_ncm = torque_ncm
            self._floor, self._decay_deg = STRIP_FLOOR, STRIP_DEG
