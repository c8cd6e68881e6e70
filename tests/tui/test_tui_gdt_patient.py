"""A patient who waits: shown with number, name and birth date, taken by hand, never by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tests.tui import tui_archive
from tests.tui.scenes.prepare import planned
from tests.tui.tui_archive import ScriptedRecorder, linked
from tests.tui.tui_scenes import as_it_is, lines_of, text_of
from tests.tui.tui_views import PACE, ScriptedLink
from torquemon.local.archive import ArchiveAnswer, AskState, PatientView, RecorderState
from torquemon.local.messages import OrderName
from torquemon.settings import Settings
from torquemon.tui.app import DashboardApp
from torquemon.tui.screens.prepare import PrepareScreen

WAITING = PatientView(
    reference="4711", name="Müller, Änne", birth_date="1975-04-01", insertions=0, last_utc=""
)
STATE = RecorderState(
    insertions=0,
    storage="",
    free_mb=900,
    outbox=(),
    waiting=WAITING,
    patients="x.gdt cannot be read",
)


def run(test: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(test(), timeout=40))


@pytest.fixture(autouse=True)
def somebody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = ArchiveAnswer(ok=True, state=STATE)
    monkeypatch.setitem(tui_archive._ANSWERS, AskState, lambda *_: answer)


@pytest.mark.parametrize(("language", "words"), [("en", "waiting: 4711"), ("de", "wartet: 4711")])
@pytest.mark.parametrize("patient", ["", "P-1042"])
def test_who_waits_is_offered_and_taken_by_hand(language: str, words: str, patient: str) -> None:
    async def scenario() -> None:
        link = ScriptedLink()
        app = DashboardApp(
            link,
            pace=PACE,
            archive=linked(ScriptedRecorder()),
            settings=Settings(language=language),
        )
        async with app.run_test(size=(120, 40)) as pilot:
            link.put(planned(as_it_is, patient=patient))
            await link.until_drawn(1)
            await pilot.press("1")
            await pilot.pause()
            screen = pilot.app.screen
            assert isinstance(screen, PrepareScreen)
            await screen._fetch_recorder()
            link.put(planned(as_it_is, sequence=2, patient=patient))
            await link.until_drawn(2)
            shown = " ".join(text_of(lines_of(pilot)).split())
            assert words in shown
            assert "x.gdt cannot be read" in shown
            assert link.orders == []
            await pilot.click("#tile-patient")
            await pilot.pause()
            shown = " ".join(text_of(lines_of(pilot)).split())
            assert "4711 · Müller, Änne, 1975-04-01" in shown
            await pilot.press("enter")
            await pilot.pause()
            ((order, fields),) = link.orders
            assert (order, fields["patient"]) == (OrderName.PREPARE, "4711")

    run(scenario)
