"""Every screen in every state that matters, registered once and walked by many tests.

A file in `tests/tui/scenes` registers the scenes of its screen. Each scene is drawn in every look
and language, with hostile text in every place where text from outside may stand, and as a snapshot.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

from rich.segment import Segment
from textual.pilot import Pilot

from tests.tui.tui_views import PACE, ScriptedLink, view
from torquemon.local.view import CurveBlock, View
from torquemon.settings import Settings
from torquemon.tui.app import DashboardApp, Links
from torquemon.tui.archive_link import ArchiveLink
from torquemon.tui.pump import Pace

Give = Callable[[str], str]
"""Takes the text that a scene would show and returns what it is to show: that, or hostile text."""


def as_it_is(text: str) -> str:
    return text


@dataclass(frozen=True)
class Stage:
    """What a scene is played with: a view or the loss of the monitor, then keys.

    `link` makes the monitor; one of a screen's own answers more than views.
    """

    shown: View | Exception
    curve: CurveBlock | None = None
    keys: tuple[str, ...] = ()
    link: Callable[[], ScriptedLink] = ScriptedLink
    archive: Callable[[], ArchiveLink] | None = None
    """The recorder; without one there is none."""
    waiting: bool = False
    """The monitor is not there yet: the first picture stands."""


@dataclass(frozen=True)
class Scene:
    """`sizes` are those of its snapshots; none: it has none."""

    name: str
    stage: Callable[[Give], Stage]
    sizes: tuple[tuple[int, int], ...] = field(default=((80, 24), (120, 40), (200, 60)))


SCENES: dict[str, Scene] = {}


def register(scene: Scene) -> None:
    if scene.name in SCENES:
        raise ValueError(f"there is a scene {scene.name} already")
    SCENES[scene.name] = scene


@asynccontextmanager
async def played(
    stage: Stage, size: tuple[int, int], settings: Settings | None = None, pace: Pace = PACE
) -> AsyncIterator[Pilot[int]]:
    """Play a stage in a terminal of `size` and hold it there."""
    if stage.waiting:
        async with waited(size, settings) as pilot:
            await pilot.press(*stage.keys)
            await pilot.pause()
            yield pilot
        return
    link = stage.link()
    archive = stage.archive() if stage.archive else None
    app = DashboardApp(link, pace=pace, settings=settings, archive=archive)
    async with app.run_test(size=size) as pilot:
        first = view() if isinstance(stage.shown, Exception) else stage.shown
        link.put(first, stage.curve)
        await asyncio.wait_for(link.until_drawn(first.sequence), timeout=20)
        await pilot.press(*stage.keys)
        await pilot.pause()
        if isinstance(stage.shown, Exception):
            link.fail(stage.shown)
            await pilot.pause()
        await pilot.pause()
        yield pilot


@asynccontextmanager
async def waited(size: tuple[int, int], settings: Settings | None) -> AsyncIterator[Pilot[int]]:
    """Hold a dashboard at its first picture."""

    async def never() -> None:
        await asyncio.Event().wait()

    def connect() -> Links:
        raise AssertionError("nothing is connected to before the first picture is drawn")

    app = DashboardApp.waiting_for(connect, settings=settings)
    app._waiting.drawn = never  # type: ignore[method-assign] # it is drawn, and nobody is told
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield pilot


def lines_of(pilot: Pilot[int]) -> list[list[Segment]]:
    """Return what the compositor would send to the terminal, after Textual's own filters."""
    app = pilot.app
    filters = app.get_line_filters()
    background = app.screen.styles.background
    strips = app.screen._compositor.render_strips()
    for line_filter in filters:
        strips = [strip.apply_filter(line_filter, background) for strip in strips]
    return [list(strip) for strip in strips]


def text_of(lines: list[list[Segment]]) -> str:
    return "\n".join("".join(segment.text for segment in line) for line in lines)


for _path in sorted((Path(__file__).parent / "scenes").glob("*.py")):
    import_module(f"tests.tui.scenes.{_path.stem}")
