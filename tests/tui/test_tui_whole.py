"""Nothing is cut without a sign, all can be reached, and nothing of before looks like now."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from rich.cells import cell_len

from tests.tui.tui_archive import ScriptedRecorder, linked
from tests.tui.tui_scenes import SCENES, Stage, as_it_is, lines_of, played, text_of
from tests.tui.tui_views import alarm, block, view
from torquemon.local.messages import OrderName
from torquemon.local.view import CheckState, CheckView, SessionPhase
from torquemon.model import Priority
from torquemon.tui.paint import Line
from torquemon.tui.widgets.alarms import AlarmList
from torquemon.tui.widgets.checks import CheckList
from torquemon.tui.widgets.curve import TorqueCurve
from torquemon.tui.widgets.panels import Entry, TextPanel
from torquemon.tui.widgets.status_bar import NoticeLine, _Notice
from torquemon.tui.words import say, speak, told


def run(test: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(test(), timeout=40))


def said(lines: list[Line]) -> list[str]:
    return ["".join(part.text for part in line) for line in lines]


def devices() -> Stage:
    idle = view(phase=SessionPhase.PREPARE, insertion_id=None)
    return Stage(idle, keys=("5",), archive=lambda: linked(ScriptedRecorder()))


def test_a_panel_that_is_cut_says_so_and_one_that_fits_does_not() -> None:
    panel = TextPanel(id="panel")
    panel.show_text("Title", Entry("a", "first words"), Entry("b", "second"))
    assert said(panel.paint(20, 3))[-1].strip() == "b second"
    assert said(panel.paint(20, 2))[-1].rstrip().endswith("first words…")
    for width in (6, 12, 20):
        for height in (1, 2):
            shown = said(panel.paint(width, height))
            assert len(shown) == height
            assert all(len(row) <= width for row in shown)
            assert shown[-1].endswith("…")


def test_a_check_that_is_well_is_cut_with_a_sign() -> None:
    checks = CheckList()
    text = "stops at 15 N·cm: top of the window, 15 N·cm; the lowest of them holds here"
    checks.put((CheckView(id="guardrail", gates=True, state=CheckState.OK, text=text),))
    rows = said(checks.paint(40, 12))
    assert rows[2].rstrip().endswith("…")
    assert text.startswith(rows[2].strip()[:-1])


@pytest.mark.parametrize(("width", "marks"), [(26, ""), (30, "NEW"), (40, "NEW, over")])
def test_an_alarm_keeps_its_name_and_then_its_marks_where_its_reason_has_no_room(
    width: int, marks: str
) -> None:
    alarms = AlarmList()
    alarms.show(view(alarms=(alarm(1, active=False), alarm(2, priority=Priority.WARNING))))
    rows = said(alarms.paint(width, 3))
    assert say("code.root_contact") in rows[1]
    assert rows[1].endswith(marks)


def test_marks_of_the_insertion_before_are_not_drawn_over_the_next_curve() -> None:
    curve = TorqueCurve()
    old, new = alarm(1, time_s=15.0), alarm(2, time_s=0.5)
    curve.show(view(alarms=(old,)), block([1.0] * 200, 0))
    assert "▼" in said(curve.paint(60, 10))[0]
    following = view(insertion_id="01J0000000000000000000NEXT", alarms=(old,))
    curve.show(following, None)
    assert "▼" not in said(curve.paint(60, 10))[0]
    curve.show(following.model_copy(update={"alarms": (old, new)}), None)
    assert said(curve.paint(60, 10))[0].count("▼") == 1


def test_all_keys_can_be_reached_in_the_help_at_80x24_and_space_still_finishes() -> None:
    async def scenario() -> None:
        stage = SCENES["insert-closed"].stage(as_it_is)
        async with played(stage, (80, 24)) as pilot:
            await pilot.press("question_mark")
            await pilot.pause()
            assert "▼" in text_of(lines_of(pilot))
            await pilot.press("end")
            await pilot.pause()
            assert "closes this" in text_of(lines_of(pilot))
        link_stage = Stage(view())
        async with played(link_stage, (80, 24)) as pilot:
            await pilot.press("question_mark", "space")
            await pilot.pause()
            link = pilot.app.screen.link  # type: ignore[attr-defined] # of this product
            assert [order for order, _ in link.orders] == [OrderName.FINISH]

    run(scenario)


def test_help_of_the_review_reaches_stop_and_the_way_back_at_80x24() -> None:
    async def scenario() -> None:
        stage = SCENES["review"].stage(as_it_is)
        async with played(stage, (80, 24)) as pilot:
            await pilot.press("question_mark", "end")
            await pilot.pause()
            shown = text_of(lines_of(pilot))
            assert say("help.stop") in shown
            assert say("disclaimer")[:40] in shown
            await pilot.press("escape")
            await pilot.pause()
            assert say("help.stop") not in text_of(lines_of(pilot))

    run(scenario)


def test_all_that_a_handpiece_says_of_itself_can_be_reached_at_80x24() -> None:
    async def scenario() -> None:
        async with played(devices(), (80, 24)) as pilot:
            assert "▼" in text_of(lines_of(pilot))
            pilot.app.screen.query_one("#device").focus()
            await pilot.press("end")
            await pilot.pause()
            assert say("devices.losses") in text_of(lines_of(pilot))

    run(scenario)


def test_a_key_of_the_review_is_answered_while_there_is_no_insertion() -> None:
    async def scenario() -> None:
        recorder = ScriptedRecorder()
        recorder.refusal = "nothing was recorded yet"
        idle = view(phase=SessionPhase.PREPARE, insertion_id=None)
        stage = Stage(idle, keys=("3", "g"), archive=lambda: linked(recorder))
        async with played(stage, (120, 40)) as pilot:
            assert text_of(lines_of(pilot)).count(say("review.none")) == 2

    run(scenario)


def test_history_tells_its_key_by_the_sign_that_is_on_it() -> None:
    async def scenario() -> None:
        stage = SCENES["history-compare"].stage(as_it_is)
        async with played(Stage(stage.shown, keys=("4", "question_mark")), (120, 40)) as pilot:
            shown = text_of(lines_of(pilot))
            assert f" /     {say('history.help.slash')}" in shown
            assert "slash" not in shown

    run(scenario)


def test_escape_closes_the_help_of_a_comparison_before_the_comparison() -> None:
    async def scenario() -> None:
        stage = SCENES["history-compare"].stage(as_it_is)
        async with played(stage, (120, 40)) as pilot:
            await pilot.press("question_mark", "escape")
            await pilot.pause()
            assert say("history.comparing") in text_of(lines_of(pilot))

    run(scenario)


def test_comparing_without_two_marks_says_what_is_wanting() -> None:
    async def scenario() -> None:
        idle = view(phase=SessionPhase.PREPARE, insertion_id=None)
        stage = Stage(idle, keys=("4", "c", "v"), archive=lambda: linked(ScriptedRecorder()))
        async with played(stage, (80, 24)) as pilot:
            assert say("history.few") in text_of(lines_of(pilot))

    run(scenario)


@pytest.mark.parametrize("width", [30, 50, 79])
def test_a_warning_that_has_no_room_beside_a_new_answer_is_cut_with_a_sign(width: int) -> None:
    line = NoticeLine(id="notice")
    no_sound = f"{say('sound.missing')}: the sound is switched off (--sound=off) for this chair"
    line._put(_Notice("", "Sign: signed by Dr A", urgent=False, sound=no_sound, new=True))
    (row,) = said(line.paint(width, 1))
    assert cell_len(row) <= width
    assert row.startswith(" Sign: signed by Dr A  ")
    assert row.endswith("…")


@pytest.mark.parametrize(
    "why",
    [
        "latched",
        "motor turning",
        "out of range",
        "sensor not ready",
        "not authenticated",
        "busy",
        "no answer",
    ],
)
def test_why_a_handpiece_did_not_zero_or_arm_is_told_in_german(why: str) -> None:
    speak("de")
    for sentence in (f"the sensor is not zeroed: {why}", f"not armed: {why}"):
        assert why not in told(sentence)
