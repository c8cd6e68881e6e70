"""Who may look: the rules of the web page's door, as plain decisions about plain headers.

A browser on this machine runs pages of strangers, and any of them may knock at any port. So every
request, the WebSocket included, needs a Host of ours (against names that a stranger points here),
an Origin of ours where there is one (against pages of strangers), and the cookie that only the
link printed on the terminal gives. Everything else is refused with 403 and says nothing.
"""

from __future__ import annotations

import hmac
import ipaddress
import re
import secrets
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from torquemon.text import clean

COOKIE: Final = "torquemon"
TICKET_PATH: Final = "/open"
MAX_SESSIONS: Final = 8
"""Browsers that hold a cookie; the oldest is forgotten for a ninth."""
COOKIE_AGE_S: Final = 12 * 3600
_SECRET_BYTES: Final = 32
_ROOM_BYTES: Final = 16
_LONGEST_SECRET: Final = 128
_LOOPBACK_NAMES: Final = ("localhost", "127.0.0.1", "[::1]")
_ORIGIN: Final = re.compile(
    r"https?://(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:]{2,45}\])(?::[1-9][0-9]{0,4})?"
)
_DEFAULT_PORTS: Final = {"http": ":80", "https": ":443"}


class Refusal(StrEnum):
    """Why a request is not served. Written to the terminal of the server, never to the client."""

    HOST = "a host name that is not ours"
    ORIGIN = "a page of another origin"
    TOKEN = "no valid token"  # noqa: S105 - a sentence, not a secret
    TICKET = "a link that was used already or never existed"


@dataclass(frozen=True, slots=True)
class Knock:
    """What of a request the decision rests on. A header that is missing is None."""

    path: str
    hosts: Sequence[str]
    """All Host headers: more or fewer than one is refused."""
    origins: Sequence[str]
    cookie: str | None
    site: str | None = None
    """Sec-Fetch-Site, which a page cannot forge; None from a client that does not send it."""


class OriginError(Exception):
    """An origin that cannot be allowed, and why."""


def is_loopback(address: str) -> bool:
    """Whether only this machine can reach a server on that address."""
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address.strip("[]")).is_loopback
    except ValueError:
        return False


def loopback_origins(port: int) -> frozenset[str]:
    """Return the origins of a page that is served on this machine for this machine."""
    return frozenset(f"http://{name}:{port}" for name in _LOOPBACK_NAMES)


def read_origin(text: str) -> str:
    """Return an origin as browsers write it: scheme, host, and the port where it is not the usual.

    Raises OriginError for anything else, for example a path, a wildcard or another scheme.
    """
    origin = text.strip().lower().removesuffix("/")
    if _ORIGIN.fullmatch(origin) is None:
        raise OriginError(
            f"{clean(text, 60)!r} is no origin: write it like https://chair1.practice.example or "
            "http://192.168.1.20:8471"
        )
    return origin.removesuffix(_DEFAULT_PORTS[origin.split(":", 1)[0]])


class Guard:
    """Decides. Holds the one link that is open and the tokens that were given for used ones."""

    def __init__(self, origins: frozenset[str]) -> None:
        self._origins = origins
        self._schemes = {origin.split("://")[1]: origin.split("://")[0] for origin in origins}
        self.room = f"/{secrets.token_urlsafe(_ROOM_BYTES)}/"
        """Under this path lies everything, and only there the cookie is sent: cookies know no
        ports, so another server on this machine that the same browser visits would be given it."""
        self.socket_path = f"{self.room}ws"
        self._tokens: deque[str] = deque(maxlen=MAX_SESSIONS)
        self._ticket = _secret()

    @property
    def ticket(self) -> str:
        """What the next browser brings along, once."""
        return self._ticket

    def scheme(self, host: str) -> str:
        """Return how a host of ours is reached: http or https. Raises KeyError for another's."""
        return self._schemes[host.lower()]

    def refuses(self, knock: Knock) -> Refusal | None:
        """Return why a request is refused; None where it may pass."""
        return self._place(knock) or (None if self._knows(knock.cookie) else Refusal.TOKEN)

    def admit(self, knock: Knock, ticket: str) -> str | Refusal:
        """Take a ticket for a token, once; the next ticket is another."""
        refusal = self._place(knock)
        if refusal is not None:
            return refusal
        if not _same(ticket, self._ticket):
            return Refusal.TICKET
        self._ticket = _secret()
        token = _secret()
        self._tokens.append(token)
        return token

    def _place(self, knock: Knock) -> Refusal | None:
        """Where a request was sent to, and where it comes from."""
        if len(knock.hosts) != 1 or knock.hosts[0].lower() not in self._schemes:
            return Refusal.HOST
        if len(knock.origins) > 1 or any(o.lower() not in self._origins for o in knock.origins):
            return Refusal.ORIGIN
        if knock.path == self.socket_path and not knock.origins:
            return Refusal.ORIGIN  # every browser names it there; who does not is none
        if knock.site not in (None, "none", "same-origin"):
            return Refusal.ORIGIN
        return None

    def _knows(self, cookie: str | None) -> bool:
        if cookie is None:
            return False
        # all of them, whatever the first says: the time taken tells nothing
        return any([_same(cookie, token) for token in self._tokens])  # noqa: C419


def _secret() -> str:
    return secrets.token_urlsafe(_SECRET_BYTES)


def _same(given: str, kept: str) -> bool:
    return len(given) <= _LONGEST_SECRET and hmac.compare_digest(
        given.encode("utf-8", "surrogateescape"), kept.encode()
    )


_POLICY: Final = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self' 'unsafe-inline'",  # the terminal in the page (xterm.js) writes its own
    "font-src": "'self'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}
HEADERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in _POLICY.items()),
        "Cache-Control": "no-store",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "clipboard-read=(), clipboard-write=(), camera=(), microphone=()",
        "Referrer-Policy": "no-referrer",
        "Server": "TorqueMon",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }
)
"""What every answer says to the browser: load nothing from elsewhere, tell nobody, keep nothing."""
