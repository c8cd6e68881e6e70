"""The settings of a FHIR destination. Secrets are none of them: see `auth`."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from torquemon.record.delivery.config import ConfigError, number, one_of, only, text, whole_number
from torquemon.record.fhir.codes import TOOTH
from torquemon.text import clean

AUTHS: Final = ("none", "token", "client")
PATIENTS: Final = ("identifier", "lookup")
IDS: Final = ("client", "server")
_NAMES: Final = (
    *("url", "ca", "auth", "token_url", "client_id", "scope", "patient", "patient_system"),
    *("tooth_system", "ids", "curve_points", "connect_s", "total_s"),
)
MAX_HOST_CHARS: Final = 253
"""RFC 1035, without the dot at its end."""
MIN_POINTS: Final = 1000
MAX_POINTS: Final = 200_000
USUAL_POINTS: Final = 60_000
"""A minute at 1,000 readings a second; some 300 kB."""


@dataclass(frozen=True, slots=True)
class FhirSettings:
    """How a server is reached and what it wants."""

    url: str
    """The base, without a slash at its end."""
    ca: Path | None = None
    """Certificates that are trusted instead of the system's, PEM."""
    auth: str = AUTHS[0]
    token_url: str = ""
    client_id: str = ""
    scope: str = ""
    patient: str = PATIENTS[0]
    """`identifier`: the patient is named by number only; `lookup`: found at the server first."""
    patient_system: str = ""
    """The system of the practice's patient numbers."""
    tooth_system: str = TOOTH
    ids: str = IDS[0]
    """`client`: resources are put under our ids; `server`: found by identifier."""
    curve_points: int = USUAL_POINTS
    connect_s: float = 5.0
    total_s: float = 60.0

    @property
    def host(self) -> str:
        """The server's name, for people."""
        return clean(urlsplit(self.url).hostname or "", 80)


def parse(settings: Mapping[str, Any]) -> FhirSettings:
    """Return the settings of a destination. Raises ConfigError."""
    only(settings, _NAMES)
    auth = one_of(settings, "auth", AUTHS)
    ca = text(settings, "ca", "")
    found = FhirSettings(
        url=_address(text(settings, "url"), "url").rstrip("/"),
        ca=_file(ca) if ca else None,
        auth=auth,
        token_url=_token_url(settings, auth),
        client_id=text(settings, "client_id", None if auth == "client" else ""),
        scope=text(settings, "scope", ""),
        patient=one_of(settings, "patient", PATIENTS),
        patient_system=_system(settings, "patient_system", ""),
        tooth_system=_system(settings, "tooth_system", TOOTH),
        ids=one_of(settings, "ids", IDS),
        curve_points=whole_number(settings, "curve_points", USUAL_POINTS, MIN_POINTS, MAX_POINTS),
        connect_s=number(settings, "connect_s", 5.0, 0.05, 60.0),
        total_s=number(settings, "total_s", 60.0, 0.1, 600.0),
    )
    if found.patient == "lookup" and not found.patient_system:
        raise ConfigError('patient = "lookup" needs patient_system, the system of its numbers')
    return found


def stays_here(host: str) -> bool:
    """Tell whether a host is this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _token_url(settings: Mapping[str, Any], auth: str) -> str:
    if auth != "client":
        return text(settings, "token_url", "")
    return _address(text(settings, "token_url"), "token_url")


def _address(address: str, name: str) -> str:
    """Return an address that may be asked: https, or http on this machine. Raises ConfigError."""
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https"):
        raise ConfigError(f"{name} must be an address like https://server.example/fhir")
    if not _is_host(host):
        raise ConfigError(
            f"{name} has a host that cannot be a name: each part between two dots has 1 to 63 "
            "characters, all of it at most 253"
        )
    if parts.username or parts.password:
        raise ConfigError(f"{name} must hold no password: see docs/integration.md, FHIR")
    if parts.query or parts.fragment or " " in address:
        raise ConfigError(f"{name} must hold no ?, # or space")
    if parts.scheme == "http" and not stays_here(host):
        raise ConfigError(f"{name} must begin with https: http is for this machine alone")
    return address


def _is_host(host: str) -> bool:
    try:
        return len(host.encode("idna")) <= MAX_HOST_CHARS
    except UnicodeError:
        return False


def _system(settings: Mapping[str, Any], name: str, usual: str) -> str:
    found = text(settings, name, usual)
    if found and (":" not in found or " " in found):
        raise ConfigError(f"{name} must be a URI such as urn:oid:1.2.3 or https://…")
    return found


def _file(path: str) -> Path:
    found = Path(path).expanduser()
    if not found.is_file() or not os.access(found, os.R_OK):
        raise ConfigError("ca names no file that can be read")
    return found
