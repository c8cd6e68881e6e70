"""The dashboards behind the web page: they end with their browser, and with their server."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import aiohttp
import pytest

from tests.processes import START_S, python, wait_for

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for children in /proc")


def children(pid: int) -> list[int]:
    """The processes that a process has started and that still run."""
    try:
        return [
            int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        ]
    except (FileNotFoundError, ProcessLookupError):
        return []


def runs(pid: int) -> bool:
    """Whether a process runs: one that has ended and waits for its parent does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


class Browser:
    """What a browser does, without one: takes the link, keeps the cookie, opens the socket."""

    def __init__(self, link: str) -> None:
        self._link = link
        self._base = link.split("/open", maxsplit=1)[0]
        self._room = ""

    async def watch(self, client: aiohttp.ClientSession) -> aiohttp.ClientWebSocketResponse:
        if not self._room:
            async with client.get(self._link) as answer:
                self._room = (await answer.text()).split("url=")[1].split('"')[0]
        url = f"{self._base}{self._room}ws?width=80&height=24"
        socket = await client.ws_connect(url, headers={"Origin": self._base})
        assert (await socket.receive(timeout=START_S)).data, "a picture"
        return socket


async def close_and_kill(server: subprocess.Popen[str]) -> int:
    """Watch twice: the first browser leaves, then the server is killed. Returns the app's pid."""
    assert server.stdout is not None
    browser = Browser(server.stdout.readline().split()[-1])
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as client:
        first = await browser.watch(client)
        (app,) = children(server.pid)
        await first.close()
        await asyncio.to_thread(wait_for, lambda: not runs(app), START_S, "it ends with its page")
        second = await browser.watch(client)
        (app,) = children(server.pid)
        os.kill(server.pid, signal.SIGKILL)
        await second.close()
    return app


def test_a_dashboard_ends_with_its_browser_and_with_its_server() -> None:
    with python("torquemon", "serve", "--port=0") as server:
        app = asyncio.run(close_and_kill(server))
        try:
            wait_for(lambda: not runs(app), START_S, "the dashboard ends with the server")
        finally:
            if runs(app):
                os.kill(app, signal.SIGKILL)
