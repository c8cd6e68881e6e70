"""Where the focus is on Prepare after a field was set: at the next one, never nowhere."""

from __future__ import annotations

import pytest

from tests.tui.test_tui_prepare import PLAN, prepared, run, touch
from torquemon.local.messages import OrderName
from torquemon.tui.screens.prepare import TILES


@pytest.mark.parametrize(
    ("tile", "keys"),
    [
        ("patient", ("P", "7", "enter")),
        ("operator", ("B", "enter")),
        ("site", ("right", "enter")),
        ("screw", ("down", "enter")),
        ("window", ("5", "-", "9", "enter")),
        ("threshold", ("9", "enter")),
    ],
)
def test_after_a_field_was_set_the_next_one_has_the_focus(tile: str, keys: tuple[str, ...]) -> None:
    async def scenario() -> None:
        async with prepared() as (pilot, link):
            await touch(pilot, f"#tile-{tile}")
            await pilot.press(*keys)
            await pilot.pause()
            assert [order for order, _ in link.orders] == [OrderName.PREPARE]
            focused = pilot.app.screen.focused
            assert focused is not None
            assert focused.id == f"tile-{TILES[TILES.index(tile) + 1]}"

    run(scenario)


def test_digits_typed_after_the_patient_was_set_do_not_leave_the_screen() -> None:
    async def scenario() -> None:
        async with prepared() as (pilot, link):
            await pilot.press("enter")
            await pilot.pause()
            await pilot.press("P", "7", "enter")
            await pilot.pause()
            await pilot.press("2", "3")
            await pilot.pause()
            assert pilot.app.screen.query("#tiles")
            await pilot.press("enter")
            await pilot.pause()
            assert link.orders[-1] == (OrderName.PREPARE, PLAN | {"operator": "23"})

    run(scenario)


def test_a_field_that_was_left_keeps_the_focus() -> None:
    async def scenario() -> None:
        async with prepared() as (pilot, _):
            for leave in ("escape", "#field-back"):
                await touch(pilot, "#tile-screw")
                await (pilot.press(leave) if leave == "escape" else touch(pilot, leave))
                await pilot.pause()
                focused = pilot.app.screen.focused
                assert focused is not None
                assert focused.id == "tile-screw"

    run(scenario)
