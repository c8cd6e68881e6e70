"""What was typed into the settings and refused stands there still, to be mended."""

from __future__ import annotations

import pytest
from textual.widgets import Input

from tests.tui.archive_stage import dashboard, run
from torquemon.settings import load
from torquemon.tui.widgets.touch import TouchList


@pytest.mark.usefixtures("chair_folder")
def test_a_refused_print_command_is_kept_to_be_mended() -> None:
    async def scenario() -> None:
        async with dashboard("6") as shown:
            screen = shown.pilot.app.screen
            items = screen.query_one("#settings-list", TouchList)
            items.fill(items._list.items, "print_command")
            await shown.press("enter")
            await shown.press(*"lp 'a", "enter")
            field = screen.query_one("#settings-field-input", Input)
            assert "not changed: the print command cannot be read" in shown.text
            assert field.value == "lp 'a"
            assert field.region
            assert screen.focused is field
            await shown.press("'", "enter")
            assert not field.region
            assert load().settings.print_command == "lp 'a'"

    run(scenario)
