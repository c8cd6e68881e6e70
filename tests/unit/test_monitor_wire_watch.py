"""A device that lies cannot fill the disk, and damaged frames are not only counted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.chairs import Chair
from torquemon.drivers.capture import Chunk, Direction
from torquemon.journal import EntryKind
from torquemon.local.messages import OrderName
from torquemon.model import AlertCode
from torquemon.monitor.wire_watch import (
    AGAIN_NS,
    BAD_WITHIN_NS,
    BURST_BYTES,
    MAX_BAD_FRAMES,
    MAX_BYTES_PER_S,
    Budget,
    WireWatch,
)

STEPS = st.lists(st.tuples(st.integers(0, 3_000_000_000), st.integers(0, 20_000_000)), max_size=50)


@given(STEPS)
def test_no_more_passes_than_the_bound(steps: list[tuple[int, int]]) -> None:
    budget, now_ns, passed, refused = Budget(), 0, 0, 0
    for wait_ns, size in steps:
        now_ns += wait_ns
        if budget.admits(size, now_ns):
            passed += size
        else:
            refused += size
        assert passed <= BURST_BYTES + MAX_BYTES_PER_S * now_ns / 1e9 + 1
    assert budget.refused_bytes == refused


@given(st.lists(st.integers(0, 150_000), min_size=1, max_size=200))
def test_what_a_handpiece_sends_always_passes(sizes: list[int]) -> None:
    budget = Budget()
    assert all(budget.admits(size, second * 1_000_000_000) for second, size in enumerate(sizes))


def test_damaged_frames_are_told_above_a_rate_and_not_all_the_time() -> None:
    watch, told, bad = WireWatch(), [], 0
    for ms in range(0, 12_000, 10):
        bad += ms % 20 == 0 and 2_000 <= ms < 9_000
        told += [(ms, why) for why in watch.look(ms * 1_000_000, bad, 0)]
    assert len(told) == 2
    assert 2_000 < told[0][0] <= 2_000 + BAD_WITHIN_NS / 1e6
    assert told[1][0] - told[0][0] >= AGAIN_NS / 1e6
    assert all("damaged frames within a second" in why for _, why in told)


def test_now_and_then_a_damaged_frame_is_no_alarm() -> None:
    watch = WireWatch()
    slow_ns = BAD_WITHIN_NS // (MAX_BAD_FRAMES - 2)
    assert [why for n in range(200) for why in watch.look(n * slow_ns, n, 0)] == []


@pytest.mark.requirement("REQ-REC-3")
def test_a_flood_is_bounded_and_said_while_the_rest_goes_on() -> None:
    chair = Chair()
    chair.plug_in()
    chair.run(0.3)
    assert chair.order(OrderName.START).ok
    chair.run(0.5)
    junk = b"\xff" * 60_000
    for _ in range(30):  # 18 MB within 0.3 s
        for _ in range(10):
            chair.host.capture.append(Chunk(chair.clock.monotonic_ns(), Direction.RECEIVED, junk))
        chair.run(0.01)
    alarms = [a for a in chair.chronicle.alarms.all if a.code is AlertCode.SIGNAL_QUALITY]
    assert any("would fill the disk" in alarm.why for alarm in alarms)
    chair.run(1.0)
    stored = sum(len(e.data) for e in chair.sink.of(EntryKind.RAW))
    assert stored <= BURST_BYTES + 2 * MAX_BYTES_PER_S
    chair.order(OrderName.FINISH)
    chair.run(0.3)
    assert chair.chronicle.closed is not None
    assert len(list(chair.sink.of(EntryKind.FINISH))) == 1


def test_a_wire_full_of_damaged_frames_is_said() -> None:
    chair = Chair()
    chair.plug_in()
    chair.run(0.3)
    for _ in range(50):
        chair.host.framer.bad_frames += 1
        chair.run(0.01)
    (alarm,) = [a for a in chair.chronicle.alarms.all if "damaged frames" in a.why]
    assert alarm.code is AlertCode.SIGNAL_QUALITY
