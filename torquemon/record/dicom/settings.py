"""What `destinations.toml` says of an archive: how it is reached, and whose hours are written.

    [archive]
    kind = "dicom"
    host = "pacs.example"          # C-STORE; or url = "https://pacs.example/dicom-web" for STOW-RS
    port = 2762
    called_ae = "PACS"

Over a network the connection is encrypted and the archive's name is checked, unless `tls = false`
says in so many words that it is not.
"""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from torquemon.record.delivery.config import ConfigError, flag, number, only, text, whole_number
from torquemon.record.dicom import values
from torquemon.record.dicom.cstore import VISIT_S, Peer
from torquemon.record.dicom.filing import Habits
from torquemon.record.dicom.secret import Secret
from torquemon.text import clean

_COMMON: Final = (
    "tls",
    "ca",
    "certificate",
    "key",
    "timeout_s",
    "time_zone",
    "institution",
    "issuer",
)
_CSTORE: Final = ("host", "port", "called_ae", "calling_ae", "server_name")
_STOW: Final = ("url", "user")
LOCAL_ZONE: Final = "local"


@dataclass(frozen=True, slots=True)
class Web:
    """An archive that is reached by DICOMweb."""

    url: str
    """Of the service, without `/studies` and without a `/` at its end."""
    user: str
    """For a password; empty: the secret is a token, or there is none."""
    timeout_s: float
    context: ssl.SSLContext | None
    """How the archive's certificate is checked and ours is shown; None: not encrypted."""
    secret: Secret | None = field(default=None, repr=False)
    stays_here: bool = False
    """Whether the archive is on this machine."""
    visit_s: float = VISIT_S

    @property
    def label(self) -> str:
        """Where it is, for people."""
        parts = urlsplit(self.url)
        return f"the archive at {clean(parts.netloc)}{clean(parts.path)}"


@dataclass(frozen=True, slots=True)
class Settings:
    """One archive."""

    reached: Peer | Web
    habits: Habits


def read(name: str, table: Mapping[str, Any]) -> Settings:
    """Return the settings of a destination. Raises ConfigError."""
    if ("url" in table) == ("host" in table):
        raise ConfigError("either url (STOW-RS) or host, port and called_ae (C-STORE) is needed")
    only(table, (*(_STOW if "url" in table else _CSTORE), *_COMMON))
    habits = Habits(
        zone=_zone(text(table, "time_zone", LOCAL_ZONE)),
        institution=_line(table, "institution"),
        issuer=_line(table, "issuer"),
    )
    return Settings(_web(name, table) if "url" in table else _peer(table), habits)


def _line(table: Mapping[str, Any], name: str) -> str:
    said = text(table, name, "", values.LO_CHARS)
    if values.long(said) != said:
        raise ConfigError(f"{name} must be plain text without a backslash")
    return said


def _zone(said: str) -> tzinfo | None:
    if said == LOCAL_ZONE:
        return None
    if said.upper() == "UTC":  # known even where no table of zones is
        return UTC
    try:
        return ZoneInfo(said)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigError(
            f"time_zone {clean(said, 40)!r} is not known here: write it like Europe/London, or "
            "leave it out for this computer's (on Windows: pip install tzdata)"
        ) from None


def _peer(table: Mapping[str, Any]) -> Peer:
    host = text(table, "host", max_chars=253)
    encrypted = flag(table, "tls", usual=not _stays_here(host))
    return Peer(
        host=host,
        port=_port(table),
        called_ae=_title(table, "called_ae", None),
        calling_ae=_title(table, "calling_ae", "TORQUEMON"),
        timeout_s=number(table, "timeout_s", 30, 1, 600),
        context=_context(table) if encrypted else None,
        server_name=text(table, "server_name", "", 253),
    )


def _port(table: Mapping[str, Any]) -> int:
    if "port" not in table:
        raise ConfigError("port is missing: mostly 104 or 11112, with TLS 2762")
    return whole_number(table, "port", 0, 1, 65535)


def _title(table: Mapping[str, Any], name: str, usual: str | None) -> str:
    try:
        return values.ae_title(text(table, name, usual, 64))
    except ValueError:
        raise ConfigError(
            f"{name} must be an AE title: 1-16 plain characters without a backslash"
        ) from None


def _context(table: Mapping[str, Any]) -> ssl.SSLContext:
    """Return how the archive's certificate is checked and ours is shown. Raises ConfigError."""
    authorities, shown = _authorities(table), _shown(table)
    try:
        context = ssl.create_default_context(cafile=authorities)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if shown is not None:
            # asked for a pass phrase, OpenSSL would stop and wait at a terminal
            context.load_cert_chain(*shown, password=lambda: b"")
    except (ssl.SSLError, OSError) as error:
        raise ConfigError(
            f"ca, certificate or key cannot be used ({clean(error.strerror or str(error))}): PEM "
            "files are needed, and a key without a pass phrase"
        ) from None
    return context


def _authorities(table: Mapping[str, Any]) -> str | None:
    path = text(table, "ca", "", 1000)
    if path and not Path(path).is_file():
        raise ConfigError(f"ca: there is no file {clean(path)}")
    return path or None


def _shown(table: Mapping[str, Any]) -> tuple[str, str] | None:
    certificate, key = text(table, "certificate", "", 1000), text(table, "key", "", 1000)
    if not certificate and not key:
        return None
    for name, path in (("certificate", certificate), ("key", key)):
        if not Path(path).is_file():
            raise ConfigError(f"{name}: there is no file {clean(path)}")
    return certificate, key


def _web(name: str, table: Mapping[str, Any]) -> Web:
    url = text(table, "url", max_chars=1000).rstrip("/")
    try:
        parts = urlsplit(url)
        host, known = parts.hostname or "", parts.scheme in ("http", "https")
        plain = not (parts.username or parts.password or parts.query or parts.fragment)
        _ = parts.port
    except ValueError:
        host, known, plain = "", False, False
    if not host or not known:
        raise ConfigError("url must be an address like https://pacs.example/dicom-web")
    if not plain:
        raise ConfigError("url holds a user, a password or a query: see user, and docs for secrets")
    encrypted = flag(table, "tls", usual=parts.scheme == "https" or not _stays_here(host))
    if encrypted != (parts.scheme == "https"):
        raise ConfigError(
            "url begins with http:, so patients' documents would cross the network unencrypted: "
            "use https:, or say tls = false"
            if encrypted
            else "url begins with https:, and tls = false contradicts it"
        )
    return Web(
        url=url,
        user=text(table, "user", "", 200),
        timeout_s=number(table, "timeout_s", 30, 1, 600),
        context=_context(table) if encrypted else None,
        secret=Secret(name),
        stays_here=_stays_here(host),
    )


def _stays_here(host: str) -> bool:
    """Whether a host is this machine itself."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
