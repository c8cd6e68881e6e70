"""The five real recordings: the hard stop is alerted in each, and nothing before its foot."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest

from torquemon.cohort.analyse import judge_curve
from torquemon.cohort.curves import parse_curve
from torquemon.drivers.readings import RawSample, Readings
from torquemon.model import AlertCode, Reading, Validity, Window
from torquemon.signal.setup import JudgeSetup
from torquemon.units import TorqueUnit, counts_to_ncm

VARIABLE = "TORQUEMON_SCREW_RUNS"
RUNS = (
    ("run1596334.csv", 0.6384),
    ("run1596338.csv", 0.6384),
    ("run1621524.csv", 1.0764),
    ("run1621526.csv", 1.1340),
    ("run1623126.csv", 1.0452),
)
GENERIC = JudgeSetup(window=Window(5.0, 15.0, "alveolar-5-15", "test"))
CONTACT = {AlertCode.ROOT_CONTACT, AlertCode.HARD_RESISTANCE}


def runs_folder() -> Path:
    folder = os.environ.get(VARIABLE)
    if folder is None:
        if os.environ.get("CI") == "true":
            pytest.fail(f"{VARIABLE} is not set, and CI must not pass without the recordings")
        pytest.skip(f"{VARIABLE} is not set: it names the folder with the recorded screw runs")
    return Path(folder)


def scaled(name: str) -> tuple[str, float]:
    """The run as CSV at the scale of a mini-implant (torque / 8, mean speed 25 rpm)."""
    with (runs_folder() / name).open(encoding="utf-8") as stream:
        rows = [
            (float(row["time_s"]), float(row["torque_ncm"]), float(row["angle_deg"]))
            for row in csv.DictReader(stream)
        ]
    turns = (max(row[2] for row in rows) - min(row[2] for row in rows)) / 360.0
    stretch = turns / (rows[-1][0] / 60.0) / 25.0
    lines = ["time_s,torque_ncm,angle_deg"]
    lines += [f"{t * stretch:.6f},{q / 8.0:.6f},{a:.3f}" for t, q, a in rows]
    return "\n".join(lines) + "\n", stretch


@pytest.mark.parametrize(("name", "foot_s"), RUNS)
def test_the_hard_stop_is_alerted_and_nothing_before_its_foot(name: str, foot_s: float) -> None:
    text, stretch = scaled(name)
    judged = judge_curve(parse_curve(text), GENERIC)
    times = [alert.time_s for alert in judged.alerts if alert.code in CONTACT]
    assert times
    assert all(time_s > foot_s * stretch for time_s in times)
    assert times[0] - foot_s * stretch < 0.3


@pytest.mark.parametrize(("name", "foot_s"), RUNS)
def test_over_the_wire_the_alerts_are_the_same(name: str, foot_s: float) -> None:
    assert foot_s > 0
    text, _ = scaled(name)
    curve = parse_curve(text)
    assert judge_curve(over_the_wire(curve), GENERIC) == judge_curve(curve, GENERIC)


def over_the_wire(curve: list[Reading]) -> list[Reading]:
    """The curve as counts of 0.0001 N·cm and thousandths of a degree, packed and unpacked."""
    found = []
    for reading in curve:
        assert reading.angle_deg is not None
        raw = RawSample(
            0,
            round(reading.torque_ncm * 10_000),
            round(reading.angle_deg * 1000),
            None,
            Validity.VALID,
        )
        sample = Readings.unpack(Readings(0, reading.device_time_us, (raw,)).pack()).samples[0]
        assert sample.angle_mdeg is not None
        found.append(
            reading._replace(
                torque_ncm=counts_to_ncm(sample.torque_counts, 100, TorqueUnit.NCM),
                angle_deg=sample.angle_mdeg / 1000,
            )
        )
    return found
