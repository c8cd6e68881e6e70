"""Journeys: from prepare to review for each scenario of the simulator, with keys alone.

The real dashboard, the real desk and session, the simulated handpiece, the real record and the
recorder's desk; only processes and sockets are left out, and time is simulated: each view that is
fetched lets a little of it pass.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from hw_sim.scenarios import SCENARIOS, scenario
from tests.chairs import CONTROL, STEP_S, Chair
from tests.recorded import record
from tests.tui.tui_scenes import lines_of, text_of
from torquemon.clock import Clock, ManualClock
from torquemon.local.archive import ArchiveAnswer, ArchiveRequest
from torquemon.local.client import LocalError
from torquemon.local.messages import Fetch, Order, OrderName, Role
from torquemon.local.view import CurveBlock, SessionPhase, View
from torquemon.record.door import ArchiveDesk
from torquemon.record.history import search
from torquemon.record.store import Store
from torquemon.tui.app import DashboardApp
from torquemon.tui.archive_link import ArchiveLink
from torquemon.tui.pump import Pace
from torquemon.tui.words import say

FETCH_S = 0.8
"""Simulated time between two views: below the second after which the operator counts as gone."""


class ChairLink:
    """A monitor in this process. Its heartbeat is what the dashboard says it has drawn."""

    def __init__(self, chair: Chair) -> None:
        self.chair = chair
        self.view: View | None = None
        self._asked = asyncio.Event()
        self._turn = asyncio.Semaphore(0)

    async def let_pass(self) -> View:
        """Let one view through, and return once it was drawn: the next is asked for then."""
        await self._asked.wait()
        self._asked.clear()
        self._turn.release()
        await self._asked.wait()
        assert self.view is not None
        return self.view

    async def fetch(
        self, drawn: int, insertion_id: str | None, curve_from: int
    ) -> tuple[View, CurveBlock | None]:
        self._asked.set()
        await self._turn.acquire()
        for _ in range(round(FETCH_S / STEP_S)):
            self.chair.step()
        request = Fetch(drawn=drawn, insertion_id=insertion_id, curve_from=curve_from)
        answer = self.chair.desk.answer(CONTROL, Role.CONTROL, request)
        assert answer.view is not None
        self.view = answer.view
        return answer.view, answer.curve

    async def order(self, name: OrderName, **fields: str) -> str:
        answer = self.chair.desk.answer(CONTROL, Role.CONTROL, Order(name=name, fields=fields))
        if not answer.ok:
            raise LocalError(answer.error)
        return answer.text

    async def close(self) -> None:
        """Nothing is open."""


class DeskChannel:
    """The recorder's desk in this process."""

    def __init__(self, desk: ArchiveDesk) -> None:
        self._desk = desk

    async def ask(self, request: ArchiveRequest) -> ArchiveAnswer:
        answer = self._desk.answer(1, Role.CONTROL, request)
        if not answer.ok:
            raise LocalError(answer.error)
        return answer

    async def close(self) -> None:
        """Nothing is open."""


class Journey:
    """One scenario, played with keys."""

    def __init__(self, name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        chosen = scenario(name)
        plan = {"site": chosen.site, "screw": chosen.screw}
        if chosen.threshold_ncm is not None:
            plan["threshold_ncm"] = f"{chosen.threshold_ncm:g}"
        monkeypatch.setenv("TORQUEMON_HOME", str(folder))
        self.pause_s = chosen.pause_s
        self.folder = folder
        self.chair = Chair(name, script=chosen.script, plan=plan, watched=False, rate_hz=200)
        self.link = ChairLink(self.chair)

        def opened(_: Clock) -> Store:
            return Store(folder / "record.db", clock=ManualClock())

        channel = DeskChannel(ArchiveDesk(ManualClock(), opened))

        async def connect() -> DeskChannel:
            return channel

        self.app = DashboardApp(
            self.link,
            pace=Pace(frame_s=0.0, silence_s=60.0, retry_s=0.0),
            archive=ArchiveLink(connect),
        )

    async def until(self, pilot: Pilot[int], holds: Callable[[View], bool], what: str) -> View:
        for _ in range(400):
            view = await self.link.let_pass()
            if holds(view):
                return view
        raise AssertionError(f"never: {what}\n{text_of(lines_of(pilot))}")

    async def shows(self, pilot: Pilot[int], words: str) -> None:
        for _ in range(20):
            await pilot.pause()
            if words in " ".join(text_of(lines_of(pilot)).split()):
                return
            await self.link.let_pass()
        raise AssertionError(f"not shown: {words}\n{text_of(lines_of(pilot))}")

    def fold(self) -> None:
        record(self.folder, [self.chair]).close()

    async def play(self) -> None:
        self.chair.plug_in()
        async with self.app.run_test(size=(100, 30)) as pilot:
            await self.until(pilot, lambda view: view.device is not None, "a device")
            await pilot.press("1", *"P-77", "enter")
            await self.until(pilot, lambda view: view.patient == "P-77", "the patient is set")
            await pilot.press("space")
            await self.until(pilot, lambda v: v.phase is SessionPhase.RECORDING, "recording")
            await self.until(pilot, lambda _: self._stands_still(), "the motor stands still")
            await self.shows(pilot, "● RECORDING")
            await pilot.press("a", "space")
            view = await self.until(pilot, lambda v: v.phase is SessionPhase.CLOSED, "closed")
            assert view.verdict is not None
            self.fold()
            await pilot.press("3")
            await self.shows(pilot, say(f"verdict.{view.verdict.kind.value}"))
            await self.shows(pilot, "P-77")
            await self.shows(pilot, "SIMULATED")
            await pilot.press("n", *"done", "enter")
            await pilot.press(*"who", "enter")  # nobody was named: that is asked before it is added
            await self.shows(pilot, "Note done (who)")

    def _stands_still(self) -> bool:
        recording = self.chair.chronicle.recording
        assert recording is not None
        return recording.stood_still_s(self.chair.now_ns) > 1.5 + self.pause_s


@pytest.mark.parametrize("name", list(SCENARIOS))
def test_a_journey_from_prepare_to_review(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journey = Journey(name, tmp_path, monkeypatch)
    asyncio.run(asyncio.wait_for(journey.play(), timeout=300))
    store = Store(tmp_path / "record.db", clock=ManualClock())
    (found,) = search(store)
    store.close()
    assert found.patient_ref == "P-77"
    closed = journey.link.view
    assert closed is not None
    assert closed.verdict is not None
    assert found.verdict == closed.verdict.kind.value
