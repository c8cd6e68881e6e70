"""A gauge as the live source of an insertion: the real program, a real pty, an emulated gauge."""

from __future__ import annotations

import json
import sys

import pytest

from tests.gauge_bench import Served, served
from tests.processes import torquemon

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a pty needs POSIX")


def _monitor(server: Served, *options: str) -> list[dict[str, object]]:
    done = torquemon(
        "monitor", "--json", "--port", server.port.url, "--record", "--duration-s=2.5", *options
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.requirement("REQ-GAU-2", "REQ-GAU-6")
def test_a_gauge_is_recorded_marked_and_warn_only() -> None:
    with served("mark10") as server:
        server.emulator.torque_ncm = 17.5
        lines = _monitor(server, "--gauge", "mark10", "--window", "5-15")
    seconds = [line for line in lines if line["event"] == "second" and line["torque_ncm"]]
    assert {line["torque_ncm"] for line in seconds} == {17.5}
    assert {line["arm"] for line in seconds} == {"warn_only"}
    (closed,) = [line for line in lines if line["event"] == "closed"]
    assert closed["origin"] == "simulated"
    assert isinstance(closed["samples"], int)
    assert closed["samples"] > 20


def test_every_sentence_of_a_gauge_that_cannot_be_had_is_one_line() -> None:
    for gauge, words in (
        ("mark11", "there is no gauge kind 'mark11'"),
        ("mark10:baud=x", "give bits per second"),
        ("lutron", "use it for `torquemon calibrate`"),
        ("ascii", "needs its description: form=FILE.toml"),
    ):
        done = torquemon("monitor", "--gauge", gauge, "--port", "/dev/ttyNONE")
        assert done.returncode == 2, gauge
        assert words in done.stderr
        assert len(done.stderr.splitlines()) == 1
    with served("mark10") as server:
        server.mute = True
        done = torquemon(
            "monitor", "--gauge=mark10", "--port", server.port.url, "--connect-timeout-s=8"
        )
    assert done.returncode == 1
    assert "no answer from the mark10 gauge" in done.stderr
    assert len(done.stderr.splitlines()) == 1
