"""A slice of `make hours`: one insertion after the other through the application leaves nothing."""

from __future__ import annotations

import asyncio

from tests.tui.tui_hours import held

MOST_KB = 400
"""For two insertions. One has 10,000 samples, about 700 kB if they were kept; bounded caches of
texts, of this program and its libraries, go on filling by some 60 kB an insertion."""


def test_tui_nothing_of_an_insertion_is_kept_once_it_is_over() -> None:
    found = asyncio.run(held(hours=4, insertions_per_hour=1, frames=20, samples=500))
    assert found[-1].kilobytes - found[1].kilobytes < MOST_KB, found
    assert found[-1].views <= found[1].views, found
    assert found[-1].tasks <= found[1].tasks, found
