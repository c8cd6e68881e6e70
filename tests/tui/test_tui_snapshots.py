"""Every screen looks as it did when somebody last looked: `make snapshots` renews the pictures."""

from __future__ import annotations

import asyncio

import pytest

from tests.tui.tui_snapshots import FOLDER, Shot, draw, shots

MAX_BYTES = 3_000_000
SHOTS = {shot.name: shot for shot in shots()}


@pytest.mark.parametrize("shot", SHOTS.values(), ids=SHOTS)
def test_tui_screen_looks_as_in_its_snapshot(shot: Shot) -> None:
    drawn = asyncio.run(draw(shot))
    assert shot.path.exists(), "`make snapshots` draws it; then look at it"
    kept = shot.path.read_text(encoding="utf-8")
    changed = set(drawn.splitlines()) ^ set(kept.splitlines())
    assert not changed, f"{shot.name} looks different; `make snapshots` if that is meant"


def test_tui_snapshots_are_small_and_none_is_left_over() -> None:
    kept = set(FOLDER.glob("*.svg"))
    assert kept == {shot.path for shot in SHOTS.values()}
    assert sum(path.stat().st_size for path in kept) < MAX_BYTES
    assert not any("@font-face" in path.read_text(encoding="utf-8") for path in kept)
