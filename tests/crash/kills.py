"""Kill -9 of the monitor at random moments of simulated insertions, and what is left then.

Each trial is a real monitor process and a real simulator process on a pty, forked from one that has
everything imported, so that a thousand kills take minutes. The monitor tells the number of every
commit that has returned through a pipe: that is what counts as acknowledged. After the kill the
journal must open, hold every acknowledged row, hold every reading that the monitor had read more
than 250 ms before, and be closed by the recorder as interrupted into a record that verifies. What
the machine had not brought to the monitor by then is counted apart. `make kills`; or
`python -m tests.crash.kills --count 1000 --workers 4`.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import json
import os
import random
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from itertools import pairwise
from pathlib import Path
from typing import Final, NoReturn

import hw_sim.cli
import torquemon.drivers.serial_port
import torquemon.drivers.wires
import torquemon.monitor.headless
import torquemon.monitor.process
import torquemon.profiles.own  # noqa: F401 - all of it is there before the first fork
from tests.crash.kill_words import LAST_S, Trial, summary
from tests.crash.last_signs import Page, Signs, queued_s
from torquemon import cli, paths
from torquemon.clock import SystemClock
from torquemon.journal import Entry, EntryKind, InsertionRow, Journal
from torquemon.record.folding import close_due
from torquemon.record.history import whole
from torquemon.record.store import Store
from torquemon.record.verify import verify_store

LATEST_S: Final = 4.0
"""Kills fall within this time of the recording's first row, or of the monitor's start."""
_COUNT: Final = struct.Struct("<q")


def run_trial(seed: int, template: Path) -> Trial:
    """Kill one monitor at a random moment; look at what is left."""
    chosen = random.Random(seed)  # noqa: S311 - a seed replays the moment
    after_s = chosen.uniform(0.0, LATEST_S)
    home = Path(tempfile.mkdtemp(prefix="torquemon-kill-"))
    shutil.copytree(template, home, dirs_exist_ok=True)
    os.environ[paths.HOME_VARIABLE] = str(home)
    device = -1
    page = Page()
    try:
        device, port = _simulator(seed, page)
        pipe, monitor = _monitor(port, page)
        if seed % 10:  # nine of ten in the midst of a recording, one of ten at any moment at all
            select.select([pipe], [], [], 20.0)
        time.sleep(max(0.0, after_s - LAST_S))  # the moment itself, not a wait for something
        before = queued_s(monitor)
        slept_ns = time.monotonic_ns()
        time.sleep(min(after_s, LAST_S))
        overslept_s = (time.monotonic_ns() - slept_ns) / 1e9 - min(after_s, LAST_S)
        queued = [all_s - before.get(task, 0.0) for task, all_s in queued_s(monitor).items()]
        signs = page.signs(monitor, port)
        _check_it_lives(monitor)
        os.kill(monitor, signal.SIGKILL)
        killed_ns = time.monotonic_ns()
        os.waitpid(monitor, 0)
        acknowledged = _acknowledged(pipe)
        trial = _look(seed, after_s, killed_ns, acknowledged, signs)
        return replace(trial, queued_s=max(queued, default=0.0), overslept_s=overslept_s)
    except Exception:  # noqa: BLE001 - whatever happened is a finding, with its seed
        return Trial(seed, after_s, 0, 0, None, 0, traceback.format_exc(limit=3)[-400:])
    finally:
        page.close()
        if device > 0:
            with contextlib.suppress(ProcessLookupError):
                os.kill(device, signal.SIGKILL)
            os.waitpid(device, 0)
        shutil.rmtree(home, ignore_errors=True)


def _check_it_lives(monitor: int) -> None:
    if os.waitpid(monitor, os.WNOHANG)[0]:
        raise RuntimeError("the monitor had ended by itself")


def _fork(act: Callable[[], object]) -> int:
    pid = os.fork()
    if pid == 0:
        _child(act)
    return pid


def _child(act: Callable[[], object]) -> NoReturn:
    try:
        os.setpgid(0, 0)
        act()
    except BaseException:  # noqa: BLE001 - a child must never return into the campaign
        traceback.print_exc()
    finally:
        os._exit(0)


def _quiet(out: int) -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(out if out >= 0 else nothing, 1)
    os.dup2(nothing, 2)


def _simulator(seed: int, page: Page) -> tuple[int, str]:
    """Start a simulated handpiece; return its pid and port."""
    reading, writing = os.pipe()

    def serve() -> None:
        os.close(reading)
        _quiet(writing)
        page.watch_device()
        hw_sim.cli.main(["--scenario", "nominal", "--seed", str(seed % 1000)])

    pid = _fork(serve)
    os.close(writing)
    said = b""
    while not said.endswith(b"\n"):
        ready, _, _ = select.select([reading], [], [], 20.0)
        part = os.read(reading, 4096) if ready else b""
        if not part:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            raise RuntimeError("the simulator did not start")
        said += part
    os.close(reading)
    return pid, said.decode().removeprefix("ready ").strip()


def _monitor(port: str, page: Page) -> tuple[int, int]:
    """Start a monitor that counts its commits into a pipe; return the pipe and its pid."""
    reading, writing = os.pipe()

    def watch() -> None:
        os.close(reading)
        _quiet(-1)
        page.watch()
        _count_commits(writing)
        cli.main(
            [
                "monitor",
                "--json",
                "--record",
                "--unattended",
                "--threshold-ncm=12",
                f"--port={port}",
            ]
        )

    pid = _fork(watch)
    os.close(writing)
    return reading, pid


def _count_commits(pipe: int) -> None:
    """Tell how many rows are stored, each time after a commit has returned."""
    append, opened = Journal.append, Journal.open_insertion
    told = 0

    def counted(self: Journal, entries: Iterable[Entry]) -> None:
        nonlocal told
        batch = list(entries)
        append(self, batch)
        told += len(batch)
        os.write(pipe, _COUNT.pack(told))

    def counted_open(self: Journal, row: InsertionRow) -> None:
        opened(self, row)
        os.write(pipe, _COUNT.pack(told))

    Journal.append = counted  # type: ignore[method-assign]
    Journal.open_insertion = counted_open  # type: ignore[method-assign]


def _acknowledged(pipe: int) -> int:
    """Return the last count that was told; -1 where not even the insertion was acknowledged."""
    data = b""
    while part := os.read(pipe, 65536):
        data += part
    os.close(pipe)
    whole_ones = len(data) // _COUNT.size
    if not whole_ones:
        return -1
    (count,) = _COUNT.unpack_from(data, (whole_ones - 1) * _COUNT.size)
    return int(count)


def _look(seed: int, after_s: float, killed_ns: int, acknowledged: int, signs: Signs) -> Trial:
    if not paths.journal_path().exists():
        problem = "acknowledged rows without a journal" if acknowledged >= 0 else ""
        return Trial(seed, after_s, acknowledged, 0, None, 0, problem)
    journal = Journal(paths.journal_path())
    try:
        rows = journal.insertions()
        if not rows:
            problem = "an acknowledged insertion is lost" if acknowledged >= 0 else ""
            return Trial(seed, after_s, acknowledged, 0, None, 0, problem)
        (row,) = rows
        stored = sum(1 for _ in journal.entries(row.id))
        readings = list(journal.readings(row.id))
        raw = [entry.host_ns for entry in journal.entries(row.id, EntryKind.RAW)]
        last_ns = readings[-1].host_time_ns if readings else max([row.opened_ns, *raw])
        problem = _closed(journal, row.id)
    finally:
        journal.close()
    if stored < acknowledged:
        problem = problem or f"{acknowledged - stored} acknowledged rows are lost"
    gaps = sum(after.seq - before.seq != 1 for before, after in pairwise(readings))
    # zeroing comes first: until then there is nothing to be judged that could be missing
    missing_s = (killed_ns - last_ns) / 1e9 if readings else None
    waited_s = signs.waiting_s(readings[-1].seq if readings else -1, killed_ns)
    told = signs.told(killed_ns)
    return Trial(seed, after_s, acknowledged, stored, missing_s, gaps, problem, waited_s, told=told)


def _closed(journal: Journal, insertion_id: str) -> str:
    """Close it as the recorder does; return what is wrong."""
    store = Store(paths.record_path())
    try:
        close_due(journal, store, SystemClock(), monitor_runs=False)
        if whole(store, insertion_id).summary.complete:
            return "a killed insertion passes for a finished one"
        found = [problem for chain in verify_store(store) for problem in chain.problems]
        if not found and list(store.readings(insertion_id)) != list(journal.readings(insertion_id)):
            return "the record does not give the journal's readings back"
        return found[0] if found else ""
    finally:
        store.close()


def run_trials(first: int, count: int) -> list[Trial]:
    """Run trials in this process, one after another."""
    gc.freeze()
    template = Path(tempfile.mkdtemp(prefix="torquemon-kill-template-"))
    try:
        Store(template / "record.db").close()
        return [run_trial(first + number, template) for number in range(count)]
    finally:
        shutil.rmtree(template)


def main() -> int:
    """Run a campaign; 1 where something does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", action="store_true", help="one worker's part, as JSON lines")
    args = parser.parse_args()
    if args.only:
        for trial in run_trials(args.seed, args.count):
            sys.stdout.write(json.dumps(asdict(trial)) + "\n")
        return 0
    share = -(-args.count // args.workers)
    began = time.monotonic()
    parts = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.crash.kills", "--only", f"--count={share}",
             f"--seed={args.seed + worker * share}"],
            stdout=subprocess.PIPE, text=True,
        )
        for worker in range(args.workers)
    ]  # fmt: skip
    trials: list[Trial] = []
    for part in parts:
        out, _ = part.communicate()
        trials += [Trial(**json.loads(line)) for line in out.splitlines()]
    lines, holds = summary(trials)
    lines.append(f"{time.monotonic() - began:.0f} s with {args.workers} workers, seed {args.seed}")
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 0 if holds and len(trials) == share * args.workers else 1


if __name__ == "__main__":
    sys.exit(main())
