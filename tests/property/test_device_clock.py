"""The device's clock from the arrivals of its frames: drift found, delay never negative."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torquemon.drivers.device_clock import MAX_DRIFT, DeviceClock

MS = 1_000_000


def arrivals(
    clock: DeviceClock,
    *,
    seconds: float,
    drift: float,
    jitter_ms: float = 0.0,
    from_s: float = 0.0,
    late_ms: float = 0.0,
    seed: int = 1,
) -> list[int]:
    """Feed a frame each 10 ms of device time; return the delays that were found."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    found = []
    for at in range(round(from_s * 100), round((from_s + seconds) * 100)):
        device_us = at * 10_000
        host_ns = 7_000_000_000 + round(device_us * 1000 * (1 + drift))
        host_ns += round(chance.expovariate(1 / jitter_ms) * MS) if jitter_ms else 0
        found.append(clock.saw(device_us, host_ns + round(late_ms * MS)))
    return found


@pytest.mark.parametrize("drift_ppm", [-500, -50, 0, 3, 50, 500])
@pytest.mark.parametrize("jitter_ms", [0.0, 5.0, 20.0])
def test_the_drift_is_found_under_the_jitter_of_a_radio(drift_ppm: int, jitter_ms: float) -> None:
    clock = DeviceClock()
    arrivals(clock, seconds=120, drift=drift_ppm * 1e-6, jitter_ms=jitter_ms)
    assert clock.drift * 1e6 == pytest.approx(drift_ppm, abs=1 + jitter_ms / 2)


def test_a_clock_that_drifts_shows_no_delay_that_is_not_there() -> None:
    clock = DeviceClock()
    arrivals(clock, seconds=60, drift=200e-6)
    late = arrivals(clock, from_s=60, seconds=600, drift=200e-6)
    assert max(late) < 1 * MS, "uncorrected, ten minutes at 200 ppm are 120 ms"


def test_a_delay_is_measured_as_such() -> None:
    clock = DeviceClock()
    arrivals(clock, seconds=30, drift=40e-6, jitter_ms=2.0)
    clock.saw(30_000_000, 7_000_000_000 + round(30e9 * (1 + 40e-6)) + 80 * MS)
    delay = clock.delay
    assert delay is not None
    assert delay.worst_ms == pytest.approx(80, abs=2)
    assert 0.5 < delay.median_ms < 4
    assert delay.median_ms < delay.p99_ms <= delay.worst_ms
    assert delay.drift_ppm == pytest.approx(40, abs=5)


def test_a_sample_is_placed_in_host_time() -> None:
    clock = DeviceClock()
    arrivals(clock, seconds=60, drift=100e-6, jitter_ms=5.0)
    true_ns = 7_000_000_000 + round(61e9 * (1 + 100e-6))
    assert abs(clock.host_time_ns(61_000_000) - true_ns) < 2 * MS


def test_nothing_is_known_of_a_clock_that_was_not_seen() -> None:
    assert DeviceClock().delay is None


def test_a_device_that_starts_anew_is_another_clock() -> None:
    clock = DeviceClock()
    arrivals(clock, seconds=30, drift=300e-6)
    assert clock.saw(0, 7_000_000_000 + 45_000 * MS) == 0
    assert clock.drift == 0
    again = [clock.saw(at * 10_000, 52_000_000_000 + at * 10 * MS) for at in range(1, 100)]
    assert max(again) == 0


@given(
    st.lists(st.tuples(st.integers(0, 1 << 62), st.integers(0, 1 << 62)), min_size=1, max_size=80)
)
def test_no_times_upset_it(pairs: list[tuple[int, int]]) -> None:
    clock = DeviceClock()
    for device_us, host_ns in pairs:
        assert clock.saw(device_us, host_ns) >= 0
        assert abs(clock.drift) <= MAX_DRIFT
        clock.host_time_ns(device_us)
    delay = clock.delay
    assert delay is not None
    assert delay.median_ms <= delay.p99_ms <= delay.worst_ms
