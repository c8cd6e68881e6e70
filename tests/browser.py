"""A real browser for tests: headless Chromium, driven by its DevTools, ended by its own pid."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, Final

import aiohttp

from tests.processes import START_S, require, wait_for

FLAGS: Final = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--remote-debugging-port=0",
    "--window-size=1280,800",
)

_TERMINAL: Final = """function() {
  return this.find((it) => {
    try { return Object.hasOwn(it, "_core") && it.buffer.active.getLine(0) && it.cols; }
    catch { return false; }  // prototypes, and objects that want to be asked otherwise
  });
}"""
_ROWS: Final = """function() {
  const active = this.buffer.active;
  return Array.from({length: this.rows}, (_, y) => active.getLine(y).translateToString(false));
}"""


class Page:
    """One tab. `events` keeps what the browser told, for tests that look for a request."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, session: str) -> None:
        self.events: list[dict[str, Any]] = []
        self._socket = socket
        self._session = session
        self._numbers = itertools.count(1)

    async def ask(self, method: str, **params: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        """Send a command of the DevTools protocol and return its result."""
        number = next(self._numbers)
        request = {"id": number, "method": method, "params": params, "sessionId": self._session}
        await self._socket.send_json(request)
        while True:
            said = json.loads((await self._socket.receive(timeout=START_S)).data)
            if said.get("id") != number:
                self.events.append(said)
                continue
            assert "error" not in said, said
            result: dict[str, Any] = said["result"]
            assert "exceptionDetails" not in result, result
            return result

    async def evaluate(self, expression: str) -> Any:  # noqa: ANN401 - whatever the page says
        """Evaluate an expression in the page and return its value."""
        result = await self.ask(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        return result["result"].get("value")

    async def open(self, url: str) -> None:
        """Go to an address."""
        await self.ask("Page.navigate", url=url)

    async def until(self, expression: str, what: str, within_s: float = 2 * START_S) -> None:
        """Wait until an expression holds in the page; one that cannot be evaluated does not yet."""
        asked = f"(() => {{ try {{ return {expression}; }} catch {{ return false; }} }})()"
        end_s = time.monotonic() + within_s
        while not await self.evaluate(asked):
            assert time.monotonic() < end_s, f"not within {within_s} s: {what}"
            await asyncio.sleep(0.05)

    async def leave(self) -> None:
        """Close the browser; it may be gone before it answers."""
        await self._socket.send_json({"id": 0, "method": "Browser.close"})
        await self._socket.receive(timeout=START_S)

    def statuses(self, part: str) -> dict[str, int]:
        """Return what servers answered, by address, where that has this part; WebSockets too."""
        addresses: dict[str, str] = {}
        statuses: dict[str, int] = {}
        for event in self.events:  # an answer may be told before what it answers
            params = event.get("params", {})
            request = params.get("requestId")
            if event.get("method") == "Network.webSocketCreated":
                addresses[request] = params["url"]
            elif event.get("method") == "Network.requestWillBeSent":
                addresses[request] = params["request"]["url"]
            else:
                status = params.get("statusCode") or _handshake(params.get("errorMessage", ""))
                if status:
                    statuses[request] = status
        return {
            addresses[request]: status
            for request, status in statuses.items()
            if part in addresses.get(request, "")
        }

    async def answered(self, part: str, count: int, within_s: float = START_S) -> dict[str, int]:
        """Wait until so many addresses with this part were answered: the browser tells it late."""
        end_s = time.monotonic() + within_s
        while len(found := self.statuses(part)) < count:
            assert time.monotonic() < end_s, f"of {count} answers only {found}"
            await self.evaluate("0")  # events come in beside an answer
            await asyncio.sleep(0.02)
        return found

    async def terminal(self) -> Callable[[], Any]:
        """Return a function that reads the rows of the terminal (xterm.js) in the page.

        The terminal is nobody's global variable: it is found among all objects of the page.
        """
        everything = await self.ask("Runtime.evaluate", expression="Object.prototype")
        found = await self.ask(
            "Runtime.queryObjects", prototypeObjectId=everything["result"]["objectId"]
        )
        terminal = await self.ask(
            "Runtime.callFunctionOn",
            objectId=found["objects"]["objectId"],
            functionDeclaration=_TERMINAL,
        )

        async def rows() -> list[str]:
            result = await self.ask(
                "Runtime.callFunctionOn",
                objectId=terminal["result"]["objectId"],
                functionDeclaration=_ROWS,
                returnByValue=True,
            )
            lines: list[str] = result["result"]["value"]
            return lines

        return rows


def _handshake(error: str) -> int:
    """Return the status that a refused WebSocket got; the browser tells it in a sentence only."""
    return int(error.rsplit(" ", 1)[1]) if "Unexpected response code" in error else 0


@contextlib.asynccontextmanager
async def browser(folder: Path, *flags: str) -> AsyncIterator[Page]:
    """A headless Chromium with one tab; its profile is kept in `folder`."""
    process = _started(folder, flags)
    try:
        port, path = _devtools(folder / "DevToolsActivePort")
        async with (
            aiohttp.ClientSession() as client,
            client.ws_connect(f"ws://127.0.0.1:{port}{path}", max_msg_size=0) as socket,
        ):
            target = await _first_tab(socket)
            page = Page(socket, target)
            for domain in ("Page", "Runtime", "Network"):
                await page.ask(f"{domain}.enable")
            yield page
            await page.leave()
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _started(folder: Path, flags: tuple[str, ...]) -> subprocess.Popen[bytes]:
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    require(program, "needs Chromium (Debian: chromium)")
    assert program is not None
    return subprocess.Popen(
        [program, *FLAGS, *flags, f"--user-data-dir={folder}", "about:blank"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _devtools(file: Path) -> tuple[str, str]:
    """Wait for the file in which Chromium says where its DevTools listen: port and path."""
    wait_for(
        lambda: file.exists() and file.read_text("utf-8").count("/"), START_S, "Chromium is up"
    )
    port, path = file.read_text("utf-8").splitlines()
    return port, path


async def _first_tab(socket: aiohttp.ClientWebSocketResponse) -> str:
    """Attach to the tab that a new browser has; return the session."""
    await socket.send_json({"id": 1, "method": "Target.getTargets"})
    targets = await _result(socket, 1)
    tab = next(t for t in targets["targetInfos"] if t["type"] == "page")
    params = {"targetId": tab["targetId"], "flatten": True}
    await socket.send_json({"id": 2, "method": "Target.attachToTarget", "params": params})
    session: str = (await _result(socket, 2))["sessionId"]
    return session


async def _result(socket: aiohttp.ClientWebSocketResponse, number: int) -> dict[str, Any]:
    while True:
        said = json.loads((await socket.receive(timeout=START_S)).data)
        if said.get("id") == number:
            result: dict[str, Any] = said["result"]
            return result
