"""Where checks of handpieces live: one file each in `calibrations/`, for this user only.

They belong to a device and not to a patient, so they stand beside the record and not in it. The
first line is canonical JSON (RFC 8785), the second the signature of the chair over exactly these
bytes; `torquemon.drivers.correction_store` reads them for the monitor.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import rfc8785

from torquemon.calibration.evaluated import gives_its_result
from torquemon.calibration.fields import StoreError, plateaus_of, result_of
from torquemon.calibration.uncertain import UncertaintyError, gum
from torquemon.drivers.correction import CorrectionError
from torquemon.drivers.correction_store import (
    DOMAIN,
    FOLDER,
    FORM,
    MAX_FILES,
    SUFFIX,
    UnsignedError,
    chair_public_key,
    correction_from,
    load_corrections,
    read_file,
    signature_line,
    signed_part,
    verified,
)
from torquemon.record.errors import RecordError
from torquemon.record.signing import load_or_make, public_hex
from torquemon.text import clean

LAST: Final = "last"
UNFINISHED: Final = ".unfinished"
"""The end of the name of a check without a result: nothing that the monitor could apply."""
_NO_RESULT: Final = "it has no result, so there is nothing to sign"
_OTHER_NAME: Final = "its file bears another name than the check in it"


@dataclass(frozen=True, slots=True)
class Stored:
    """One file. `signed` by this chair; else `why` says why it is not applied."""

    id: str
    content: Mapping[str, Any]
    signed: bool
    why: str
    path: Path


def folder_of(home: Path) -> Path:
    """Return the folder of the checks."""
    return home / FOLDER


def write(home: Path, content: Mapping[str, Any]) -> Path:
    """Keep a check, unsigned; one without a result beside those that can be signed.

    Raises StoreError.
    """
    name = str(content["id"])
    finished, unfinished = (folder_of(home) / f"{name}{end}" for end in (SUFFIX, UNFINISHED))
    path = finished if content.get("result") is not None else unfinished
    try:
        raw = rfc8785.dumps({"form": FORM, **content}) + b"\n"
    except (rfc8785.CanonicalizationError, ValueError) as error:
        raise StoreError(f"the check holds what cannot be kept ({clean(str(error))})") from None
    _put(path, raw)
    if path == finished:
        _unlink(unfinished)
    return path


def _unlink(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(f"{path} cannot be removed ({error.strerror})") from None


def _put(path: Path, raw: bytes) -> None:
    """Write a file whole or not at all, for this user only. Raises StoreError."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(raw)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(f"{path} cannot be written ({error.strerror})") from None


def sign(home: Path, wanted: str) -> Stored:
    """Sign a check with the key of this chair. Raises StoreError with a sentence.

    Its steps are evaluated once more before: only figures that they give are signed.
    """
    found = get(home, wanted)
    if found.signed:
        raise StoreError(f"check {found.id} is signed already")
    try:
        content = _unaltered(found)
        key = load_or_make(home)
    except (CorrectionError, RecordError) as error:
        raise StoreError(f"check {found.id} cannot be signed: {error}") from None
    signature = key.sign(DOMAIN + content).hex()
    _put(found.path, content + b"\n" + signature_line(public_hex(key), signature))
    return get(home, found.id)


def _unaltered(found: Stored) -> bytes:
    """Return the bytes to be signed. Raises StoreError, CorrectionError."""
    raw = read_file(found.path)
    if not _signature_fits(raw):
        raise StoreError(f"check {found.id} was altered after it was signed: measure again")
    content = signed_part(raw)
    correction = correction_from(found.content)
    try:
        as_written = rfc8785.dumps(dict(found.content)) == content
    except (rfc8785.CanonicalizationError, ValueError):
        as_written = False
    if not as_written or correction.id != found.path.stem:
        raise StoreError(f"{found.path} was altered by hand: measure again")
    _refuse_other_figures(found)
    return content


def _refuse_other_figures(found: Stored) -> None:
    """Refuse a result that the steps do not give. Raises StoreError."""
    try:
        gum()
        result_of(found.content)
        same = gives_its_result(found.content)
    except UncertaintyError:
        raise StoreError(
            f"check {found.id} cannot be signed: its steps are evaluated once more before, which "
            "needs the part `torquemon[calibrate]` (pip install 'torquemon[calibrate]')"
        ) from None
    except StoreError as error:
        raise StoreError(f"check {found.id} cannot be signed: {error}") from None
    if not same:
        raise StoreError(
            f"check {found.id} was altered: its steps do not give the figures in it; measure again"
        )


def _signature_fits(raw: bytes) -> bool:
    """Whether a file bears no signature, or one that fits, whichever chair's it is."""
    rest = raw.partition(b"\n")[2]
    if not rest:
        return True
    try:
        verified(raw, bytes.fromhex(json.loads(rest)["public_key"]))
    except (ValueError, LookupError, TypeError, RecursionError):  # CorrectionError is a ValueError
        return False
    return True


def remove(home: Path, wanted: str, *, even_applied: bool = False) -> Stored:
    """Remove one check for good and nothing else. Raises StoreError.

    One that corrects a handpiece only goes with `even_applied`.
    """
    found = get(home, wanted)
    if found.signed and not even_applied:
        applied = {correction.id for correction in load_corrections(home).by_device.values()}
        if found.id in applied:
            serial = clean(str(found.content["handpiece"].get("serial", "")))
            raise StoreError(
                f"check {found.id} is signed and corrects handpiece {serial}: to remove it all the "
                "same add --yes"
            )
    _unlink(found.path)
    return found


def get(home: Path, wanted: str) -> Stored:
    """Return one check by its id, or the newest for `last`. Raises StoreError."""
    found = listed(home)
    if not found:
        raise StoreError("no handpiece was checked here yet: `torquemon calibrate PORT --gauge …`")
    if wanted == LAST:
        return found[-1]
    names = (wanted.strip(), wanted.strip().upper())
    matching = [stored for name in names for stored in found if stored.id == name]
    if not matching:
        raise StoreError(f"there is no check {clean(wanted, 30)}: see `torquemon calibrate --list`")
    return matching[0]


def listed(home: Path) -> list[Stored]:
    """Return all checks, oldest first; one that cannot be read has no content."""
    folder = folder_of(home)
    try:  # one that got its result meanwhile counts as that
        found = {path.stem: path for end in (UNFINISHED, SUFFIX) for path in folder.glob(f"*{end}")}
    except OSError:
        return []
    if not found:
        return []
    key = chair_public_key(home)
    return [_stored(found[name], key) for name in sorted(found)[-MAX_FILES:]]


def _stored(path: Path, key: bytes | None) -> Stored:
    name = clean(path.stem, 40)
    try:
        raw = read_file(path)
        content = _content(raw)
    except CorrectionError as error:
        return Stored(name, {}, signed=False, why=str(error), path=path)
    why = _why_not_applied(path, raw, key, content)
    return Stored(name, content, signed=not why, why=why, path=path)


def _why_not_applied(path: Path, raw: bytes, key: bytes | None, content: Mapping[str, Any]) -> str:
    """Return why the monitor does not apply a check; empty where it does."""
    try:
        correction = correction_from(verified(raw, key or b""))
    except UnsignedError as error:
        return _why_unsigned(path, content) or str(error)
    except CorrectionError as error:
        return str(error)
    return "" if path.name == f"{correction.id}{SUFFIX}" else _OTHER_NAME


def _why_unsigned(path: Path, content: Mapping[str, Any]) -> str:
    """Return why a check cannot even be signed; empty where it may be."""
    if content.get("id") != path.stem:
        return _OTHER_NAME
    if content.get("result") is None:
        return _NO_RESULT
    try:
        result_of(content)
    except StoreError as damage:
        return f"{damage}: measure again"
    return ""


def _content(raw: bytes) -> Mapping[str, Any]:
    """Return what an unverified file says. Raises CorrectionError."""
    try:
        found = json.loads(signed_part(raw))
        plateaus_of(found)
        if found["form"] != FORM or not isinstance(found["handpiece"], dict):
            raise ValueError  # noqa: TRY301 - one answer for all that cannot be
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, OverflowError):
        raise CorrectionError("it is damaged, or no check that this version can read") from None
    content: Mapping[str, Any] = found
    return content
