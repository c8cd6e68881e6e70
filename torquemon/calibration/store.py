"""Where checks of handpieces live: one file each in `calibrations/`, for this user only.

They belong to a device and not to a patient, so they stand beside the record and not in it. The
first line is canonical JSON (RFC 8785), the second the signature of the chair over exactly these
bytes; `torquemon.drivers.correction_store` reads them for the monitor.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import rfc8785

from torquemon.calibration.fit import Result
from torquemon.calibration.follow import Plateau
from torquemon.calibration.levels import Level
from torquemon.calibration.plan import Step, Way
from torquemon.calibration.uncertain import Part, Stated
from torquemon.drivers.correction import CorrectionError
from torquemon.drivers.correction_store import (
    DOMAIN,
    FOLDER,
    FORM,
    MAX_FILES,
    SUFFIX,
    chair_public_key,
    correction_from,
    read_file,
    signature_line,
    signed_part,
    verified,
)
from torquemon.record.errors import RecordError
from torquemon.record.signing import load_or_make, public_hex
from torquemon.text import clean

LAST: Final = "last"


class StoreError(Exception):
    """A check cannot be kept, found or signed: a sentence."""


@dataclass(frozen=True, slots=True)
class Stored:
    """One file. `signed` by this chair; else `why` says why it is not applied."""

    id: str
    content: Mapping[str, Any]
    signed: bool
    why: str


def folder_of(home: Path) -> Path:
    """Return the folder of the checks."""
    return home / FOLDER


def write(home: Path, content: Mapping[str, Any]) -> Path:
    """Keep a check, unsigned. Raises StoreError."""
    path = folder_of(home) / f"{content['id']}{SUFFIX}"
    try:
        raw = rfc8785.dumps({"form": FORM, **content}) + b"\n"
    except (rfc8785.CanonicalizationError, ValueError) as error:
        raise StoreError(f"the check holds what cannot be kept ({clean(str(error))})") from None
    _put(path, raw)
    return path


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
    """Sign a check with the key of this chair. Raises StoreError with a sentence."""
    found = get(home, wanted)
    if found.signed:
        raise StoreError(f"check {found.id} is signed already")
    path = folder_of(home) / f"{found.id}{SUFFIX}"
    try:
        content = signed_part(read_file(path))
        correction = correction_from(found.content)
        if rfc8785.dumps(dict(found.content)) != content or correction.id != path.stem:
            raise StoreError(f"{path} was altered by hand: measure again")
        key = load_or_make(home)
    except (CorrectionError, RecordError) as error:
        raise StoreError(f"check {found.id} cannot be signed: {error}") from None
    signature = key.sign(DOMAIN + content).hex()
    _put(path, content + b"\n" + signature_line(public_hex(key), signature))
    return get(home, found.id)


def get(home: Path, wanted: str) -> Stored:
    """Return one check by its id, or the newest for `last`. Raises StoreError."""
    found = listed(home)
    if not found:
        raise StoreError("no handpiece was checked here yet: `torquemon calibrate PORT --gauge …`")
    if wanted == LAST:
        return found[-1]
    matching = [stored for stored in found if stored.id == wanted.strip().upper()]
    if not matching:
        raise StoreError(f"there is no check {clean(wanted, 30)}: see `torquemon calibrate --list`")
    return matching[0]


def listed(home: Path) -> list[Stored]:
    """Return all checks, oldest first; one that cannot be read has no content."""
    try:
        paths = sorted(folder_of(home).glob(f"*{SUFFIX}"))[-MAX_FILES:]
    except OSError:
        return []
    if not paths:
        return []
    key = chair_public_key(home)
    return [_stored(path, key) for path in paths]


def _stored(path: Path, key: bytes | None) -> Stored:
    name = clean(path.stem, 40)
    try:
        raw = read_file(path)
        content = _content(raw)
    except CorrectionError as error:
        return Stored(name, {}, signed=False, why=str(error))
    try:
        correction_from(verified(raw, key or b""))
    except CorrectionError as error:
        return Stored(name, content, signed=False, why=str(error))
    return Stored(name, content, signed=True, why="")


def _content(raw: bytes) -> Mapping[str, Any]:
    """Return what an unverified file says. Raises CorrectionError."""
    try:
        found = json.loads(signed_part(raw))
        plateaus_of(found)
        if found["form"] != FORM or not isinstance(found["handpiece"], dict):
            raise ValueError  # noqa: TRY301 - one answer for all that cannot be
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise CorrectionError("it is damaged, or no check that this version can read") from None
    content: Mapping[str, Any] = found
    return content


def plateau_fields(plateau: Plateau) -> dict[str, Any]:
    """Return a held torque for JSON."""
    fields = asdict(plateau)
    fields["step"]["way"] = plateau.step.way.value
    return fields


def plateaus_of(content: Mapping[str, Any]) -> list[Plateau]:
    """Return the held torques of a check. Raises ValueError, KeyError or TypeError."""
    return [_plateau(fields) for fields in content["plateaus"]]


def _plateau(fields: Mapping[str, Any]) -> Plateau:
    step = fields["step"]
    return Plateau(
        Step(int(step["series"]), Way(step["way"]), float(step["target_ncm"])),
        float(fields["time_s"]),
        float(fields["reference_ncm"]),
        float(fields["handpiece_ncm"]),
        int(fields["reference_samples"]),
        int(fields["handpiece_samples"]),
        float(fields["scatter_ncm"]),
    )


def result_fields(result: Result) -> dict[str, Any]:
    """Return a result for JSON; infinite freedom is null there."""
    fields = asdict(result)
    for value in fields.values():
        if isinstance(value, dict) and not math.isfinite(value["dof"]):
            value["dof"] = None
    fields["levels"] = list(fields["levels"])
    for name in ("offset_ncm", "gain", "hysteresis_ncm", "corrected_ncm"):
        fields[name]["parts"] = list(fields[name]["parts"])
    return fields


def result_of(content: Mapping[str, Any]) -> Result | None:
    """Return the result of a check; None where it was broken off. Raises StoreError."""
    fields = content.get("result")
    if fields is None:
        return None
    try:
        return Result(
            offset_ncm=_stated(fields["offset_ncm"]),
            gain=_stated(fields["gain"]),
            hysteresis_ncm=_stated(fields["hysteresis_ncm"]),
            hysteresis_share=float(fields["hysteresis_share"]),
            drift_ncm=float(fields["drift_ncm"]),
            repeatability_ncm=float(fields["repeatability_ncm"]),
            nonlinearity_ncm=float(fields["nonlinearity_ncm"]),
            corrected_ncm=_stated(fields["corrected_ncm"]),
            levels=tuple(Level(**level) for level in fields["levels"]),
            steps=int(fields["steps"]),
            series=int(fields["series"]),
        )
    except (KeyError, TypeError, ValueError):
        raise StoreError("the result of this check is damaged") from None


def _stated(fields: Mapping[str, Any]) -> Stated:
    dof = fields["dof"]
    return Stated(
        float(fields["value"]),
        float(fields["u_expanded"]),
        float(fields["k"]),
        math.inf if dof is None else float(dof),
        tuple(Part(str(part["name"]), float(part["u"])) for part in fields["parts"]),
    )
