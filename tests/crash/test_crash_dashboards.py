"""Two dashboards in real terminals: a dead viewer is nothing, a dead controlling one an alarm."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.processes import has_happened, python, simulator, stays_away, torquemon, truth, wait_for
from tests.terminals import KILLED, program, terminal
from torquemon import paths
from torquemon.local.client import MonitorClient
from torquemon.local.door import read_door
from torquemon.local.messages import Role
from torquemon.local.view import ArmPhase, SessionPhase, View
from torquemon.model import AlertCode, StopReason

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="tmux and a pty need POSIX")

CONTROL = (
    "from torquemon.launcher import run_dashboard\n"
    "from torquemon.local.messages import Role\n"
    "raise SystemExit(run_dashboard(Role.CONTROL, start_recording=True))\n"
)
"""The controlling dashboard as a process of its own, so that it can die without the monitor."""
SETTLED_S = 1.5
"""Longer than the second after which a dashboard that is missed raises its alarm."""


def fetch() -> View:
    """What the monitor says to one more viewer."""

    async def look() -> View:
        client = await MonitorClient.connect(read_door(paths.door_path()), Role.VIEW)
        try:
            view, _ = await client.fetch(0, None, 1 << 40)
            return view
        finally:
            await client.close()

    return asyncio.run(look())


def seen(condition: Callable[[View], object], within_s: float, what: str) -> View:
    """Wait until the view fulfils a condition; return that view."""
    found: list[View] = []

    def look() -> object:
        view = fetch()
        found[:] = [view]
        return condition(view)

    wait_for(look, within_s, what)
    return found[0]


def not_seen(condition: Callable[[View], object], for_s: float, what: str) -> None:
    """Look for so long at views in which something must not be."""
    stays_away(lambda: condition(fetch()), for_s, what)


@pytest.mark.requirement("REQ-LEASE-4")
def test_a_second_screen_views_may_stop_and_is_not_missed() -> None:
    with terminal(*program("run", "--sim", "nominal", "--seed", "7")) as first:
        first.wait_for("RECORDING", "ARMED")
        with terminal(*program("view")) as second:
            screen = second.wait_for("VIEW ONLY", "RECORDING", "ARMED", "SIMULATED")
            assert "NO OPERATOR SCREEN" not in screen
            second.type("Space")
            # the monitor is not even asked
            not_seen(lambda view: view.phase is not SessionPhase.RECORDING, 1, "a viewer finishes")
            os.kill(second.pid, signal.SIGKILL)
            assert second.wait_end() == KILLED
        told = fetch()
        not_seen(lambda view: view.alarms != told.alarms, SETTLED_S, "a viewer is missed")
        assert fetch().arm.phase is ArmPhase.ARMED
        assert fetch().operator_present

        with terminal(*program("view")) as third:
            third.wait_for("VIEW ONLY", "RECORDING")
            third.type("s")
            seen(lambda view: view.stop, 5, "a viewer may stop")
            stopped = fetch()
            assert stopped.stop is not None
            assert stopped.stop.reason is StopReason.HOST_ALERT
            first.wait_for("STOPPED", "RECORDING")
            third.type("q")
            assert third.wait_end() == 0
        assert first.exit_code is None, "the chair does not end with a viewer"
        first.type("q")
        first.wait_for("Quit while recording?")
        first.type("y")
        assert first.wait_end() == 0
    assert not paths.door_path().exists()
    assert "SIMULATED" in torquemon("show", "last").stdout


@pytest.mark.requirement("REQ-LEASE-3", "REQ-LEASE-5")
def test_a_killed_controlling_screen_is_an_alarm_and_the_recording_goes_on(tmp_path: Path) -> None:
    log = tmp_path / "truth.jsonl"
    monitor_words = ("torquemon", "monitor", "--site=maxilla-buccal", "--threshold-ncm=12")
    with (
        simulator("--scenario", "nominal", "--seed", "7", "--events", str(log)) as (_, port),
        python(*monitor_words, f"--port={port}", out=subprocess.DEVNULL) as monitor,
    ):
        wait_for(paths.door_path().exists, 40, "the monitor listens")
        with terminal(*program("view")) as viewer:
            with terminal(sys.executable, "-c", CONTROL) as control:
                control.wait_for("RECORDING", "ARMED")
                viewer.wait_for("VIEW ONLY", "ARMED")
                wait_for(has_happened(log, "motor_on"), 20, "the insertion begins")
                os.kill(control.pid, signal.SIGKILL)
                assert control.wait_end() == KILLED
            view = seen(lambda view: view.stop and not view.operator_present, 20, "the lease ends")
            assert view.stop is not None
            assert view.stop.reason is StopReason.LEASE_EXPIRED
            assert view.phase is SessionPhase.RECORDING
            assert AlertCode.NOT_ARMED in {alarm.code for alarm in view.alarms}
            viewer.wait_for("NO OPERATOR SCREEN", "not armed", "RECORDING")
            halts = [event for event in truth(log) if event["event"] == "halt"]
            assert [halt["reason"] for halt in halts] == ["LEASE_EXPIRED"]
            samples = view.link.samples
            seen(lambda view: view.link.samples > samples, 5, "the monitor goes on recording")

            with terminal(sys.executable, "-c", CONTROL) as again:
                again.wait_for("RECORDING", "not armed")
                again.type("a")
                seen(lambda view: all(a.acknowledged for a in view.alarms), 5, "it controls")
                assert fetch().arm.phase is not ArmPhase.ARMED, "nothing arms by itself"
        assert monitor.poll() is None


def test_a_second_screen_without_a_chair_says_so_and_leaves() -> None:
    with terminal(*program("view")) as alone:
        alone.wait_for("no monitor runs at this chair")
        alone.type("q")
        assert alone.wait_end() == 1


def test_a_watching_screen_offers_no_stop_and_is_refused_one(tmp_path: Path) -> None:
    log = tmp_path / "truth.jsonl"
    with (
        simulator("--scenario", "nominal", "--seed", "7", "--events", str(log)) as (_, port),
        python("torquemon", "monitor", f"--port={port}", out=subprocess.DEVNULL),
    ):
        wait_for(paths.door_path().exists, 40, "the monitor listens")
        with terminal(*program("view", "--watch")) as watching:
            screen = watching.wait_for("SIMULATED", "LINK")
            assert "s/F12" not in screen
            watching.type("s")
            not_seen(lambda view: view.stop, 1, "a screen that only watches stops")
        assert not has_happened(log, "halt", "stop")()


def test_a_second_screen_needs_a_terminal() -> None:
    done = torquemon("view")
    assert done.returncode == 2
    assert "torquemon serve" in done.stderr


def test_the_web_page_is_not_offered_to_the_network_unasked() -> None:
    for words in (("--listen", "0.0.0.0"), ("--listen", "192.168.1.4"), ("--allow-origin", "*")):  # noqa: S104
        done = torquemon("serve", *words)
        assert done.returncode == 2, words
        assert done.stderr.count("\n") == 1
        assert "Traceback" not in done.stderr
