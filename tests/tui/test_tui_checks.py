"""The check list on a short terminal: what is wrong comes first, what has no room is counted."""

from __future__ import annotations

import asyncio
import re

import pytest

from tests.tui.scenes.prepare import planned
from tests.tui.tui_archive import ScriptedRecorder, linked
from tests.tui.tui_scenes import Stage, as_it_is, lines_of, played, text_of
from torquemon.local.view import CheckState, CheckView
from torquemon.settings import Settings
from torquemon.tui.widgets.checks import CheckList
from torquemon.tui.words import LANGUAGES, say, speak

GATES = ("link", "identity", "sensor", "guardrail", "confirmed")
WARNS = ("calibration", "storage", "screw_limit", "screw_site", "sound", "disk", "network")
OK, WAIT, BAD = CheckState.OK, CheckState.WAIT, CheckState.BAD


def checks(**states: CheckState) -> tuple[CheckView, ...]:
    return tuple(
        CheckView(id=name, gates=name in GATES, state=states.get(name, OK), text=f"about {name}")
        for name in (*GATES, *WARNS)
    )


def painted(height: int, **states: CheckState) -> list[str]:
    listed = CheckList()
    listed.put(checks(**states))
    return ["".join(part.text for part in line) for line in listed.paint(39, height)]


@pytest.mark.parametrize("height", range(2, 16))
def test_checks_that_have_no_room_are_counted(height: int) -> None:
    rows = painted(height, network=BAD, sensor=BAD)
    assert len(rows) <= height
    shown = sum(any(sign in row for sign in "✓◌✗") for row in rows)
    left = sum(int(found) for row in rows for found in re.findall(r"… \+(\d+)", row))
    assert shown + left == len(GATES) + len(WARNS)
    assert (left == 0) is (height >= 2 + len(GATES) + len(WARNS))
    assert all(len(row) <= 39 for row in rows)


def test_what_is_wrong_comes_first_in_its_part_and_goes_last() -> None:
    rows = painted(30, network=BAD, sensor=BAD, confirmed=WAIT, disk=WAIT)
    assert [row[1] for row in rows if row[1] in "✓◌✗"] == list("✗◌✓✓✓✗◌✓✓✓✓✓")
    short = painted(6, network=BAD, sensor=BAD, confirmed=WAIT, disk=WAIT)
    assert [row[1] for row in short if row[1] in "✓◌✗"] == list("✗◌✗◌")


@pytest.mark.parametrize("height", [0, 1])
def test_no_terminal_is_too_small_for_the_list(height: int) -> None:
    rows = painted(height, network=BAD)
    assert len(rows) == height
    assert all("… +" in row for row in rows)


@pytest.mark.parametrize("language", LANGUAGES)
def test_disk_and_sending_wait_from_the_start(language: str) -> None:
    async def scenario() -> None:
        stage = Stage(planned(as_it_is), keys=("1",), archive=lambda: linked(ScriptedRecorder()))
        async with played(stage, (120, 60), Settings(language=language)) as pilot:
            speak(language)
            screen = text_of(lines_of(pilot))
            assert f"◌ {say('check.disk')}" in screen
            assert f"◌ {say('check.network')}" in screen
            assert say("check.asked") in screen

    asyncio.run(scenario())
