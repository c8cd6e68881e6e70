"""Credentials: a static token, or OAuth2 client credentials with a token that is kept in memory.

The secret comes from an environment variable or the keyring of the system, never from a file of
ours, and stands in no message: what is raised here is made of our own words alone.
"""

from __future__ import annotations

import os
from typing import Final, Protocol

from torquemon.clock import Clock
from torquemon.record.delivery.config import as_variable
from torquemon.record.delivery.exporter import AwayError
from torquemon.record.fhir.answers import Answer, as_object
from torquemon.record.fhir.settings import FhirSettings

KEYRING_SERVICE: Final = "torquemon-fhir"
MAX_TOKEN_CHARS: Final = 16_000
_EARLY_S: Final = 30.0
"""A token is given up before it ends, so that it does not end on the way."""
_USUAL_LIFE_S: Final = 60.0
_MAX_LIFE_S: Final = 86_400.0


class Post(Protocol):
    """Sends a form and returns the answer."""

    def __call__(self, url: str, form: dict[str, str], user: str, secret: str) -> Answer:
        """Send it. Raises AwayError."""
        ...


def variable(name: str) -> str:
    """Return the environment variable that may hold a destination's secret."""
    return "TORQUEMON_FHIR_SECRET_" + as_variable(name)


def secret_of(name: str) -> str:
    """Return a destination's secret. Raises AwayError where there is none that can be used."""
    found = os.environ.get(variable(name)) or _from_keyring(name) or ""
    if not found.strip():
        raise AwayError(
            f"no secret is known for this FHIR server: put it into {variable(name)} or "
            f"`keyring set {KEYRING_SERVICE} {name}`"
        )
    if not _is_token(found):
        raise AwayError("the secret for this FHIR server holds characters that no secret has")
    return found


def _from_keyring(name: str) -> str | None:
    try:
        import keyring
    except ImportError:
        return None
    try:
        return keyring.get_password(KEYRING_SERVICE, name)
    except Exception:  # noqa: BLE001 - each keyring has errors of its own
        return None


class Credentials:
    """Gives the Authorization header of a destination."""

    def __init__(self, name: str, settings: FhirSettings, clock: Clock, post: Post) -> None:
        self._name = name
        self._settings = settings
        self._clock = clock
        self._post = post
        self._token = ""
        self._until_ns = 0

    def __repr__(self) -> str:
        return f"Credentials({self._settings.auth})"

    def header(self) -> dict[str, str]:
        """Return the header, asking for a token where none is held. Raises AwayError."""
        if self._settings.auth == "none":
            return {}
        if self._settings.auth == "token":
            return {"Authorization": f"Bearer {secret_of(self._name)}"}
        if not self._token or self._clock.monotonic_ns() >= self._until_ns:
            self._fetch()
        return {"Authorization": f"Bearer {self._token}"}

    def forget(self) -> bool:
        """Give up the token; tell whether another one can be had by asking."""
        self._token = ""
        return self._settings.auth == "client"

    def _fetch(self) -> None:
        form = {"grant_type": "client_credentials"}
        if self._settings.scope:
            form["scope"] = self._settings.scope
        answer = self._post(
            self._settings.token_url, form, self._settings.client_id, secret_of(self._name)
        )
        if answer.status in (400, 401, 403):
            raise AwayError(
                "the token endpoint refuses the credentials of this FHIR destination "
                f"({answer.status}): check client_id, its secret and scope"
            )
        fields = as_object(answer, "the token endpoint", "application/json")
        token = fields.get("access_token")
        kind = str(fields.get("token_type", "bearer")).lower()
        if token is None or (isinstance(token, str) and not token.strip()):
            raise AwayError("the token endpoint gave no token")
        if not isinstance(token, str) or not _is_bearer(token) or kind != "bearer":
            raise AwayError("the token endpoint gives no bearer token that can be used")
        self._token = token
        self._until_ns = self._clock.monotonic_ns() + round(_life_s(fields) * 1e9)


def _life_s(fields: dict[str, object]) -> float:
    told = fields.get("expires_in")
    if isinstance(told, bool) or not isinstance(told, int | float) or not told > 0:
        told = _USUAL_LIFE_S
    # bounded before it becomes a float: a server may send a number of 400 digits
    return max(0.0, float(min(told, _MAX_LIFE_S)) - _EARLY_S)


def _is_bearer(text: str) -> bool:
    """Whether a header can carry it: a blank would end it (RFC 6750)."""
    return _is_token(text) and " " not in text


def _is_token(text: str) -> bool:
    return len(text) <= MAX_TOKEN_CHARS and text.isascii() and text.isprintable()
