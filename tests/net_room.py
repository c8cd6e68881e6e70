"""A network of its own for servers that cannot be told to listen on this machine alone.

Orthanc's DICOM port takes calls on every interface. In a namespace of its own only the loopback
exists, so nobody can call; who talks to such a server has to be inside as well (`command`).
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

from tests.processes import require, wait_for

_OWN: tuple[str, ...] = () if os.geteuid() == 0 else ("--user", "--map-root-user")
_INTO: tuple[str, ...] = () if os.geteuid() == 0 else ("--user", "--preserve-credentials")


class Room:
    """An open namespace; it ends with the process that holds it."""

    def __init__(self, holder: subprocess.Popen[bytes]) -> None:
        self._holder = holder

    def command(self, words: Sequence[str]) -> list[str]:
        """Return a command that runs inside."""
        return ["nsenter", "--target", str(self._holder.pid), *_INTO, "--net", "--", *words]

    def run(
        self, *words: str, within_s: float = 60.0, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a command inside to its end."""
        return subprocess.run(
            self.command(words),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=within_s,
            check=False,
            env={**os.environ, **environment},
        )

    @contextlib.contextmanager
    def server(self, *words: str, log: Path) -> Iterator[subprocess.Popen[bytes]]:
        """Run a server inside while the block runs; ended by its own pid."""
        with log.open("ab") as out:
            process = subprocess.Popen(
                self.command(words), stdin=subprocess.DEVNULL, stdout=out, stderr=out
            )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)

    def listens(self, port: int) -> bool:
        """Whether somebody inside listens on a port."""
        return f":{port} " in self.run("ss", "-Htln").stdout


@contextlib.contextmanager
def room() -> Iterator[Room]:
    """Give a namespace with its loopback up; skip where this machine does not allow it."""
    for program in ("unshare", "nsenter", "ip", "ss"):
        require(shutil.which(program), f"{program} is missing: apt install util-linux iproute2")
    holder = subprocess.Popen(
        [
            shutil.which("unshare") or "unshare",
            *_OWN,
            "--net",
            "sh",
            "-c",
            "ip link set lo up && echo up && exec cat",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        require(_first_line(holder.stdout) == b"up\n", "a network namespace is not allowed here")
        yield Room(holder)
    finally:
        holder.communicate(timeout=10)


def _first_line(stream: IO[bytes] | None) -> bytes:
    return stream.readline() if stream is not None else b""


def listening(inside: Room, process: subprocess.Popen[bytes], *ports: int, log: Path) -> None:
    """Wait until a server inside listens on all its ports."""

    def ready() -> bool:
        if process.poll() is not None:
            raise AssertionError(log.read_text("utf-8", "replace")[-2000:])
        return all(inside.listens(port) for port in ports)

    wait_for(ready, 60.0, "the server listens")
