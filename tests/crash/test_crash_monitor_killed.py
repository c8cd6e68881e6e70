"""A monitor that is killed in the midst of an insertion: the motor stops, the journal keeps."""

from __future__ import annotations

import os
import signal
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.processes import (
    has_happened,
    json_lines,
    python,
    simulator,
    torquemon,
    truth,
    wait_for,
)
from torquemon import paths
from torquemon.journal import EntryKind, Journal

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL and a pty need POSIX")

MONITOR = ("torquemon", "monitor", "--json", "--record", "--unattended", "--threshold-ncm=12")
BUSY_S = 0.25
"""What a busy machine may add to a figure that is measured in real time."""


def first(events: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(event for event in events if event["event"] == name)


def test_a_killed_monitor_stops_the_motor_and_loses_a_quarter_of_a_second(tmp_path: Path) -> None:
    log = tmp_path / "truth.jsonl"
    with simulator("--scenario", "nominal", "--seed", "7", "--events", str(log)) as (_, port):
        with python(*MONITOR, f"--port={port}") as monitor:
            wait_for(has_happened(log, "motor_on"), 20, "the insertion begins")
            began_ns = first(truth(log), "motor_on")["monotonic_ns"]
            wait_for(lambda: time.monotonic_ns() - began_ns > 3e9, 10, "three seconds of turning")
            os.kill(monitor.pid, signal.SIGKILL)
            killed_ns = time.monotonic_ns()
            monitor.wait(10)
        wait_for(has_happened(log, "motor_off"), 5, "the motor stands")
        events = truth(log)

        lapsed, halt, off = (first(events, n) for n in ("lease_expired", "halt", "motor_off"))
        assert halt["reason"] == "LEASE_EXPIRED"
        assert lapsed["lease_ms"] == 500
        assert (halt["monotonic_ns"] - killed_ns) / 1e9 <= 0.5 + BUSY_S
        assert off["device_time_us"] - halt["device_time_us"] <= 50_000

        journal = Journal(paths.journal_path(), read_only=True)
        (row,) = journal.insertions()
        readings = list(journal.readings(row.id))
        raw = list(journal.entries(row.id, EntryKind.RAW))
        assert journal.unfinished() == [row.id]
        journal.close()
        assert (killed_ns - readings[-1].host_time_ns) / 1e9 <= 0.25
        assert (killed_ns - raw[-1].host_ns) / 1e9 <= 0.25
        assert all(b.seq - a.seq == 1 for a, b in pairwise(readings))
        assert readings[-1].angle_deg is not None
        assert readings[-1].angle_deg > 200

        listed = torquemon("list")
        assert listed.returncode == 0
        assert row.id in listed.stdout
        assert "interrupted" in listed.stdout
        shown = torquemon("show", "last")
        assert shown.returncode == 0
        assert "INTERRUPTED: the monitor ended before the recording was finished" in shown.stdout
        assert "*** SIMULATED: not measured on a patient ***" in shown.stdout
        assert f"{len(readings)} in " in shown.stdout

        again = torquemon(
            "monitor", "--json", f"--port={port}", "--duration-s=2", "--connect-timeout-s=5"
        )
        assert again.returncode == 0, again.stderr
        seconds = [line for line in json_lines(again.stdout) if line["event"] == "second"]
        assert seconds[-1]["link"] == "connected"
        assert seconds[-1]["arm"] == "halted", "what it finds is as it was left"
        assert not has_happened(log, "acknowledged")()
        assert [event["event"] for event in truth(log)].count("armed") == 1


def test_a_monitor_that_is_told_to_end_closes_its_recording(tmp_path: Path) -> None:
    log = tmp_path / "truth.jsonl"
    with (
        simulator("--scenario", "nominal", "--seed", "7", "--events", str(log)) as (_, port),
        python(*MONITOR, f"--port={port}") as monitor,
    ):
        wait_for(has_happened(log, "motor_on"), 20, "the insertion begins")
        monitor.terminate()
        out, err = monitor.communicate(timeout=15)
    assert monitor.returncode == 0, err
    closed = [line for line in json_lines(out) if line["event"] == "closed"]
    assert len(closed) == 1
    assert not paths.door_path().exists()
    listed = torquemon("list")
    assert "interrupted" not in listed.stdout
    assert closed[0]["insertion_id"] in listed.stdout
