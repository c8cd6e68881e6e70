"""Real processes for tests: the simulator and the program, always ended by their own pid."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, Final, NoReturn

import pytest

START_S: Final = 20.0
"""A busy machine takes its time to start Python."""
POLL_S: Final = 0.005
LEAST_WAIT_S: Final = 10.0


def require(part: object, why: str) -> None:
    """Skip on a machine that lacks a part; fail where nothing may be left out (CI)."""
    if part:
        return
    _leave_out(why)


def _leave_out(why: str) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(f"{why}, and CI must not pass without it")
    pytest.skip(why)


def wait_for(condition: Callable[[], object], within_s: float, what: str) -> None:
    """Return as soon as a condition holds; fail after the deadline.

    The deadline is for what hangs and is no figure: a disk or a neighbour may hold any process for
    seconds, so it is ten at least.
    """
    within_s = max(within_s, LEAST_WAIT_S)
    end_s = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > end_s:
            raise AssertionError(f"not within {within_s} s: {what}")
        time.sleep(POLL_S)


def stays_away(condition: Callable[[], object], for_s: float, what: str) -> None:
    """Look for so long whether something happens that must not; fail as soon as it does."""
    end_s = time.monotonic() + for_s
    while time.monotonic() < end_s:
        assert not condition(), f"must not happen: {what}"
        time.sleep(POLL_S)


@contextlib.contextmanager
def python(
    *arguments: str, out: int | IO[str] = subprocess.PIPE
) -> Iterator[subprocess.Popen[str]]:
    """Run `python -m arguments`; killed, if need be, when the block is left."""
    process = subprocess.Popen(
        [sys.executable, "-m", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=10)


@contextlib.contextmanager
def simulator(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A running simulator and the port that it is ready on."""
    with python("hw_sim", *arguments) as process:
        yield process, ready_port(process)


def ready_port(process: subprocess.Popen[str]) -> str:
    """Wait until the simulator serves; return its port."""
    assert process.stdout is not None
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        assert selector.select(START_S), "the simulator did not start"
    line = process.stdout.readline()
    assert line.startswith("ready "), line
    return line.removeprefix("ready ").strip()


def torquemon(*arguments: str, within_s: float = 60.0) -> subprocess.CompletedProcess[str]:
    """Run the program to its end."""
    return subprocess.run(
        [sys.executable, "-m", "torquemon", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=within_s,
        check=False,
    )


def json_lines(text: str) -> list[dict[str, Any]]:
    """Every line as an object."""
    return [json.loads(line) for line in text.splitlines()]


def truth(path: Path) -> list[dict[str, Any]]:
    """What the simulator says has happened so far; a line that is being written is left out."""
    if not path.exists():
        return []
    return [
        json.loads(line)
        for line in path.read_text("utf-8").splitlines(keepends=True)
        if line.endswith("\n")
    ]


def has_happened(path: Path, *names: str) -> Callable[[], bool]:
    """A condition: the simulator has reported one of these events."""
    return lambda: any(event["event"] in names for event in truth(path))
