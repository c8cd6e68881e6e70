"""Signing is asked about first: a signed insertion goes to the destinations by itself."""

from __future__ import annotations

import pytest

from tests.tui import tui_archive
from tests.tui.archive_stage import dashboard, idle, run
from tests.tui.tui_archive import Give, insertion
from torquemon.local.archive import ActName, ArchiveAnswer, EventLine, Load
from torquemon.settings import Settings
from torquemon.tui.screens.archive_parts import ever_stopped
from torquemon.tui.words import LANGUAGES, say, speak


@pytest.mark.parametrize("language", LANGUAGES)
def test_g_asks_and_signs_only_when_it_is_said_again(language: str) -> None:
    async def scenario() -> None:
        async with dashboard("3", "g", settings=Settings(language=language)) as shown:
            assert shown.recorder.acts == []
            speak(language)
            assert say("review.sign.yes", who="Dr A") in shown.text
            assert say("review.sign.why")[:40] in shown.text
            await shown.press("enter")
            (act,) = shown.recorder.acts
            assert (act.name, act.who, act.text, act.choice) == (ActName.SIGN, "Dr A", "", "")

    run(scenario)


@pytest.mark.parametrize("leave", ["escape", "back"])
def test_a_signature_that_is_not_meant_is_left(leave: str) -> None:
    async def scenario() -> None:
        async with dashboard("3", "g") as shown:
            if leave == "escape":
                await shown.press("escape")
            else:
                await shown.touch("#review-field-back")
            assert shown.recorder.acts == []
            await shown.press("enter")
            assert shown.recorder.acts == []
            assert "N·cm 0   ┃ window" in shown.text

    run(scenario)


def test_who_signs_is_asked_before_it_is_confirmed() -> None:
    async def scenario() -> None:
        async with dashboard() as shown:
            nobody = idle(operator="")
            await shown.fresh(nobody)
            for keys in (("3",), ("g",), (*"Dr B", "enter")):
                await shown.pilot.press(*keys)
                await shown.fresh(nobody)
                assert shown.recorder.acts == []
            assert say("review.sign.yes", who="Dr B") in shown.text
            await shown.pilot.press("enter")
            await shown.fresh(nobody)
            (act,) = shown.recorder.acts
            assert (act.name, act.who) == (ActName.SIGN, "Dr B")

    run(scenario)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
def test_a_finger_signs_too(size: tuple[int, int]) -> None:
    async def scenario() -> None:
        async with dashboard("3", size=size) as shown:
            await shown.touch("#act-sign")
            assert shown.recorder.acts == []
            await shown.touch("#review-field-set")
            assert [act.name for act in shown.recorder.acts] == [ActName.SIGN]

    run(scenario)


STOPS = (
    "stopped at the threshold, 12.1 N·cm",
    "stopped, reason not stated",
    "stop asked for: the dashboard",
)


@pytest.mark.parametrize("text", STOPS)
def test_a_stop_is_known_by_what_the_record_says(text: str) -> None:
    calm = insertion(str, remarks=())
    assert not ever_stopped(calm)
    assert ever_stopped(insertion(str, remarks=(), events=(EventLine(time_s=1.0, text=text),)))
    assert ever_stopped(insertion(str))  # what came of it was told


def test_what_came_of_a_stop_is_not_offered_where_there_was_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def load(give: Give, request: Load) -> ArchiveAnswer:
        del request
        return ArchiveAnswer(ok=True, insertion=insertion(give, remarks=()))

    monkeypatch.setitem(tui_archive._ANSWERS, Load, load)

    async def scenario() -> None:
        async with dashboard("3") as shown:
            await shown.touch("#act-stop_outcome")
            assert say("choice.continued") not in shown.text
            await shown.press("o")
            assert say("review.unstopped") in shown.text
            assert say("choice.continued") not in shown.text

    run(scenario)
