"""The example in docs/examples/bundle.json: a simulated insertion as it is sent.

    python -m tests.fhir_example

makes it anew; a test compares. The ids are fixed, the curve has wider slots than a server would
get, and the page is a placeholder: for eyes, not for import.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Final

from tests.fhir_cases import Page, one_case, transaction

PATH: Final = Path(__file__).parent.parent / "docs" / "examples" / "bundle.json"
_POINTS: Final = 1000


def example() -> str:
    """Return the example as text."""
    case = replace(
        one_case(),
        insertion_id="01JGFJJZ0000000000000EXAMP",
        chair_id="01JGFJJZ000000000000CHA1R0",
        revision_hash="0" * 64,
        documents=Page(),
    )
    made = transaction(case, max_points=_POINTS)
    return json.dumps(made, ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    PATH.parent.mkdir(exist_ok=True)
    PATH.write_text(example(), encoding="utf-8")
