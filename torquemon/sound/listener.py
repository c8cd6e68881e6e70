"""The ears of a chair: asks the monitor what is to be heard, has it played, says whether it can be.

A client of the monitor like a dashboard, in the role of the recorder: it commands nothing. Its
report is its heartbeat. A monitor that dies during a recording is itself an alarm here, since the
screen that says so may be out of sight.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from torquemon.clock import Clock
from torquemon.local.client import LocalError, LocalLostError
from torquemon.local.door import DoorError
from torquemon.local.messages import OrderName
from torquemon.local.view import CurveBlock, SessionPhase, SoundPhase, View
from torquemon.model import AlertCode, Priority
from torquemon.sound.clips import Clip, samples
from torquemon.sound.path import SoundPath, SoundState
from torquemon.sound.player import Player
from torquemon.sound.schedule import Ring, Scheduler, Silence, Situation
from torquemon.sound.trial import TRIAL

TICK_S: Final = 0.04
"""Between two looks at the view."""
REPORT_NS: Final = 1_000_000_000
"""The monitor misses a sound that has not been heard of for five times as long."""
RETRY_NS: Final = 250_000_000
ANSWER_S: Final = 1.0
"""A monitor that does not answer for so long is lost to the ears too."""
LONGEST_LOST_NS: Final = 60_000_000_000
"""Nobody can acknowledge a dead monitor: after a minute everybody has heard it."""
_NO_CURVE: Final = 1 << 40
"""The ears ask for no sample of the curve."""
_LOST: Final = Ring(1 << 62, AlertCode.STALE_DATA, Priority.ALARM)


class Monitor(Protocol):
    """What is needed of the client of the loopback protocol."""

    async def fetch(
        self, drawn: int, insertion_id: str | None, curve_from: int
    ) -> tuple[View, CurveBlock | None]:
        """See `MonitorClient`."""
        ...

    async def order(self, name: OrderName, **fields: str) -> str:
        """See `MonitorClient`."""
        ...

    async def close(self) -> None:
        """See `MonitorClient`."""
        ...


class Listener:
    """One loop. `connect` reaches the monitor; `is_widow` says that one ended without a word."""

    def __init__(
        self,
        connect: Callable[[], Awaitable[Monitor]],
        is_widow: Callable[[], bool],
        player: Player,
        path: SoundPath,
        clock: Clock,
        language: Callable[[], str],
    ) -> None:
        self._connect = connect
        self._is_widow = is_widow
        self._player = player
        self._path = path
        self._clock = clock
        self._chosen_language = language
        self._language = language()
        self._scheduler = Scheduler()
        self._monitor: Monitor | None = None
        self._insertion: str | None = None
        self._situation = Situation()
        self._lost_ns: int | None = None
        self._retry_ns = 0
        self._told: SoundState | None = None
        self._told_ns = 0

    async def run(self, ending: threading.Event) -> None:
        """Listen until told to end, then let the device and the monitor go."""
        try:
            while not ending.is_set():
                await self.tick()
                await asyncio.sleep(TICK_S)
        finally:
            self._path.close()
            await self._leave()

    async def tick(self) -> None:
        """One look, one decision."""
        self._path.tick()
        heard = await self._look()
        now_ns = self._clock.monotonic_ns()
        act = self._scheduler.step(now_ns, heard)
        if isinstance(act, Silence):
            self._player.cut()
        elif act is not None:
            self._player.play(samples(act))
        elif TRIAL.taken() and not heard.recording and not heard.rings:
            clip = Clip(AlertCode.EXCESS_TORQUE, Priority.ALARM, self._chosen_language())
            self._player.play(samples(clip))
        await self._report(now_ns)

    async def _look(self) -> Situation:
        """Return what the monitor says now, or what its silence says."""
        now_ns = self._clock.monotonic_ns()
        if self._monitor is None and now_ns < self._retry_ns:
            return self._without_monitor(now_ns)
        try:
            if self._monitor is None:
                self._monitor = await asyncio.wait_for(self._reached(), ANSWER_S)
            fetch = self._monitor.fetch(0, self._insertion, _NO_CURVE)
            view, _ = await asyncio.wait_for(fetch, ANSWER_S)
        except (LocalError, DoorError, OSError, TimeoutError):
            await self._leave()
            self._retry_ns = now_ns + RETRY_NS
            return self._without_monitor(self._clock.monotonic_ns())
        self._lost_ns = None
        if view.insertion_id != self._insertion:
            self._insertion = view.insertion_id
            self._language = self._chosen_language()
        self._situation = situation_of(view, self._language)
        return self._situation

    async def _reached(self) -> Monitor:
        return await self._connect()

    def _without_monitor(self, now_ns: int) -> Situation:
        """A monitor that was recording and went without a word is the gravest alarm there is."""
        last = self._situation
        if self._lost_ns is None:
            self._lost_ns = now_ns
        mourned = now_ns - self._lost_ns < LONGEST_LOST_NS
        if not (last.recording and mourned and self._is_widow()):
            return Situation(language=self._language)
        return Situation((*last.rings, _LOST), recording=True, language=self._language)

    async def _report(self, now_ns: int) -> None:
        """Say whether what is played can be heard: at every change, and as a heartbeat."""
        state = self._path.state
        if self._monitor is None or state.phase is SoundPhase.UNKNOWN:
            return
        if state == self._told and now_ns - self._told_ns < REPORT_NS:
            return
        try:
            order = self._monitor.order(
                OrderName.SOUND_STATE, state=state.phase.value, why=state.why
            )
            await asyncio.wait_for(order, ANSWER_S)
        except (LocalLostError, OSError, TimeoutError):
            await self._leave()
            return
        except LocalError:
            pass  # refused: an older monitor; it shows NO SOUND by itself
        self._told, self._told_ns = state, now_ns

    async def _leave(self) -> None:
        monitor, self._monitor = self._monitor, None
        self._told = None
        if monitor is not None:
            with contextlib.suppress(OSError, LocalError):
                await monitor.close()


def situation_of(view: View, language: str) -> Situation:
    """Return what of a view is for the ears."""
    return Situation(
        tuple(Ring(a.id, a.code, a.priority) for a in view.alarms if not a.acknowledged),
        view.sound_paused_s,
        view.phase is SessionPhase.RECORDING,
        language,
    )
