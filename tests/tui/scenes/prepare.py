"""Prepare: the tiles with their check list, each editor in their place, the confirmation."""

from __future__ import annotations

from tests.tui.scenes.insert import dressed
from tests.tui.tui_scenes import Give, Scene, Stage, register
from torquemon.local.view import Band, CheckState, CheckView, SessionPhase, View

_CHECKS = (
    ("link", True, CheckState.OK, "measurements arrive from /dev/pts/3"),
    ("identity", True, CheckState.OK, "hw_sim Twin 1, serial number SIM-0007"),
    ("sensor", True, CheckState.BAD, "the measurement is overflow"),
    ("guardrail", True, CheckState.OK, "stops at 12 N·cm: top of the window 15"),
    ("confirmed", True, CheckState.WAIT, "the patient is P-1042"),
    ("calibration", False, CheckState.OK, "calibrated 2026-03-01, 30 days ago"),
    ("storage", False, CheckState.OK, "all is stored"),
    ("screw_limit", False, CheckState.BAD, "screw limit unknown: no fracture torque is stated"),
    ("screw_site", False, CheckState.OK, "Infinitas 1.5 x 9 short is usual here"),
)


def planned(give: Give, **changes: object) -> View:
    checks = tuple(
        CheckView(id=name, gates=gates, state=state, text=give(text))
        for name, gates, state, text in _CHECKS
    )
    fields: dict[str, object] = {
        "phase": SessionPhase.PREPARE,
        "band": Band.IDLE,
        "worst_band": Band.IDLE,
        "operator": give("Dr A"),
        "fdi": give("16-15"),
        "checks": checks,
        "to_confirm": (give("the patient is P-1042"),),
    }
    return dressed(give, **(fields | changes))


def staged(name: str, *keys: str, wide: bool = False) -> None:
    sizes = ((120, 40),) if wide else ((80, 24), (120, 40), (200, 60))
    register(
        Scene(f"prepare-{name}", lambda give: Stage(planned(give), keys=("1", *keys)), sizes=sizes)
    )


staged("tiles")
staged("site", "tab", "tab", "tab", "enter", wide=True)
staged("confirm", "space", wide=True)
