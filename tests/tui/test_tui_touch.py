"""The keys of the insert screen as targets for a gloved finger, and the number beside them."""

from __future__ import annotations

import asyncio

import pytest

from tests.tui.scenes.insert import dressed
from tests.tui.tui_scenes import Stage, as_it_is, lines_of, played, text_of
from torquemon.local.view import Band, SessionPhase
from torquemon.tui.widgets.keys import KEYS, KeyBar, targets_now
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


def test_what_a_narrow_bar_leaves_out_is_reached_otherwise() -> None:
    """STOP has its own field; a log, an axis and the end are for the keyboard."""
    labels = [key.label for key in targets_now(recording=True, controlling=True, room=6)]
    assert labels == ["record", "acknowledge", "pause", "arm", "axis", "help"]
    labels = [key.label for key in targets_now(recording=False, controlling=True, room=6)]
    assert labels == ["record", "acknowledge", "pause", "tare", "prepare", "help"]
    labels = [key.label for key in targets_now(recording=False, controlling=False, room=5)]
    assert labels == ["stop", "log", "review", "help", "quit"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_names_of_the_targets_fit_into_them(language: str) -> None:
    names = {k: v for k, v in catalogue(language).items() if k.startswith("target.")}
    assert names
    assert [name for name in names.values() if len(name) >= TARGET_COLUMNS] == []
