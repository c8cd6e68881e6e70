"""The simulator as a process on real wires: real bytes, a real terminal, real signals."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from torquemon.drivers.device_messages import Hello, Status
from torquemon.drivers.frame import Framer, encode_frame
from torquemon.drivers.host_messages import HelloRequest
from torquemon.drivers.messages import Message, from_frame, to_frame
from torquemon.drivers.readings import Readings
from torquemon.model import Validity

TIMEOUT_S = 20.0
HELLO = encode_frame(to_frame(HelloRequest(1, 1, 1, 42), 0))


@contextlib.contextmanager
def simulator(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A running simulator and the url it is ready on."""
    command = [sys.executable, "-m", "hw_sim", *arguments]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline().split()
        assert line[:1] == ["ready"], process.communicate(timeout=TIMEOUT_S)
        yield process, line[1]
    finally:
        process.kill()
        process.communicate(timeout=TIMEOUT_S)


def collect(descriptor: int, samples: int) -> list[Message]:
    """Read messages until so many samples have come."""
    framer = Framer()
    found: list[Message] = []
    seen = 0
    end_s = time.monotonic() + TIMEOUT_S
    while seen < samples:
        assert time.monotonic() < end_s, f"{seen} of {samples} samples in time"
        if not select.select([descriptor], [], [], 0.5)[0]:
            continue
        for frame in framer.feed(os.read(descriptor, 4096)):
            message = from_frame(frame)
            assert message is not None
            found.append(message)
            if isinstance(message, Readings):
                seen += len(message.samples)
    assert framer.bad_frames == 0
    return found


def check(messages: list[Message]) -> None:
    """The stream begins with a hello and goes on without a gap."""
    hello = messages[0]
    assert isinstance(hello, Hello)
    assert hello.session == 42
    assert any(isinstance(message, Status) for message in messages)
    expected: int | None = None
    for message in messages:
        if isinstance(message, Readings):
            assert expected in (None, message.first_seq)
            expected = message.first_seq + len(message.samples)


def summary_of(events: Path) -> dict[str, object]:
    lines = [json.loads(line) for line in events.read_text(encoding="utf-8").splitlines()]
    assert lines[-1]["event"] == "summary"
    last: dict[str, object] = lines[-1]
    return last


@pytest.mark.skipif(sys.platform == "win32", reason="a pty needs POSIX")
def test_a_pty_serves_real_bytes_and_leaves_cleanly(tmp_path: Path) -> None:
    events, link = tmp_path / "events.jsonl", tmp_path / "port"
    arguments = ("--scenario", "nominal", "--events", str(events), "--pty-link", str(link))
    with simulator(*arguments) as (process, url):
        assert os.path.realpath(link) == url
        descriptor = os.open(link, os.O_RDWR | os.O_NOCTTY)
        try:
            assert select.select([descriptor], [], [], 0.2)[0] == [], "not silent before hello"
            os.write(descriptor, HELLO)
            check(collect(descriptor, 300))
        finally:
            os.close(descriptor)
        again = os.open(link, os.O_RDWR | os.O_NOCTTY)
        try:
            os.write(again, HELLO)
            collect(again, 50)
        finally:
            os.close(again)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 0
    assert errors.splitlines()[0] == "Simulated device. Not a medical device."
    assert not link.is_symlink()
    assert summary_of(events)["scenario"] == "nominal"


@pytest.mark.skipif(sys.platform == "win32", reason="a pty needs POSIX")
def test_a_reader_that_sleeps_never_blocks_the_device(tmp_path: Path) -> None:
    events = tmp_path / "events.jsonl"
    arguments = ("--rate-hz", "2000", "--duration", "2", "--events", str(events))
    with simulator(*arguments) as (process, url):
        descriptor = os.open(url, os.O_RDWR | os.O_NOCTTY)
        try:
            os.write(descriptor, HELLO)
            process.wait(timeout=TIMEOUT_S)
        finally:
            os.close(descriptor)
    ticks = summary_of(events)["ticks"]
    assert isinstance(ticks, int)
    assert ticks > 3000


def test_tcp_serves_one_client_after_another() -> None:
    with simulator("--tcp", "0", "--scenario", "root-contact", "--seed", "7") as (_, url):
        assert url.startswith("socket://127.0.0.1:")
        address = ("127.0.0.1", int(url.rpartition(":")[2]))
        for _ in range(2):
            with socket.create_connection(address, timeout=TIMEOUT_S) as client:
                client.sendall(HELLO)
                check(collect(client.fileno(), 200))


def test_a_replay_comes_over_the_wire_sample_by_sample(tmp_path: Path) -> None:
    path = tmp_path / "curve.csv"
    torques = [round(0.0123 * index, 4) for index in range(100)]
    rows = [f"{0.0012 * index:.4f},{torque}" for index, torque in enumerate(torques)]
    path.write_text("\n".join(["time_s,torque_ncm", *rows]) + "\n", encoding="utf-8")
    with simulator("--replay", str(path), "--tcp", "0") as (_, url):
        address = ("127.0.0.1", int(url.rpartition(":")[2]))
        with socket.create_connection(address, timeout=TIMEOUT_S) as client:
            client.sendall(HELLO)
            messages = collect(client.fileno(), 250)
    samples = [s for m in messages if isinstance(m, Readings) for s in m.samples]
    valid = [s.torque_counts for s in samples if s.validity is Validity.VALID]
    assert valid == [round(torque * 10_000) for torque in torques]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--scenario", "nonsense"), "unknown scenario 'nonsense'; known are: nominal"),
        (("--replay", "/nonexistent/curve.csv"), "cannot be read"),
        (("--speed-rpm", "900"), "1 to 60"),
        (("--rate-hz", "9"), "50 to 2000"),
        (("--tcp", "99999"), "cannot listen on 127.0.0.1:99999"),
        (("--events", "/nonexistent/events"), "cannot write events"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_exit_code_2(
    arguments: tuple[str, ...], says: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "hw_sim", *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 2
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""


def test_the_list_has_one_line_per_scenario() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "hw_sim", "--list"],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=TIMEOUT_S,
        check=True,
    )
    names = [line.split()[0] for line in done.stdout.splitlines()]
    assert {"nominal", "root-contact", "threshold", "removal"} <= set(names)
