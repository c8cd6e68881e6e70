"""A few seeds of the campaign, and mistakes on purpose that its invariants must notice."""

from __future__ import annotations

import pytest

from hw_sim.faults import Fault
from tests.simulation.case import Phase
from tests.simulation.one import Run
from torquemon.drivers.handpiece import Handpiece
from torquemon.drivers.lease import Lease
from torquemon.drivers.transport import Transport
from torquemon.model import ArmPhase, Reading
from torquemon.monitor.alarms import Alarms
from torquemon.monitor.device_side import DeviceSide

FIRST = 20_000
"""Beyond the seeds of the campaign."""


@pytest.mark.requirement("REQ-STOP-11")
@pytest.mark.parametrize("seed", range(FIRST, FIRST + 12))
def test_every_invariant_holds(seed: int) -> None:
    outcome = Run(seed).go()
    assert not outcome.broken, f"python -m tests.simulation.run --seed {seed} --verbose"
    assert outcome.simulated_s > 30
    assert outcome.counts.total() > 30


def test_the_same_seed_is_the_same_run() -> None:
    first, second = Run(FIRST).go(), Run(FIRST).go()
    assert first.counts == second.counts
    assert first.occupied_s == second.occupied_s


def test_the_seeds_together_meet_every_phase() -> None:
    met: set[Phase] = set()
    kinds: set[Fault] = set()
    for seed in range(FIRST, FIRST + 8):
        outcome = Run(seed).go()
        met |= {phase for phase, seconds in outcome.occupied_s.items() if seconds > 0}
        kinds |= {fault for fault, _ in outcome.counts}
    assert met == set(Phase)
    assert len(kinds) > len(Fault) - 3


def first_broken(seeds: int = 12) -> str:
    for seed in range(FIRST, FIRST + seeds):
        broken = Run(seed).go().broken
        if broken:
            return broken.split()[0].rstrip(":")
    return ""


def test_a_number_that_stays_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def last(self: DeviceSide, _: int) -> Reading | None:
        return self.last

    monkeypatch.setattr(DeviceSide, "measurement", last)
    assert first_broken() == "no_number_without_data"


def test_a_stop_that_is_not_written_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(_: Handpiece, __: Transport) -> None:
        return

    monkeypatch.setattr(Handpiece, "_stop_now", nothing)
    assert first_broken(20) == "the_stop_was_written_at_once"


def test_an_alarm_that_is_wiped_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def wipe(self: Alarms) -> None:
        self._alarms = []

    monkeypatch.setattr(Alarms, "begin_insertion", wipe)
    assert first_broken() == "every_alert_latches"


@pytest.mark.requirement("REQ-STOP-11")
def test_a_lease_that_is_never_lost_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def keep(self: Lease, _: str) -> None:
        if self.phase is ArmPhase.ARMING:
            self.phase = ArmPhase.NOT_ARMED

    monkeypatch.setattr(Lease, "lose", keep)
    assert first_broken() == "armed_is_never_shown_too_long"


def test_an_exception_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Handpiece, __: Transport, ___: int) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Handpiece, "on_time", fail)
    assert first_broken(1) == "no_exception_escapes"
