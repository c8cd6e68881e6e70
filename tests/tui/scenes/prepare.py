"""Prepare: the tiles with their check list, each editor in their place, the confirmation."""

from __future__ import annotations

from tests.tui.scenes.insert import dressed
from tests.tui.tui_scenes import Give, Scene, Stage, register
from tests.tui.tui_views import alarm
from torquemon.local.view import Band, CheckState, CheckView, SessionPhase, View
from torquemon.model import AlertCode, Priority

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


def alarmed(give: Give) -> View:
    """Return a view of a recording beside which Prepare is open, with alarms that wait."""
    return planned(
        give,
        phase=SessionPhase.RECORDING,
        band=Band.CONTACT,
        worst_band=Band.CONTACT,
        checks=(),
        to_confirm=(),
        alarms=(
            alarm(3, why=give(LONGEST_WHY)),
            alarm(2, priority=Priority.WARNING, code=AlertCode.NEAR_LIMIT, why=give("near")),
        ),
    )


LONGEST_WHY = (
    "possible root contact: torque rose 14.2 N·cm above the running trend within 36 degrees "
    "(142 N·cm per turn, running slope 2.0) at 4.1 mm nominal depth; neither cortex, taper, "
    "restart nor the seat at 9.0 mm explains it"
)
"""The longest reason that the judge gives."""

staged("tiles")
register(
    Scene(
        "prepare-alarm",
        lambda give: Stage(alarmed(give), keys=("f2",)),
        sizes=((80, 24), (120, 40)),
    )
)
staged("site", "tab", "tab", "enter", wide=True)
staged("confirm", "space", wide=True)
register(
    Scene(
        "prepare-pad",
        lambda give: Stage(planned(give), keys=("1", "enter")),
        sizes=((80, 24), (120, 40)),
    )
)
