"""Hands-free: what one key does in every state, and how a press is told from a hold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tui.tui_views import alarm, device, view
from torquemon.local.view import ArmPhase, LinkPhase, SessionPhase, View
from torquemon.tui.hands import HELD_S, Next, PedalKey, Push, Step, next_step

RECORDING = {"phase": SessionPhase.RECORDING}
PREPARE = {"phase": SessionPhase.PREPARE}


@pytest.mark.parametrize(
    ("shown", "here", "step"),
    [
        (view(**RECORDING, alarms=(alarm(),)), "insert", Next(Step.ACKNOWLEDGE)),
        (view(**RECORDING, alarms=(alarm(),)), "history", Next(Step.ACKNOWLEDGE)),
        (view(**RECORDING, arm={"phase": ArmPhase.NOT_ARMED}), "insert", Next(Step.ARM)),
        (
            view(**RECORDING, arm={"phase": ArmPhase.NOT_ARMED}, device=device(can_stop=False)),
            "insert",
            Next(Step.WAIT, Step.FINISH),
        ),
        (
            view(**RECORDING, alarms=(alarm(acknowledged=True),)),
            "insert",
            Next(Step.WAIT, Step.FINISH),
        ),
        (view(phase=SessionPhase.CLOSED), "insert", Next(Step.REVIEW, Step.PREPARE)),
        (view(phase=SessionPhase.CLOSED), "review", Next(Step.PREPARE)),
        (view(**PREPARE), "settings", Next(Step.PREPARE)),
        (view(**PREPARE, link={"phase": LinkPhase.LOST}), "insert", Next(Step.WAIT)),
        (view(**PREPARE, to_confirm=("the patient is P",)), "prepare", Next(Step.CONFIRM)),
        (view(**PREPARE), "insert", Next(Step.START)),
        (view(phase=SessionPhase.CLOSED), "prepare", Next(Step.START)),
    ],
)
def test_the_next_right_thing(shown: View, here: str, step: Next) -> None:
    assert next_step(shown, here) == step


def test_nothing_ends_a_recording_by_a_press() -> None:
    for arm in ArmPhase:
        for alarms in ((), (alarm(),), (alarm(acknowledged=True),)):
            shown = view(**RECORDING, arm={"phase": arm}, alarms=alarms)
            for here in ("insert", "prepare", "review", "history", "settings"):
                assert next_step(shown, here).press in (Step.ACKNOWLEDGE, Step.ARM, Step.WAIT)


def pushes(times_s: list[float]) -> list[Push]:
    key = PedalKey()
    return [key.event(time_s) for time_s in times_s]


def test_a_held_key_is_one_press_and_one_hold() -> None:
    held = [0.0, *(0.5 + 0.033 * n for n in range(60))]
    found = pushes(held)
    assert found[0] is Push.PRESS
    assert found.count(Push.PRESS) == 1
    assert found.count(Push.HELD) == 1
    assert held[found.index(Push.HELD)] >= HELD_S


@pytest.mark.parametrize("gap_s", [0.02, 0.2, 0.4, 0.6])
def test_quick_taps_are_one_press_and_never_a_hold(gap_s: float) -> None:
    taps = 3 if gap_s < 0.1 else 20
    found = pushes([gap_s * n for n in range(taps)])
    assert found.count(Push.PRESS) == 1
    assert Push.HELD not in found


def test_taps_with_a_pause_are_each_a_press() -> None:
    assert pushes([0.0, 1.0, 2.0, 9.0]) == [Push.PRESS] * 4


@given(st.lists(st.floats(0.0, 3.0), max_size=80))
def test_there_is_never_a_hold_without_its_press_before(gaps_s: list[float]) -> None:
    now_s, open_press = 0.0, False
    key = PedalKey()
    for gap_s in gaps_s:
        now_s += gap_s
        push = key.event(now_s)
        if push is Push.PRESS:
            open_press = True
        elif push is Push.HELD:
            assert open_press
            open_press = False
