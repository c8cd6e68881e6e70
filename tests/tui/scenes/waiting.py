"""The first picture: before the monitor is there, and after STOP was asked for."""

from __future__ import annotations

from tests.tui.tui_scenes import Scene, Stage, register
from tests.tui.tui_views import view

SMALL = ((80, 24), (120, 40))

register(Scene("waiting", lambda _: Stage(view(), waiting=True), sizes=SMALL))
register(Scene("waiting-stop", lambda _: Stage(view(), keys=("s",), waiting=True), sizes=SMALL))
