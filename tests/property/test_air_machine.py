"""The driver under random disconnects: it ends connected or says why, and leaves nothing behind.

A few examples run with the tests. The campaign, at least a thousand disconnects:

    TORQUEMON_DISCONNECTS=1000 python -m pytest tests/property/test_air_machine.py
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Coroutine
from typing import Any, ClassVar, Final

import pytest
from bleak.exc import BleakBluetoothNotAvailableError, BleakBluetoothNotAvailableReason
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from tests.air_bench import AirBench
from tests.bumble_backend import Scanner
from tests.radio import SUPERVISION_S, AirLink
from tests.virtual_loop import VirtualLoop
from torquemon.drivers.ble_queue import MAX_WAITING
from torquemon.drivers.handpiece import WireDown
from torquemon.drivers.link import Connected, LinkPhase
from torquemon.journal import EntryKind
from torquemon.model import ArmPhase, ArmState
from torquemon.monitor.arming import AIR_LEASE_MS

WANTED: Final = int(os.environ.get("TORQUEMON_DISCONNECTS", "0"))
STEPS: Final = 8
QUICK_DISCONNECTS: Final = 12
NOTICED_S: Final = SUPERVISION_S + 2.5
"""Told by the system after the supervision time-out, or by two seconds of silence."""
BACK_S: Final = 15.0
LEASE_S: Final = AIR_LEASE_MS / 1000
OFF: Final = BleakBluetoothNotAvailableError("off", BleakBluetoothNotAvailableReason.POWERED_OFF)
REASONS: Final = (
    "is gone: ",
    "nothing has come from ",
    "takes no commands any more",
    "no handpiece answers by Bluetooth",
    "does not answer",
    "cannot be reached by Bluetooth",
    "is switched off on this computer",
)
HARMS: Final = st.sampled_from(("cut", "stall", "deaf", "reboot", "adapter off"))


class AirMachine(RuleBasedStateMachine):
    """One chair and one handpiece; every rule ends with a settled link."""

    disconnects: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        self.loop = VirtualLoop()
        asyncio.set_event_loop(self.loop)
        self.tasks = 0
        self.timers = 0

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:  # noqa: ANN401 - whatever it returns
        return self.loop.run_until_complete(work)

    @initialize(interval_ms=st.sampled_from((7.5, 30.0, 50.0)))
    def begin(self, interval_ms: float) -> None:
        self.do(self._begin(interval_ms / 1000))

    async def _begin(self, interval_s: float) -> None:
        self.bench = AirBench(self.loop, interval_s=interval_s, rate_hz=100, recording=True)
        await self.bench.begin()
        await self.bench.until(lambda: self.bench.of(Connected), BACK_S, "connected")
        await self.bench.run(0.5)
        assert self.bench.session is not None
        assert "recording" in self.bench.session.start()
        await self._arm()
        self.tasks, self.timers = len(asyncio.all_tasks()), self._due_timers()

    def _due_timers(self) -> int:
        """Timers that wait, but for packets that are on their way this moment."""
        timers = self.loop._scheduled  # type: ignore[attr-defined]
        names = [
            getattr(timer._callback, "__name__", "") for timer in timers if not timer._cancelled
        ]
        return len(names) - names.count(AirLink._land.__name__)

    async def _arm(self) -> None:
        """Release what is latched and arm again, as the operator would."""
        bench, twin = self.bench, self.bench.handpiece.twin.handpiece
        twin.pedal = False
        await bench.until(self._settled, BACK_S, "settled")
        await bench.until(lambda: bench.link.trust.may_arm, 3, "proved")
        await bench.run(0.3)
        if twin.arm_state is ArmState.HALTED:
            await bench.until(twin.operator_acknowledges, 2, "released")
            await bench.run(0.3)
        assert bench.session is not None
        for _ in range(4):
            if bench.link.lease.phase is ArmPhase.ARMED:
                return
            bench.session.arming.arm()
            await bench.run(0.6)
        assert bench.link.lease.phase is ArmPhase.ARMED, bench.session.arming.why_not_armed()

    @rule(
        harm=HARMS,
        armed=st.booleans(),
        turning=st.booleans(),
        before_s=st.floats(0, 0.4),
        size=st.floats(0, 1),
        again_s=st.none() | st.floats(0, 1.5),
    )
    def disconnect(
        self,
        harm: str,
        armed: bool,  # noqa: FBT001 - hypothesis passes by name
        turning: bool,  # noqa: FBT001 - hypothesis passes by name
        before_s: float,
        size: float,
        again_s: float | None,
    ) -> None:
        self.do(self._disconnect(harm, before_s, size, again_s, armed=armed, turning=turning))

    async def _disconnect(
        self,
        harm: str,
        before_s: float,
        size: float,
        again_s: float | None,
        *,
        armed: bool,
        turning: bool,
    ) -> None:
        bench = self.bench
        if armed:
            await self._arm()
        bench.handpiece.twin.handpiece.pedal = turning and armed
        await bench.run(before_s)
        seen, told, noted = len(bench.of(Connected)), len(bench.of(WireDown)), self._noted()
        was_armed = bench.handpiece.twin.handpiece.arm_state is ArmState.ARMED
        victim = bench.handpiece.twin.handpiece
        began_s = self.loop.time()
        await self._harm(harm, size)
        await bench.until(lambda: len(bench.of(WireDown)) > told, NOTICED_S, f"noticed: {harm}")
        AirMachine.disconnects += 1
        assert self._phase() is not ArmPhase.ARMED
        if again_s is not None:  # once more, in the midst of looking and connecting
            await bench.run(again_s)
            bench.air.link.cut()
            await bench.run(0.05)
            AirMachine.disconnects += 1
        await bench.until(lambda: len(bench.of(Connected)) > seen, BACK_S, self._why())
        await bench.run(max(0.0, began_s + SUPERVISION_S + LEASE_S + 0.3 - self.loop.time()))
        await bench.until(self._settled, BACK_S, self._why())
        for down in bench.of(WireDown)[told:]:
            assert any(reason in down.why for reason in REASONS), down.why
        if was_armed and victim is bench.handpiece.twin.handpiece:
            assert victim.arm_state is ArmState.HALTED, "the lease lapsed"
        assert bench.handpiece.twin.handpiece.arm_state is not ArmState.ARMED
        assert self._phase() is not ArmPhase.ARMED, "nothing is armed by itself"
        assert self._noted() > noted, "the record shows the gap"
        await bench.run(0.5)

    def _settled(self) -> bool:
        transport = self.bench.transport
        up = transport is not None and not transport._session.gone_why
        return up and self.bench.link.phase is LinkPhase.READY

    def _phase(self) -> ArmPhase:
        return self.bench.link.lease.phase

    def _why(self) -> str:
        downs = self.bench.of(WireDown)
        return downs[-1].why if downs else "never down"

    def _noted(self) -> int:
        """How often the record says that the wire went."""
        events = [json.loads(entry.data) for entry in self.bench.sink.of(EntryKind.EVENT)]
        return sum(event.get("what") == "wire down" for event in events)

    async def _harm(self, harm: str, size: float) -> None:
        bench, link = self.bench, self.bench.air.link
        if harm == "cut":
            link.cut()
        elif harm == "stall":
            link.stall(SUPERVISION_S + 0.1 + size)
        elif harm == "deaf":
            link.go_deaf(2.1 + 3 * size, bench.handpiece.controller)
        elif harm == "reboot":
            await bench.reboot(0.1 + 2 * size)
        else:
            Scanner.trouble = OFF
            self.loop.call_later(0.2 + 2 * size, self._adapter_on)
            link.cut()

    @staticmethod
    def _adapter_on() -> None:
        Scanner.trouble = None

    @rule(stall_s=st.floats(0.05, SUPERVISION_S - 0.05))
    def short_stall(self, stall_s: float) -> None:
        """Shorter than the time-out of the link: late, and no disconnect."""
        self.do(self._short_stall(stall_s))

    async def _short_stall(self, stall_s: float) -> None:
        bench = self.bench
        told, lost = len(bench.of(WireDown)), bench.link.sequence.lost
        bench.air.link.stall(stall_s)
        await bench.run(stall_s + 0.5)
        assert len(bench.of(WireDown)) == told
        assert bench.link.sequence.lost == lost

    @invariant()
    def nothing_is_left_over(self) -> None:
        if not self.tasks:
            return
        transport = self.bench.transport
        assert transport is not None
        assert len(transport._session.queue) <= MAX_WAITING
        tasks = asyncio.all_tasks(self.loop)
        assert len(tasks) <= self.tasks, tasks
        assert self._due_timers() <= self.timers + 4, "timers pile up"
        assert not self.bench.runner.closing
        central = self.bench.air.central
        assert len(central.connections) <= 1
        assert not central.listeners("advertisement"), "nobody listens when it is connected"

    def teardown(self) -> None:
        Scanner.trouble = None
        if self.tasks:
            self.do(self.bench.end())
            left = asyncio.all_tasks(self.loop)
            assert not left, left
            assert not self.bench.air.central.connections
        self.loop.close()
        asyncio.set_event_loop(None)


FEW: Final = settings(
    max_examples=3 if not WANTED else 25,
    stateful_step_count=STEPS,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
    derandomize=False,  # with CI set every round would be the same, perhaps without a disconnect
)


@pytest.mark.requirement("REQ-LINK-9")
def test_random_disconnects() -> None:
    AirMachine.disconnects = 0
    wanted = WANTED or QUICK_DISCONNECTS
    for _ in range(wanted):
        run_state_machine_as_test(AirMachine, settings=FEW)
        if AirMachine.disconnects >= wanted:
            break
    assert AirMachine.disconnects >= wanted
