"""The conversation: asks at the instrument's pace, never in bursts, and says what is wrong once."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hw_sim.gauges.kinds import EMULATORS
from tests.gauge_bench import KINDS, settings_for, talk_over
from torquemon.drivers.gauges.kinds import make_gauge
from torquemon.drivers.gauges.reading import GaugeProblem, GaugeReading, Told
from torquemon.drivers.gauges.stated import TIMES


@pytest.mark.parametrize("kind", KINDS)
def test_readings_come_at_the_rate_that_is_promised(kind: str) -> None:
    emulator = EMULATORS[kind]()
    emulator.torque_ncm = 5.0
    gauge, talk, _, clock = talk_over(kind, emulator)
    begin_ns, readings = clock.monotonic_ns(), 0
    while clock.monotonic_ns() - begin_ns < 20e9:
        readings += sum(isinstance(event, GaugeReading) for event in talk.step(0.02))
    readings += TIMES - 1  # held back until the unit stood
    assert readings / 20 == pytest.approx(gauge.rate_hz, rel=0.15)


def test_after_a_pause_of_this_computer_nothing_is_made_up_for() -> None:
    emulator = EMULATORS["mark10"]()
    _, talk, wire, clock = talk_over("mark10", emulator)
    for _ in range(20):
        talk.step(0.02)
    clock.advance(1.0)
    begin_s = clock.monotonic_ns() / 1e9
    for _ in range(20):
        talk.step(0.02)
    soon = [at_s for at_s in wire.asked_s if begin_s <= at_s < begin_s + 0.02]
    assert len(soon) <= 2


def test_a_problem_that_goes_on_is_told_once_and_again_after_a_reading() -> None:
    emulator = EMULATORS["mark10"]()
    _, talk, _, _ = talk_over("mark10", emulator)

    def told(steps: int) -> list[Told]:
        return [e for _ in range(steps) for e in talk.step(0.02) if isinstance(e, GaugeProblem)]

    emulator.with_units = False  # type: ignore[attr-defined]
    assert len(told(30)) == 1
    emulator.with_units = True  # type: ignore[attr-defined]
    assert told(10) == []
    emulator.with_units = False  # type: ignore[attr-defined]
    (again, *_) = told(30)
    assert isinstance(again, GaugeProblem)
    assert "without a unit" in again.why


def test_an_instrument_that_is_slower_than_promised_is_not_flooded() -> None:
    emulator = EMULATORS["mark10"]()
    _, talk, wire, clock = talk_over("mark10", None)
    begin_ns, answered, behind, readings = clock.monotonic_ns(), 0, 0, 0
    while (elapsed_ns := clock.monotonic_ns() - begin_ns) < 30e9:
        if elapsed_ns >= (answered + 1) * 200e6 and answered < len(wire.written):
            answered += 1
            wire.incoming += emulator.receive(wire.written[answered - 1])
        readings += sum(isinstance(event, GaugeReading) for event in talk.step(0.02))
        behind = max(behind, len(wire.written) - answered)
    assert behind <= 4
    assert readings > 100


def test_a_lost_answer_is_made_up_for_before_it_counts_as_no_data() -> None:
    emulator = EMULATORS["mark10"]()
    _, talk, wire, _ = talk_over("mark10", emulator)
    times: list[int] = []
    for number in range(400):
        if number == 200:
            wire.written.clear()
            emulator.in_menu = True
        if emulator.in_menu and wire.written:
            emulator.in_menu = False
        times += [e.host_time_ns for e in talk.step(0.005) if isinstance(e, GaugeReading)]
    gaps = [after - before for before, after in pairwise(times)]
    assert 40e6 < max(gaps) < 200e6


@pytest.mark.requirement("REQ-GAU-3")
def test_an_instrument_that_never_gives_a_value_is_given_up_with_its_own_reason() -> None:
    emulator = EMULATORS["mark10"]()
    emulator.with_units = False  # type: ignore[attr-defined]
    _, talk, _, clock = talk_over("mark10", emulator)
    begin_ns = clock.monotonic_ns()
    events: list[Told] = []
    while clock.monotonic_ns() - begin_ns < 20e9:
        events += talk.step(0.02)
        if events and isinstance(events[-1], GaugeProblem) and events[-1].ends:
            break
    last = events[-1]
    assert isinstance(last, GaugeProblem)
    assert last.ends
    assert "switch the unit on" in last.why


@pytest.mark.requirement("REQ-GAU-1")
@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_no_single_byte_that_is_lost_or_changed_makes_another_unit(
    kind: str, data: st.DataObject
) -> None:
    emulator = EMULATORS[kind]()
    emulator.torque_ncm = 12.5
    _, talk, wire, _ = talk_over(kind, None)
    gauge = make_gauge(kind, settings_for(kind))
    readings: list[GaugeReading] = []
    for _ in range(12):
        for _ in range(3):
            wire.incoming += emulator.receive(gauge.poll() or b"")
            wire.incoming += emulator.frame() if kind == "lutron" else b""  # type: ignore[attr-defined]
            if kind == "mecmesin":
                wire.incoming += emulator.receive(b"U")
            readings += [e for e in talk.step(0.02) if isinstance(e, GaugeReading)]
        answer = emulator.receive(gauge.poll() or b"")
        answer += emulator.frame() if kind == "lutron" else b""  # type: ignore[attr-defined]
        at = data.draw(st.integers(0, len(answer) - 1))
        put = data.draw(st.binary(max_size=1))
        wire.incoming += answer[:at] + put + answer[at + 1 :]
        readings += [e for e in talk.step(0.02) if isinstance(e, GaugeReading)]
    assert readings
    assert len({reading.unit_text for reading in readings}) == 1


def test_a_unit_is_believed_at_the_third_time_and_anew_after_a_switch() -> None:
    emulator = EMULATORS["shimpo"]()
    emulator.torque_ncm = 50.0
    _, talk, wire, _ = talk_over("shimpo", None)
    seen: list[int] = []
    for unit in ("Ncm", "Ncm", "Ncm", "Nm", "Ncm", "Nm", "Nm", "Nm"):
        emulator.unit = unit
        wire.incoming += emulator.receive(b"?")
        seen.append(len([e for e in talk.step(0.02) if isinstance(e, GaugeReading)]))
    assert seen == [0, 0, 1, 0, 1, 0, 0, 1]
