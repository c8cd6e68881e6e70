"""From an alarm in the monitor's view to the first sample of its burst at the sound device.

The monitor's server, the recorder's listener and miniaudio's null device, over a real loopback
connection, in three threads of this process. What a sound card keeps ahead comes on top and is
printed. In the second row a fourth thread does what the recorder does beside it: arithmetic that
holds the interpreter.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from tests.tui.tui_views import alarm, view
from torquemon.clock import SystemClock
from torquemon.local.client import MonitorClient
from torquemon.local.messages import Answer, Fetch, Order, Role
from torquemon.local.server import LocalServer
from torquemon.local.view import View
from torquemon.model import AlertCode
from torquemon.monitor.process import BEAT_S
from torquemon.sound.device import PERIOD_MS, PERIODS, null_device
from torquemon.sound.listener import Listener
from torquemon.sound.path import SoundPath
from torquemon.sound.player import Player
from torquemon.sound.thread import SWITCH_INTERVAL_S

ALARMS: Final = 40
QUIET_S: Final = 0.25
LONGEST_S: Final = 5.0


class Bench:
    """A monitor that rings when it is told to, and the ears that hear it."""

    def __init__(self) -> None:
        self._number = 0
        self._view: View = view(alarms=())
        self._ending = threading.Event()
        self._player = Player(SystemClock())
        self._sounding = threading.Event()
        self._heard_s = 0.0
        self._server = LocalServer(self._answer, lambda _: None)
        self._threads = [threading.Thread(target=act) for act in (self._serve, self._listen)]

    def _answer(self, _: int, __: Role, request: Fetch | Order) -> Answer:
        return Answer(ok=True, view=self._view) if isinstance(request, Fetch) else Answer(ok=True)

    def _serve(self) -> None:
        while not self._ending.is_set():
            self._server.poll(BEAT_S)

    def _pull(self, count: int) -> bytes:
        data = self._player.frames(count)
        if any(data) and not self._sounding.is_set():
            self._heard_s = time.perf_counter()
            self._sounding.set()
        return data

    def _listen(self) -> None:
        async def connect() -> MonitorClient:
            return await MonitorClient.connect(self._server.door, Role.RECORDER)

        clock = SystemClock()
        path = SoundPath(self._player, lambda _: null_device(self._pull), clock)
        ears = Listener(connect, lambda: False, self._player, path, clock, lambda: "en")
        asyncio.run(ears.run(self._ending))

    def ring(self) -> float:
        """Raise an alarm; return the seconds until its first sample was taken."""
        self._sounding.clear()
        self._number += 1
        began_s = time.perf_counter()
        self._view = view(alarms=(alarm(self._number, code=AlertCode.STOP_FAILED),))
        if not self._sounding.wait(LONGEST_S):
            raise RuntimeError("an alarm was not heard at all")
        self._view = view(alarms=())
        time.sleep(QUIET_S)  # acknowledged: silence before the next
        return self._heard_s - began_s

    def run(self) -> list[float]:
        """Ring many times; return the delays in milliseconds."""
        for thread in self._threads:
            thread.start()
        time.sleep(2.0)  # the device is opened and tested
        try:
            return [self.ring() * 1e3 for _ in range(ALARMS)]
        finally:
            self._ending.set()
            for thread in self._threads:
                thread.join()
            self._server.close()


def busy(ending: threading.Event) -> None:
    """Hold the interpreter as the judging of a stored curve does."""
    while not ending.is_set():
        sum(i * i for i in range(20_000))


def measured(name: str, beside: Callable[[threading.Event], None] | None) -> None:
    """Measure and print one row."""
    ending = threading.Event()
    worker = threading.Thread(target=beside, args=(ending,)) if beside else None
    if worker:
        worker.start()
    try:
        delays_ms = sorted(Bench().run())
    finally:
        ending.set()
        if worker:
            worker.join()
    p95_ms = statistics.quantiles(delays_ms, n=20)[-1]
    print(
        f"{name:22} median {statistics.median(delays_ms):6.1f} ms   "
        f"95th {p95_ms:6.1f} ms   worst {delays_ms[-1]:6.1f} ms   ({len(delays_ms)} alarms)"
    )


def main() -> int:
    """Print the figures."""
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    with suppress(KeyboardInterrupt):
        measured("recorder at rest", None)
        measured("recorder computing", busy)
        ahead_ms = PERIOD_MS * PERIODS
        print(f"a sound card keeps up to {ahead_ms} ms ahead: that comes on top")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
