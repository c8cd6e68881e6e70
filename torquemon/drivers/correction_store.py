"""Reads the signed checks of this chair's handpieces: `calibrations/` in its folder.

A file has two lines: what was found, and the Ed25519 signature of the chair over exactly these
bytes. What is unsigned, altered by one byte or signed by another key is told and never applied. The
signature is over bytes, so that the process that may have to stop a motor needs no canonical JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from torquemon.drivers.correction import (
    NO_CORRECTIONS,
    Correction,
    CorrectionError,
    Corrections,
)
from torquemon.model import Origin
from torquemon.text import clean

FOLDER: Final = "calibrations"
SUFFIX: Final = ".json"
DOMAIN: Final = b"torquemon calibration 1\n"
FORM: Final = 1
CHAIR_KEY: Final = "chair.key"
MAX_FILE_BYTES: Final = 1_000_000
MAX_FILES: Final = 2000
_MAX_KEY_BYTES: Final = 4096
_HEX: Final = re.compile(r"[0-9a-f]+")
_ID: Final = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")


class UnsignedError(CorrectionError):
    """The file carries no signature at all."""


def signature_line(public_key: str, signature: str) -> bytes:
    """Return the second line of a file, with its end. Both in lower-case hex."""
    line = f'{{"algorithm":"Ed25519","public_key":"{public_key}","signature":"{signature}"}}\n'
    return line.encode("ascii")


def signed_part(raw: bytes) -> bytes:
    """Return the bytes that a signature is over: the first line without its end."""
    return raw.split(b"\n", 1)[0]


def verified(raw: bytes, public_key: bytes) -> Mapping[str, Any]:
    """Return what a file says, if this key signed exactly that.

    Raises UnsignedError where there is no signature, CorrectionError for anything else.
    """
    content, _, rest = raw.partition(b"\n")
    if not rest:
        raise UnsignedError("it is not signed: `torquemon calibrate --sign ID`, if it is right")
    try:
        said = json.loads(rest)
        key, signature = said["public_key"], said["signature"]
        whole = signature_line(key, signature) == rest and _HEX.fullmatch(key + signature)
    except (ValueError, KeyError, TypeError, RecursionError):
        whole = None
    if not whole:
        raise CorrectionError("its signature is damaged: it was altered after it was signed")
    if key != public_key.hex():
        raise CorrectionError(
            "it was signed with another key than this chair's: sign it again, if it is right"
        )
    _check(public_key, signature, content)
    return _mapping(content)


def _check(public_key: bytes, signature: str, content: bytes) -> None:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        signed = bytes.fromhex(signature)  # half a byte is a ValueError
        Ed25519PublicKey.from_public_bytes(public_key).verify(signed, DOMAIN + content)
    except (InvalidSignature, ValueError):
        raise CorrectionError(
            "its signature does not fit: it was altered after it was signed; it is not used"
        ) from None


def _mapping(content: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or found.get("form") != FORM:
        raise CorrectionError("it is no check that this version can read: update TorqueMon")
    return found


def correction_from(content: Mapping[str, Any]) -> Correction:
    """Return the correction that a checked file holds. Raises CorrectionError."""
    try:
        result = _result(content["result"])
        return Correction(
            id=_id(content["id"]),
            serial=clean(content["handpiece"]["serial"]),
            origin=Origin(content["origin"]),
            gain=_number(result["gain"]["value"]),
            offset_ncm=_number(result["offset_ncm"]["value"]),
            uncertainty_ncm=_number(result["corrected_ncm"]["u_expanded"]),
            measured=datetime.fromisoformat(content["measured_utc"]).date(),
            valid_months=int(content["valid_months"]),
        )
    except CorrectionError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        raise CorrectionError("it lacks what a check must say") from None


def _result(found: Any) -> Any:  # noqa: ANN401 - whatever JSON holds
    if found is None:
        raise CorrectionError("it was broken off and has no result")
    return found


def _id(text: object) -> str:
    if not isinstance(text, str) or not _ID.fullmatch(text):
        raise CorrectionError("it has no name of its own")
    return text


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise CorrectionError("a figure in it is no number")
    return float(value)


def chair_public_key(home: Path) -> bytes | None:
    """Return the public half of the chair's key; None where there is none that can be read."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        PublicFormat,
        load_pem_private_key,
    )

    try:
        with (home / CHAIR_KEY).open("rb") as file:
            key = load_pem_private_key(file.read(_MAX_KEY_BYTES), None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm):
        return None
    if not isinstance(key, Ed25519PrivateKey):
        return None
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def read_file(path: Path) -> bytes:
    """Return a file of this folder. Raises CorrectionError."""
    try:
        if not path.is_file():  # a pipe would hold up whoever opens it, for ever
            raise CorrectionError("it is no file that can be read")
        with path.open("rb") as file:
            raw = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise CorrectionError(f"it cannot be read ({error.strerror})") from None
    if len(raw) > MAX_FILE_BYTES:
        raise CorrectionError("it is too large for a check")
    return raw


def load_corrections(home: Path) -> Corrections:
    """Return the newest signed check of each handpiece. Never raises: what is bad is told."""
    try:
        paths = sorted((home / FOLDER).glob(f"*{SUFFIX}"))[-MAX_FILES:]
    except OSError:
        return NO_CORRECTIONS
    if not paths:
        return NO_CORRECTIONS
    key = chair_public_key(home)
    found: dict[tuple[str, Origin], tuple[str, Correction]] = {}
    troubles: list[str] = []
    for path in paths:
        try:
            moment, correction = _load(path, key)
        except CorrectionError as error:
            troubles.append(f"check {clean(path.stem, 40)} is not applied: {error}")
            continue
        place = (correction.serial, correction.origin)
        if place not in found or moment > found[place][0]:
            found[place] = (moment, correction)
    return Corrections({place: pair[1] for place, pair in found.items()}, tuple(troubles))


def _load(path: Path, key: bytes | None) -> tuple[str, Correction]:
    """Return one signed check and its moment. Raises CorrectionError."""
    content = verified(read_file(path), key or b"")
    correction = correction_from(content)
    if path.stem != correction.id:
        raise CorrectionError("its file bears another name than it was signed with")
    return str(content["measured_utc"]), correction
