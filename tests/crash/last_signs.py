"""What a monitor that is about to be killed had read, and what its threads waited for.

A page of memory that outlives the monitor: every reading as it reaches the judge (read from the
wire, decoded), when the session and the journal's thread last ran, and whether a commit was under
way. So a reading that the monitor had and did not store is told from one that it never got because
the machine ran something else. How long the threads stood in the queue of the processor is the
kernel's own count (`/proc/PID/task/*/schedstat`).
"""

from __future__ import annotations

import contextlib
import fcntl
import mmap
import os
import struct
import termios
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hw_sim.ports import PtyPort
from torquemon.drivers.capture import Capture, Chunk, Direction
from torquemon.journal import Entry, Journal
from torquemon.model import Reading, Stop
from torquemon.monitor.judging import Judging
from torquemon.monitor.session import Session

_SLOTS: Final = 1 << 14
"""Half a minute at 500 Hz; a trial takes a few seconds."""
_HEAD: Final = struct.Struct("<6q")
_READ: Final = struct.Struct("<qq")


@dataclass(frozen=True, slots=True)
class Signs:
    """The state at the kill. `read` are sequence number and time of every reading that was read."""

    read: tuple[tuple[int, int], ...]
    session_ns: int
    commit_began_ns: int
    commit_ended_ns: int
    sent_ns: int
    """When the simulated handpiece last wrote to its end of the cable."""
    came_ns: int
    """When bytes last came out of the monitor's end of it."""
    unread: int = 0
    """Bytes that stood ready at the monitor's end."""
    threads: str = ""
    """What the kernel says that each thread waited in."""

    def waiting_s(self, last_seq: int, killed_ns: int) -> float:
        """Return for how long the oldest reading that was read, and is not stored, has waited."""
        waiting = [at_ns for seq, at_ns in self.read if seq > last_seq]
        return (killed_ns - min(waiting)) / 1e9 if waiting else 0.0

    def told(self, killed_ns: int) -> str:
        """Return how long before the kill each thing happened last, as a sentence."""
        committing = self.commit_began_ns > self.commit_ended_ns
        moments = {
            "the handpiece last wrote": self.sent_ns,
            "bytes last came out of the pty": self.came_ns,
            "the last reading": max((at_ns for _, at_ns in self.read), default=self.session_ns),
            "the session ran": self.session_ns,
            "a commit under way since" if committing else "no commit since": (
                self.commit_began_ns if committing else self.commit_ended_ns
            ),
        }
        words = [f"{what} {(killed_ns - at_ns) / 1e6:.0f} ms" for what, at_ns in moments.items()]
        return f"{', '.join(words)}; {self.unread} bytes ready to be read; threads: {self.threads}"


class Page:
    """Shared between the campaign and the monitor that it forks."""

    def __init__(self) -> None:
        self._map = mmap.mmap(-1, _HEAD.size + _SLOTS * _READ.size)
        self._count = 0

    def watch(self) -> None:
        """Keep the signs of this process from now on. Called in the monitor."""
        judged, stepped, append = Judging.__call__, Session.step, Journal.append
        captured = Capture.append
        page = self

        def judge(self: Judging, reading: Reading) -> Stop | None:
            page._read(reading)
            return judged(self, reading)

        def step(self: Session) -> None:
            page._note(1)
            stepped(self)

        def commit(self: Journal, entries: Iterable[Entry]) -> None:
            page._note(2)
            append(self, entries)
            page._note(3)

        def capture(self: Capture, chunk: Chunk) -> None:
            if chunk.direction is Direction.RECEIVED:
                page._note(5)
            captured(self, chunk)

        Capture.append = capture  # type: ignore[method-assign]
        Judging.__call__ = judge  # type: ignore[method-assign]
        Session.step = step  # type: ignore[method-assign]
        Journal.append = commit  # type: ignore[method-assign]

    def watch_device(self) -> None:
        """Keep when the simulator last wrote. Called in the simulator."""
        written, page = PtyPort.write, self

        def write(self: PtyPort, data: bytes) -> int:
            count = written(self, data)
            if count:
                page._note(4)
            return count

        PtyPort.write = write  # type: ignore[method-assign]

    def _read(self, reading: Reading) -> None:
        at = _HEAD.size + self._count % _SLOTS * _READ.size
        _READ.pack_into(self._map, at, reading.seq, reading.host_time_ns)
        self._count += 1
        struct.pack_into("<q", self._map, 0, self._count)

    def _note(self, slot: int) -> None:
        struct.pack_into("<q", self._map, 8 * slot, time.monotonic_ns())

    def signs(self, pid: int, port: str) -> Signs:
        """Return what stands there, and how the monitor's threads are. Called before the kill."""
        unread, threads = _unread(port), _threads(pid)
        count, session_ns, began_ns, ended_ns, sent_ns, came_ns = _HEAD.unpack_from(self._map)
        kept = range(max(0, count - _SLOTS), count)
        read = (_READ.unpack_from(self._map, _HEAD.size + n % _SLOTS * _READ.size) for n in kept)
        return Signs(
            tuple((seq, at) for seq, at in read),
            session_ns,
            began_ns,
            ended_ns,
            sent_ns,
            came_ns,
            unread,
            threads,
        )

    def close(self) -> None:
        """Give the memory back."""
        self._map.close()


def _unread(port: str) -> int:
    """Return how many bytes the pty holds for the monitor."""
    try:
        end = os.open(port, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)
    except OSError:
        return 0
    try:
        return int(struct.unpack("i", fcntl.ioctl(end, termios.FIONREAD, b"\0" * 4))[0])
    finally:
        os.close(end)


def _threads(pid: int) -> str:
    """Return state and place in the kernel of each thread of a process."""
    found = []
    for task in sorted(Path(f"/proc/{pid}/task").glob("*")):
        with contextlib.suppress(OSError):
            state = (task / "stat").read_text().rpartition(")")[2].split()[0]
            found.append(f"{state} {(task / 'wchan').read_text()}")
    return ", ".join(found)


def queued_s(pid: int) -> dict[str, float]:
    """Return how long each thread of a process has waited for a processor so far, by its id."""
    found: dict[str, float] = {}
    for task in Path(f"/proc/{pid}/task").glob("*"):
        try:
            found[task.name] = int((task / "schedstat").read_text().split()[1]) / 1e9
        except (OSError, IndexError):  # ended meanwhile, or a kernel that does not count it
            continue
    return found
