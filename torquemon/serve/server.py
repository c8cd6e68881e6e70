"""The web server: routes, guard in front of all of them, a bounded number of watchers.

aiohttp comes with textual-serve. No route takes anything but GET, none lists a folder, and nothing
that was sent is logged: the link of the terminal is a secret.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from importlib import resources
from pathlib import Path
from typing import Any, Final

from aiohttp import WSMsgType, web

from torquemon.serve.guard import (
    COOKIE,
    COOKIE_AGE_S,
    HEADERS,
    TICKET_PATH,
    Guard,
    Knock,
    Refusal,
)
from torquemon.serve.page import FILES, SCRIPT, STYLE, opened_page, watch_page
from torquemon.serve.watcher import Watcher, size_within

MAX_WATCHERS: Final = 3
"""Each browser has a dashboard process of its own, and the monitor has 16 places."""
MAX_MESSAGE_BYTES: Final = 4096
MAX_REFUSALS_TOLD: Final = 20
"""Refused requests that are told on the terminal; the others are only counted."""
_SEND_S: Final = 5.0
"""A browser that takes nothing for so long is let go."""

_FIXED: Final = (("style.css", STYLE, "text/css"), ("watch.js", SCRIPT, "text/javascript"))

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def knock_of(request: web.Request) -> Knock:
    """Return what the guard looks at."""
    return Knock(
        request.path,
        request.headers.getall("Host", []),
        request.headers.getall("Origin", []),
        request.cookies.get(COOKIE),
        request.headers.get("Sec-Fetch-Site"),
    )


class WebServer:
    """The page. `tell` writes a line for whoever started it."""

    def __init__(
        self, guard: Guard, base: str, tell: Callable[[str], None], language: str = "en"
    ) -> None:
        self._guard = guard
        self._tell = tell
        self._sockets: set[web.WebSocketResponse] = set()
        self._watching = 0
        self._refused = 0
        self._files = Path(str(resources.files("textual_serve")))
        self._base = base
        self._language = language

    def app(self) -> web.Application:
        """Return the application."""
        app = web.Application(middlewares=[self._guarded], client_max_size=MAX_MESSAGE_BYTES)
        app.on_response_prepare.append(_say_headers)
        app.on_shutdown.append(self._let_go)
        routes: dict[str, Handler] = {
            TICKET_PATH: self._open,
            self._guard.room: self._page,
            self._guard.socket_path: self._watch,
        }
        for path, text, kind in _FIXED:
            routes[self._guard.room + path] = _fixed(text, kind)
        for path, kind in FILES.items():
            routes[self._guard.room + path] = _file(self._files / path, kind)
        for path, handler in routes.items():
            app.router.add_get(path, handler, allow_head=False)
        return app

    def say_link(self) -> None:
        """Tell the link that lets one browser in."""
        link = f"{self._base}{TICKET_PATH}?ticket={self._guard.ticket}"
        self._tell(f"open once, in a browser: {link}")

    @property
    def _guarded(self) -> Any:  # noqa: ANN401 - aiohttp's middleware type
        @web.middleware
        async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
            refusal = None
            if request.path != TICKET_PATH:  # that one asks the guard itself, with its ticket
                refusal = self._guard.refuses(knock_of(request))
            if refusal is not None:
                return self._refuse(refusal)
            return await handler(request)

        return guarded

    def _refuse(self, refusal: Refusal) -> web.Response:
        self._refused += 1
        if self._refused <= MAX_REFUSALS_TOLD:
            self._tell(f"refused: {refusal}")
        if self._refused == MAX_REFUSALS_TOLD:
            self._tell("refused: further ones are not told")
        return web.Response(status=HTTPStatus.FORBIDDEN, text="refused\n")

    async def _page(self, request: web.Request) -> web.StreamResponse:
        scheme = self._guard.scheme(request.host).replace("http", "ws", 1)
        # the host is one of ours: the guard saw it
        url = f"{scheme}://{request.host}{self._guard.socket_path}"
        return web.Response(text=watch_page(self._language, url), content_type="text/html")

    async def _open(self, request: web.Request) -> web.StreamResponse:
        token = self._guard.admit(knock_of(request), request.query.get("ticket", ""))
        if isinstance(token, Refusal):
            return self._refuse(token)
        self._tell("the link was used; the next browser needs the next one")
        self.say_link()
        page = opened_page(self._language, self._guard.room)
        response = web.Response(text=page, content_type="text/html")
        response.set_cookie(
            COOKIE,
            token,
            max_age=COOKIE_AGE_S,
            path=self._guard.room,
            httponly=True,
            samesite="Strict",
            secure=self._guard.scheme(request.host) == "https",
        )
        return response

    async def _watch(self, request: web.Request) -> web.StreamResponse:
        if self._watching >= MAX_WATCHERS:
            text = f"{MAX_WATCHERS} browsers watch already\n"
            return web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE, text=text)
        self._watching += 1
        try:
            return await self._serve_watcher(request)
        finally:
            self._watching -= 1

    async def _serve_watcher(self, request: web.Request) -> web.StreamResponse:
        browser = web.WebSocketResponse(heartbeat=15, max_msg_size=MAX_MESSAGE_BYTES)
        await browser.prepare(request)

        async def send(data: bytes) -> None:
            async with asyncio.timeout(_SEND_S):
                await browser.send_bytes(data)

        watcher = Watcher(send, browser.close)
        self._sockets.add(browser)
        try:
            width, height = (_number(request.query.get(name)) for name in ("width", "height"))
            await watcher.start(*size_within(width, height))
            await _listen(browser, watcher)
        finally:
            self._sockets.discard(browser)
            await watcher.end()
        return browser

    async def _let_go(self, _: web.Application) -> None:
        for browser in tuple(self._sockets):
            await browser.close()


async def _listen(browser: web.WebSocketResponse, watcher: Watcher) -> None:
    """Heed what a watching browser may say: its size. Keys and touches end here."""
    async for message in browser:
        if message.type is not WSMsgType.TEXT:
            continue
        with contextlib.suppress(ValueError):
            said = message.json()
            match said:
                case ["resize", wanted]:
                    await watcher.resize(wanted)
                case ["ping", str(when)]:
                    await browser.send_json(["pong", when])


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdecimal() and len(text) < 5 else None  # noqa: PLR2004


async def _say_headers(_: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(HEADERS)


def _fixed(text: str, kind: str) -> Handler:
    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(text=text, content_type=kind)

    return answer


def _file(path: Path, kind: str) -> Handler:
    async def answer(_: web.Request) -> web.StreamResponse:
        return web.FileResponse(path, headers={"Content-Type": kind})

    return answer


async def serve(server: WebServer, listener: socket.socket, ending: asyncio.Event) -> None:
    """Serve on a socket that listens already, until told to end."""
    runner = web.AppRunner(server.app(), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.SockSite(runner, listener).start()
        server.say_link()
        await ending.wait()
    finally:
        await runner.cleanup()
