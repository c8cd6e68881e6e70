"""The program on ports that misbehave, as real processes: sentences, codes, nothing lost."""

from __future__ import annotations

import contextlib
import os
import pty
import random
import signal
import sys
import threading
import time
import tty
from pathlib import Path

import pytest

from tests.processes import (
    has_happened,
    json_lines,
    python,
    simulator,
    torquemon,
    wait_for,
)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a pty needs POSIX")


def test_garbage_on_the_port_ends_with_a_sentence() -> None:
    noise = random.Random(11)  # noqa: S311 - no secret
    with contextlib.ExitStack() as stack:
        far, near = pty.openpty()
        stack.callback(os.close, far)
        stack.callback(os.close, near)
        tty.setraw(near)
        os.set_blocking(far, False)
        over = threading.Event()

        def babble() -> None:
            while not over.wait(0.005):
                with contextlib.suppress(BlockingIOError):
                    os.write(far, noise.randbytes(200))

        thread = threading.Thread(target=babble)
        thread.start()
        stack.callback(thread.join, 5)
        stack.callback(over.set)
        port = os.ttyname(near)
        done = torquemon("monitor", "--json", f"--port={port}", "--connect-timeout-s=1.5")
        asked = torquemon("devices", "--probe", "--port", port)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("torquemon: no handpiece: ")
    assert len(done.stderr.splitlines()) == 1
    lines = json_lines(done.stdout)
    assert [line for line in lines if line["event"] == "second"][-1]["bad_frames"] > 0
    assert asked.returncode == 1
    assert "unknown device: " in asked.stdout


def test_a_port_that_vanishes_is_alarmed_and_what_came_is_kept(tmp_path: Path) -> None:
    log = tmp_path / "truth.jsonl"
    link = tmp_path / "port"
    words = ("--scenario", "nominal", "--seed", "7", "--events", str(log))
    with (
        simulator(*words, "--pty-link", str(link)) as (device, _),
        python(
            "torquemon",
            "monitor",
            "--json",
            "--record",
            "--unattended",
            f"--port={link}",
            "--threshold-ncm=12",
        ) as monitor,
    ):
        wait_for(has_happened(log, "motor_on"), 20, "the insertion begins")
        began_s = time.monotonic()
        wait_for(lambda: time.monotonic() - began_s > 1, 5, "a second of turning")
        # the number of a dead pty goes to whoever opens the next one: this monitor would look for
        # its handpiece in the terminal of another test, and take its keys
        link.unlink()
        device.kill()
        gone_s = time.monotonic()
        wait_for(lambda: time.monotonic() - gone_s > 1.5, 5, "a while without it")
        monitor.send_signal(signal.SIGTERM)
        out, err = monitor.communicate(timeout=15)
    assert monitor.returncode == 0, err
    lines = json_lines(out)
    codes = [line["code"] for line in lines if line["event"] == "alert"]
    assert codes.count("stale_data") == 1
    assert codes.count("not_armed") == 1
    last = [line for line in lines if line["event"] == "second"][-1]
    assert last["torque_ncm"] is None
    assert last["arm"] == "not_armed"
    assert last["link"] in ("lost", "failed")
    (closed,) = [line for line in lines if line["event"] == "closed"]
    shown = torquemon("show", "last")
    assert shown.returncode == 0
    assert "stale_data" in shown.stdout
    assert f"{closed['samples']} in " in shown.stdout
    assert closed["samples"] > 1500


def test_a_second_monitor_leaves_the_first_alone() -> None:
    with (
        simulator("--scenario", "nominal") as (_, port),
        python("torquemon", "monitor", "--json", f"--port={port}") as first,
    ):
        assert first.stdout is not None
        first.stdout.readline()
        second = torquemon("monitor", "--json", f"--port={port}")
        assert second.returncode == 2
        assert "another monitor already runs at this chair" in second.stderr
        assert len(second.stderr.splitlines()) == 1
        assert first.poll() is None
        probed = torquemon("devices", "--probe", "--port", port)
        assert "in use by another program" in probed.stdout
        first.terminate()
        _, err = first.communicate(timeout=15)
    assert first.returncode == 0, err


def test_devices_names_a_simulated_handpiece_as_such() -> None:
    with simulator("--scenario", "warn-only") as (_, port):
        done = torquemon("devices", "--probe", "--port", port)
    assert done.returncode == 0
    assert "TorqueMon Simulated handpiece, serial number SIM-0001" in done.stdout
    assert "warn only, SIMULATED" in done.stdout
