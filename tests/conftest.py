"""What every test gets: a chair folder of its own, and nothing of the user's."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from hypothesis import Phase, settings

pytest_plugins = ("tests.requirement_trace", "pytester")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # begun in the background of a script: programs under test would inherit that Ctrl-C is nothing
    signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("torquemon", deadline=None, print_blob=True)
settings.register_profile(  # a mistake is to be noticed, not to be understood
    "mutation",
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.explicit, Phase.generate),
)
settings.load_profile("torquemon")


@pytest.fixture(autouse=True)
def chair_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The chair folder of this test; processes that it starts inherit it."""
    folder = tmp_path / "chair"
    monkeypatch.setenv("TORQUEMON_HOME", str(folder))
    return folder
