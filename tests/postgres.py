"""A PostgreSQL of Debian's package for tests: its own cluster on a socket, ended by its own pid."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.processes import require, wait_for

OWNER: Final = "owner"
_START_S: Final = 60.0


class Cluster:
    """One server. `kill` ends every process of it at once, as a power cut would."""

    def __init__(self, folder: Path, programs: Path, user: str | None, *, durable: bool) -> None:
        self._folder = folder
        self._programs = programs
        self._user = user
        # processes are killed here, never the machine: what was written outlives them unsynced
        self._sync = [] if durable else ["-c", "fsync=off"]
        self._process: subprocess.Popen[bytes] | None = None
        self._listens = ["-c", "listen_addresses="]
        self.port = 0
        self.data = folder / "data"

    def address(self, database: str = "torquemon", user: str = OWNER) -> str:
        """What a chair is told."""
        return f"host={self._folder} dbname={database} user={user}"

    def make(self) -> None:
        """Make the cluster and an empty database."""
        self._run("initdb", "-D", str(self.data), "-A", "trust", "-U", OWNER, "-E", "UTF8", "-N")
        self.start()
        self.sql("CREATE DATABASE torquemon", database="postgres")

    def start(self) -> None:
        """Start the server and wait until it answers."""
        words = [str(self._programs / "postgres"), "-D", str(self.data), "-k", str(self._folder)]
        words += [*self._listens, "-c", "max_connections=40", *self._sync]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                words, stdout=log, stderr=log, user=self._user, start_new_session=True
            )
        wait_for(self._answers, _START_S, "PostgreSQL answers")

    def serve_tls(self, certificate: Path | None, key: Path | None) -> None:
        """Start anew, on loopback as well: with this certificate, or without any encryption."""
        if self._process is not None:  # in order: what is killed leaves its memory for a while
            self._process.send_signal(signal.SIGINT)
            self._process.wait(30)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._listens = ["-c", "listen_addresses=127.0.0.1", "-p", str(self.port)]
        if certificate is not None and key is not None:
            for file, name in ((certificate, "server.crt"), (key, "server.key")):
                place = self._folder / name
                shutil.copyfile(file, place)
                place.chmod(0o600)
                if self._user is not None:
                    os.chown(place, pwd.getpwnam(self._user).pw_uid, -1)
            self._listens += ["-c", "ssl=on", "-c", f"ssl_cert_file={self._folder}/server.crt"]
            self._listens += ["-c", f"ssl_key_file={self._folder}/server.key"]
        self.start()

    def kill(self) -> None:
        """Kill the server and all that it started, in the middle of whatever it does."""
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(10)
        self._process = None

    def sql(self, statement: str, database: str = "torquemon") -> str:
        """Run one statement; return what it prints."""
        words = ["psql", "-h", str(self._folder), "-U", OWNER, "-d", database, "-qAt"]
        return self._run(*words, "-v", "ON_ERROR_STOP=1", "-c", statement).strip()

    def _answers(self) -> bool:
        if self._process is None or self._process.poll() is not None:
            raise AssertionError((self._folder / "log").read_text("utf-8")[-2000:])
        words = [str(self._programs / "pg_isready"), "-q", "-h", str(self._folder)]
        words += ["-p", str(self.port)] if self.port else []
        return subprocess.run(words, check=False, user=self._user).returncode == 0

    def _run(self, program: str, *words: str) -> str:
        done = subprocess.run(
            [str(self._programs / program), *words],
            capture_output=True,
            text=True,
            check=False,
            user=self._user,
            cwd=self._folder,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


def programs() -> Path | None:
    """Where PostgreSQL's programs are, the newest version's."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    path = shutil.which("initdb")
    return Path(path).resolve().parent if path else None


@contextlib.contextmanager
def cluster(*, durable: bool = False) -> Iterator[Cluster]:
    """A running server with an empty database, as a user without rights on this machine.

    `durable` waits for the disk at every commit, as a practice's server does.
    """
    place = programs()
    require(place, "PostgreSQL is missing: apt install postgresql")
    assert place is not None
    user = _unprivileged()
    folder = Path(tempfile.mkdtemp(prefix="torquemon-pg-"))
    server = Cluster(folder, place, user, durable=durable)
    try:
        if user is not None:
            os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
        server.make()
        yield server
    finally:
        server.kill()
        shutil.rmtree(folder, ignore_errors=True)


def _unprivileged() -> str | None:
    """PostgreSQL refuses to run as root: somebody who may do nothing; None where we are nobody."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"
