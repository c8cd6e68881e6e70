"""Review, history and replay: what they show and add, by keys and by finger."""

from __future__ import annotations

import pytest

from tests.tui.archive_stage import dashboard, idle, run
from tests.tui.tui_archive import IDS
from tests.tui.tui_views import SIZES
from torquemon.local.archive import ActName, Search
from torquemon.tui.screens.replay import ReplayScreen
from torquemon.tui.screens.review import ReviewScreen
from torquemon.tui.widgets.panels import ScrollPanel
from torquemon.tui.widgets.stored_plot import StoredPlot
from torquemon.tui.widgets.touch import TouchList


@pytest.mark.requirement("REQ-ORG-2")
@pytest.mark.parametrize("size", SIZES)
def test_review_shows_curve_verdict_reason_mark_and_remarks(size: tuple[int, int]) -> None:
    async def scenario() -> None:
        async with dashboard("3", size=size) as shown:
            text = shown.text
            assert text.count("SIMULATED") >= 3
            assert "WITHIN THE WINDOW, 11.9 N·cm" in text
            assert "P-100" in text
            assert any("\u2800" < char <= "\u28ff" for char in text)
            assert "N·cm 0   ┃ window 5-15 N·cm" in text
            assert "10┫" in text
            if size[1] >= 40:
                assert "maximum 11.9 N·cm lies in the window" in text
                assert "another verdict than the monitor" in text
                assert "Note went in easily (Dr A)" in text
                assert "torque rose 4 N·cm" in text

    run(scenario)


def test_a_note_is_typed_and_added_by_the_operator() -> None:
    async def scenario() -> None:
        async with dashboard("3", "n") as shown:
            await shown.press(*"ok s", "enter")
            (act,) = shown.recorder.acts
            assert (act.name, act.text, act.who) == (ActName.NOTE, "ok s", "Dr A")
            assert "it is in the record" in shown.text
            assert shown.link.orders == []

    run(scenario)


def test_the_outcome_of_a_stop_is_picked_by_finger() -> None:
    async def scenario() -> None:
        async with dashboard("3", size=(80, 24)) as shown:
            await shown.touch("#act-stop_outcome")
            await shown.press("down", "enter")
            (act,) = shown.recorder.acts
            assert (act.name, act.choice) == (ActName.STOP_OUTCOME, "redirected")
            await shown.touch("#act-sign")
            await shown.touch("#review-field-set")
            assert shown.recorder.acts[-1].name is ActName.SIGN

    run(scenario)


def test_whoever_signs_is_asked_for_where_nobody_is_named() -> None:
    async def scenario() -> None:
        async with dashboard("3") as shown:
            nobody = idle(operator="")
            await shown.fresh(nobody)
            await shown.pilot.click("#act-sign")
            await shown.fresh(nobody)
            assert "Who is it that adds this?" in shown.text
            await shown.pilot.press(*"Dr B", "enter")
            await shown.fresh(nobody)
            await shown.pilot.press("enter")
            await shown.fresh(nobody)
            (act,) = shown.recorder.acts
            assert (act.name, act.who) == (ActName.SIGN, "Dr B")

    run(scenario)


def test_a_viewer_adds_nothing_to_the_record() -> None:
    async def scenario() -> None:
        async with dashboard("3") as shown:
            await shown.fresh(idle(controlling=False))
            await shown.pilot.press("n")
            await shown.pilot.click("#act-sign")
            await shown.fresh(idle(controlling=False))
            assert shown.recorder.acts == []

    run(scenario)


def test_a_refusal_of_the_recorder_is_said_and_the_screen_goes_on() -> None:
    async def scenario() -> None:
        async with dashboard("3") as shown:
            shown.recorder.refusal = "the disk is full"
            await shown.touch("#act-send")
            assert "FAILED: the disk is full" in shown.text

    run(scenario)


@pytest.mark.parametrize("screen", ["3", "4", "5"])
def test_without_a_recorder_each_screen_says_so(screen: str) -> None:
    async def scenario() -> None:
        async with dashboard() as shown:
            shown.recorder.refusal = "no recorder runs at this chair"
            await shown.press(screen)
            assert "no recorder runs at this chair" in shown.text
            assert "8.4" not in shown.text  # the number is in block digits, and stays
            assert shown.pilot.app.screen.query_one("#live-number").region

    run(scenario)


@pytest.mark.parametrize("size", SIZES)
def test_history_lists_searches_and_opens(size: tuple[int, int]) -> None:
    async def scenario() -> None:
        async with dashboard("4", size=size) as shown:
            for words in ("P-100", "2026-03-01 09:30", "WITHIN THE WINDOW", "SIMULATED"):
                assert words in shown.text
            await shown.press("slash", *"P-102", "enter")
            assert "P-100" not in shown.text
            searches = [each for each in shown.recorder.asked if isinstance(each, Search)]
            assert searches[-1].text == "P-102"
            await shown.press("enter")
            assert "2026-03-03 09:30" in shown.text
            assert shown.pilot.app.screen.query("#review-plot")

    run(scenario)


@pytest.mark.requirement("REQ-ORG-2")
def test_history_compares_two_on_one_plot_told_apart_by_letters() -> None:
    async def scenario() -> None:
        async with dashboard("4", "c", "down", "c", "v") as shown:
            text = shown.text
            plot = shown.pilot.app.screen.query_one("#history-plot", StoredPlot)
            assert len(plot.scene.curves) == 2
            assert " A SIMULATED · 2026-03-01" in text
            assert " B SIMULATED · 2026-03-02" in text
            drawn = "\n".join(strip.text for strip in plot._lines)
            assert "A" in drawn
            assert "B" in drawn
            assert "20.0 s" in drawn
            await shown.press("x")
            assert "10.0 turns" in shown.text
            await shown.press("escape")
            assert shown.pilot.app.screen.query_one("#history-list", TouchList).display

    run(scenario)


@pytest.mark.requirement("REQ-ORG-2")
def test_a_replay_is_marked_replayed_and_runs_at_any_speed() -> None:
    async def scenario() -> None:
        async with dashboard("3", "r", "space") as shown:
            screen = shown.pilot.app.screen
            assert isinstance(screen, ReplayScreen)
            for key, seconds in (("", 1.0), ("right", 2.0), ("right", 4.0)):
                if key:
                    await shown.press(key)
                player = screen.player
                player.position_s, player.playing = 0.0, True
                screen.play(1.0)
                assert player.position_s == pytest.approx(seconds)
                await shown.fresh()
                assert "REPLAYED" in shown.text
            player = screen.player
            screen.play(1000.0)
            assert player.position_s == player.end_s
            assert not player.playing
            await shown.touch("#replay-again")
            assert player.position_s < player.end_s  # it plays on meanwhile
            assert player.playing
            await shown.press("escape")
            assert shown.pilot.app.screen.query("#review-plot")

    run(scenario)


@pytest.mark.parametrize(
    ("key", "act"), [("e", ActName.SEND), ("d", ActName.REPORT), ("p", ActName.PRINT)]
)
def test_what_needs_no_words_is_one_key(key: str, act: ActName) -> None:
    async def scenario() -> None:
        async with dashboard("3", key) as shown:
            (added,) = shown.recorder.acts
            assert (added.name, added.who) == (act, "Dr A")

    run(scenario)


@pytest.mark.parametrize("key", ["e", "d", "p"])
def test_what_adds_nothing_to_the_record_asks_for_no_name(key: str) -> None:
    async def scenario() -> None:
        async with dashboard() as shown:
            nobody = idle(operator="")
            await shown.fresh(nobody)
            await shown.pilot.press("3")
            await shown.fresh(nobody)
            await shown.pilot.press(key)
            await shown.fresh(nobody)
            assert len(shown.recorder.acts) == 1

    run(scenario)


def test_a_report_is_printed_and_its_end_is_said() -> None:
    async def scenario() -> None:
        async with dashboard("3") as shown:
            review = shown.pilot.app.screen
            assert isinstance(review, ReviewScreen)
            shown.recorder.report = "the report is being printed"
            await shown.press("p")
            (act,) = shown.recorder.acts
            assert act.name is ActName.PRINT
            review._ask_again()
            await shown.fresh()
            assert "the report is being printed" in shown.text
            shown.recorder.report = "the report was not printed: lp: no printer is set up"
            review._ask_again()
            await shown.fresh()
            assert "the report was not printed: lp: no printer is set up" in shown.text
            asked = len(shown.recorder.asked)
            review._ask_again()
            await shown.fresh()
            assert len(shown.recorder.asked) == asked

    run(scenario)


@pytest.mark.parametrize("operator", ["", "Dr A"])
def test_a_note_is_never_taken_for_the_name_of_its_author(operator: str) -> None:
    async def scenario() -> None:
        async with dashboard() as shown:
            nobody = idle(operator=operator)
            await shown.fresh(nobody)
            await shown.pilot.press("3", "n")
            await shown.fresh(nobody)
            await shown.pilot.press(*"ok so", "enter")
            await shown.fresh(nobody)
            if not operator:
                assert shown.recorder.acts == []
                assert "Who is it that adds this?" in shown.text
                await shown.pilot.press(*"Dr B", "enter")
                await shown.fresh(nobody)
            (act,) = shown.recorder.acts
            assert (act.text, act.who) == ("ok so", operator or "Dr B")

    run(scenario)


@pytest.mark.parametrize("size", SIZES)
def test_all_events_are_listed_with_sign_and_number_of_the_insertion(size: tuple[int, int]) -> None:
    async def scenario() -> None:
        async with dashboard("3", "l", size=size) as shown:
            panel = shown.pilot.app.screen.query_one("#review-events", ScrollPanel)
            seen = shown.text
            for _ in range(10):
                await shown.pilot.click("#review-events", offset=(3, panel.size.height - 1))
                await shown.fresh()
                seen += shown.text
            assert IDS[0] in seen
            assert "▼ torque rose 4" in seen
            assert "asked to arm" in seen
            assert "Note went in easily" in seen
            await shown.press("escape")
            assert "N·cm 0   ┃ window" in shown.text

    run(scenario)


def test_what_the_recorder_knows_is_shown_beside_the_patient() -> None:
    async def scenario() -> None:
        async with dashboard("1") as shown:
            await shown.fresh(idle(to_confirm=("the patient is P-1042",)))
            await shown.pilot.press("space")
            await shown.fresh(idle(to_confirm=("the patient is P-1042",)))
            assert "Muster, Erika, 2008-05-01. 2 recorded before, last 2026-02-01" in shown.text
            assert IDS

    run(scenario)
