"""`torquemon calibrate` with kept checks: list, show, sign, remove, follow over time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from torquemon.calibration.certificate import certificate
from torquemon.calibration.evaluated import evaluated_again
from torquemon.calibration.fields import StoreError, result_of
from torquemon.calibration.output import EXIT_OK, refuse, say, warn, write_file
from torquemon.calibration.pictures import drift_svg, past_checks
from torquemon.calibration.store import Stored, get, listed, remove, sign, write
from torquemon.calibration.words import mark_of, pm, text_lines
from torquemon.text import clean


def list_all(home: Path) -> int:
    """Say each check in a line; return the exit code."""
    found = listed(home)
    for stored in found:
        say(_line(stored))
    if not found:
        say("no handpiece was checked here yet")
    return EXIT_OK


def _line(stored: Stored) -> str:
    content = stored.content
    try:
        result = result_of(content)
        gain = f"gain {pm(result.gain, 4)}" if result else "no result"
    except StoreError:
        gain = "damaged result"
    serial = clean(str(content.get("handpiece", {}).get("serial", "")))
    when = clean(str(content.get("measured_utc", "")))[:10]
    mark = mark_of(content) if content else ""
    state = "signed" if stored.signed else f"not applied: {stored.why}"
    return "  ".join(word for word in (stored.id, when, serial, gain, mark, state) if word)


def sign_one(home: Path, wanted: str) -> int:
    """Sign a check; return the exit code. Raises StoreError."""
    stored = sign(home, wanted)
    serial = clean(str(stored.content["handpiece"]["serial"]))
    say(f"check {stored.id} is signed: handpiece {serial} is corrected from the next start on")
    return EXIT_OK


def remove_one(home: Path, wanted: str, *, even_applied: bool) -> int:
    """Remove a check; return the exit code. Raises StoreError."""
    stored = remove(home, wanted, even_applied=even_applied)
    after = ": it corrects nothing from the next start on" if stored.signed else ""
    say(f"check {stored.id} is removed{after}")
    return EXIT_OK


def drift(home: Path, path: Path, serial: str | None) -> int:
    """Draw the gain over past checks; return the exit code. Raises StoreError."""
    wanted, past, left_out = past_checks(listed(home), serial)
    for check in past:
        state = "signed" if check.signed else "not signed"
        mark = f"  {check.mark}" if check.mark else ""
        say(
            f"{check.moment.date().isoformat()}  {check.id}  gain {check.gain:.4f} ± "
            f"{check.u_expanded:.4f}  {state}{mark}"
        )
    for name in left_out:
        warn(f"check {name} is damaged and left out")
    return write_file(path, drift_svg(wanted, past).encode(), "drift")


def show(home: Path, wanted: str, pdf: Path | None) -> int:
    """Show a check, or write its certificate; return the exit code. Raises StoreError."""
    stored = get(home, wanted)
    if not stored.content:
        return refuse(f"check {stored.id} cannot be shown: {stored.why}")
    try:
        stored = _with_result(home, stored)
        if pdf is not None:
            return write_file(pdf, certificate(stored), "certificate")
        lines = text_lines(stored)
    except StoreError as error:
        return refuse(f"check {stored.id} cannot be shown: {error}")
    for line in lines:
        say(line)
    return EXIT_OK


def _with_result(home: Path, stored: Stored) -> Stored:
    """Return a check evaluated now where a part for that was missing then. Raises StoreError."""
    if stored.content.get("result") is not None or stored.signed:
        return stored
    content = dict(stored.content)
    content |= evaluated_again(content)
    if content["result"] is None or content.get("id") != stored.path.stem:
        return replace(stored, content=content)
    write(home, content)
    return get(home, stored.id)
