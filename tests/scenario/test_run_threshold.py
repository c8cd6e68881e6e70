"""A stop from end to end: armed, read back, stopped at the threshold, told, stored, shown."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.processes import torquemon
from tests.threshold_run import inserted

DEVICE = ("--seed=7", "--speed-rpm=40")
PLAN = (
    "--site=mandible-buccal",
    "--screw=infinitas-1.5x9-short",
    "--threshold-ncm=12",
    "--patient=T-12",
)


@pytest.mark.skipif(sys.platform == "win32", reason="a pty needs POSIX")
def test_an_armed_threshold_of_12_ncm_stops_the_motor(tmp_path: Path) -> None:
    lines, events = inserted(tmp_path, DEVICE, PLAN)
    names = [event["event"] for event in events]

    armed = events[names.index("armed")]
    assert armed["threshold_ncm"] == 12.0
    assert armed["lease_ms"] == 500
    assert names.index("armed") < names.index("motor_on") < names.index("halt")
    halt = events[names.index("halt")]
    assert halt["reason"] == "THRESHOLD"
    off = events[names.index("motor_off")]
    assert off["device_time_us"] - halt["device_time_us"] <= 50_000

    held = [line for line in lines if line["event"] == "second" and line["arm"] == "armed"]
    assert held
    assert {line["held_threshold_ncm"] for line in held} == {12.0}
    (closed,) = [line for line in lines if line["event"] == "closed"]
    (told,) = closed["halts"]
    assert told["reason"] == "threshold"
    assert 12.0 <= told["torque_ncm"] < 13.0
    assert closed["origin"] == "simulated"
    # a quarter of a second without data may be told here: a busy machine's, and told rightly
    assert not {line["code"] for line in lines if line["event"] == "alert"} & {
        "not_armed",
        "stop_failed",
    }

    shown = torquemon("show", closed["insertion_id"])
    assert shown.returncode == 0
    assert f"handpiece stopped: threshold at {told['torque_ncm']:.2f} N·cm" in shown.stdout
    assert "threshold  12 N·cm" in shown.stdout
    assert "patient    T-12" in shown.stdout
    assert "INTERRUPTED" not in shown.stdout
    assert "another verdict" not in shown.stdout
