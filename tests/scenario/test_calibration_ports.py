"""A handpiece that reads four fifths: checked on real ports, signed, and then corrected for real.

In the end the handpiece halts by its own sensor at the torque that was meant, and what is shown is
the torque that is there; without a signature, with one byte changed or on another handpiece nothing
is corrected.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.parts import needed
from tests.pdf_tools import pdf_text
from tests.processes import python, ready_port, simulator, torquemon
from tests.threshold_run import inserted
from torquemon import DISCLAIMER
from torquemon.calibration.store import get
from torquemon.drivers.correction_store import FOLDER
from torquemon.journal import Journal

needed("GTC", "calibrate")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a pty needs POSIX")

RIG = ("--gain=0.8", "--offset=0.3", "--hysteresis=2", "--seed=11", "--hold-s=2", "--move-s=0.3")
SENSOR = ("--sensor-gain=0.8", "--sensor-offset=0.3", "--sensor-hysteresis=0.5")
FORM = r"""
name = "bench"
maker = "Example"
source = "the answer of the rig's own gauge, its unit not taken from it"
baud = [115200]
rate_hz = 20
poll = "?C\r"
unit = "N.cm"
pattern = "(?P<value>[+-]?[0-9.]++) Ncm"
examples = ["-1.23 Ncm"]
"""
PLAN = ("--site=mandible-buccal", "--screw=infinitas-1.5x9-short", "--threshold-ncm=12")


def checked(out: Path) -> str:
    """Check the rig's handpiece on two ports; return what the program said."""
    with python("hw_sim.calibration_rig", *RIG) as rig:
        port = ready_port(rig)
        assert rig.stdout is not None
        _, kind, gauge = rig.stdout.readline().split()
        done = torquemon(
            "calibrate",
            port,
            "--gauge",
            kind,
            gauge,
            "--gauge-uncertainty=0.5%",
            "--gauge-certificate=CERT-42",
            "--stand",
            "--series=2",
            "--hold-s=0.8",
            f"--pdf={out}",
            within_s=240.0,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    return done.stdout


def begun(*words: str) -> dict[str, Any]:
    """Begin an insertion with the erring handpiece; return its description."""
    with simulator("--scenario", "threshold", *SENSOR, *words) as (_, port):
        done = torquemon(
            "monitor", f"--port={port}", "--record", "--unattended", "--duration-s=2", *PLAN
        )
    assert done.returncode == 0, done.stderr
    return newest()


def newest() -> dict[str, Any]:
    journal = Journal(home() / "journal.db")
    try:
        return dict(journal.insertions()[0].meta)
    finally:
        journal.close()


def home() -> Path:
    from torquemon.paths import home as folder

    return folder()


def stopped(folder: Path) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """Insert until the handpiece halts; return what was closed, and what was true, by name."""
    device = ("--seed=7", "--speed-rpm=60", "--rate-hz=200", *SENSOR)
    lines, events = inserted(folder, device, PLAN)
    (closed,) = [line for line in lines if line["event"] == "closed"]
    return closed, {event["event"]: event for event in events}


@pytest.mark.requirement("REQ-CAL-1", "REQ-CAL-2", "REQ-CAL-3", "REQ-CAL-4")
def test_a_check_on_two_ports_corrects_the_next_insertion(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORQUEMON_HOME", str(tmp_path / "home"))
    said = checked(tmp_path / "certificate.pdf")
    assert "step 1 of 23: let go" in said
    assert "SIMULATED" in said

    stored = get(home(), "last")
    result = stored.content["result"]
    for name, true in (("gain", 0.8), ("hysteresis_ncm", 0.4)):
        assert abs(result[name]["value"] - true) <= 2 * result[name]["u_expanded"]
    assert result["offset_ncm"]["value"] == pytest.approx(0.3, abs=0.06)  # its zero drifts by 0.05
    text = pdf_text(tmp_path / "certificate.pdf")
    for part in (
        "Check of a handpiece against a reference gauge",
        "SIMULATED",
        "SIM-0001",
        "CERT-42",
        "0.5 % of the reading (k = 2), as its certificate states",
        f"{result['gain']['value']:.4f} ± {result['gain']['u_expanded']:.4f}",
        "Not signed: it is not applied.",
        DISCLAIMER,
    ):
        assert part in text

    assert "correction" not in begun()  # unsigned
    signed = torquemon("calibrate", "--sign", "last")
    assert signed.returncode == 0, signed.stderr

    closed, events = stopped(tmp_path)
    gain = result["gain"]["value"]
    meta = newest()
    assert meta["correction"]["id"] == stored.id
    assert meta["correction"]["gain"] == gain
    own_ncm = events["armed"]["threshold_ncm"]
    assert own_ncm == int(12.0 * gain * 10 + 1e-6) / 10  # translated, floored to its step of 0.1
    assert meta["armed_threshold_ncm"] == pytest.approx(own_ncm / gain)
    assert meta["threshold_ncm"] == 12.0
    if events["halt"]["reason"] == "THRESHOLD":  # else this computer was too busy all the time
        # the true torque: 12 N·cm and not the 15 at which an uncorrected one would halt
        assert 11.4 <= events["halt"]["torque_ncm"] <= 13.2
    (told,) = closed["halts"]
    open_ncm = result["corrected_ncm"]["u_expanded"]
    assert abs(told["torque_ncm"] - events["halt"]["torque_ncm"]) <= open_ncm
    highest_ncm = closed["verdict"]["max_insertion_torque_ncm"]
    assert abs(highest_ncm - events["halt"]["torque_ncm"]) <= open_ncm + 0.5  # and runs on a little

    record = torquemon("show", "last").stdout
    assert f"corrected  divided by {gain:.4f}, check {stored.id}" in record

    path = home() / FOLDER / f"{stored.id}.json"
    raw = path.read_bytes()
    path.write_bytes(raw.replace(b'"SIM-0001"', b'"SIM-0002"'))
    assert "correction" not in begun()
    listed = torquemon("calibrate", "--list").stdout
    assert "not applied" in listed
    assert "altered" in listed
    path.write_bytes(raw)
    assert begun()["correction"]["id"] == stored.id


@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_whatever_ends_a_run_what_was_measured_is_kept(
    number: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORQUEMON_HOME", str(tmp_path / "home"))
    with python("hw_sim.calibration_rig", *RIG) as rig:
        port = ready_port(rig)
        assert rig.stdout is not None
        _, kind, gauge = rig.stdout.readline().split()
        words = ("torquemon", "calibrate", port, "--gauge", kind, gauge, "--hold-s=0.6")
        with python(*words) as program:
            assert program.stdout is not None
            for line in program.stdout:
                if line.startswith("step 4"):
                    break
            program.send_signal(getattr(signal, number))
            program.send_signal(signal.SIGTERM)  # whoever is impatient loses nothing either
            rest = program.stdout.read()
            assert program.wait(20) == 1
    assert "no result: " in rest
    assert "3 steps are kept" in rest
    stored = get(home(), "last")
    assert len(stored.content["plateaus"]) == 3
    assert stored.content["result"] is None


def test_a_check_against_a_gauge_whose_unit_is_stated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORQUEMON_HOME", str(tmp_path / "home"))
    form = tmp_path / "form.toml"
    form.write_text(FORM, "utf-8")
    with python("hw_sim.calibration_rig", *RIG) as rig:
        port = ready_port(rig)
        assert rig.stdout is not None
        gauge = rig.stdout.readline().split()[2]
        named = ("--gauge", f"ascii:form={form}", gauge)
        words = ("torquemon", "calibrate", port, *named, "--hold-s=0.6")
        with python(*words) as program:
            assert program.stdout is not None
            said = ""
            for line in program.stdout:
                said += line
                if line.startswith("step 2"):
                    break
            program.send_signal(signal.SIGINT)
            said += program.stdout.read()
            assert program.wait(20) == 1
    assert "questionable" not in said
    assert "the gauge's unit was stated by the operator: N.cm" in said
    assert "Its unit            stated by the operator: N.cm" in said
    assert get(home(), "last").content["gauge"]["stated_unit"] == "N.cm"
