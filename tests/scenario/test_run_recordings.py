"""Live is analyse: five real recordings over a pty, and the same alerts at the same samples.

They are screws in thermoplastic, not bone; they take their real time, so all five run at once.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.processes import json_lines, require, simulator
from torquemon.model import HOST_CLOCK_CODES, AlertCode

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a pty needs POSIX")

VARIABLE = "TORQUEMON_SCREW_RUNS"
RUNS = (
    "run1596334.csv",
    "run1596338.csv",
    "run1621524.csv",
    "run1621526.csv",
    "run1623126.csv",
)
TORQUE_SHARE = 8.0
SPEED_RPM = 25.0
HARD = {AlertCode.HARD_RESISTANCE.value, AlertCode.ROOT_CONTACT.value}
LIMIT_S = 150.0

Finding = tuple[str, float, float, float | None]


@dataclass(frozen=True)
class Outcome:
    """What one recording gave, live and recorded."""

    foot_s: float
    live: subprocess.CompletedProcess[str]
    shown: str
    exported: str
    recorded: dict[str, Any]
    again: dict[str, Any]

    @property
    def lines(self) -> list[dict[str, Any]]:
        return json_lines(self.live.stdout)

    @property
    def live_alerts(self) -> list[Finding]:
        return findings(line for line in self.lines if line["event"] == "alert")


def findings(alerts: Any) -> list[Finding]:  # noqa: ANN401 - JSON
    """What must be the same both ways; what the host's clock says aside."""
    host = {code.value for code in HOST_CLOCK_CODES}
    return [
        (a["code"], a["time_s"], a["torque_ncm"], a["angle_deg"])
        for a in alerts
        if a["code"] not in host
    ]


def scale(source: Path, target: Path) -> float:
    """Write the run at the scale of a mini-implant; return the stretch of time."""
    with source.open(encoding="utf-8") as stream:
        rows = [tuple(float(value) for value in row.values()) for row in csv.DictReader(stream)]
    angles = [row[2] for row in rows]
    turns = (max(angles) - min(angles)) / 360.0
    stretch = turns / (rows[-1][0] / 60.0) / SPEED_RPM
    lines = ["time_s,torque_ncm,angle_deg"]
    lines += [f"{t * stretch:.6f},{q / TORQUE_SHARE:.4f},{a:.3f}" for t, q, a in rows]
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return stretch


def program(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "torquemon", *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=LIMIT_S,
        check=False,
        env={**os.environ, "TORQUEMON_HOME": str(home)},
    )


def analyse(folder: Path, name: str) -> dict[str, Any]:
    manifest = folder / f"{name}.manifest.csv"
    manifest.write_text(f"file,site,screw\n{name},maxilla-buccal,generic\n", encoding="utf-8")
    done = program(folder / "chair", "analyse", str(manifest))
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    assert "error" not in result, result
    return result


def run_one(name: str, foot_s: float, folder: Path, port: str) -> Outcome:
    home = folder / "chair"
    live = program(
        home,
        "monitor",
        f"--port={port}",
        "--json",
        "--record",
        "--once",
        "--finish-still-s=2",
        f"--duration-s={LIMIT_S - 30}",
        "--connect-timeout-s=20",
        "--site=maxilla-buccal",
    )
    exported = folder / "export.csv"
    done = program(home, "export", "last", "--csv", "--output", str(exported))
    assert done.returncode == 0, (live.stderr, done.stderr)
    return Outcome(
        foot_s=foot_s,
        live=live,
        shown=program(home, "show", "last").stdout,
        exported=exported.read_text("utf-8"),
        recorded=analyse(folder, name),
        again=analyse(folder, "export.csv"),
    )


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    folder = os.environ.get(VARIABLE, "")
    require(folder, f"{VARIABLE} is not set: it names the folder with the recorded screw runs")
    source = Path(folder)
    with (source / "truth.csv").open(encoding="utf-8") as stream:
        feet = {row["file"]: float(row["hard_contact_s"]) for row in csv.DictReader(stream)}

    def job(name: str) -> Outcome:
        place = tmp_path_factory.mktemp(name.partition(".")[0])
        stretch = scale(source / name, place / name)
        with simulator("--replay", str(place / name)) as (_, port):
            return run_one(name, feet[name] * stretch, place, port)

    # all at once are ten processes and more: a monitor that gets no processor begins late
    with ThreadPoolExecutor(2) as pool:
        jobs = {name: pool.submit(job, name) for name in RUNS}
        return {name: job.result() for name, job in jobs.items()}


@pytest.mark.parametrize("name", RUNS)
def test_live_and_recorded_give_the_same_alerts_at_the_same_samples(
    outcomes: dict[str, Outcome], name: str
) -> None:
    outcome = outcomes[name]
    assert outcome.live.returncode == 0, outcome.live.stderr
    assert outcome.live_alerts == findings(outcome.recorded["alerts"])
    assert outcome.live_alerts == findings(outcome.again["alerts"])
    (closed,) = [line for line in outcome.lines if line["event"] == "closed"]
    verdict = closed["verdict"]
    for result in (outcome.recorded, outcome.again):
        assert verdict["kind"] == result["verdict"]
        assert verdict["max_insertion_torque_ncm"] == result["max_insertion_torque_ncm"]
        assert verdict["final_torque_ncm"] == result["final_torque_ncm"]


@pytest.mark.parametrize("name", RUNS)
def test_the_hard_stop_is_alerted_and_not_before_its_foot(
    outcomes: dict[str, Outcome], name: str
) -> None:
    outcome = outcomes[name]
    times = [time_s for code, time_s, _, _ in outcome.live_alerts if code in HARD]
    assert times
    assert min(times) >= outcome.foot_s


@pytest.mark.parametrize("name", RUNS)
def test_no_sample_is_lost_and_the_mark_stays(outcomes: dict[str, Outcome], name: str) -> None:
    outcome = outcomes[name]
    last = [line for line in outcome.lines if line["event"] == "second"][-1]
    assert last["lost_samples"] == 0
    assert last["bad_frames"] == 0
    assert last["storage"] == ""
    assert {line["origin"] for line in outcome.lines if "insertion_id" in line} >= {"replayed"}
    assert outcome.exported.startswith("# REPLAYED: not measured on a patient\n")
    assert "*** REPLAYED: not measured on a patient ***" in outcome.shown
    assert "another verdict" not in outcome.shown
