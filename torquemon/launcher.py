"""Starts the processes of a chair and ends them in order: simulator, monitor, recorder, dashboard.

Each child is an argument list, never a shell line, and is ended by its own pid. The dashboard runs
in this process, which has nothing to do with the port.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any, Final

from torquemon import paths
from torquemon.clock import SystemClock
from torquemon.local.door import LAUNCH_VARIABLE, DoorError, read_door
from torquemon.local.states import Role
from torquemon.text import clean

START_TIMEOUT_S: Final = 15.0
SCREENS: Final = 3
"""A dashboard that fails is opened again: the monitor beside it goes on. Not for ever."""
SCREEN_LIVED_S: Final = 60.0
"""One that stood so long had worked: it is opened again however often."""
EXIT_FAILED: Final = 1
_END_TIMEOUT_S: Final = 8.0
_PATIENCE_S: Final = "30"
"""So long the simulated operator waits for ARMED: on a busy computer a dashboard takes its time."""
_LOG_READ_CHARS: Final = 20_000
_QUIT_TRIES: Final = 8
_QUIT_PAUSE_S: Final = 0.25
_READY: Final = "ready "
_LAUNCH: Final = os.urandom(8).hex()
"""Names the children of this process, so that another chair's monitor is never taken for ours."""


class LaunchError(Exception):
    """A process could not be started, and why."""


@contextlib.contextmanager
def child(
    arguments: Sequence[str], *, out: int | IO[str] | None = None, log: IO[str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    """Run `python -m arguments` beside this process and end it when the block is left.

    With `log` all that it says goes there: the screen belongs to the dashboard.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=log or out,
        stderr=log,
        text=True,
        env={**os.environ, LAUNCH_VARIABLE: _LAUNCH},
    )
    try:
        yield process
    finally:
        end(process)


def end(process: subprocess.Popen[str]) -> int:
    """Ask a child to end, insist after a while; return its exit code."""
    if process.poll() is None:
        process.terminate()
    try:
        return process.wait(_END_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def scenario_plan(scenario: str) -> dict[str, Any]:
    """Return what insertion a scenario of the simulator is. Raises LaunchError."""
    done = subprocess.run(
        [sys.executable, "-m", "hw_sim", "--scenario", scenario, "--describe"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        raise LaunchError("the simulator did not start: see its message above")
    plan: dict[str, Any] = json.loads(done.stdout)
    return plan


@contextlib.contextmanager
def simulator(scenario: str, seed: int) -> Iterator[str]:
    """Serve a simulated handpiece; gives the port it is on. Raises LaunchError."""
    words = ["hw_sim", "--scenario", scenario, "--seed", str(seed), "--patience", _PATIENCE_S]
    if sys.platform == "win32":
        words += ["--tcp", "0"]
    with child(words, out=subprocess.PIPE) as process:
        yield _ready_line(process)


def _ready_line(process: subprocess.Popen[str]) -> str:
    if process.stdout is None:
        raise LaunchError("the simulator has no output")
    if sys.platform != "win32":
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            if not selector.select(START_TIMEOUT_S):
                raise LaunchError("the simulator did not start")
    line = process.stdout.readline()
    if not line.startswith(_READY):
        raise LaunchError("the simulator did not start: see its message above")
    return line.removeprefix(_READY).strip()


def wait_for_door(monitor: subprocess.Popen[str]) -> None:
    """Wait until the very monitor that was started listens. Raises LaunchError."""
    clock = SystemClock()
    until_ns = clock.monotonic_ns() + round(START_TIMEOUT_S * 1e9)
    while clock.monotonic_ns() < until_ns:
        if monitor.poll() is not None:
            raise LaunchError("the monitor did not start")
        with contextlib.suppress(DoorError):
            if read_door(paths.door_path()).launch == _LAUNCH:
                return
        time.sleep(0.02)
    raise LaunchError("the monitor did not start in time")


def run_dashboard(role: Role, *, start_recording: bool) -> int:
    """Show the dashboard of the running monitor until the user leaves; return its exit code."""
    from torquemon.settings import load
    from torquemon.tui.app import DashboardApp, Links

    def connect() -> Links:
        from torquemon.local.archive_client import NO_RECORDER, ArchiveClient
        from torquemon.local.client import MonitorClient
        from torquemon.tui.archive_link import ArchiveLink
        from torquemon.tui.link import ReconnectingLink

        async def connect_monitor() -> MonitorClient:
            return await MonitorClient.connect(read_door(paths.door_path()), role)

        async def connect_archive() -> ArchiveClient:
            door = read_door(paths.recorder_door_path(), NO_RECORDER)
            return await ArchiveClient.connect(door, role)

        return Links(ReconnectingLink(connect_monitor), ArchiveLink(connect_archive))

    settings, problems = load()
    opened = failed = 0
    while failed < SCREENS:
        began_s = time.monotonic()
        app = DashboardApp.waiting_for(
            connect,
            # what was begun goes on: a second screen starts nothing
            start_recording=start_recording and not opened,
            settings=settings,
            problems=problems,
        )
        app.set_class(role is Role.WATCH, "watching")
        app.run()
        if not app.failed:
            return app.return_value or 0
        opened += 1
        failed = failed + 1 if time.monotonic() - began_s < SCREEN_LIVED_S else 1
        sys.stderr.write("torquemon: the screen has failed, it is opened again\n")
    sys.stderr.write(
        f"torquemon: the screen has failed {SCREENS} times at once, so it is left closed; what is "
        "above says where, please report it\n"
    )
    return EXIT_FAILED


def order_quit() -> None:
    """Ask the monitor to finish and end; one that is gone already needs no asking.

    The dashboard that has just left may still count as the controlling one for a second.
    """
    from torquemon.local.client import LocalError, LocalLostError, MonitorClient
    from torquemon.local.states import OrderName

    async def ask() -> None:
        link = await MonitorClient.connect(read_door(paths.door_path()), Role.CONTROL)
        try:
            for _ in range(_QUIT_TRIES):
                with contextlib.suppress(LocalError):
                    await link.order(OrderName.QUIT)
                    return
                await asyncio.sleep(_QUIT_PAUSE_S)
        finally:
            await link.close()

    with contextlib.suppress(DoorError, LocalLostError, OSError):
        asyncio.run(ask())


def log_file(name: str) -> IO[str]:
    """Open a file for what a child says while the screen is not its own; each run has its own."""
    path: Path = paths.home() / f"{name}-{_LAUNCH}.log"
    os.close(os.open(path, os.O_CREAT, 0o600))
    return path.open("w+", encoding="utf-8", errors="replace")


def last_words(log: IO[str]) -> str:
    """Return the last line of a child's log, to say why it did not start."""
    log.flush()
    log.seek(0)
    lines = [clean(line) for line in log.read(_LOG_READ_CHARS).splitlines() if line.strip()]
    return lines[-1] if lines else ""
