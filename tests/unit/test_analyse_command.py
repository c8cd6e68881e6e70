"""`analyse` from manifest to lines: the interface that stays."""

from __future__ import annotations

import argparse
import errno
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from torquemon.cohort.command import add_analyse
from torquemon.cohort.curves import CurveError, parse_curve
from torquemon.model import Validity

KEYS = {
    "file",
    "site",
    "screw",
    "window",
    "verdict",
    "max_insertion_torque_ncm",
    "final_torque_ncm",
    "duration_s",
    "alerts",
}


def analyse(*args: str) -> int:
    parser = argparse.ArgumentParser()
    add_analyse(parser.add_subparsers())
    options = parser.parse_args(["analyse", *args])
    code = options.run(options)
    assert isinstance(code, int)
    return code


def write_curve(path: Path, top_ncm: float = 9.0) -> None:
    lines = ["time_s,torque_ncm,angle_deg"]
    for index in range(1200):
        time_s = index / 100
        torque = top_ncm * max(0.0, min(1.0, (time_s - 0.5) / 9.0))
        lines.append(f"{time_s:.3f},{torque:.4f},{time_s * 150:.3f}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def results(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_one_line_a_curve_with_the_stable_keys(tmp_path: Path) -> None:
    write_curve(tmp_path / "a.csv")
    manifest = tmp_path / "manifest.csv"
    manifest.write_text(
        "file,site,screw,window,accuracy_ncm\n"
        "a.csv,maxilla-buccal,infinitas-1.5x9-short,,0\n"
        "a.csv,edentulous,generic,,0\n"
        "a.csv,edentulous,generic,10-20,0.5\n",
        encoding="utf-8",
    )
    out = tmp_path / "results.jsonl"
    assert analyse(str(manifest), "--output", str(out)) == 0
    first, second, third = results(out)
    assert set(first) >= KEYS
    assert first["window"] == "5-15"
    assert first["verdict"] == "within"
    assert first["max_insertion_torque_ncm"] == pytest.approx(9.0, abs=0.1)
    assert first["duration_s"] == pytest.approx(11.99)
    assert second["window"] is None
    assert second["verdict"] == "undetermined"
    assert third["verdict"] == "below"
    alert = third["alerts"][-1]
    assert set(alert) == {"code", "priority", "time_s", "torque_ncm", "angle_deg", "why"}
    assert alert["code"] == "below_window"


def test_a_bad_curve_has_its_line_and_the_rest_go_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_curve(tmp_path / "good.csv")
    (tmp_path / "noise.csv").write_bytes(bytes(range(256)))
    (tmp_path / "words.csv").write_text("time_s,torque_ncm\n0,1\n0.1,abc\n", encoding="utf-8")
    (tmp_path / "empty.csv").write_text("", encoding="utf-8")
    manifest = tmp_path / "m.csv"
    manifest.write_text(
        "file,site,screw\n"
        "noise.csv,maxilla-buccal,generic\n"
        "words.csv,maxilla-buccal,generic\n"
        "empty.csv,maxilla-buccal,generic\n"
        "missing.csv,maxilla-buccal,generic\n"
        ".,maxilla-buccal,generic\n"
        "good.csv,moon,generic\n"
        "good.csv,maxilla-buccal,nail\n"
        "good.csv,maxilla-buccal,generic\n",
        encoding="utf-8",
    )
    assert analyse(str(manifest)) == 1
    captured = capsys.readouterr()
    lines = [json.loads(line) for line in captured.out.splitlines()]
    errors = [line.get("error", "") for line in lines]
    assert "line 3" in errors[1]
    assert "abc" not in errors[1]
    assert "empty" in errors[2]
    assert "does not exist" in errors[3]
    assert "regular file" in errors[4]
    assert "unknown site 'moon'" in errors[5]
    assert "unknown screw 'nail'" in errors[6]
    assert all(errors[:7])
    assert lines[7]["verdict"] == "within"
    assert captured.err == ""


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "empty"),
        ("file,site\nx,y\n", "no column 'screw'"),
        ("file,site,screw\n", "names no curve"),
        ("file,site,screw\n" + "x" * 5000 + "\n", "longer than"),
    ],
)
def test_a_bad_manifest_is_one_sentence_and_exit_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, what: str
) -> None:
    manifest = tmp_path / "m.csv"
    manifest.write_text(text, encoding="utf-8")
    assert analyse(str(manifest)) == 2
    captured = capsys.readouterr()
    assert what in captured.err
    assert captured.err.count("\n") == 1
    assert captured.out == ""


def test_no_manifest_and_no_place_to_write_are_exit_code_2(tmp_path: Path) -> None:
    assert analyse(str(tmp_path / "none.csv")) == 2
    write_curve(tmp_path / "a.csv")
    manifest = tmp_path / "m.csv"
    manifest.write_text("file,site,screw\na.csv,midpalate,generic\n", encoding="utf-8")
    assert analyse(str(manifest), "--output", str(tmp_path / "no" / "dir.jsonl")) == 2


def test_hostile_names_are_harmless(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    manifest = tmp_path / "m.csv"
    manifest.write_text("file,site,screw\n\x1b[2Jx.csv,a\u202eb,c\n", encoding="utf-8")
    assert analyse(str(manifest)) == 1
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "\u202e" not in out


def test_reading_is_tolerant_of_form() -> None:
    plain = parse_curve("time_s,torque_ncm,angle_deg\n0,1.5,0\n0.01,1.6,2.25\n")
    forms = [
        "\n# exported\nTIME_S , Torque_Ncm,angle_deg\r\n\r\n0,1.5,0\r\n0.01,1.6,2.25\r\n",
        "time_s;torque_ncm;angle_deg\n0;1,5;0\n0,01;1,6;2,25\n",
        "time_s\ttorque_ncm\tangle_deg\n0\t1.5\t0\n0.01\t1.6\t2.25\n",
        "angle_deg,note,torque_ncm,time_s\n0,x,1.5,0\n2.25,,1.6,0.01\n",
    ]
    for form in forms:
        assert parse_curve(form) == plain


def test_an_export_of_a_live_run_comes_back_whole() -> None:
    text = (
        "seq,device_time_us,time_s,torque_ncm,angle_deg,speed_rpm,validity\n"
        "7,1000,0.000000,0.0100,,25.0,calibrating\n"
        "8,2000,0.001000,0.0200,1.125,24.9,valid\n"
    )
    first, second = parse_curve(text)
    assert first.validity is Validity.CALIBRATING
    assert first.angle_deg is None
    assert second.device_time_us == 1000
    assert second.speed_rpm == 24.9
    assert second.angle_deg == 1.125


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("time_s,torque_ncm\nnan,1\n", "line 2: time_s"),
        ("time_s,torque_ncm\n1e99,1\n", "line 2: time_s"),
        ("time_s,torque_ncm\n0\n", "line 2: 1 fields"),
        ("time_s,torque_ncm,torque_ncm\n0,1,1\n", "twice"),
        ("time_s,torque_ncm,validity\n0,1,fine\n", "validity is none of the known"),
        ("time_s,torque_ncm\n1_0,1\n", "not a number"),
        ("time_s,torque_ncm\n", "no samples"),
        ("t,q\n0,1\n", "no column 'time_s'"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text: str, what: str) -> None:
    with pytest.raises(CurveError, match=what):
        parse_curve(text)


def one_row(folder: Path, file: str = "a.csv") -> Path:
    write_curve(folder / "a.csv")
    manifest = folder / "m.csv"
    manifest.write_text(f"file,site,screw\n{file},maxilla-buccal,generic\n", encoding="utf-8")
    return manifest


@pytest.mark.parametrize("name", ["m.csv", "a.csv"])
def test_results_never_take_the_place_of_what_they_are_made_from(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    manifest = one_row(tmp_path)
    before = (tmp_path / name).read_bytes()
    assert analyse(str(manifest), "--output", str(tmp_path / name)) == 2
    assert "one of its curves" in capsys.readouterr().err
    assert (tmp_path / name).read_bytes() == before


def test_older_results_stay_until_the_new_ones_are_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = one_row(tmp_path)
    out = tmp_path / "out.jsonl"
    out.write_text("older\n", encoding="utf-8")

    def full(_result: dict[str, Any]) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("torquemon.cohort.analyse.to_line", full)
        assert analyse(str(manifest), "--output", str(out)) == 2
    assert out.read_text(encoding="utf-8") == "older\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "m.csv", "out.jsonl"]
    assert analyse(str(manifest), "--output", str(out)) == 0
    assert results(out)[0]["verdict"] == "within"


@pytest.mark.parametrize(("stdout", "encoding"), [("/dev/full", "utf-8"), ("/dev/null", "ascii")])
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_an_output_that_takes_nothing_is_one_sentence(
    tmp_path: Path, stdout: str, encoding: str
) -> None:
    manifest = one_row(tmp_path)
    code = (
        "import argparse, sys; from torquemon.cohort.command import add_analyse; "
        "p = argparse.ArgumentParser(); add_analyse(p.add_subparsers()); "
        "o = p.parse_args(sys.argv[1:]); sys.exit(o.run(o))"
    )
    with Path(stdout).open("wb") as stream:
        done = subprocess.run(
            [sys.executable, "-c", code, "analyse", str(manifest)],
            stdout=stream,
            stderr=subprocess.PIPE,
            env=os.environ | {"PYTHONIOENCODING": encoding},
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr.count(b"\n") == 1
    assert b"cannot write standard output" in done.stderr


@pytest.mark.skipif(not Path("/proc/version").exists(), reason="no /proc here")
def test_files_of_the_operating_system_are_refused_by_the_name_given(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "link.csv").symlink_to("/proc/version")
    assert analyse(str(one_row(tmp_path, "./link.csv"))) == 1
    error = json.loads(capsys.readouterr().out)["error"]
    assert "'./link.csv' belongs to the operating system" in error


def test_decimal_commas_between_commas_are_an_error_with_the_line() -> None:
    with pytest.raises(CurveError, match="line 2: 4 fields where the header has 2"):
        parse_curve("time_s,torque_ncm\n0,5,1,25\n")
    assert len(parse_curve("time_s,torque_ncm\n0.5,1.25,\n")) == 1
