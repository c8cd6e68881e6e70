"""A real monitor whose judge asks for a stop at every tenth sample.

Everything else is as it runs at the chair: reader thread, journal, clients, the whole judge. The
dashboard fetches from it like from any monitor.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from torquemon.clock import SystemClock
from torquemon.drivers.serial_port import SerialOpener
from torquemon.model import Reading, Stop
from torquemon.monitor.headless import Lines
from torquemon.monitor.judging import Judging
from torquemon.monitor.plan import make_plan
from torquemon.monitor.process import Monitor, Run
from torquemon.monitor.session import Options
from torquemon.profiles import builtin

STOP_EVERY = 10


class Answering:
    """The judge of the insertion, and a stop at every tenth sample."""

    def __init__(self, judging: Judging) -> None:
        self._judging = judging

    def __call__(self, reading: Reading) -> Stop | None:
        """Judge as ever, then answer."""
        self._judging(reading)
        return Stop("bench") if reading.seq % STOP_EVERY == 0 else None


class AnsweringMonitor(Monitor):
    """Puts the answering judge in once a recording is judged."""

    _answering = False

    def _beat(self) -> None:
        super()._beat()
        recording = self.session.chronicle.recording
        if not self._answering and recording is not None and recording.judging is not None:
            self._answering = True
            self.session.handpiece.judge_with(Answering(recording.judging))


def main() -> int:
    """Run until terminated; the port is the only argument."""
    catalogue = builtin()
    run = Run(
        opener=SerialOpener(sys.argv[1]),
        port=sys.argv[1],
        plan=make_plan(catalogue, {}),
        options=Options(),
        start_recording=True,
    )
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        lines = Lines(nowhere, as_json=True)
        return AnsweringMonitor(run, catalogue, SystemClock(), lines).run()


if __name__ == "__main__":
    raise SystemExit(main())
