"""A slice of the kill campaign: `make kills` runs a thousand."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.crash.kill_words import LIMIT_S

BUSY_S = 0.25
"""What waiting for a busy disk may add to a figure that is measured in real time."""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL and a pty need POSIX")


@pytest.mark.requirement("REQ-REC-7")
def test_a_monitor_killed_at_random_loses_nothing_that_was_acknowledged() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.crash.kills", "--only", "--count=3", "--seed=2"],
        stdout=subprocess.PIPE,
        text=True,
        timeout=120,
        check=True,
    )
    trials = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(trials) == 3
    assert [trial["problem"] for trial in trials] == ["", "", ""]
    assert all(trial["stored"] >= trial["acknowledged"] for trial in trials)
    recorded = [trial for trial in trials if trial["missing_s"] is not None]
    assert recorded
    # what the machine held back is not asked of the monitor; what it had read is, with what a busy
    # machine keeps its threads from
    held_s = {t["seed"]: t["queued_s"] + t["overslept_s"] + BUSY_S for t in recorded}
    late = [t for t in recorded if t["waited_s"] > LIMIT_S + held_s[t["seed"]]]
    assert not late, late
