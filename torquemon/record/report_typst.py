"""Sets the page as PDF with Typst: the only file that knows it.

Reproducible: the fonts are those inside the library, no font of the machine is looked at, and the
moment in the file is that of the record. Content goes in as data, never as markup. The standard is
Typst's own mode (PDF/A-3a with the tags of PDF/UA-1); no other program has validated it.
"""

from __future__ import annotations

import json
import unicodedata
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any, Final

from torquemon.record.report_data import ReportError
from torquemon.record.report_page import Page

STANDARDS: Final = ("a-3a", "ua-1")
_REPLACEMENT: Final = "�"
_DRAWABLE: Final = (
    (0x20, 0x7E),
    (0xA0, 0xAC),
    (0xAE, 0x036F),
    (0x0370, 0x04FF),
    (0x05D0, 0x05EA),
    (0x0621, 0x063A),
    (0x0641, 0x064A),
    (0x1E00, 0x1FFF),
    (0x2010, 0x2027),
    (0x2030, 0x2040),
    (0x2070, 0x20CF),
    (0x2190, 0x22FF),
    (0x25A0, 0x25FF),
    (0xFFFD, 0xFFFD),
)
"""What the fonts inside Typst can draw: Latin, Greek, Cyrillic, Hebrew, Arabic letters. PDF/A
allows no missing glyph, and Typst 0.15 panics on some others; a test sets all of these."""


class NoTypstError(ReportError):
    """The part that sets PDF is not installed."""


def drawable(text: str) -> tuple[str, int]:
    """Return text of which every character can be drawn, and how many were replaced."""
    out: list[str] = []
    lost = 0
    for char in unicodedata.normalize("NFC", text):
        point = ord(char)
        known = any(low <= point <= high for low, high in _DRAWABLE)
        if known and unicodedata.category(char) not in ("Cn", "Cf", "Cc", "Zl", "Zp"):
            out.append(char)
        else:
            out.append(_REPLACEMENT)
            lost += char != _REPLACEMENT
    return "".join(out), lost


def page_fields(page: Page) -> dict[str, Any]:
    """Return the page as the template takes it, with only what can be drawn."""
    fields: dict[str, Any]
    fields, lost = drawable_all(page.fields())
    for name in ("arch", "angle", "time"):
        fields[name] = getattr(page, name)  # drawn from our own words and numbers
    fields["undrawn"] = page.undrawn.format(count=lost) if lost else ""
    return fields


def drawable_all(value: Any) -> tuple[Any, int]:  # noqa: ANN401 - whatever JSON holds
    """Return a value of which every text can be drawn, and how many characters were replaced."""
    if isinstance(value, str):
        return drawable(value)
    if isinstance(value, dict):
        pairs = {key: drawable_all(inner) for key, inner in value.items()}
        return {key: pair[0] for key, pair in pairs.items()}, sum(p[1] for p in pairs.values())
    if isinstance(value, list | tuple):
        items = [drawable_all(inner) for inner in value]
        return [item[0] for item in items], sum(item[1] for item in items)
    return value, 0


def pdf(page: Page, curve_csv: str, moment_utc: str) -> bytes:
    """Return the report as PDF. Raises NoTypstError, ReportError.

    `curve_csv` is attached; `moment_utc` is the record's own time, which the file is dated with.
    """
    fields = page_fields(page)
    # whole and on one line in the file's own description, where `torquemon verify` can find it
    fields["keywords"] = [page.chain[1]]
    fields["csv_name"] = f"{page.insertion_id}.csv"
    fields["csv_title"] = page.angle_title if page.angle else page.time_title
    template = files("torquemon.record").joinpath("report/page.typ").read_bytes()
    return set_pdf(template, {"page": json.dumps(fields), "csv": curve_csv}, moment_utc)


def set_pdf(template: bytes, inputs: dict[str, str], moment_utc: str) -> bytes:
    """Set a template with data as PDF. Raises NoTypstError, ReportError."""
    try:
        import typst
    except ImportError as error:
        raise NoTypstError(
            "PDF needs the part `torquemon[report]` (pip install 'torquemon[report]'); "
            "`--html FILE` makes the report without it"
        ) from error
    try:
        made = typst.compile(
            template,
            format="pdf",
            font_paths=[],
            ignore_system_fonts=True,
            sys_inputs=inputs,
            pdf_standards=list(STANDARDS),
            timestamp=_moment(moment_utc),
        )
    except typst.TypstError as error:
        raise ReportError(f"the report cannot be set: {error.message}") from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # Rust's own, below no Exception
            raise
        raise ReportError(
            "the report cannot be set (Typst gave up): `--html FILE` makes it without Typst"
        ) from error
    if not isinstance(made, bytes):
        raise ReportError("the report cannot be set: Typst made no single file")
    # an archive takes a last byte that ends no line for padding, and cuts the file short by it
    return made if made.endswith(b"\n") else made + b"\n"


def _moment(utc: str) -> int:
    """Return seconds since 1970; 0 where the record's time cannot be read."""
    try:
        moment = datetime.fromisoformat(utc)
    except ValueError:
        return 0
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return max(0, int(aware.timestamp()))
