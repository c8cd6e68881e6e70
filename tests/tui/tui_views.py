"""Views and a scripted monitor for the tests of the dashboard."""

from __future__ import annotations

import asyncio

from torquemon.local.client import LocalError
from torquemon.local.messages import OrderName
from torquemon.local.view import (
    AlarmView,
    ArmPhase,
    ArmView,
    Band,
    CurveBlock,
    DeviceView,
    LinkPhase,
    LinkView,
    SessionPhase,
    VerdictView,
    View,
)
from torquemon.model import AlertCode, Origin, Priority, VerdictKind
from torquemon.tui.pump import Pace

PACE = Pace(frame_s=0.0, silence_s=5.0, retry_s=0.0)
SIZES = [(80, 24), (120, 40), (200, 60)]


def device(**changes: object) -> DeviceView:
    fields: dict[str, object] = {
        "maker": "hw_sim",
        "model": "Twin 1",
        "serial": "SIM-0007",
        "firmware": "1.0.0",
        "has_angle": True,
        "has_speed": True,
        "can_stop": True,
        "sample_rate_hz": 1000,
        "accuracy_ncm": 0.3,
        "calibrated": "2026-03-01",
        "battery_percent": 82,
    }
    return DeviceView.model_validate(fields | changes)


def alarm(number: int = 1, **changes: object) -> AlarmView:
    fields: dict[str, object] = {
        "id": number,
        "code": AlertCode.ROOT_CONTACT,
        "priority": Priority.ALARM,
        "why": "Torque rose 14.2 N·cm in a tenth of a turn at 4.1 mm, where 2.0 was the trend.",
        "time_s": 11.2,
        "torque_ncm": 11.8,
        "active": True,
        "acknowledged": False,
    }
    return AlarmView.model_validate(fields | changes)


def verdict(kind: VerdictKind = VerdictKind.WITHIN) -> VerdictView:
    return VerdictView(
        kind=kind,
        max_insertion_torque_ncm=11.9,
        final_torque_ncm=11.4,
        why="The maximum of 11.9 N·cm lies in the window of 5-15 N·cm (Cousley, ch. 2).",
    )


def view(**changes: object) -> View:
    """Return a view of a calm recording; `link`, `arm` take dicts of changes."""
    link: dict[str, object] = {
        "phase": LinkPhase.CONNECTED,
        "port": "/dev/pts/3",
        "text": "Connected to hw_sim Twin 1 on /dev/pts/3.",
        "round_trip_ms": 0.4,
        "samples": 12000,
        "lost_samples": 0,
        "bad_frames": 0,
    }
    arm: dict[str, object] = {
        "phase": ArmPhase.ARMED,
        "wanted_ncm": 12.0,
        "held_ncm": 12.0,
        "reasons": ("Top of the window is 15.0 N·cm.", "Screw limit unknown."),
    }
    fields: dict[str, object] = {
        "sequence": 1,
        "phase": SessionPhase.RECORDING,
        "origin": Origin.SIMULATED,
        "insertion_id": "01J0000000000000000000TEST",
        "patient": "P-1042",
        "site": "maxilla-buccal",
        "site_name": "Maxilla, buccal",
        "screw": "infinitas-1.5x9-short",
        "screw_name": "Infinitas 1.5 x 9 short",
        "window_low_ncm": 5.0,
        "window_high_ncm": 15.0,
        "window_source": "Cousley 2nd ed., ch. 2",
        "window_choice": "",
        "wanted_ncm": None,
        "device": device(),
        "torque_ncm": 8.4,
        "angle_deg": 1530.0,
        "speed_rpm": 25.0,
        "depth_mm": 3.0,
        "body_mm": 9.0,
        "insertion_phase": "advancing",
        "max_torque_ncm": 9.1,
        "degrees_to_limit": None,
        "band": Band.WITHIN,
        "worst_band": Band.WITHIN,
        "alarms": (),
        "stop": None,
        "verdict": None,
        "elapsed_s": 12.0,
        "storage": "",
        "controlling": True,
        "operator_present": True,
        "notice": "",
    }
    for part, name in ((link, "link"), (arm, "arm")):
        change = changes.pop(name, {})
        assert isinstance(change, dict)
        part.update(change)
    built = {"link": LinkView.model_validate(link), "arm": ArmView.model_validate(arm)}
    return View.model_validate(fields | built | changes)


def block(torque_ncm: list[float], first: int = 0, step_s: float = 0.001) -> CurveBlock:
    end = first + len(torque_ncm)
    return CurveBlock(
        insertion_id="01J0000000000000000000TEST",
        first=first,
        next=end,
        time_s=tuple(step_s * index for index in range(first, end)),
        torque_ncm=tuple(torque_ncm),
        angle_deg=(None,) * len(torque_ncm),
    )


class ScriptedLink:
    """A monitor that answers what the test puts in, and keeps what it was asked."""

    def __init__(self) -> None:
        self.script: asyncio.Queue[tuple[View, CurveBlock | None] | Exception] = asyncio.Queue()
        self.drawn: list[int] = []
        self.orders: list[tuple[OrderName, dict[str, str]]] = []
        self.refusal: Exception | None = None
        self._asked = asyncio.Condition()

    def put(self, shown: View, curve: CurveBlock | None = None) -> None:
        self.script.put_nowait((shown, curve))

    def fail(self, error: Exception) -> None:
        self.script.put_nowait(error)

    async def until_drawn(self, sequence: int, *, after: int = 0) -> None:
        """Wait until `sequence` was reported, in a fetch later than the first `after`."""
        async with self._asked:
            await self._asked.wait_for(
                lambda: len(self.drawn) > after and self.drawn[-1] >= sequence
            )

    async def fetch(
        self, drawn: int, insertion_id: str | None, curve_from: int
    ) -> tuple[View, CurveBlock | None]:
        del insertion_id, curve_from
        async with self._asked:
            self.drawn.append(drawn)
            self._asked.notify_all()
        answer = await self.script.get()
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def order(self, name: OrderName, **fields: str) -> str:
        self.orders.append((name, fields))
        if self.refusal is not None:
            raise self.refusal
        return f"Done: {name.value}."

    async def close(self) -> None:
        raise LocalError("never closed by the dashboard")
