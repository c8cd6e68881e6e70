"""Review, history, replay, devices, settings: what comes from the record, and what is chosen."""

from __future__ import annotations

from tests.tui.scenes.insert import dressed
from tests.tui.tui_archive import ScriptedRecorder, linked
from tests.tui.tui_scenes import Give, Scene, Stage, register
from torquemon.local.view import Band, SessionPhase

EVERYWHERE = ((80, 24), (120, 40), (200, 60))
WIDE = ((120, 40),)


def staged(name: str, *keys: str, sizes: tuple[tuple[int, int], ...] = WIDE) -> None:
    def stage(give: Give) -> Stage:
        shown = dressed(
            give,
            phase=SessionPhase.PREPARE,
            band=Band.IDLE,
            insertion_id=None,
            operator=give("Dr A"),
        )
        return Stage(shown, keys=keys, archive=lambda: linked(ScriptedRecorder(give)))

    register(Scene(name, stage, sizes=sizes))


staged("review", "3", sizes=EVERYWHERE)
staged("history-compare", "4", "c", "down", "c", "v", sizes=EVERYWHERE)
staged("replay", "3", "r", "space", sizes=())
staged("devices", "5", sizes=EVERYWHERE)
staged("settings", "6", sizes=EVERYWHERE)
staged("review-events", "3", "l", sizes=((80, 24),))
