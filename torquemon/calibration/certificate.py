"""The certificate of a check as PDF: set by Typst from the same words as the text."""

from __future__ import annotations

import hashlib
import json
from importlib.resources import files
from typing import Any, Final

import rfc8785

from torquemon import DISCLAIMER
from torquemon.calibration.fields import StoreError, plateaus_of, result_of
from torquemon.calibration.pictures import steps_svg
from torquemon.calibration.store import Stored
from torquemon.calibration.words import (
    LIMITS,
    budget_rows,
    facts,
    headline,
    level_rows,
    mark_of,
    meaning,
)
from torquemon.record.report_data import ReportError
from torquemon.record.report_typst import NoTypstError, drawable_all, set_pdf

TEMPLATE: Final = "certificate.typ"


def certificate(stored: Stored) -> bytes:
    """Return the certificate. Raises StoreError with a sentence."""
    content = stored.content
    result = result_of(content)
    if result is None:
        raise StoreError(f"check {stored.id} was broken off: there is nothing to certify")
    plateaus = plateaus_of(content)
    mark = mark_of(content)
    fields: dict[str, Any] = {
        "mark": mark,
        "mark_line": f"{mark}: no measurement of a real handpiece" if mark else "",
        "facts": facts(stored),
        "headline": headline(result),
        "meaning": [*meaning(result, content), LIMITS],
        "levels": level_rows(result),
        "budget": budget_rows(result),
        "signed": stored.signed,
        "digest": hashlib.sha256(rfc8785.dumps(dict(content))).hexdigest(),
        "id": stored.id,
        "disclaimer": DISCLAIMER,
    }
    fields, _ = drawable_all(fields)
    try:
        fields["picture"] = steps_svg(plateaus, result)
    except (ValueError, ArithmeticError):  # none that was evaluated, or no torque in them
        raise StoreError("its steps are missing or damaged: measure again") from None
    template = files("torquemon.calibration").joinpath(TEMPLATE).read_bytes()
    try:
        return set_pdf(template, {"page": json.dumps(fields)}, str(content["measured_utc"]))
    except NoTypstError:
        raise StoreError(
            "PDF needs the part `torquemon[report]` (pip install 'torquemon[report]'); "
            "`--show ID` without --pdf tells the same as text"
        ) from None
    except ReportError as error:
        raise StoreError(str(error)) from None
