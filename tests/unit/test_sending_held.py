"""The recorder holds the process that sends: started not too often, and ended whatever it does."""

from __future__ import annotations

import sys
import threading
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.destinations import MemoryExporter, SendingChair
from tests.processes import wait_for
from torquemon.clock import ManualClock, SystemClock
from torquemon.record.delivery import sending, watching
from torquemon.record.delivery.case import Case, Status
from torquemon.record.delivery.config import Destination, config_path
from torquemon.record.delivery.sending import AGAIN_NS, SendingProcess
from torquemon.record.delivery.watching import Sender


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TORQUEMON_HOME", str(tmp_path))
    config_path().write_text(f'[inbox]\nkind = "folder"\npath = "{tmp_path}"\n')
    return tmp_path


def command(home: Path, code: str) -> tuple[str, ...]:
    program = home / "program.py"
    program.write_text(f"print(1, file=open({str(home / 'begun')!r}, 'a'))\n{code}\n")
    return (sys.executable, str(program))


def begun(home: Path) -> int:
    found = home / "begun"
    return found.read_text().count("1") if found.exists() else 0


def test_one_that_ends_at_once_is_not_begun_again_at_once(home: Path) -> None:
    clock = ManualClock()
    held = SendingProcess(clock, command(home, "raise SystemExit(2)"))
    held.look()
    assert held._process is not None
    held._process.wait(20)
    for _ in range(50):
        held.look()
    assert held._process.returncode == 2
    assert begun(home) == 1
    clock.advance(AGAIN_NS / 1e9)
    held.look()
    wait_for(lambda: begun(home) == 2, 20, "another one")
    held.close()


@pytest.mark.skipif(sys.platform == "win32", reason="there a process cannot refuse to end")
def test_one_that_will_not_end_is_ended(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "_END_WAIT_S", 0.1)
    code = (
        "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        f"open({str(home / 'deaf')!r}, 'w').close()\nsignal.pause()\nsignal.pause()"
    )
    held = SendingProcess(ManualClock(), command(home, code))
    held.look()
    process = held._process
    assert process is not None
    wait_for((home / "deaf").exists, 20, "it is deaf")
    held.close()
    assert process.returncode is not None


def test_many_that_hang_are_waited_for_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "_END_WAIT_S", 0.2)
    leave = threading.Event()

    class Hanging(Sender):
        def run(self) -> None:
            leave.wait()

    clock = SystemClock()
    senders = [
        Hanging(Destination(f"d{number}", "folder", {}), clock, lambda _: None)
        for number in range(16)
    ]
    for each in senders:
        each.start()
    began_ns = clock.monotonic_ns()
    watching._end(list(senders))
    took_s = (clock.monotonic_ns() - began_ns) / 1e9
    leave.set()
    for each in senders:
        each.join()
    assert took_s < 1.6, "half of what one after the other takes"


def test_what_comes_while_it_sends_is_sent_at_the_next_look(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chair = SendingChair()
    monkeypatch.setenv("TORQUEMON_HOME", str(chair.folder))
    monkeypatch.setattr(watching, "LOOK_EVERY_S", 0.02)
    insertion_id = chair.signed("P-1")

    class Noting(MemoryExporter):
        """Somebody adds a note while the report is on its way."""

        def deliver(self, case: Case) -> Mapping[str, str]:
            if not self.held:
                chair.remarks.note(insertion_id, "bled a little", "Dr A")
            return super().deliver(case)

    exporter = Noting()

    class There(Destination):
        def open(self) -> MemoryExporter:
            return exporter

    sender = Sender(There("there", "folder", {}, not_real=True), SystemClock(), lambda _: None)
    sender.start()
    try:
        wait_for(lambda: exporter.calls == 2, 20, "the note has followed")
    finally:
        sender.end()
        sender.join(20)
    assert exporter.held[insertion_id].status is Status.AMENDED
