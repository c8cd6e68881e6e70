"""The door of the web page: foreign origin, foreign host or no token is refused, WebSocket too."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from torquemon.serve import server as server_module
from torquemon.serve.guard import (
    HEADERS,
    MAX_SESSIONS,
    TICKET_PATH,
    Guard,
    Knock,
    OriginError,
    Refusal,
    is_loopback,
    loopback_origins,
    read_origin,
)
from torquemon.serve.page import (
    FILES,
    OPENED,
    SCRIPT,
    STYLE,
    TEXTS,
    WATCH,
    watch_page,
)
from torquemon.serve.server import MAX_WATCHERS, WebServer, serve
from torquemon.serve.watcher import LARGEST, SMALLEST, size_within
from torquemon.settings import CHOICES

PORT = 8471
HERE = f"http://127.0.0.1:{PORT}"
TEXT = st.text(max_size=80)
INSIDE = ("", "style.css", "watch.js", *FILES, "ws", "static/", "download/x", "nothing")
OUTSIDE = ("/", "/ws", "/style.css", "/static/js/textual.js", "/nothing", "/favicon.ico")
WS = "(the socket's own path)"

pytestmark = pytest.mark.requirement("REQ-WEB-1")


def admitted(guard: Guard) -> str:
    token = guard.admit(knock(TICKET_PATH, cookie=None), guard.ticket)
    assert not isinstance(token, Refusal)
    return token


def knock(
    path: str = "/",
    host: str | None = f"127.0.0.1:{PORT}",
    origin: str | None = None,
    cookie: str | None = "",
    site: str | None = None,
) -> Knock:
    hosts = [] if host is None else [host]
    return Knock(path, hosts, [] if origin is None else [origin], cookie, site)


# --- the decision -------------------------------------------------------------------------------


@given(path=TEXT, host=TEXT | st.none(), origin=TEXT | st.none(), cookie=TEXT | st.none())
def test_nobody_gets_in_without_a_token_that_was_given(
    path: str, host: str | None, origin: str | None, cookie: str | None
) -> None:
    guard = Guard(loopback_origins(PORT))
    admitted(guard)
    assert guard.refuses(knock(path, host, origin, cookie)) is not None
    assert isinstance(guard.admit(knock(path, host, origin, cookie), path), Refusal)


@given(host=TEXT, origin=TEXT | st.none())
def test_a_token_is_worth_nothing_at_another_host_or_from_another_page(
    host: str, origin: str | None
) -> None:
    guard = Guard(loopback_origins(PORT))
    token = admitted(guard)
    ours = {"127.0.0.1", "localhost", "[::1]"}
    refusal = guard.refuses(knock("/", host, origin, token))
    if host.lower() not in {f"{name}:{PORT}" for name in ours}:
        assert refusal is Refusal.HOST
    elif origin is not None and origin.lower() not in loopback_origins(PORT):
        assert refusal is Refusal.ORIGIN
    else:
        assert refusal is None


@pytest.mark.parametrize(
    ("asked", "refusal"),
    [
        (knock(), None),
        (knock(origin=HERE), None),
        (knock(WS, origin=HERE), None),
        (knock(host=f"localhost:{PORT}"), None),
        (knock(site="none"), None),
        (knock(site="same-origin"), None),
        (knock(WS), Refusal.ORIGIN),
        (knock(origin="null"), Refusal.ORIGIN),
        (knock(origin="https://127.0.0.1:8471"), Refusal.ORIGIN),
        (knock(origin="http://127.0.0.1"), Refusal.ORIGIN),
        (knock(origin=f"{HERE}.evil.example"), Refusal.ORIGIN),
        (knock(WS, origin="http://evil.example"), Refusal.ORIGIN),
        (knock(site="cross-site"), Refusal.ORIGIN),
        (knock(site="same-site"), Refusal.ORIGIN),
        (knock(host="evil.example"), Refusal.HOST),
        (knock(host="evil.example:8471"), Refusal.HOST),
        (knock(host="127.0.0.1"), Refusal.HOST),
        (knock(host="127.0.0.1:8472"), Refusal.HOST),
        (knock(host=None), Refusal.HOST),
        (Knock("/", [f"127.0.0.1:{PORT}", "evil.example"], [], ""), Refusal.HOST),
        (Knock("/", [f"127.0.0.1:{PORT}"], [HERE, "http://evil.example"], ""), Refusal.ORIGIN),
    ],
)
def test_where_from_and_where_to(asked: Knock, refusal: Refusal | None) -> None:
    guard = Guard(loopback_origins(PORT))
    token = admitted(guard)
    path = guard.socket_path if asked.path == WS else asked.path
    with_token = Knock(path, asked.hosts, asked.origins, token, asked.site)
    assert guard.refuses(with_token) is refusal
    ticket = guard.ticket
    answer = guard.admit(with_token, ticket)
    assert isinstance(answer, Refusal) == (refusal is not None)
    assert (guard.ticket == ticket) == (refusal is not None), "a refused link stays unused"


def test_a_link_lets_one_browser_in_and_no_second() -> None:
    guard = Guard(loopback_origins(PORT))
    ticket = guard.ticket
    first = guard.admit(knock(), ticket)
    assert guard.admit(knock(), ticket) is Refusal.TICKET
    second = admitted(guard)
    assert first != second
    assert len(guard.ticket) >= 43, "256 bits"
    assert guard.refuses(knock(cookie=second)) is None
    assert guard.refuses(knock(cookie=ticket)) is Refusal.TOKEN, "a link is no token"


def test_the_oldest_browser_is_forgotten_for_one_too_many() -> None:
    guard = Guard(loopback_origins(PORT))
    tokens = [admitted(guard) for _ in range(MAX_SESSIONS + 1)]
    found = [guard.refuses(knock(cookie=token)) for token in tokens]
    assert found == [Refusal.TOKEN] + [None] * MAX_SESSIONS


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://chair1.practice.example", "https://chair1.practice.example"),
        ("HTTPS://Chair1.example:443/", "https://chair1.example"),
        ("http://192.168.1.20:8471", "http://192.168.1.20:8471"),
        ("http://[fe80::1]:80", "http://[fe80::1]"),
    ],
)
def test_an_origin_is_read_as_browsers_write_it(text: str, origin: str) -> None:
    assert read_origin(text) == origin


@pytest.mark.parametrize(
    "text",
    ["*", "http://*", "chair1.example", "file:///", "http://a/b", "http://a b", "http://", "null"],
)
def test_what_is_no_origin_is_a_sentence(text: str) -> None:
    with pytest.raises(OriginError, match="write it like"):
        read_origin(text)


@given(TEXT)
def test_reading_an_origin_never_fails_otherwise(text: str) -> None:
    try:
        origin = read_origin(text)
    except OriginError:
        return
    assert origin.startswith(("http://", "https://"))
    assert read_origin(origin) == origin


def test_only_this_machine_is_loopback() -> None:
    assert all(map(is_loopback, ("127.0.0.1", "127.3.2.1", "::1", "[::1]", "localhost")))
    assert not any(map(is_loopback, ("0.0.0.0", "::", "192.168.1.2", "chair1", "")))  # noqa: S104


@given(st.integers() | st.none() | TEXT, st.integers() | st.none() | TEXT)
def test_no_browser_gets_a_terminal_of_a_size_of_its_own(width: object, height: object) -> None:
    columns, rows = size_within(width, height)
    assert SMALLEST[0] <= columns <= LARGEST[0]
    assert SMALLEST[1] <= rows <= LARGEST[1]


def test_the_page_asks_nobody_else_for_anything() -> None:
    served = [WATCH, OPENED, STYLE, SCRIPT]
    files = Path(server_module.WebServer(Guard(frozenset()), "", print)._files)
    served.append((files / "static/css/xterm.css").read_text("utf-8"))
    for text in served:
        for line in text.splitlines():
            if "://" in line:
                assert line.lstrip().startswith("*"), f"only a comment may name an address: {line}"
    assert "<script>" not in WATCH, "the policy forbids scripts in the page"
    assert "style=" not in OPENED
    policy = dict(
        part.strip().split(" ", 1) for part in HEADERS["Content-Security-Policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["font-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert all((files / name).is_file() for name in FILES)


def test_the_page_speaks_every_language_of_the_dashboard() -> None:
    assert set(TEXTS) == set(CHOICES["language"])
    for language, texts in TEXTS.items():
        assert set(texts) == set(TEXTS["en"])
        page = watch_page(language, "ws://here")
        assert f'lang="{language}"' in page
        assert all(text in page for text in texts.values())
        assert "{" not in page


# --- over a real socket -------------------------------------------------------------------------


Visit = Callable[[aiohttp.ClientSession, str, WebServer, Guard], Awaitable[None]]


def visited(visit: Visit) -> list[str]:
    """Serve on loopback while `visit` lasts; return what was told on the terminal."""
    told: list[str] = []

    async def run() -> None:
        import socket

        listener = socket.create_server(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        base = f"http://127.0.0.1:{port}"
        guard = Guard(loopback_origins(port))
        web = WebServer(guard, base, told.append)
        ending = asyncio.Event()
        serving = asyncio.create_task(serve(web, listener, ending))
        try:
            jar = aiohttp.CookieJar(unsafe=True)  # an address may have cookies too
            async with aiohttp.ClientSession(cookie_jar=jar) as client:
                await visit(client, base, web, guard)
        finally:
            ending.set()
            await serving

    asyncio.run(run())
    return told


def test_without_the_token_everything_is_refused_and_nothing_is_said() -> None:
    async def visit(client: aiohttp.ClientSession, base: str, _: WebServer, guard: Guard) -> None:
        for path in (*OUTSIDE, *(guard.room + name for name in INSIDE)):
            for headers in ({}, {"Origin": base}, {"Cookie": "torquemon=x"}):
                async with client.get(base + path, headers=headers) as answer:
                    assert answer.status == 403, path
                    assert await answer.text() == "refused\n"
                    assert "Set-Cookie" not in answer.headers
                    assert answer.headers["Content-Security-Policy"].startswith(
                        "default-src 'none'"
                    )
        for method in ("POST", "PUT", "OPTIONS", "HEAD", "DELETE"):
            async with client.request(method, base) as answer:
                assert answer.status == 403
        async with client.get(f"{base}{TICKET_PATH}?ticket=wrong") as answer:
            assert answer.status == 403

    told = visited(visit)
    assert "refused: no valid token" in told
    assert told[-1] == "refused: further ones are not told"
    assert len(told) < 25


def test_the_link_gives_a_cookie_that_only_this_page_sends() -> None:
    async def visit(client: aiohttp.ClientSession, base: str, _: WebServer, guard: Guard) -> None:
        link = f"{base}{TICKET_PATH}?ticket={guard.ticket}"
        async with client.get(link) as answer:
            assert answer.status == 200
            cookie = answer.headers["Set-Cookie"]
            for word in ("HttpOnly", "SameSite=Strict", f"Path={guard.room}", "Max-Age="):
                assert word in cookie
        room = base + guard.room
        async with client.get(room) as answer:
            page = await answer.text()
            assert answer.status == 200
            assert answer.headers["Cache-Control"] == "no-store"
            assert f'data-session-websocket-url="{room.replace("http", "ws")}ws"' in page
        for path in ("style.css", "watch.js", *FILES):
            async with client.get(room + path) as answer:
                assert answer.status == 200, path
        for path in ("static/", "static/images/background.png", "static/%2e%2e/server.py"):
            async with client.get(room + path) as answer:
                assert answer.status == 404, path
        for headers in ({"Host": "evil.example"}, {"Origin": "http://evil.example"}):
            for path in ("", "watch.js", "ws"):
                async with client.get(room + path, headers=headers) as answer:
                    assert answer.status == 403
        for path in OUTSIDE:
            async with client.get(base + path) as answer:
                assert answer.status == 403, "the cookie is not even sent there"
        for headers in ({"Origin": "http://evil.example"}, {"Host": "evil.example"}, {}):
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await client.ws_connect(room + "ws", headers=headers)
            assert refused.value.status == 403
        async with client.get(link) as answer:
            assert answer.status == 403, "the link was used"

    told = visited(visit)
    assert sum("open once" in line for line in told) == 2
    assert "the link was used; the next browser needs the next one" in told


class Idle:
    """Stands for the dashboard of a browser: heeds sizes, and is counted."""

    running = 0
    left: asyncio.Event
    sizes: list[object] = []  # noqa: RUF012 - emptied by the test
    written: list[bytes] = []  # noqa: RUF012 - as above

    def __init__(self, *_: object) -> None: ...

    async def start(self, width: int, height: int) -> None:
        Idle.running += 1
        Idle.sizes.append((width, height))

    async def resize(self, wanted: object) -> None:
        Idle.sizes.append(wanted)

    async def send_bytes(self, data: bytes) -> bool:
        Idle.written.append(data)
        return True

    async def end(self) -> None:
        Idle.running -= 1
        Idle.left.set()


def test_no_key_goes_in_and_no_more_browsers_watch_than_may(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(server_module, "Watcher", Idle)
    Idle.sizes.clear()

    async def visit(client: aiohttp.ClientSession, base: str, _: WebServer, guard: Guard) -> None:
        Idle.left = asyncio.Event()
        async with client.get(f"{base}{TICKET_PATH}?ticket={guard.ticket}"):
            pass
        headers = {"Origin": base}
        url = f"{base}{guard.socket_path}?width=100&height=99999"
        watching = [await client.ws_connect(url, headers=headers) for _ in range(MAX_WATCHERS)]
        keys: tuple[object, ...] = (
            ["stdin", "s"],
            ["stdin", "\x1b[24~"],
            ["quit"],
            {},
            7,
            "x",
            ["resize", {}],
        )
        for said in keys:
            await watching[0].send_json(said)
        await watching[0].send_str("no json")
        await watching[0].send_bytes(b"s")
        await watching[0].send_json(["ping", "17"])
        assert await watching[0].receive_json() == ["pong", "17"]
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await client.ws_connect(url, headers=headers)
        assert refused.value.status == 503
        await watching[0].send_str("x" * 5000)
        assert (await watching[0].receive()).type is aiohttp.WSMsgType.CLOSE
        await watching[0].close()
        await Idle.left.wait()
        again = await client.ws_connect(url, headers=headers)
        for one in (*watching, again):
            await one.close()

    visited(visit)
    assert Idle.running == 0
    assert Idle.written == []
    assert Idle.sizes[0] == (100, SMALLEST[1]), "a size of five digits is none"
