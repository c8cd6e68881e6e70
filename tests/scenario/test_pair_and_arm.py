"""A key from end to end, with real processes: entered once, proved, and then armed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import has_happened, json_lines, simulator, torquemon, truth, wait_for
from torquemon import paths


def pair(key_file: Path, *words: str) -> subprocess.CompletedProcess[str]:
    with key_file.open(encoding="utf-8") as scanned:
        return subprocess.run(
            [sys.executable, "-m", "torquemon", "pair", "--store=file", *words],
            stdin=scanned,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=30,
            check=False,
        )


def watch(port: str, seconds: float) -> subprocess.CompletedProcess[str]:
    return torquemon(
        "monitor", f"--port={port}", "--json", "--record", "--unattended", f"--duration-s={seconds}"
    )


def phases(done: subprocess.CompletedProcess[str]) -> list[str]:
    return [line["arm"] for line in json_lines(done.stdout) if line["event"] == "second"]


@pytest.mark.requirement("REQ-LINK-6")
def test_a_key_that_was_entered_once_lets_the_handpiece_be_armed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(paths.HOME_VARIABLE, str(tmp_path / "home"))
    key_file, log = tmp_path / "printed-code", tmp_path / "truth.jsonl"
    words = ("--tcp", "0", f"--key-file={key_file}", "--events", str(log))
    with simulator(*words) as (_, port):
        stranger = watch(port, 2.5)
    text = key_file.read_text("utf-8").strip()
    assert phases(stranger)[-1] == "warn_only"
    assert not {"armed", "arming"} & set(phases(stranger))
    assert not has_happened(log, "armed")()

    paired = pair(key_file)
    assert paired.returncode == 0, paired.stderr
    assert "the key of handpiece SIM-0001 is kept in the file" in paired.stdout
    with simulator(*words) as (_, port):
        known = watch(port, 3.5)
        wait_for(has_happened(log, "armed"), 1, "the device says that it was armed")
    assert "armed" in phases(known)
    assert known.stderr == ""
    everything = stranger.stdout + stranger.stderr + paired.stdout + known.stdout
    assert text.rpartition(";")[2] not in everything
    for file in (tmp_path / "home").iterdir():
        if file.name != "handpiece_keys.json" and file.is_file():
            assert text.rpartition(";")[2].encode() not in file.read_bytes()
    assert [event["event"] for event in truth(log)].count("armed") == 1


def test_a_key_file_of_the_simulator_that_is_none_is_one_sentence(tmp_path: Path) -> None:
    key_file = tmp_path / "printed-code"
    key_file.write_text("no key\n", "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "hw_sim", "--tcp", "0", f"--key-file={key_file}"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("hw_sim: ")
    assert done.stderr.count("\n") == 1
