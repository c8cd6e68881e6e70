"""`torquemon serve` in a real browser: the same number; no key, no stranger, no old picture."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest
from aiohttp import web

from tests.browser import Page, browser
from tests.processes import python, simulator, wait_for
from torquemon import paths
from torquemon.local.client import MonitorClient
from torquemon.local.door import read_door
from torquemon.local.messages import Role
from torquemon.tui.widgets.digits import Fit, fit, format_torque
from torquemon.tui.widgets.glyphs import block_text

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the simulator's pty needs POSIX")

MONITOR = ("torquemon", "monitor", "--json", "--record")
"""Not armed: without a dashboard that controls there is no lease that a busy machine could miss."""
NUMBERS = [format_torque(tenths / 10) for tenths in range(300)]
SIZES = {fit("-88.8", width, height) for width in range(30, 130) for height in range(5, 24)}
LATE_S = 1.0
"""A number that is older than this does not count: the machine was busy, look again."""
NUMBERS_READ = 3


def link_of(server: subprocess.Popen[str]) -> str:
    assert server.stdout is not None
    line = server.stdout.readline()
    assert line.startswith("open once, in a browser: http://127.0.0.1:"), line
    return line.split()[-1]


def stands_in(rows: list[str], block: tuple[str, ...]) -> bool:
    """Whether block letters stand in these rows, one line beneath the other."""
    first = block[0].rstrip()
    for y in range(len(rows) - len(block) + 1):
        x = rows[y].find(first)
        while x >= 0:
            if all(
                rows[y + i][x : x + len(line)].rstrip() == line.rstrip()
                for i, line in enumerate(block)
            ):
                return True
            x = rows[y].find(first, x + 1)
    return False


def sizes_in(rows: list[str], texts: set[str]) -> set[Fit]:
    """Return the sizes in which one of these texts stands in the rows, in block digits."""
    return {
        size
        for size in SIZES
        if any(stands_in(rows, block_text(text, size.wide, size.rows)) for text in texts)
    }


def numbers_in(rows: list[str], sizes: set[Fit]) -> set[str]:
    """Return every torque that stands in the rows in block digits."""
    return {
        text
        for size in sizes
        for text in NUMBERS
        if stands_in(rows, block_text(text, size.wide, size.rows))
    }


class Views:
    """What the monitor says, fetched beside the page."""

    def __init__(self) -> None:
        self.said: deque[tuple[float, str]] = deque(maxlen=4000)

    async def follow(self) -> None:
        client = await MonitorClient.connect(read_door(paths.door_path()), Role.VIEW)
        try:
            while True:
                view, _ = await client.fetch(0, None, 1 << 40)
                self.said.append((time.monotonic(), format_torque(view.torque_ncm)))
                await asyncio.sleep(0.02)
        finally:
            await client.close()

    def said_last(self, text: str) -> float:
        """When a number was the monitor's for the last time; a number that never was fails."""
        moments = [at for at, said in self.said if said == text]
        assert moments, f"{text} stands there, and the monitor never said so"
        return moments[-1]

    def just_now(self) -> set[str]:
        return {text for at, text in self.said if time.monotonic() - at < LATE_S}


@asynccontextmanager
async def following() -> AsyncIterator[Views]:
    views = Views()
    task = asyncio.create_task(views.follow())
    try:
        yield views
    finally:
        task.cancel()
        await asyncio.wait([task])


async def read_numbers(page: Page, views: Views) -> list[str]:
    """Read the page until so many different numbers were read; each must be the monitor's."""
    rows_of = await page.terminal()
    read: list[str] = []
    sizes: set[Fit] = set()
    end_s = time.monotonic() + 40
    while len(read) < NUMBERS_READ:
        assert time.monotonic() < end_s, f"only {read} were read"
        await asyncio.sleep(0.3)
        rows = await rows_of()
        moment = time.monotonic()
        sizes = sizes or sizes_in(rows, views.just_now())
        found = numbers_in(rows, sizes)
        if not found:
            continue  # half a frame was there: look again
        assert len(found) == 1, f"one number, once: {found}"
        (text,) = found
        if moment - views.said_last(text) > LATE_S:
            continue
        if text not in read and text.strip() != "0.0":
            read.append(text)
    return read


async def order_by_every_key(page: Page) -> None:
    """Press what would stop, start, arm and quit in a terminal, and touch where STOP would be."""
    for key in ("s", "F12", " ", "a", "r", "q", "y"):
        for kind in ("keyDown", "keyUp"):
            text = {"text": key} if len(key) == 1 and kind == "keyDown" else {}
            await page.ask("Input.dispatchKeyEvent", type=kind, key=key, code=key, **text)
    for y in range(100, 600, 50):
        for kind in ("mousePressed", "mouseReleased"):
            await page.ask(
                "Input.dispatchMouseEvent", type=kind, x=1100, y=y, button="left", clickCount=1
            )


@pytest.mark.requirement("REQ-WEB-1", "REQ-WEB-2")
def test_a_browser_shows_the_monitors_number_and_lets_no_key_in(tmp_path: Path) -> None:
    with python("torquemon", "serve", "--port=0") as server:
        asyncio.run(watch(link_of(server), server, tmp_path / "profile"))


@contextmanager
def chair() -> Iterator[None]:
    """A chair whose insertion begins now, and which does not miss whoever watched it."""
    with (
        simulator("--scenario", "nominal", "--seed", "7") as (_, port),
        python(*MONITOR, f"--port={port}", out=subprocess.DEVNULL) as monitor,
    ):
        wait_for(paths.door_path().exists, 60, "the monitor listens")
        yield
        assert monitor.poll() is None, "the monitor does not miss a browser"


async def watch(link: str, server: subprocess.Popen[str], folder: Path) -> None:
    async with browser(folder) as page:
        await page.open(link)  # before the chair is there: an insertion lasts half a minute
        await page.until("document.body.classList.contains('-first-byte')", "the first picture")
        assert "Watching only" in await page.evaluate("document.body.innerText")
        with chair():
            async with following() as views:
                await look_and_press(page, views, link)
            await freeze_and_end(page, server)


async def look_and_press(page: Page, views: Views, link: str) -> None:
    """The number, and that nothing goes in or comes from elsewhere."""
    read = await read_numbers(page, views)
    assert len(set(read)) == NUMBERS_READ

    await order_by_every_key(page)
    rows_of = await page.terminal()
    await asyncio.sleep(0.5)
    text = "\n".join(await rows_of())
    assert "RECORDING" in text
    assert "STOP sent" not in text
    assert "SIMULATED" in text
    assert "s/F12" not in text, "a page that cannot stop a motor does not offer it"

    asked = {
        event["params"]["request"]["url"].split("/")[2]
        for event in page.events
        if event.get("method") == "Network.requestWillBeSent"
    }
    assert asked == {link.split("/")[2]}, "nothing comes from outside"
    assert await page.evaluate("document.fonts.check('16px \"Roboto Mono\"')")
    assert not await page.evaluate("document.cookie"), "no script sees the token"


async def freeze_and_end(page: Page, server: subprocess.Popen[str]) -> None:
    """A page that gets no picture says so, and one that is not connected any more."""
    assert not await page.evaluate("document.body.classList.contains('old')")
    os.kill(server.pid, signal.SIGSTOP)  # the page freezes: no byte, and no closed connection
    try:
        await page.until("document.body.classList.contains('old')", "the page says it is old")
        shown = await page.evaluate("getComputedStyle(document.querySelector('#old')).display")
        assert shown == "block"
    finally:
        os.kill(server.pid, signal.SIGCONT)
    await page.until("!document.body.classList.contains('old')", "it lives again")
    server.terminate()
    await page.until("document.body.classList.contains('-closed')", "its end is said")


async def foreign_page(port: int, ours: str, seen: list[str]) -> web.AppRunner:
    """A page of a stranger on this machine, whose script knocks at our door, even at the right one.

    What cookies its server was given is added to `seen`.
    """
    script = f"""
      const knock = fetch("{ours}", {{mode: "no-cors", credentials: "include"}}).catch(() => 0);
      const socket = new WebSocket("{ours.replace("http", "ws")}ws?width=80&height=24");
      socket.onopen = () => {{ document.title = "in"; }};
      socket.onerror = () => knock.then(() => {{ document.title = "refused"; }});
    """

    async def answer(request: web.Request) -> web.Response:
        seen.extend(request.cookies)
        return web.Response(text=f"<body><script>{script}</script>", content_type="text/html")

    app = web.Application()
    app.router.add_get("/", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    return runner


@pytest.mark.requirement("REQ-WEB-1")
def test_a_browser_is_refused_from_another_page_host_and_without_the_link(tmp_path: Path) -> None:
    with python("torquemon", "serve", "--port=0") as server:
        asyncio.run(attack(link_of(server), tmp_path / "profile"))


async def attack(link: str, folder: Path) -> None:
    ours = link.split("/open", maxsplit=1)[0]
    port = ours.rsplit(":", 1)[1]
    with socket.create_server(("127.0.0.1", 0)) as spare:
        other = spare.getsockname()[1]
    rebound = "--host-resolver-rules=MAP evil.example 127.0.0.1"
    async with browser(folder, rebound) as page:
        await page.open(f"{ours}/")
        await page.until("document.body.innerText.trim() == 'refused'", "no token, no page")
        assert (await page.answered(f"{ours}/", 1))[f"{ours}/"] == 403

        await page.open(link)
        await page.until("document.body.classList.contains('-loaded')", "the link lets in")

        room = await page.evaluate("location.href")
        assert room.startswith(f"{ours}/")
        page.events.clear()
        cookies: list[str] = []
        stranger = await foreign_page(other, room, cookies)
        try:
            await page.open(f"http://127.0.0.1:{other}/")
            await page.until("document.title != ''", "the stranger's script has knocked")
            assert await page.evaluate("document.title") == "refused"
            found = await page.answered(f"127.0.0.1:{port}", 2)
            assert sorted(address.split("://")[0] for address in found) == ["http", "ws"]
            assert set(found.values()) == {403}
            assert cookies == [], "another port of this machine is not given the token"
        finally:
            await stranger.cleanup()

        page.events.clear()
        await page.open(room.replace("127.0.0.1", "evil.example"))
        await page.until("document.body.innerText.trim() == 'refused'", "a foreign name")
        assert set((await page.answered("evil.example", 1)).values()) == {403}

        await page.open(link)
        await page.until("document.body.innerText.trim() == 'refused'", "the link was used")
