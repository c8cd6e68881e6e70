"""The keys of the insert screen as targets for a gloved finger, and the number beside them."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tui.scenes.insert import dressed
from tests.tui.tui_scenes import Stage, as_it_is, lines_of, played, text_of
from torquemon.local.view import Band, SessionPhase
from torquemon.tui.widgets.keys import KEYS, REVIEW, KeyBar, keys_now, targets_now
from torquemon.tui.widgets.touch import TARGET_COLUMNS, TARGET_ROWS
from torquemon.tui.words import LANGUAGES, catalogue

STATES = [
    {"phase": SessionPhase.RECORDING},
    {"phase": SessionPhase.RECORDING, "controlling": False},
    {"phase": SessionPhase.PREPARE, "band": Band.IDLE},
    {"phase": SessionPhase.PREPARE, "band": Band.IDLE, "controlling": False},
]


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (120, 40), (200, 60)])
@pytest.mark.parametrize("changes", STATES)
def test_every_key_in_the_bar_is_large_enough_for_a_finger(
    changes: dict[str, object], size: tuple[int, int]
) -> None:
    async def walk() -> None:
        async with played(Stage(dressed(as_it_is, **changes)), size) as pilot:
            bar = pilot.app.screen.query_one(KeyBar)
            assert bar.region.height >= TARGET_ROWS
            assert bar.region.bottom == size[1]
            assert all(field.end - field.start >= TARGET_COLUMNS for field in bar._fields)
            actions = [field.action for field in bar._fields]
            assert "help" in actions
            if size[0] >= 120:
                orders = changes.get("controlling", True)
                wanted = {key.action for key in KEYS if orders or not key.orders}
                left_out = {"order('tare')", "order('arm')", "axis", "prepare"}
                assert wanted - left_out <= set(actions)
            number = pilot.app.screen.query_one("#number")
            rows = text_of(lines_of(pilot)).splitlines()[number.region.y : number.region.bottom]
            filled = [row for row in rows if set("█▀▄") & set(row[:70])]
            assert len(filled) >= (9 if size[1] >= 40 else 7)

    asyncio.run(walk())


def test_a_touch_on_a_field_does_what_its_key_does() -> None:
    async def walk() -> None:
        async with played(Stage(dressed(as_it_is)), (120, 40)) as pilot:
            bar = pilot.app.screen.query_one(KeyBar)
            (field,) = [field for field in bar._fields if field.action == "log"]
            for row in range(TARGET_ROWS):
                for x in (field.start, field.end - 1):
                    await pilot.click(KeyBar, offset=(x, row))
                    await pilot.pause()
            assert not pilot.app.screen.query_one("#log").display
            await pilot.click(KeyBar, offset=(field.start, 2))
            await pilot.pause()
            assert pilot.app.screen.query_one("#log").display

    asyncio.run(walk())


def test_what_a_narrow_bar_leaves_out_stands_behind_more() -> None:
    """STOP has its own field; a log, an axis and the end are a touch further away."""

    def labels(*, recording: bool, controlling: bool, room: int, page: int = 0) -> list[str]:
        keys = targets_now(recording=recording, controlling=controlling, room=room, page=page)
        return [key.label for key in keys]

    first = labels(recording=True, controlling=True, room=6)
    assert first == ["record", "acknowledge", "pause", "arm", "help", "more"]
    assert labels(recording=True, controlling=True, room=6, page=1) == [
        "axis",
        "log",
        "quit",
        "more",
    ]
    assert labels(recording=True, controlling=True, room=6, page=2) == first
    assert labels(recording=False, controlling=True, room=6) == [
        "record",
        "acknowledge",
        "pause",
        "prepare",
        "help",
        "more",
    ]
    assert labels(recording=False, controlling=False, room=5) == [
        "stop",
        "log",
        "review",
        "help",
        "quit",
    ]


@given(st.booleans(), st.booleans(), st.integers(2, 20))
def test_every_key_is_on_some_page_of_the_bar(
    recording: bool,  # noqa: FBT001 - given
    controlling: bool,  # noqa: FBT001 - given
    room: int,
) -> None:
    found: list[str] = []
    for page in range(20):
        keys = targets_now(recording=recording, controlling=controlling, room=room, page=page)
        assert len(keys) <= room
        found += [key.label for key in keys]
    keys = (*keys_now(recording=recording), *(() if recording else (REVIEW,)))
    wanted = {key.label for key in keys if controlling or not key.orders}
    assert wanted - {"stop"} <= set(found)


def test_more_turns_the_page_and_what_was_done_turns_it_back() -> None:
    async def walk() -> None:
        async with played(Stage(dressed(as_it_is)), (80, 24)) as pilot:
            bar = pilot.app.screen.query_one(KeyBar)

            async def touch(action: str) -> None:
                (field,) = [field for field in bar._fields if field.action == action]
                await pilot.click(KeyBar, offset=(field.end - 1, 1))
                await pilot.pause()

            first = [field.action for field in bar._fields]
            await touch("more")
            assert "log" in [field.action for field in bar._fields]
            await touch("log")
            assert pilot.app.screen.query_one("#log").display
            assert [field.action for field in bar._fields] == first

    asyncio.run(walk())


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_names_of_the_targets_fit_into_them(language: str) -> None:
    names = {k: v for k, v in catalogue(language).items() if k.startswith("target.")}
    assert names
    assert [name for name in names.values() if len(name) >= TARGET_COLUMNS] == []
