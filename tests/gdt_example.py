"""The GDT result in docs/integration.md: `python -m tests.gdt_example` writes it anew."""

from __future__ import annotations

import sys
from datetime import UTC, date
from pathlib import Path
from typing import Final

from tests.folder_cases import make_case
from torquemon.model import Origin
from torquemon.record.gdt.codec import decode, encode
from torquemon.record.gdt.result import Style, result

PAGE: Final = Path(__file__).parent.parent / "docs" / "integration.md"
BEGIN: Final = "<!-- GDT example: python -m tests.gdt_example -->\n```\n"
END: Final = "```\n"


def example() -> str:
    """Return the file of a simulated insertion as text."""
    case = make_case(
        patient="4711",
        origin=Origin.SIMULATED,
        patient_name="Müller^Änne",
        birth_date=date(1975, 4, 1),
    )
    style = Style(sender="TORQ", receiver="PVS", german=True, time_zone=UTC)
    raw = encode(result(case, style, report="R:\\SIMULATED_4711_2026-01-01_maxilla-buccal.pdf"))
    decode(raw)
    return raw.decode("cp1252").replace("\r\n", "\n")


def in_page(page: str) -> str:
    """Return the example as it stands in the page."""
    return page.partition(BEGIN)[2].partition(END)[0]


def main() -> None:
    """Write the example into the page."""
    page = PAGE.read_text(encoding="utf-8")
    if BEGIN not in page:
        sys.exit(f"{PAGE} has no place for the example")
    before, _, after = page.partition(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}{example()}{END}{after.partition(END)[2]}", encoding="utf-8")


if __name__ == "__main__":
    main()
