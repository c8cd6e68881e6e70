"""What stands on Prepare: who somebody is, what the lists offer, what the screen itself checks."""

from __future__ import annotations

from torquemon.local.archive import PatientView, RecorderState
from torquemon.local.view import CheckState, CheckView, SoundPhase, View
from torquemon.profiles.catalogue import builtin
from torquemon.tui.widgets.header import window_text
from torquemon.tui.widgets.touch import Item
from torquemon.tui.words import say, say_screw, say_site


def who_is(known: PatientView) -> str:
    """Return name and birth date, as far as they are known."""
    return ", ".join(part for part in (known.name, known.birth_date) if part)


def offer(waiting: PatientView) -> str:
    """Return the line that offers the patient whom the practice software sent."""
    who = " · ".join(part for part in (waiting.reference, who_is(waiting)) if part)
    return say("prepare.patient.waits", who=who)


def patient_text(reference: str, known: PatientView | None, waiting: PatientView | None) -> str:
    """Return the reference and who that is, as far as the record knows; or who waits."""
    if not reference:
        return say("patient.none") if waiting is None else offer(waiting)
    if known is None:
        return reference
    if not known.name and not known.insertions:
        return f"{reference} · {say('prepare.patient.new')}"
    return " · ".join(part for part in (reference, who_is(known)) if part)


def faces_of(view: View, known: PatientView | None, waiting: PatientView | None) -> dict[str, str]:
    """Return what stands on each tile but the one that starts."""
    threshold = say("prepare.threshold.default")
    if view.wanted_ncm is not None:
        threshold = say("prepare.threshold.own", torque=view.wanted_ncm)
    return {
        "patient": patient_text(view.patient, known, waiting),
        "operator": view.operator or say("prepare.operator.none"),
        "site": f"{say_site(view.site, view.site_name)} {view.fdi}".strip(),
        "screw": say_screw(view.screw, view.screw_name),
        "window": window_text(view),
        "threshold": threshold,
        "tare": say("prepare.tare.text"),
    }


def keeps_from_starting(check: CheckView) -> bool:
    """Return whether a check forbids the start; what is to be confirmed is asked at the start."""
    return check.gates and check.state is not CheckState.OK and check.id != "confirmed"


def warning(name: str, text: str, well: str = "") -> CheckView:
    """Return a check that only warns: with `text` where something is wrong, else with `well`."""
    state = CheckState.BAD if text else CheckState.OK
    return CheckView(id=name, gates=False, state=state, text=text or well)


def other_patient(set_one: str, waiting: PatientView | None) -> tuple[CheckView, ...]:
    """Say that the practice's system names another patient than the one who is set."""
    if waiting is None or set_one in ("", waiting.reference):
        return ()
    return (warning("waiting", offer(waiting)),)


def recorder_checks(state: RecorderState) -> tuple[CheckView, ...]:
    """Return the checks that the recorder has answered."""
    stuck = "; ".join(f"{line.destination}: {line.error}" for line in state.outbox if line.error)
    return (
        warning("disk", state.storage, say("check.disk.ok", free=state.free_mb or 0)),
        warning("network", stuck, say("check.network.ok")),
        *([warning("patients", state.patients)] if state.patients else []),
    )


def being_asked() -> tuple[CheckView, ...]:
    """Return the checks that the recorder answers, while it has not."""
    text = say("check.asked")
    return tuple(
        CheckView(id=name, gates=False, state=CheckState.WAIT, text=text)
        for name in ("disk", "network")
    )


def sound_check(view: View) -> CheckView:
    """Return how the recorder says the sound fares."""
    if view.sound is SoundPhase.OK:
        return warning("sound", "", say("check.sound.ok"))
    return warning("sound", view.sound_why or say("check.sound.none"))


def screws(site: str) -> list[Item]:
    """Return the screws, those that are usual at the site first."""
    items = []
    for key, screw in builtin().screws.items():
        usual = site in screw.usual_sites
        known = say("prepare.screw.usual") if usual else say("prepare.screw.unusual")
        items.append(
            Item(
                key,
                say_screw(key, screw.name),
                known if screw.usual_sites else "",
                "●" if usual else "",
            )
        )
    return sorted(items, key=lambda item: not item.mark)


def windows() -> list[Item]:
    """Return the windows to choose from, no choice first."""
    own = Item("", say("prepare.window.own"))
    return [own, *(Item(key, w.name, w.source) for key, w in builtin().windows.items())]


def plan_of(view: View) -> dict[str, str]:
    """Return the plan as the monitor has it."""
    return {
        "patient": view.patient,
        "operator": view.operator,
        "site": view.site,
        "fdi": view.fdi,
        "screw": view.screw,
        "window": view.window_choice,
        "threshold_ncm": "" if view.wanted_ncm is None else f"{view.wanted_ncm:g}",
    }
