"""Leave the addresses of registries and projects out of the SBOM: `make sbom` runs this last."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

SBOM = Path(__file__).with_name("sbom.json")


def without_addresses(value: Any) -> Any:  # noqa: ANN401 - whatever JSON holds
    """Return the value without any external reference in it."""
    if isinstance(value, dict):
        return {k: without_addresses(v) for k, v in value.items() if k != "externalReferences"}
    if isinstance(value, list):
        return [without_addresses(item) for item in value]
    return value


if __name__ == "__main__":
    found = json.loads(SBOM.read_text(encoding="utf-8"))
    SBOM.write_text(json.dumps(without_addresses(found), indent=2) + "\n", encoding="utf-8")
