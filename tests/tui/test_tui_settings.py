"""Devices and settings, and what every screen has: STOP, help, a way back, a heartbeat."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.tui.archive_stage import Shown, dashboard, idle, run
from tests.tui.tui_views import SIZES
from torquemon import paths
from torquemon.local.archive import AskDevices, TrySound
from torquemon.local.messages import OrderName
from torquemon.settings import KEY_IDS, Settings, load
from torquemon.tui.app import DashboardApp
from torquemon.tui.widgets.keys import StopButton
from torquemon.tui.widgets.touch import TouchButton, TouchList


def test_devices_tell_what_the_handpiece_can_and_what_else_is_there() -> None:
    async def scenario() -> None:
        async with dashboard("5") as shown:
            for words in ("SIM-0007", "1000 times a second", "stopped from", "USB Twin"):
                assert words in " ".join(shown.text.split())
            await shown.press("l")
            assert AskDevices(scan=True) in shown.recorder.asked

    run(scenario)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(paths.HOME_VARIABLE, str(tmp_path))
    return tmp_path


def test_a_language_holds_at_once_and_is_stored(home: Path) -> None:
    del home

    async def scenario() -> None:
        async with dashboard("6") as shown:
            await shown.press("enter", "down", "enter")
            assert "Sprache" in shown.text
            assert "KEINE AUFNAHME" in shown.text
            assert load().settings.language == "de"

    run(scenario)


@pytest.mark.requirement("REQ-STOP-8")
@pytest.mark.parametrize("keys", ["f12", "s", "b f12"])
def test_a_key_of_stop_cannot_be_given_away(home: Path, keys: str) -> None:
    del home

    async def scenario() -> None:
        async with dashboard("6") as shown:
            items = shown.pilot.app.screen.query_one("#settings-list", TouchList)
            items.fill(items._list.items, "key.record")
            await shown.press("enter")
            field = shown.pilot.app.screen.query_one("#settings-field-input")
            field.value = keys  # type: ignore[attr-defined] # an input
            await shown.pilot.press("enter")
            await shown.fresh()
            assert "stops the motor and nothing else" in shown.text
            assert load().settings.keys == {}

    run(scenario)


@pytest.mark.requirement("REQ-STOP-8")
def test_stop_stays_where_it_is_with_every_other_key_moved() -> None:
    async def scenario() -> None:
        keys = {name: (key,) for name, key in zip(KEY_IDS, "ABCDEFGHIJKLMNOPQ", strict=False)}
        async with dashboard(settings=Settings(keys=keys)) as shown:
            for number in "123456":
                await shown.pilot.press(f"f{int(number) + 1}")
                await shown.fresh()
                shown.link.orders.clear()
                shown.pilot.app.screen.set_focus(None)
                await shown.pilot.press("f12", "s")
                await shown.fresh()
                assert shown.link.orders == [(OrderName.STOP, {})] * 2, number
            await shown.press("f3")
            shown.link.orders.clear()
            await shown.press(keys["acknowledge"][0])
            assert shown.link.orders == [(OrderName.ACKNOWLEDGE, {})]

    run(scenario)


@pytest.mark.requirement("REQ-STOP-8")
@pytest.mark.parametrize("size", SIZES)
def test_every_screen_has_stop_and_targets_for_a_finger(size: tuple[int, int]) -> None:
    async def scenario() -> None:
        async with dashboard(size=size) as shown:
            for number in "13456":
                await shown.pilot.press(f"f{int(number) + 1}")
                await shown.fresh()
                screen = shown.pilot.app.screen
                targets = [*screen.query(TouchButton), *screen.query(StopButton)]
                seen = [target for target in targets if target.region and target.is_on_screen]
                assert any(isinstance(target, StopButton) for target in seen)
                for target in seen:
                    assert target.region.height >= 3, (number, target)
                    assert target.region.width >= 12, (number, target)
                    assert screen.region.contains_region(target.region), (number, target)

    run(scenario)


@pytest.mark.parametrize("number", ["1", "3", "4", "5", "6"])
def test_every_screen_has_help_and_a_way_back(number: str) -> None:
    async def scenario() -> None:
        async with dashboard() as shown:
            await shown.press(f"f{int(number) + 1}")
            await shown.press("f1")
            assert "No key starts the motor" in shown.text
            assert "Not a medical device" in shown.text
            await shown.press("escape")
            assert "No key starts the motor" not in shown.text
            shown.pilot.app.screen.set_focus(None)
            await shown.press("escape", "escape")
            assert shown.pilot.app.screen.query("#number")

    run(scenario)


@pytest.mark.usefixtures("chair_folder")
def test_defaults_sound_and_printer_are_chosen_in_the_settings() -> None:
    async def scenario() -> None:
        async with dashboard("6") as shown:
            await pick(shown, "site")
            await shown.pilot.press("end", "enter")
            await shown.fresh()
            await pick(shown, "operator")
            await shown.press(*"Dr C", "enter")
            await pick(shown, "print_command")
            await shown.press(*"lp -d 'room 2'", "enter")
            await pick(shown, "volume")
            await shown.pilot.press("down", "enter")
            await shown.fresh()
            await pick(shown, "try_sound")
            assert "an alarm is played once" in shown.text
            assert isinstance(shown.recorder.asked[-1], TrySound)
        stored = load().settings
        assert (stored.site, stored.operator, stored.volume) == ("infrazygomatic", "Dr C", "half")
        assert stored.print_words() == ["lp", "-d", "room 2"]

    async def pick(shown: Shown, name: str) -> None:
        items = shown.pilot.app.screen.query_one("#settings-list", TouchList)
        items.focus()
        items.fill(items._list.items, name)
        await shown.pilot.pause()
        await shown.press("enter")

    run(scenario)


def test_a_print_command_that_cannot_be_read_is_refused_with_a_sentence() -> None:
    async def scenario() -> None:
        async with dashboard("6") as shown:
            items = shown.pilot.app.screen.query_one("#settings-list", TouchList)
            items.fill(items._list.items, "print_command")
            await shown.press("enter")
            await shown.press(*"lp 'a", "enter")
            assert "not changed: the print command cannot be read" in shown.text

    run(scenario)


@pytest.mark.requirement("REQ-SHOW-3", "REQ-LEASE-1")
@pytest.mark.parametrize(("before", "after"), [("f2", "history"), ("f3", "prepare")])
def test_the_heartbeat_survives_a_change_of_screen_in_the_middle_of_a_frame(
    before: str, after: str
) -> None:
    async def scenario() -> None:
        async with dashboard(before) as shown:
            app = shown.pilot.app
            assert isinstance(app, DashboardApp)
            with app.batch_update():
                shown.link.put(idle(sequence=90))
                for _ in range(5):
                    await asyncio.sleep(0)
                app.go(after)
            await asyncio.wait_for(shown.link.until_drawn(90), timeout=10)
            shown.link.put(idle(sequence=91))
            await asyncio.wait_for(shown.link.until_drawn(91), timeout=10)

    run(scenario)


def test_a_key_that_was_moved_is_named_as_it_is_on_bar_and_help() -> None:
    async def scenario() -> None:
        moved = Settings(keys={"acknowledge": ("B",), "sign": ("w",)})
        async with dashboard(settings=moved) as shown:
            bar = shown.text
            assert "B" in [word for line in bar.splitlines() for word in line.split()]
            await shown.pilot.press("question_mark")
            await shown.pilot.pause()
            help_text = shown.text
            line = next(line for line in help_text.splitlines() if "cknowledge" in line)
            assert " B " in line

    run(scenario)
