"""Optional libraries in tests: skipped where a user has none of them, missing nowhere in CI."""

from __future__ import annotations

import importlib
import os
from typing import Any

import pytest


def needed(name: str, extra: str) -> Any:  # noqa: ANN401 - a module
    """Return a library; skip the test or the whole file where it is missing, in CI fail."""
    try:
        return importlib.import_module(name)
    except ImportError:
        why = f"{name} is not installed: pip install 'torquemon[{extra}]'"
        if os.environ.get("CI") == "true":
            raise AssertionError(f"{why}, and CI must not pass without it") from None
        pytest.skip(why, allow_module_level=True)
