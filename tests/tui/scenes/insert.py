"""The insert screen: every state, every panel, and the loss of the monitor."""

from __future__ import annotations

from tests.tui.tui_scenes import Give, Scene, Stage, register
from tests.tui.tui_views import alarm, block, device, verdict, view
from torquemon.local.client import LocalError
from torquemon.local.view import (
    AlarmEventView,
    AlarmStep,
    ArmPhase,
    Band,
    DepthMark,
    DepthMarkView,
    LinkPhase,
    SessionPhase,
    SoundPhase,
    StopView,
    View,
)
from torquemon.model import AlertCode, Origin, Priority, StopReason

CURVE = block([0.002 * index for index in range(6000)])
TURNED = CURVE.model_copy(
    update={"angle_deg": tuple(360 * 9.5 * index / 6000 for index in range(6000))}
)
SMALL = ((80, 24),)
WIDE = ((120, 40),)
"""Snapshots of what differs in a few words only."""


def dressed(give: Give, **changes: object) -> View:
    """Return a view with all that text from outside can stand in."""
    fields: dict[str, object] = {
        "patient": give("P-1042"),
        "site_name": give("Maxilla, buccal"),
        "screw_name": give("Infinitas 1.5 x 9 short"),
        "window_source": give("Cousley 2nd ed., ch. 2"),
        "window_choice": give(""),
        "insertion_phase": give("advancing"),
        "storage": give(""),
        "notice": give("recording"),
        "device": device(
            maker=give("hw_sim"),
            model=give("Twin 1"),
            serial=give("SIM-0007"),
            calibrated=give("2026-03-01"),
        ),
    }
    link = {"text": give("Connected to hw_sim Twin 1 on /dev/pts/3."), "port": give("/dev/pts/3")}
    arm: dict[str, object] = {"reasons": (give("top of the window"), give("screw limit unknown"))}
    for name, part in (("link", link), ("arm", arm)):
        change = changes.pop(name, {})
        assert isinstance(change, dict)
        fields[name] = part | change
    return view(**(fields | changes))


def full(give: Give, band: Band) -> View:
    return dressed(
        give,
        band=band,
        worst_band=band,
        torque_ncm=None if band is Band.NO_DATA else 12.3,
        alarms=(
            alarm(3, why=give("Torque rose 14.2 N·cm at 4.1 mm, where 2.0 was the trend.")),
            alarm(2, priority=Priority.WARNING, code=AlertCode.NEAR_LIMIT, why=give("near")),
            alarm(1, acknowledged=True, active=False, code=AlertCode.CAM_OUT, why=give("slips")),
        ),
        stop=StopView(
            reason=StopReason.THRESHOLD, torque_ncm=12.0, text=give("Halted at 12.0 N·cm.")
        ),
        storage=give("The disk is full."),
    )


def calm(band: Band) -> Scene:
    return Scene(
        f"insert-{band.value}",
        lambda give: Stage(dressed(give, band=band, worst_band=band), CURVE),
        sizes=() if band in (Band.NO_DATA, Band.STOPPED) else WIDE,
    )


def alarmed(band: Band) -> Scene:
    everywhere = band in (Band.CONTACT, Band.STOPPED, Band.NO_DATA)
    sizes = ((80, 24), (120, 40), (200, 60)) if everywhere else ()
    return Scene(f"insert-{band.value}-alarms", lambda give: Stage(full(give, band), CURVE), sizes)


def armed(phase: ArmPhase, link: LinkPhase) -> Scene:
    return Scene(
        f"insert-{phase.value}-{link.value}",
        lambda give: Stage(
            dressed(give, arm={"phase": phase}, link={"phase": link}, controlling=False)
        ),
        sizes=WIDE if phase is ArmPhase.NOT_ARMED else (),
    )


def deep(give: Give) -> View:
    """Return a view with depths, with a pause of the sound and a log."""
    steps = [
        AlarmEventView(
            number=number,
            step=step,
            code=AlertCode.ROOT_CONTACT,
            priority=Priority.ALARM,
            utc=f"2026-03-01T10:00:1{number}+00:00",
            time_s=11.2,
        )
        for number, step in enumerate(AlarmStep)
    ]
    marks = [
        DepthMarkView(mark=mark, depth_mm=depth)
        for mark, depth in zip(DepthMark, (2.0, 4.0, 7.0, 9.0), strict=True)
    ]
    return dressed(
        give,
        depth_marks=tuple(marks),
        pitch_mm=0.7,
        engaged_deg=90.0,
        sound_paused_s=16.4,
        alarm_log=tuple(steps),
        alarms=(alarm(acknowledged=True, why=give(alarm().why)),),
    )


for _band in Band:
    register(calm(_band))
    register(alarmed(_band))
for _phase, _link in zip(ArmPhase, LinkPhase, strict=True):
    register(armed(_phase, _link))

register(
    Scene(
        "insert-before",
        lambda give: Stage(dressed(give, phase=SessionPhase.PREPARE, band=Band.IDLE)),
    )
)
register(
    Scene(
        "insert-closed",
        lambda give: Stage(
            dressed(
                give,
                phase=SessionPhase.CLOSED,
                verdict=verdict().model_copy(update={"why": give(verdict().why)}),
            ),
            CURVE,
        ),
    )
)
register(
    Scene(
        "insert-help",
        lambda give: Stage(dressed(give), keys=("question_mark",)),
        sizes=SMALL + WIDE,
    )
)
register(Scene("insert-quit", lambda give: Stage(dressed(give), keys=("q",)), sizes=WIDE))
register(
    Scene(
        "insert-replayed",
        lambda give: Stage(dressed(give, origin=Origin.REPLAYED), CURVE),
        sizes=WIDE,
    )
)
register(
    Scene("insert-real", lambda give: Stage(dressed(give, origin=Origin.REAL), CURVE), sizes=WIDE)
)
register(
    Scene("lost", lambda give: Stage(LocalError(give("The monitor does not answer any more."))))
)
register(Scene("insert-log", lambda give: Stage(deep(give), TURNED, ("l",)), sizes=SMALL))
register(Scene("insert-time", lambda give: Stage(deep(give), TURNED), sizes=WIDE))
register(Scene("insert-angle", lambda give: Stage(deep(give), TURNED, ("x",)), sizes=SMALL + WIDE))
register(
    Scene(
        "insert-no-sound",
        lambda give: Stage(
            dressed(give, sound=SoundPhase.FAILED, sound_why=give("no loudspeaker is there")),
            CURVE,
        ),
        sizes=SMALL,
    )
)
