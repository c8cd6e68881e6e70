"""Real FHIR servers for tests, each a process of its own on loopback, ended by its own pid."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.processes import require, wait_for

START_S: Final = 60.0
"""Both servers load thousands of definitions first, on a machine that has other work."""
NODE_FOLDER: Final = Path(__file__).parent / "interop" / "node"
NODE_CACHE: Final = Path(
    os.environ.get("TORQUEMON_NODE_PARTS")
    or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "torquemon" / "node"
)
"""Where tests/interop/node/install puts what npm installs; outside the repository."""


def free_port() -> int:
    """Return a port of loopback that nobody has."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def get(url: str, token: str = "") -> tuple[int, dict[str, Any]]:
    """Read JSON with the standard library: what is checked is not read by what is tested."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 - loopback
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 - loopback
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, {}


@contextlib.contextmanager
def _running(command: list[str], url: str, log: Path, **environment: str) -> Iterator[str]:
    with log.open("wb") as out:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            cwd=log.parent,
            env={**os.environ, **environment},
        )
        try:
            wait_for(lambda: process.poll() is not None or _answers(url), START_S, f"{url} answers")
            if process.poll() is not None:
                pytest.fail(f"{command[0]} ended at once: {log.read_text()[-800:]}")
            yield url
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)


def _answers(url: str) -> bool:
    try:
        return get(f"{url}/metadata")[0] == 200
    except OSError:
        return False


@contextlib.contextmanager
def sekmet(folder: Path, auth: str = "types: [none]") -> Iterator[str]:
    """Run `sekmet serve` with a store in `folder`; give its FHIR base."""
    program = Path(sys.executable).with_name("sekmet")
    require(program.exists(), "sekmet-fhir is not installed (make test installs it)")
    port = free_port()
    url = f"http://127.0.0.1:{port}/fhir"
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "settings.yaml"
    config.write_text(
        f"base_url: {url}\nhost: 127.0.0.1\nport: {port}\ndata_dir: {folder}\n"
        f"simulator: {{enabled: false}}\nserver_auth: {{{auth}}}\n"
        f"own_private_key_path: {folder}/key.pem\n"
    )
    command = [str(program), "serve", "--config", str(config), "--host", "127.0.0.1"]
    with _running([*command, "--port", str(port)], url, folder / "log.txt") as base:
        yield base


def node_parts() -> Path:
    """Return where the parts of npm are; skip or fail without them."""
    require(
        (NODE_CACHE / "node_modules" / "@medplum" / "fhir-router").is_dir(),
        "the FHIR parts of npm are not installed: run tests/interop/node/install",
    )
    return NODE_CACHE


def _node() -> str:
    found = shutil.which("node")
    require(found, "Node.js is not installed: apt install nodejs npm")
    return str(found)


@contextlib.contextmanager
def medplum(folder: Path) -> Iterator[str]:
    """Run the router of Medplum behind tests/interop/node/server.js; give its FHIR base."""
    parts = node_parts()
    port = free_port()
    url = f"http://127.0.0.1:{port}/fhir"
    folder.mkdir(parents=True, exist_ok=True)
    command = [_node(), str(NODE_FOLDER / "server.js"), str(port)]
    modules = str(parts / "node_modules")
    with _running(command, url, folder / "log.txt", NODE_PATH=modules) as base:
        yield base


class Validators:
    """Three validators of other people's, in one process of Node."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def ask(self, **question: Any) -> dict[str, Any]:  # noqa: ANN401 - see validate.js
        """Ask one thing."""
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise AssertionError("the validators have no pipe")
        stdin.write(json.dumps(question) + "\n")
        stdin.flush()
        line = stdout.readline()
        if not line:
            raise AssertionError("the validators ended")
        found: dict[str, Any] = json.loads(line)
        return found

    def errors(self, resource: dict[str, Any]) -> dict[str, list[str]]:
        """Return what each validator says against a resource."""
        return self.ask(resource=resource)


@contextlib.contextmanager
def validators() -> Iterator[Validators]:
    """Run tests/interop/node/validate.js."""
    parts = node_parts()
    process = subprocess.Popen(
        [_node(), str(NODE_FOLDER / "validate.js")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env={**os.environ, "NODE_PATH": str(parts / "node_modules")},
    )
    try:
        yield Validators(process)
    finally:
        if process.stdin is not None:
            process.stdin.close()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)
        if process.stdout is not None:
            process.stdout.close()
