"""The scenarios in simulated time with a small host: what the name says is what happens."""

from __future__ import annotations

import pytest

from hw_sim.minihost import MiniHost
from hw_sim.scenarios import SCENARIOS, UnknownScenarioError, scenario
from hw_sim.twin import Twin
from torquemon.clock import ManualClock
from torquemon.drivers.codec import Capability, Generation, Result
from torquemon.drivers.host_messages import ArmRequest
from torquemon.model import ArmState, StopReason


def meet(name: str, seed: int = 7, *, arm_at: int | None = None) -> MiniHost:
    """A host at a scenario's handpiece: greeted, zeroed and armed where asked."""
    chosen = scenario(name)
    host = MiniHost(Twin(chosen.handpiece(seed), chosen.script))
    host.greet()
    host.run(0.3)
    host.tare()
    host.run(0.1)
    if arm_at is not None:
        host.arm(arm_at)
    return host


def peak_counts(host: MiniHost) -> int:
    return max(counts for _, _, counts in host.samples)


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("nominal", 500, 1500),
        ("glancing-contact", 1500, 2600),
        ("threshold", 1250, 2000),
        ("below-window", 100, 500),
        ("midpalate", 1000, 2500),
        ("wobble", 500, 1500),
        ("no-angle", 500, 1500),
        ("cam-out", 500, 700),
        ("stripping", 1000, 1200),
        ("tip-fracture", 900, 1000),
        ("root-contact", 2000, 4000),
    ],
)
@pytest.mark.parametrize("seed", [1, 7])
def test_the_peak_is_where_the_name_says(name: str, low: int, high: int, seed: int) -> None:
    host = meet(name, seed)
    host.run_until_done()
    assert host.twin.done
    assert low <= peak_counts(host) <= high
    assert host.notices == []
    assert host.lost_frames == 0


@pytest.mark.parametrize("name", ["threshold", "root-contact", "glancing-contact"])
@pytest.mark.parametrize("seed", range(3))
def test_an_armed_stop_halts_close_above_its_threshold(name: str, seed: int) -> None:
    host = meet(name, seed, arm_at=1200)
    host.run_until_done()
    (notice,) = host.notices
    assert notice.reason is StopReason.THRESHOLD
    assert 1200 <= notice.torque_counts < 1300
    assert peak_counts(host) < 1500
    assert host.state is not None
    assert host.state.arm_state is ArmState.HALTED
    assert host.state.threshold_counts == 1200
    numbers = {seq: counts for seq, _, counts in host.samples}
    assert abs(numbers[notice.seq] - notice.torque_counts) < 60


@pytest.mark.requirement("REQ-LEASE-5")
def test_the_motor_stands_50_ms_after_a_lease_that_nobody_renews() -> None:
    host = meet("nominal", arm_at=1200)
    host.run(8.0)
    handpiece = host.twin.handpiece
    assert handpiece.motor.turning
    host.renewing = False
    died_s = host.time_s
    while host.notices == []:
        host.run(0.01)
    assert host.notices[0].reason is StopReason.LEASE_EXPIRED
    assert host.time_s - died_s <= 0.52
    host.run(0.05)
    assert not handpiece.motor.turning
    host.arm(1200)
    host.run(0.05)
    assert host.acks[-1].result is Result.LATCHED
    host.run(1.0)
    assert handpiece.operator_acknowledges()
    assert handpiece.arm_state is ArmState.STANDALONE


def test_a_stop_of_the_host_halts_at_once() -> None:
    host = meet("nominal", arm_at=1200)
    host.run(6.0)
    host.stop()
    host.run(0.05)
    assert not host.twin.handpiece.motor.turning
    assert host.notices[0].reason is StopReason.HOST_ALERT


def test_a_warn_only_device_refuses_to_be_armed_and_turns_on() -> None:
    host = meet("warn-only", arm_at=1200)
    assert host.hello is not None
    assert Capability.STOP_THRESHOLD not in host.hello.capabilities
    host.run_until_done()
    refused = [ack.result for ack in host.acks if ack.command == ArmRequest.TYPE]
    assert refused == [Result.UNSUPPORTED]
    assert peak_counts(host) > 1250


def test_removal_is_negative() -> None:
    host = meet("removal")
    host.run_until_done()
    assert min(counts for _, _, counts in host.samples) < -200
    assert peak_counts(host) < 30


def test_numbers_and_times_rise_by_one_sample_each() -> None:
    host = meet("pause-restart")
    host.run(4.0)
    steps = {
        (after[0] - before[0], after[1] - before[1])
        for before, after in zip(host.samples, host.samples[1:], strict=False)
    }
    assert steps == {(1, 1000)}


@pytest.mark.parametrize("name", list(SCENARIOS))
def test_the_same_seed_sends_the_same_bytes(name: str) -> None:
    chosen = scenario(name)

    def record() -> bytes:
        host = MiniHost(Twin(chosen.handpiece(3), chosen.script))
        host.greet()
        return host.twin.advance(3.0)

    assert record() == record()


@pytest.mark.requirement("REQ-ORG-3")
def test_every_scenario_introduces_itself_as_simulated() -> None:
    for chosen in SCENARIOS.values():
        host = MiniHost(Twin(chosen.handpiece(1), chosen.script))
        host.greet()
        host.run(0.02)
        assert host.hello is not None
        assert host.hello.generation is Generation.SIMULATED
        host.hello.check()


def test_a_manual_clock_moves_along() -> None:
    clock = ManualClock()
    start_ns = clock.monotonic_ns()
    twin = Twin(scenario("nominal").handpiece(1), scenario("nominal").script, clock)
    for _ in range(250):
        twin.advance(0.0123)
    assert clock.monotonic_ns() - start_ns == pytest.approx(3.075e9, abs=1000)
    assert twin.handpiece.time_s == pytest.approx(3.075, abs=0.0011)


def test_an_unknown_scenario_names_the_known_ones() -> None:
    with pytest.raises(UnknownScenarioError, match="root-contact"):
        scenario("nonsense")
