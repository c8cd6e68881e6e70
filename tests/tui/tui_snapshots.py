"""Snapshots of the scenes as SVG: what a screen looks like, kept beside the tests.

`make snapshots` draws them anew; whoever changed a screen looks at the difference before it is
committed. They are made small: no fonts, no clipping, short names.
"""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.tui.tui_scenes import SCENES, Scene, as_it_is, played
from torquemon.settings import Settings
from torquemon.tui.widgets.banner import AlarmBanner

FOLDER = Path(__file__).parent / "snapshots"
LANGUAGES = {"insert-contact-alarms": "de", "insert-before": "de", "lost": "de"}
"""Scenes that are drawn in another language as well."""
LOOKS = {"insert-contact-alarms": "light", "insert-within": "dark"}
"""Scenes that are drawn in another look as well."""
_NOISE = re.compile(
    r"@font-face \{.*?\}\s*"
    r"|<clipPath.*?</clipPath>\s*"
    r'| clip-path="[^"]*"'
    r'| shape-rendering="[^"]*"'
    r"|<!--.*?-->\s*",
    re.DOTALL,
)
_NAME = re.compile(r"terminal-\d+-")
_CELLS = re.compile(r'<rect fill="([^"]*)" x="[^"]*" y="[^"]*" width="[^"]*" height="[^"]*"/>')
_NEWLINE = re.compile(r"<text [^>]*>\s*</text>")


class Shot(NamedTuple):
    """One snapshot."""

    scene: Scene
    size: tuple[int, int]
    settings: Settings

    @property
    def name(self) -> str:
        width, height = self.size
        parts = [self.scene.name, f"{width}x{height}"]
        usual = Settings()
        parts += [self.settings.language] * (self.settings.language != usual.language)
        parts += [self.settings.theme] * (self.settings.theme != usual.theme)
        return "-".join(parts)

    @property
    def path(self) -> Path:
        return FOLDER / f"{self.name}.svg"


def shots() -> Iterator[Shot]:
    for scene in SCENES.values():
        for size in scene.sizes:
            yield Shot(scene, size, Settings())
        if scene.name in LANGUAGES:
            yield Shot(scene, (80, 24), Settings(language=LANGUAGES[scene.name]))
        if scene.name in LOOKS:
            yield Shot(scene, (120, 40), Settings(theme=LOOKS[scene.name]))


def compact(svg: str) -> str:
    """Return `svg` without what only makes it large, one element a line.

    The ground that most cells have is laid once beneath all of them.
    """
    svg = _NEWLINE.sub("", _NAME.sub("t-", _NOISE.sub("", svg)))
    usual = Counter(_CELLS.findall(svg)).most_common(1)[0][0]
    first = _CELLS.search(svg)
    assert first is not None
    base = f'<rect fill="{usual}" width="100%" height="100%"/>'
    svg = svg[: first.start()] + base + svg[first.start() :]
    svg = _CELLS.sub(lambda cell: "" if cell[1] == usual else cell[0], svg)
    lines = svg.replace("><", ">\n<").splitlines()
    return "\n".join(line.strip() for line in lines if line.strip()) + "\n"


async def draw(shot: Shot) -> str:
    """Draw a snapshot."""
    stage = shot.scene.stage(as_it_is)
    async with played(stage, shot.size, shot.settings) as pilot:
        for banner in pilot.app.screen.query(AlarmBanner):
            banner.flash(on=True)
        await pilot.pause()
        return compact(pilot.app.export_screenshot())


def main() -> None:
    """Draw all snapshots anew and drop those of scenes that are gone."""
    os.environ["COLORTERM"] = "truecolor"
    os.environ["TZ"] = "UTC"
    time.tzset()
    os.environ.pop("NO_COLOR", None)
    FOLDER.mkdir(exist_ok=True)
    wanted = list(shots())
    for shot in wanted:
        shot.path.write_text(asyncio.run(draw(shot)), encoding="utf-8")
    for path in set(FOLDER.glob("*.svg")) - {shot.path for shot in wanted}:
        path.unlink()


if __name__ == "__main__":
    main()
