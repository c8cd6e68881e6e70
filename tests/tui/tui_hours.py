"""Eight hours at the dashboard in simulated time: the memory of the application must not grow.

`python -m tests.tui.tui_hours --hours 8`, or `make hours`; it takes an hour or two. Sixteen
insertions an hour, each of 30 s with 20 frames a second, 1,000 samples a second and alarms, go
through the real application without a terminal; after each the operator looks at every screen.
After each hour is measured what Python holds, and how many views and tasks live. Caches of texts,
of this program and of its libraries, are bounded and fill slowly; the curves of an hour are more
than all that they may add.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from typing import NamedTuple

from tests.tui.tui_archive import ScriptedRecorder, linked
from tests.tui.tui_views import PACE, alarm, block, view
from torquemon.local.messages import OrderName
from torquemon.local.view import Band, CurveBlock, SessionPhase, View
from torquemon.model import Priority
from torquemon.tui.app import DashboardApp
from torquemon.tui.widgets.nav import PLACES

INSERTIONS_PER_HOUR = 16
FRAMES = 600
"""Of one insertion: 30 s."""
SAMPLES_PER_FRAME = 50
MOST_KB = 2_000
"""What all hours after the first may add, in all: about one curve of 30,000 samples."""
_WAITING_FRAMES = 3


class Held(NamedTuple):
    """What lives after an hour."""

    kilobytes: float
    views: int
    tasks: int


def counted() -> tuple[int, int]:
    """Return how many views and tasks live."""
    kinds = [type(each) for each in gc.get_objects()]
    return kinds.count(View), len(asyncio.all_tasks())


class Shift:
    """A monitor that goes through insertion after insertion, a frame at each fetch."""

    def __init__(self, frames: int, samples: int = SAMPLES_PER_FRAME) -> None:
        self._frames = frames
        self._samples = samples
        self._script = self._views()
        self._turn = asyncio.Semaphore(0)
        self.insertions = 0
        self.frames = 0
        self._asked = asyncio.Event()

    def _views(self) -> Iterator[tuple[View, CurveBlock | None]]:
        sequence = samples = 0
        while True:
            name = f"01J{self.insertions:023d}"
            for frame in range(-_WAITING_FRAMES, self._frames + _WAITING_FRAMES):
                sequence += 1
                samples += self._samples
                recording = 0 <= frame < self._frames
                phase = SessionPhase.RECORDING
                if not recording:
                    phase = SessionPhase.PREPARE if frame < 0 else SessionPhase.CLOSED
                torque_ncm = 14.0 * max(0, frame) / self._frames
                shown = view(
                    sequence=sequence,
                    insertion_id=None if frame < 0 else name,
                    phase=phase,
                    patient=f"P-{self.insertions}",
                    torque_ncm=torque_ncm,
                    elapsed_s=frame / 20,
                    band=Band.WITHIN if torque_ncm > 5.0 else Band.BELOW,
                    link={"samples": samples, "round_trip_ms": 0.1 * (frame % 50)},
                    notice=f"answer {frame}",
                    alarms=self._alarms(frame) if recording else (),
                )
                first = frame * self._samples
                curve = None
                if recording:
                    values = [torque_ncm + 0.01 * n for n in range(self._samples)]
                    made = block(values, first=first)
                    curve = made.model_copy(update={"insertion_id": name})
                yield shown, curve
            self.insertions += 1

    def _alarms(self, frame: int) -> tuple[object, ...]:
        if frame < self._frames // 2:
            return ()
        why = f"torque rose {frame} N·cm in insertion {self.insertions}"
        near = alarm(2, priority=Priority.WARNING, why=f"near {frame}", acknowledged=True)
        return (alarm(1, why=why), near)

    async def let_pass(self, frames: int) -> None:
        """Let so many views through, each drawn before the next."""
        for _ in range(frames):
            await self._asked.wait()
            self._asked.clear()
            self._turn.release()

    async def fetch(
        self, drawn: int, insertion_id: str | None, curve_from: int
    ) -> tuple[View, CurveBlock | None]:
        """See `MonitorLink`."""
        del drawn, insertion_id, curve_from
        self._asked.set()
        await self._turn.acquire()
        self.frames += 1
        return next(self._script)

    async def order(self, name: OrderName, **fields: str) -> str:
        """See `MonitorLink`."""
        del fields
        return f"done: {name}"

    async def close(self) -> None:
        """Nothing is open."""


async def held(
    hours: int,
    insertions_per_hour: int,
    frames: int,
    samples: int = SAMPLES_PER_FRAME,
    told: Callable[[int, Held], None] = lambda _hour, _held: None,
) -> list[Held]:
    """Return what lives after each hour; `told` hears it at once."""
    shift, recorder = Shift(frames, samples), ScriptedRecorder()
    app = DashboardApp(shift, pace=PACE, archive=linked(recorder))
    found: list[Held] = []
    async with app.run_test(size=(120, 40)) as pilot:
        tracemalloc.start()
        for hour in range(1, hours + 1):
            for _ in range(insertions_per_hour):
                await shift.let_pass(_WAITING_FRAMES + frames)
                for place in (*PLACES, PLACES[1]):
                    app.go(place.name)
                    await pilot.pause()
                await shift.let_pass(_WAITING_FRAMES)
                recorder.asked.clear()
            await pilot.pause()
            gc.collect()
            kilobytes = tracemalloc.get_traced_memory()[0] / 1000
            found.append(Held(kilobytes, *counted()))
            told(hour, found[-1])
        tracemalloc.stop()
    return found


def _tell(hour: int, now: Held) -> None:
    # textual takes what is written to the usual place while it runs
    out = sys.__stdout__ or sys.stdout
    out.write(f"after hour {hour}: {now.kilobytes:8.0f} kB, {now.views} views, {now.tasks} tasks\n")
    out.flush()


def main(arguments: list[str] | None = None) -> int:
    """Print what is held after each hour; exit 1 where it grew."""
    parser = argparse.ArgumentParser(description="Memory of the dashboard over a day.")
    parser.add_argument("--hours", type=int, default=8)
    hours = parser.parse_args(arguments).hours
    os.environ["COLORTERM"] = "truecolor"
    found = asyncio.run(held(hours, INSERTIONS_PER_HOUR, FRAMES, told=_tell))
    grown = found[-1].kilobytes - found[0].kilobytes
    insertions = hours * INSERTIONS_PER_HOUR
    sys.stdout.write(
        f"{insertions} insertions, {insertions * FRAMES} frames of a recording: "
        f"{grown:+.0f} kB after the first hour (at most {MOST_KB})\n"
    )
    return 0 if grown <= MOST_KB else 1


if __name__ == "__main__":
    sys.exit(main())
