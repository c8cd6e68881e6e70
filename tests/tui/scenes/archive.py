"""Review, history, replay, devices, settings: what comes from the record, and what is chosen."""

from __future__ import annotations

from tests.tui.scenes.insert import dressed
from tests.tui.tui_archive import ScriptedRecorder, linked
from tests.tui.tui_scenes import Give, Scene, Stage, register
from torquemon.local.archive import OutboxLine
from torquemon.local.view import Band, SessionPhase
from torquemon.settings import KEY_IDS

EVERYWHERE = ((80, 24), (120, 40), (200, 60))
WIDE = ((120, 40),)


def asked(give: Give) -> ScriptedRecorder:
    """A recorder with three destinations, one of each kind of trouble, that were asked."""
    recorder = ScriptedRecorder(give)
    away = "the archive PACS at 10.0.0.7:104 does not answer (time ran out); everything waits"
    recorder.outbox = (
        OutboxLine(destination=give("reports"), waiting=0, failed=0, error=""),
        OutboxLine(destination=give("pacs"), waiting=3, failed=1, error=give(away)),
        OutboxLine(destination=give("fhir"), waiting=0, failed=2, error=give("off"), set_aside=2),
    )
    recorder.answered = (
        give("reports: the folder /mnt/reports takes reports"),
        give(f"pacs: {away}"),
        give("fhir: FHIR server at fhir.example answers: FHIR 4.0.1"),
    )
    return recorder


def destinations(give: Give) -> Stage:
    shown = dressed(give, phase=SessionPhase.PREPARE, band=Band.IDLE, insertion_id=None)
    keys = ("6", "end", *["up"] * len(KEY_IDS), "enter", "enter")
    return Stage(shown, keys=keys, archive=lambda: linked(asked(give)))


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
staged("settings", "6", sizes=((80, 24), (120, 40)))
staged("review-events", "3", "l", sizes=((80, 24),))
register(Scene("settings-destinations", destinations, sizes=((80, 24), (120, 40))))
