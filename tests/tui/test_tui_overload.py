"""An instrument beyond its range: the number is said to be the least that it may be."""

from __future__ import annotations

import asyncio

import pytest

from tests.tui.tui_scenes import Stage, lines_of, played, text_of
from tests.tui.tui_views import view
from torquemon.local.view import Band


@pytest.mark.requirement("REQ-SHOW-1")
@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
def test_an_overload_stands_beside_the_number(size: tuple[int, int]) -> None:
    async def shown(*, overload: bool) -> str:
        seen = view(torque_ncm=5.3, overload=overload, band=Band.ABOVE)
        async with played(Stage(seen), size) as pilot:
            return text_of(lines_of(pilot))

    assert "N·cm OR MORE" in asyncio.run(shown(overload=True))
    assert "OR MORE" not in asyncio.run(shown(overload=False))
