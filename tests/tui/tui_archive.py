"""A recorder for the tests of the dashboard: answers in process, from a script or from a record."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torquemon.local.archive import (
    Act,
    ActName,
    AlertLine,
    ArchiveAnswer,
    ArchiveRequest,
    AskDevices,
    AskPatient,
    AskState,
    Curve,
    CurvePage,
    EventLine,
    FoundPage,
    InsertionLine,
    InsertionView,
    Load,
    OutboxLine,
    PatientView,
    PortLine,
    RecorderState,
    RecordState,
    Remark,
    Search,
    TrySound,
)
from torquemon.local.client import LocalError
from torquemon.model import Origin, Priority, VerdictKind
from torquemon.tui.archive_link import ArchiveLink

Give = Callable[[str], str]
IDS = ("01J0000000000000000000AAAA", "01J0000000000000000000BBBB", "01J0000000000000000000CCCC")


def line(give: Give, number: int = 0, **changes: object) -> InsertionLine:
    fields: dict[str, object] = {
        "id": IDS[number],
        "opened_utc": f"2026-03-0{number + 1}T09:30:00+00:00",
        "patient": give(f"P-10{number}"),
        "operator": give("Dr A"),
        "site": "maxilla-buccal",
        "fdi": give("16-15"),
        "screw": give("infinitas-1.5x9-short"),
        "origin": Origin.SIMULATED,
        "state": RecordState.CLOSED,
        "verdict": VerdictKind.WITHIN,
        "max_insertion_torque_ncm": 11.9,
    }
    return InsertionLine.model_validate(fields | changes)


def insertion(give: Give, number: int = 0, **changes: object) -> InsertionView:
    fields: dict[str, object] = {
        "line": line(give, number),
        "site_name": give("Maxilla, buccal"),
        "screw_name": give("Infinitas 1.5 x 9 mm, short neck"),
        "window_low_ncm": 5.0,
        "window_high_ncm": 15.0,
        "window_source": give("Cousley 2nd ed., ch. 2"),
        "threshold_ncm": 12.0,
        "threshold_reasons": (give("top of the window"),),
        "device": give("hw_sim Twin 1 SIM-0007"),
        "calibrated": "2026-01-01",
        "final_torque_ncm": 11.4,
        "removal_torque_ncm": None,
        "why": give("maximum 11.9 N·cm lies in the window of 5-15 N·cm"),
        "rule_version": "1",
        "agrees": False,
        "samples": 1000,
        "missing_samples": 3,
        "duration_s": 20.0,
        "has_angle": True,
        "alerts": (
            AlertLine(
                code="root_contact",
                priority=Priority.ALARM,
                time_s=12.5,
                torque_ncm=9.0,
                why=give("torque rose 4 N·cm in a tenth of a turn"),
            ),
        ),
        "events": (EventLine(time_s=0.1, text=give("asked to arm at 12.0 N·cm")),),
        "remarks": (
            Remark(
                utc="2026-03-01T09:40:00+00:00",
                kind=ActName.NOTE,
                who=give("Dr A"),
                choice="",
                text=give("went in easily"),
            ),
            Remark(
                utc="2026-03-01T09:41:00+00:00",
                kind=ActName.STOP_OUTCOME,
                who=give("Dr A"),
                choice="continued",
                text="",
            ),
        ),
    }
    return InsertionView.model_validate(fields | changes)


def page(wanted: str, count: int = 2000, peak_ncm: float = 11.9) -> CurvePage:
    """A straight rise to a peak in 20 s and 10 turns."""
    return CurvePage(
        id=wanted,
        first=0,
        next=count,
        total=count,
        time_s=tuple(20.0 * i / count for i in range(count)),
        torque_ncm=tuple(peak_ncm * (i + 1) / count for i in range(count)),
        angle_deg=tuple(3600.0 * i / count for i in range(count)),
    )


def _search(give: Give, request: Search) -> ArchiveAnswer:
    lines = tuple(line(give, number) for number in range(3))
    lines = tuple(each for each in lines if request.text in each.patient)
    return ArchiveAnswer(ok=True, found=FoundPage(more=False, lines=lines))


def _number(wanted: str) -> int:
    return IDS.index(wanted) if wanted in IDS else 0


def _load(give: Give, request: Load) -> ArchiveAnswer:
    return ArchiveAnswer(ok=True, insertion=insertion(give, _number(request.id)))


def _curve(_: Give, request: Curve) -> ArchiveAnswer:
    return ArchiveAnswer(ok=True, curve=page(request.id, peak_ncm=11.9 - _number(request.id)))


def _state(give: Give, _: AskState) -> ArchiveAnswer:
    box = OutboxLine(
        destination=give("practice"), waiting=2, failed=1, error=give("off"), set_aside=1
    )
    state = RecorderState(insertions=3, storage=give(""), free_mb=900, outbox=(box,))
    return ArchiveAnswer(ok=True, state=state)


def _devices(give: Give, _: AskDevices) -> ArchiveAnswer:
    port = PortLine(url=give("/dev/ttyACM0"), name=give("Twin"), kind="usb", detail=give("7"))
    return ArchiveAnswer(ok=True, ports=(port,), text=give(""))


def _patient(give: Give, request: AskPatient) -> ArchiveAnswer:
    known = PatientView(
        reference=request.reference,
        name=give("Muster, Erika"),
        birth_date="2008-05-01",
        insertions=2,
        last_utc="2026-02-01T09:00:00+00:00",
    )
    return ArchiveAnswer(ok=True, patient=known)


def _try_sound(give: Give, _: TrySound) -> ArchiveAnswer:
    return ArchiveAnswer(ok=True, text=give("an alarm is played once: is it heard?"))


_ANSWERS: dict[type, Callable[[Give, Any], ArchiveAnswer]] = {
    Search: _search,
    Load: _load,
    Curve: _curve,
    AskState: _state,
    AskDevices: _devices,
    AskPatient: _patient,
    TrySound: _try_sound,
}


class ScriptedRecorder:
    """Answers like a recorder with three insertions, and keeps what it was asked to add."""

    def __init__(self, give: Give = str) -> None:
        self.give = give
        self.acts: list[Act] = []
        self.asked: list[ArchiveRequest] = []
        self.refusal = ""
        self.report = ""
        """How a report fares."""
        self.known = True
        """Whether the record knows any patient."""
        self.outbox: tuple[OutboxLine, ...] | None = None
        """The destinations; None: one that waits."""
        self.answered: tuple[str, ...] = ()
        """What the destinations say once they are asked."""
        self.checked: tuple[str, ...] = ()

    async def ask(self, request: ArchiveRequest) -> ArchiveAnswer:
        self.asked.append(request)
        if self.refusal:
            raise LocalError(self.refusal)
        return self._answers(request)

    def _answers(self, request: ArchiveRequest) -> ArchiveAnswer:
        if isinstance(request, Act):
            self.acts.append(request)
            return ArchiveAnswer(ok=True, text=self.give("it is in the record"))
        if isinstance(request, AskPatient) and not self.known:
            return ArchiveAnswer(
                ok=True,
                patient=PatientView(
                    reference=request.reference, name="", birth_date="", insertions=0, last_utc=""
                ),
            )
        answer = _ANSWERS[type(request)](self.give, request)
        if answer.state is not None:
            if isinstance(request, AskState) and request.check:
                self.checked = self.answered
            update: dict[str, object] = {"report": self.report, "checked": self.checked}
            if self.outbox is not None:
                update["outbox"] = self.outbox
            state = answer.state.model_copy(update=update)
            return answer.model_copy(update={"state": state})
        return answer

    async def close(self) -> None:
        """Nothing is open."""


def linked(recorder: ScriptedRecorder) -> ArchiveLink:
    async def connect() -> ScriptedRecorder:
        return recorder

    return ArchiveLink(connect)
