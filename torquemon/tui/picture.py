"""Pictures of the real dashboard, drawn headless, for the documentation.

Nothing is staged: the application runs with a link, draws what that says, and is exported.
"""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Final

from torquemon.local.client import LocalError
from torquemon.local.messages import OrderName
from torquemon.local.view import CurveBlock, View
from torquemon.settings import Settings
from torquemon.tui import looks
from torquemon.tui.app import DashboardApp
from torquemon.tui.link import MonitorLink
from torquemon.tui.pump import Pace

_FONT_FACE: Final = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)
_FONTS: Final = "'DejaVu Sans Mono', Menlo, Consolas"
SIZE: Final = (120, 40)
"""Columns and rows of a picture unless asked otherwise."""


class _Counting:
    """Passes everything on to a link, and knows when enough views were drawn."""

    def __init__(self, link: MonitorLink, views: int) -> None:
        self._link = link
        self._left = views + 1
        self.enough = asyncio.Event()

    async def fetch(
        self, drawn: int, insertion_id: str | None, curve_from: int
    ) -> tuple[View, CurveBlock | None]:
        """See `MonitorLink`. A further fetch proves that the view before it was drawn."""
        self._left -= 1
        if self._left <= 0:
            self.enough.set()
        return await self._link.fetch(drawn, insertion_id, curve_from)

    async def order(self, name: OrderName, **fields: str) -> str:
        """See `MonitorLink`."""
        return await self._link.order(name, **fields)

    async def close(self) -> None:
        """See `MonitorLink`."""
        await self._link.close()


class _Still:
    """A monitor that says the same for ever."""

    def __init__(self, view: View, block: CurveBlock | None) -> None:
        self._view = view
        self._block = block

    async def fetch(
        self, drawn: int, insertion_id: str | None, curve_from: int
    ) -> tuple[View, CurveBlock | None]:
        """See `MonitorLink`."""
        del drawn, insertion_id
        return self._view, self._block if curve_from == 0 else None

    async def order(self, name: OrderName, **fields: str) -> str:
        """See `MonitorLink`."""
        del fields
        raise LocalError(f"a picture takes no order ({name})")

    async def close(self) -> None:
        """See `MonitorLink`."""


async def picture(
    link: MonitorLink,
    size: tuple[int, int] = SIZE,
    *,
    views: int = 3,
    start_recording: bool = False,
    pace: Pace | None = None,
) -> str:
    """Run the dashboard on `link` until `views` views are drawn; return the screen as SVG."""
    counting = _Counting(link, views)
    app = DashboardApp(counting, start_recording=start_recording, pace=pace)
    looks.dress(app, Settings(), drawn=True)
    async with app.run_test(size=size) as pilot:
        await counting.enough.wait()
        await pilot.pause()
        return _without_remote_fonts(app.export_screenshot())


def _without_remote_fonts(svg: str) -> str:
    """Return `svg` without fonts from the network: a picture must not call anyone."""
    svg = _FONT_FACE.sub("", svg)
    return svg.replace("font-family: Fira Code,", f"font-family: {_FONTS},")


def export_picture(
    view: View, curve: CurveBlock | None, path: Path, size: tuple[int, int] = SIZE
) -> None:
    """Write the dashboard that shows `view` and `curve` to `path` as SVG."""
    svg = asyncio.run(picture(_Still(view, curve), size, pace=Pace(frame_s=0.0)))
    path.write_text(svg, encoding="utf-8")
