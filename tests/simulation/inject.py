"""Which fault when: some at random in every phase, some aimed at a phase; each counted as it acts.

A fault that ends a phase (a reboot, a dead monitor) is rare and aimed: every seed has a share of
the table *kind x phase*. The others fall at a rate that makes up for how short a phase is.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Final

from hw_sim.chance import seeded
from hw_sim.faults import BENDS, Fault
from tests.simulation.case import Phase
from tests.simulation.chair import Chair

_RATE_HZ: Final = {
    Phase.NO_SESSION: 2.0,
    Phase.PREPARE: 2.0,
    Phase.ARMING: 3.0,
    Phase.ARMED: 7.0,
    Phase.ENGAGING: 2.5,
    Phase.ADVANCING: 4.0,
    Phase.CONTACT: 10.0,
    Phase.REVERSING: 5.0,
    Phase.PAUSED: 2.5,
    Phase.HALTED: 3.5,
    Phase.CLOSED: 6.0,
}
_WIRE: Final = (*BENDS, Fault.BYTES_DELAYED)
_LIGHT: Final = {
    **dict.fromkeys(_WIRE, 1.0),
    Fault.ANSWERS_LATE: 0.7,
    Fault.ANSWERS_NEVER: 0.6,
    Fault.ACKS_WITHOUT_DOING: 0.5,
    Fault.READS_BACK_OTHER: 0.5,
    Fault.CLOCK_JUMPED: 0.7,
    Fault.SEQUENCE_WRAPPED: 0.7,
    Fault.SENSOR_STUCK: 0.6,
    Fault.SENSOR_INVALID: 0.7,
    Fault.DISK_FULL: 0.5,
    Fault.SYSTEM_CLOCK_STEPPED: 0.7,
}
_HEAVY: Final = (
    Fault.PORT_VANISHED,
    Fault.REBOOTED,
    Fault.SENSOR_SILENT,
    Fault.MONITOR_KILLED,
    Fault.DASHBOARD_KILLED,
    Fault.DASHBOARD_HUNG,
)
_AIMED: Final = [(fault, phase) for fault in _HEAVY for phase in Phase]
_AIMED_PER_SEED: Final = 14
_AIM_HZ: Final = {Phase.ARMING: 40.0, Phase.CONTACT: 25.0, Phase.ARMED: 10.0, Phase.REVERSING: 6.0}
_USUAL_AIM_HZ: Final = 3.0
_GAP_NS: Final = 500_000_000
"""After a fault that ends a phase the insertion is left alone by such for a moment."""
_MAX_WAITING: Final = 2

CANNOT_MEET: Final = {
    Fault.WRONG_UNIT: (
        frozenset(Phase) - {Phase.NO_SESSION},
        "a unit is stated in a Hello, and a Hello comes only before a session",
    ),
}
"""Cells of the table that cannot occur, and why."""


class Injector:
    """Lets faults befall a chair. `counts` is what really happened, by kind and phase."""

    def __init__(self, chair: Chair) -> None:
        seed = chair.case.seed
        self._chair = chair
        self._step_s = chair.case.step_ns / 1e9
        self._rng = seeded("faults", seed)
        self.counts: Counter[tuple[Fault, Phase]] = Counter()
        self.log: list[tuple[int, Fault, Phase]] = []
        order = list(_AIMED)
        seeded("table", seed * _AIMED_PER_SEED // len(order)).shuffle(order)
        first = seed * _AIMED_PER_SEED
        self._aimed: dict[Phase, list[Fault]] = {}
        for place in range(first, first + _AIMED_PER_SEED):
            fault, phase = order[place % len(order)]
            self._aimed.setdefault(phase, []).append(fault)
        self._next_heavy_ns = 0
        self._kinds = list(_LIGHT)
        self._weights = list(_LIGHT.values())
        self._phase = Phase.NO_SESSION

    def step(self, phase: Phase) -> None:
        """Perhaps let something go wrong in this step."""
        self._phase = phase
        chair, rng = self._chair, self._rng
        if phase in self._aimed and chair.now_ns >= self._next_heavy_ns:
            aimed = self._aimed[phase]
            if aimed and rng.random() < _AIM_HZ.get(phase, _USUAL_AIM_HZ) * self._step_s:
                self._next_heavy_ns = chair.now_ns + _GAP_NS
                if self._do(aimed[0]):
                    aimed.pop(0)
        if rng.random() < _RATE_HZ[phase] * self._step_s:
            if phase is Phase.NO_SESSION and rng.random() < 0.05:
                self._do(Fault.WRONG_UNIT)
            else:
                self._do(rng.choices(self._kinds, self._weights)[0])

    def settle(self) -> None:
        """Count the faults of the wire that met bytes in this step."""
        told = self._chair.faults_told
        if told:
            for fault in told:
                self._count(fault)
            told.clear()

    def _count(self, fault: Fault) -> None:
        self.counts[fault, self._phase] += 1
        self.log.append((self._chair.now_ns, fault, self._phase))

    def _do(self, fault: Fault) -> bool:
        """Let one fault happen; returns whether there was something for it to happen to."""
        chair, rng = self._chair, self._rng
        if fault in _LIGHT and (fault in BENDS or fault is Fault.BYTES_DELAYED):
            channel = chair.to_host if rng.random() < 0.7 else chair.to_device
            if channel.waiting < _MAX_WAITING:
                channel.befall(fault)
            return True  # counted when it meets bytes
        if not self._outside(fault):
            if chair.device.is_off:
                return False
            chair.device.err(fault)
            if fault is Fault.REBOOTED and rng.random() < 0.4:
                chair.lose_port(rng.uniform(0.05, 1.0))
        elif not self._host_side(fault):
            return False
        self._count(fault)
        return True

    @staticmethod
    def _outside(fault: Fault) -> bool:
        return fault in {
            Fault.PORT_VANISHED,
            Fault.MONITOR_KILLED,
            Fault.DASHBOARD_KILLED,
            Fault.DASHBOARD_HUNG,
            Fault.DISK_FULL,
            Fault.SYSTEM_CLOCK_STEPPED,
        }

    def _host_side(self, fault: Fault) -> bool:
        chair, rng = self._chair, self._rng
        if fault is Fault.SYSTEM_CLOCK_STEPPED:
            chair.clock.set_wall_by(timedelta(seconds=rng.uniform(-1e7, 1e7)))
        elif fault is Fault.PORT_VANISHED:
            chair.lose_port(rng.uniform(0.02, 1.5))
        elif chair.host is None:
            return False
        elif fault is Fault.DISK_FULL:
            chair.fill_disk(rng.uniform(0.1, 1.5))
        elif fault is Fault.MONITOR_KILLED:
            chair.kill_monitor(rng.uniform(0.1, 1.2))
        else:
            hangs = fault is Fault.DASHBOARD_HUNG
            chair.lose_dashboard(rng.uniform(0.3, 1.8), hangs=hangs)
        return True
