"""Prepare: every choice by keys and by finger, what must be confirmed, and STOP in reach."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from textual.events import Key
from textual.pilot import Pilot

from tests.tui.scenes.prepare import planned
from tests.tui.tui_archive import ScriptedRecorder, linked
from tests.tui.tui_scenes import as_it_is, lines_of, text_of
from tests.tui.tui_views import PACE, SIZES, ScriptedLink
from torquemon.local.messages import OrderName
from torquemon.local.view import SessionPhase, View
from torquemon.model import Origin
from torquemon.settings import Settings
from torquemon.tui.app import DashboardApp
from torquemon.tui.widgets.arch import ZONES, ArchMap, Spot
from torquemon.tui.widgets.keypad import CHARS, ERASE, KeyPad
from torquemon.tui.widgets.keys import StopButton
from torquemon.tui.widgets.nav import NavBar
from torquemon.tui.widgets.touch import (
    TARGET_COLUMNS,
    TARGET_ROWS,
    TouchButton,
    TouchList,
    TypingButton,
)

PLAN = {
    "patient": "P-1042",
    "operator": "Dr A",
    "site": "maxilla-buccal",
    "fdi": "16-15",
    "screw": "infinitas-1.5x9-short",
    "window": "",
    "threshold_ncm": "",
}


@asynccontextmanager
async def prepared(
    shown: View | None = None, size: tuple[int, int] = (120, 40), language: str = "en"
) -> AsyncIterator[tuple[Pilot[int], ScriptedLink]]:
    link = ScriptedLink()
    app = DashboardApp(link, pace=PACE, settings=Settings(language=language))
    async with app.run_test(size=size) as pilot:
        link.put(shown or planned(as_it_is))
        await link.until_drawn(1)
        await pilot.press("1")
        await pilot.pause()
        yield pilot, link


def run(test: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(test(), timeout=40))


def text(pilot: Pilot[int]) -> str:
    return text_of(lines_of(pilot))


async def touch(pilot: Pilot[int], selector: str) -> None:
    await pilot.click(selector)
    await pilot.pause()


@pytest.mark.parametrize("size", SIZES)
def test_prepare_shows_plan_and_check_list(size: tuple[int, int]) -> None:
    async def scenario() -> None:
        async with prepared(size=size) as (pilot, _):
            screen = text(pilot)
            for words in ("P-1042", "Dr A", "16-15", "NEEDED FOR THE STOP", "WARNINGS ONLY"):
                assert words in screen
            for check in ("✓ Link", "✓ Handpiece", "✗ Sensor", "✓ Guardrail", "◌ Confirmed"):
                assert check in screen
            for check in ("✓ Calibration", "✗ Screw limit", "✗ Sound"):
                assert check in screen
            assert "SIMULATED" in screen

    run(scenario)


@pytest.mark.parametrize("size", SIZES)
def test_everything_that_can_be_touched_is_large_enough(size: tuple[int, int]) -> None:
    async def scenario() -> None:
        async with prepared(size=size) as (pilot, _):
            for opener in ("", "#tile-site", "#tile-screw", "#tile-start"):
                if opener:
                    await touch(pilot, opener)
                targets = [
                    *pilot.app.screen.query(TouchButton),
                    *pilot.app.screen.query(StopButton),
                ]
                seen = [t for t in targets if t.region and t.is_on_screen]
                assert seen
                for target in seen:
                    assert target.region.height >= 3, target
                    assert target.region.width >= 12, target
                nav = pilot.app.screen.query_one(NavBar)
                assert nav.region.height >= 3
                assert all(end - start >= 12 for start, end, _ in nav._fields)
                if opener:
                    await pilot.press("escape")
                    await pilot.pause()

    run(scenario)


def test_a_text_is_typed_and_sent_with_all_the_rest() -> None:
    async def scenario() -> None:
        async with prepared() as (pilot, link):
            await pilot.press("enter")
            await pilot.pause()
            await pilot.press(*"P s1", "enter")
            await pilot.pause()
            assert link.orders == [(OrderName.PREPARE, PLAN | {"patient": "P s1"})]

    run(scenario)


HOTKEYS = "S-2001 qtalsmxr?26p"
"""A reference made of the keys of the screens, STOP and quit among them."""


@pytest.mark.requirement("REQ-PLAN-6")
@pytest.mark.parametrize("size", SIZES)
def test_what_is_typed_on_coming_here_is_the_reference_and_runs_no_key(
    size: tuple[int, int],
) -> None:
    async def scenario() -> None:
        async with prepared(size=size) as (pilot, link):
            await pilot.press(*HOTKEYS)
            await pilot.pause()
            assert link.orders == []
            assert pilot.app.screen.query("#tiles")
            await pilot.press("enter")
            await pilot.pause()
            assert link.orders == [(OrderName.PREPARE, PLAN | {"patient": HOTKEYS})]

    run(scenario)


def test_a_scanner_sets_the_reference_and_moves_on() -> None:
    """It types faster than anything is drawn, and ends with Enter."""

    async def scenario() -> None:
        async with prepared(planned(as_it_is, operator="")) as (pilot, link):
            for code in ("Q-77", "Dr. S"):
                for key in (*code, "enter"):
                    pilot.app.post_message(Key(key, key if len(key) == 1 else "\r"))
                await pilot.pause()
                await pilot.pause()
            plan = PLAN | {"operator": ""}
            assert link.orders == [
                (OrderName.PREPARE, plan | {"patient": "Q-77"}),
                (OrderName.PREPARE, plan | {"operator": "Dr. S"}),
            ]
            focused = pilot.app.screen.focused
            assert focused is not None
            assert focused.id == "tile-start"

    run(scenario)


def test_a_typed_reference_can_be_mended_and_left() -> None:
    async def scenario() -> None:
        async with prepared() as (pilot, link):
            await pilot.press(*"P-99", "backspace")
            await pilot.pause()
            assert "P-9▏" in text(pilot)
            await pilot.press("escape")
            await pilot.pause()
            assert "P-1042" in text(pilot)
            await pilot.press("escape", "escape")
            await pilot.pause()
            assert pilot.app.screen.query("#number")
            assert link.orders == []

    run(scenario)


def test_what_was_typed_is_not_lost_when_another_field_is_touched() -> None:
    async def scenario() -> None:
        async with prepared() as (pilot, link):
            await pilot.press(*"P-5")
            await touch(pilot, "#tile-screw")
            assert link.orders == [(OrderName.PREPARE, PLAN | {"patient": "P-5"})]

    run(scenario)


@pytest.mark.parametrize("size", SIZES)
def test_a_reference_can_be_touched_letter_by_letter(size: tuple[int, int]) -> None:
    async def scenario() -> None:
        async with prepared(size=size) as (pilot, link):
            await touch(pilot, "#tile-patient")
            pad = pilot.app.screen.query_one(KeyPad)
            for char in "A-7" + ERASE + "9":
                await touch_key(pilot, pad, char)
            await touch(pilot, "#field-set")
            assert link.orders == [(OrderName.PREPARE, PLAN | {"patient": "A-9"})]

    run(scenario)


async def touch_key(pilot: Pilot[int], pad: KeyPad, char: str) -> None:
    """Touch a key of the pad, turning its pages until it is there."""
    width, height = pad.size
    columns = width // TARGET_COLUMNS
    for _ in CHARS:
        keys = [key.text for key in pad.keys(width, height)]
        at = keys.index(char) if char in keys else keys.index("")
        row, column = divmod(at, columns)
        left = width * column // columns
        assert width * (column + 1) // columns - left >= TARGET_COLUMNS
        assert (row + 1) * TARGET_ROWS <= height
        await pilot.click(KeyPad, offset=(left + 1, row * TARGET_ROWS + 1))
        await pilot.pause()
        if char in keys:
            return
    raise AssertionError(f"no key types {char}")


@pytest.mark.requirement("REQ-PLAN-6")
@pytest.mark.parametrize("known", [True, False])
def test_the_reference_says_who_that_is_and_an_unknown_one_is_asked_about(known: bool) -> None:  # noqa: FBT001 - a parameter of the test
    async def scenario() -> None:
        recorder = ScriptedRecorder()
        recorder.known = known
        link = ScriptedLink()
        app = DashboardApp(link, pace=PACE, archive=linked(recorder))
        async with app.run_test(size=(120, 40)) as pilot:
            link.put(planned(as_it_is, origin=Origin.REAL))
            await link.until_drawn(1)
            await pilot.press("1")
            await pilot.pause()
            await pilot.pause()
            tile = pilot.app.screen.query_one("#tile-patient", TypingButton)
            shown = " ".join("".join(s.text for s in line) for line in tile.paint(60, 4))
            assert ("P-1042 · Muster, Erika, 2008-05-01" in shown) is known
            assert ("P-1042 · not in the record yet" in shown) is not known
            await pilot.press("space")
            await pilot.pause()
            await pilot.pause()
            shown = " ".join(text(pilot).split())
            assert ("Muster, Erika, 2008-05-01. 2 recorded before" in shown) is known
            assert ("a new patient, or mistyped?" in shown) is not known
            assert ("NEW PATIENT, START" in shown) is not known

    run(scenario)


def test_numbers_may_be_typed_with_a_comma_and_are_sent_with_a_point() -> None:
    async def scenario() -> None:
        async with prepared(language="de") as (pilot, link):
            await touch(pilot, "#tile-threshold")
            await pilot.press(*"11,5")
            await touch(pilot, "#field-set")
            assert link.orders == [(OrderName.PREPARE, PLAN | {"threshold_ncm": "11.5"})]

    run(scenario)


def test_the_site_is_chosen_in_the_arch_by_keys() -> None:
    async def scenario() -> None:
        async with prepared() as (pilot, link):
            await touch(pilot, "#tile-site")
            await pilot.press("right", "right", "right", "enter")
            await pilot.pause()
            fields = PLAN | {"site": "maxilla-anterior", "fdi": "13-12"}
            assert link.orders == [(OrderName.PREPARE, fields)]
            await touch(pilot, "#tile-site")
            await pilot.press("down", "down", "enter")
            await pilot.pause()
            assert link.orders[-1][1] == PLAN | {"site": "midpalate", "fdi": ""}

    run(scenario)


@pytest.mark.parametrize("size", SIZES)
def test_the_site_is_chosen_in_the_arch_by_finger(size: tuple[int, int]) -> None:
    async def scenario() -> None:
        async with prepared(size=size) as (pilot, link):
            await touch(pilot, "#tile-site")
            arch = pilot.app.screen.query_one(ArchMap)
            region = arch.region
            await pilot.click(ArchMap, offset=(region.width // 2, 12))
            await pilot.pause()
            assert arch.spot == Spot("mandible-buccal", "41-31")
            await touch(pilot, "#arch-right")
            await touch(pilot, "#arch-set")
            fields = PLAN | {"site": "mandible-anterior", "fdi": "31-32"}
            assert link.orders == [(OrderName.PREPARE, fields)]

    run(scenario)


def test_every_place_of_the_arch_is_reached_by_its_fields() -> None:
    async def scenario() -> None:
        async with prepared(size=(80, 24)) as (pilot, _):
            await touch(pilot, "#tile-site")
            arch = pilot.app.screen.query_one(ArchMap)
            seen = set()
            for _zone in ZONES:
                seen.add(arch.spot.zone)
                await touch(pilot, "#arch-down")
            assert seen == set(ZONES)
            assert arch.spot.zone == "maxilla-buccal"

    run(scenario)


def test_a_screw_is_picked_from_a_list_with_the_usual_ones_first() -> None:
    async def scenario() -> None:
        async with prepared() as (pilot, link):
            await touch(pilot, "#tile-screw")
            chosen = pilot.app.screen.query_one("#field-list", TouchList)
            assert chosen.item is not None
            assert chosen.item.id == "infinitas-1.5x9-short"
            await pilot.press("home", "down", "enter")
            await pilot.pause()
            assert link.orders == [
                (OrderName.PREPARE, PLAN | {"screw": "infinitas-1.5x6-short"}),
            ]
            await touch(pilot, "#tile-screw")
            await pilot.click("#field-list", offset=(5, 4))
            await pilot.click("#field-list", offset=(5, 4))
            await pilot.pause()
            assert len(link.orders) == 2

    run(scenario)


@pytest.mark.requirement("REQ-PLAN-5", "REQ-PLAN-4")
@pytest.mark.parametrize("size", SIZES)
def test_the_patient_stands_there_large_and_nothing_starts_before_yes(
    size: tuple[int, int],
) -> None:
    async def scenario() -> None:
        async with prepared(size=size) as (pilot, link):
            await pilot.press("space")
            await pilot.pause()
            assert link.orders == []
            screen = text(pilot)
            assert "Is this the patient" in screen
            assert "the patient is P-1042" in screen
            assert "P - 1 0 4 2" in screen
            await touch(pilot, "#confirm-no")
            assert link.orders == []
            await pilot.press("space")
            await pilot.pause()
            # another dashboard changes the plan meanwhile: what stood there is what is sent
            link.put(planned(as_it_is, sequence=2, patient="P-9999"))
            await link.until_drawn(2)
            await pilot.press("space")
            await pilot.pause()
            shown = {name: PLAN[name] for name in ("patient", "site", "fdi", "screw")}
            shown["threshold_ncm"] = ""
            assert link.orders == [(OrderName.CONFIRM, shown), (OrderName.START, {})]

    run(scenario)


def test_with_nothing_to_confirm_it_starts_and_shows_the_number() -> None:
    async def scenario() -> None:
        async with prepared(planned(as_it_is, to_confirm=())) as (pilot, link):
            await pilot.press("space")
            await pilot.pause()
            assert link.orders == [(OrderName.START, {})]
            assert pilot.app.screen.query("#number")

    run(scenario)


def test_the_insert_screen_leads_here_where_something_must_be_confirmed() -> None:
    async def scenario() -> None:
        async with prepared() as (pilot, link):
            await pilot.press("f3")
            await pilot.pause()
            assert pilot.app.screen.query("#number")
            await pilot.press("space")
            await pilot.pause()
            assert "Is this the patient" in text(pilot)
            assert link.orders == []
            await pilot.press("space")
            await pilot.pause()
            assert [name for name, _ in link.orders] == [OrderName.CONFIRM, OrderName.START]

    run(scenario)


@pytest.mark.requirement("REQ-STOP-8")
@pytest.mark.parametrize("opener", ["", "#tile-patient", "#tile-site", "#tile-start"])
def test_stop_is_one_key_and_one_touch_from_here(opener: str) -> None:
    async def scenario() -> None:
        async with prepared(size=(80, 24)) as (pilot, link):
            if opener:
                await touch(pilot, opener)
            await pilot.press("f12")
            await pilot.pause()
            await touch(pilot, "#live-stop")
            assert link.orders == [(OrderName.STOP, {}), (OrderName.STOP, {})]

    run(scenario)


def test_a_recording_stays_in_sight_and_the_plan_as_it_is() -> None:
    async def scenario() -> None:
        shown = planned(as_it_is, phase=SessionPhase.RECORDING, checks=(), to_confirm=())
        async with prepared(shown, (80, 24)) as (pilot, link):
            assert "● RECORDING" in text(pilot)
            assert "ARMED 12.0" in text(pilot)
            await touch(pilot, "#tile-patient")
            await touch(pilot, "#tile-site")
            assert link.orders == []
            assert not pilot.app.screen.query_one("#spot").display

    run(scenario)


def test_a_viewer_changes_nothing_here() -> None:
    async def scenario() -> None:
        async with prepared(planned(as_it_is, controlling=False)) as (pilot, link):
            await touch(pilot, "#tile-patient")
            await pilot.press("space", "t")
            await pilot.pause()
            assert link.orders == []
            assert "only views" in text(pilot)
            await pilot.press(*"P-2")
            await pilot.pause()
            assert "P-2▏" not in text(pilot)

    run(scenario)


@pytest.mark.requirement("REQ-SHOW-3")
def test_the_heartbeat_goes_on_from_this_screen() -> None:
    async def scenario() -> None:
        async with prepared() as (_, link):
            for sequence in (5, 6, 7):
                link.put(planned(as_it_is, sequence=sequence))
                await link.until_drawn(sequence)

    run(scenario)


def test_a_lost_monitor_is_said_here_too() -> None:
    async def scenario() -> None:
        async with prepared() as (pilot, link):
            link.fail(OSError("Connection reset"))
            while "MONITOR LOST" not in text(pilot):
                await pilot.pause()
            assert "Take the foot off the pedal" in text(pilot)
            assert "SIMULATED" in text(pilot)

    run(scenario)
