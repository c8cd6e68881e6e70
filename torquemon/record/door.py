"""The recorder's door: answers what dashboards ask of the archive (see ADR 0007).

The recorder also makes the sound, so nothing here may take long: a report is a process of its
own, a look over the air a thread of its own, and both are asked about later. The store is opened
for each request, so that a record that is being moved or restored is not held open.
"""

from __future__ import annotations

import contextlib
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, Final

from sqlalchemy import func, select

from torquemon import paths
from torquemon.clock import Clock
from torquemon.journal import JournalError
from torquemon.local.archive import (
    ARCHIVE_REQUEST,
    MAX_ANSWER_BYTES,
    MAX_REQUEST_BYTES,
    Act,
    ActName,
    ArchiveAnswer,
    ArchiveRequest,
    AskDevices,
    AskPatient,
    AskState,
    Curve,
    FoundPage,
    Load,
    OutboxLine,
    PatientView,
    RecorderState,
    Search,
    TrySound,
)
from torquemon.local.door import write_door
from torquemon.local.messages import Role
from torquemon.local.serving import Dialect, DoorServer
from torquemon.paths import HomeError
from torquemon.record.archive_search import matching, meant
from torquemon.record.archive_view import (
    STOP_OUTCOME,
    StoredCurve,
    insertion_line,
    insertion_view,
    stored_curve,
)
from torquemon.record.delivery.asking import send_again
from torquemon.record.delivery.check_job import CheckJob
from torquemon.record.delivery.status import lines
from torquemon.record.errors import RecordError
from torquemon.record.gdt.patients import problem
from torquemon.record.gdt.waiting import shown_name, waiting_patient
from torquemon.record.history import whole
from torquemon.record.models import Insertion, Person
from torquemon.record.opening import open_store
from torquemon.record.ports import Ports
from torquemon.record.print_job import PrintJob
from torquemon.record.remarks import Remarks
from torquemon.record.report_job import ReportJob
from torquemon.record.store import Store
from torquemon.sound.trial import TRIAL
from torquemon.text import clean

_MB: Final = 1_000_000
_LOW_MB: Final = 500
_CURVES_KEPT: Final = 4
_SERVE_S: Final = 0.05


class ArchiveDesk:
    """Answers one request after the other. `opened` opens the record of this chair."""

    def __init__(
        self,
        clock: Clock,
        opened: Callable[[Clock], Store] = open_store,
        ports: Ports | None = None,
        report: ReportJob | None = None,
        check: CheckJob | None = None,
        printing: PrintJob | None = None,
    ) -> None:
        self._clock = clock
        self._opened = opened
        self._ports = ports or Ports()
        self._report = report or ReportJob()
        self._print = printing or PrintJob()
        self._latest: ReportJob | PrintJob = self._report
        """Of the two the one that was asked for last."""
        self._check = check or CheckJob()
        self._curves: dict[str, StoredCurve] = {}
        self._answers: dict[type, Callable[[Any], ArchiveAnswer]] = {
            Search: self._search,
            Load: self._load,
            Curve: self._curve,
            AskState: self._state,
            AskDevices: self._devices,
            AskPatient: self._patient,
            TrySound: self._try_sound,
        }
        self._acts: dict[ActName, Callable[[Store, str, Act], str]] = {
            ActName.NOTE: self._note,
            ActName.STOP_OUTCOME: self._stop_outcome,
            ActName.OUTCOME: self._outcome,
            ActName.SIGN: self._sign,
            ActName.SEND: self._send,
            ActName.REPORT: self._make_report,
            ActName.PRINT: self._print_report,
        }

    def answer(self, client: int, role: Role, request: ArchiveRequest) -> ArchiveAnswer:
        """Answer one request; what cannot be done is answered with its sentence."""
        del client
        try:
            if isinstance(request, Act):
                return self._act(role, request)
            if isinstance(request, AskState) and request.check and role is not Role.CONTROL:
                return ArchiveAnswer(ok=False, error="this screen only views: nobody was asked")
            if isinstance(request, TrySound) and role is not Role.CONTROL:
                return ArchiveAnswer(ok=False, error="this screen only views: nothing is played")
            return self._answers[type(request)](request)
        except (RecordError, JournalError, HomeError) as error:
            return ArchiveAnswer(ok=False, error=str(error))

    @contextlib.contextmanager
    def _store(self) -> Iterator[Store]:
        store = self._opened(self._clock)
        try:
            yield store
        finally:
            store.close()

    # --- looking --------------------------------------------------------------------------------

    def _search(self, asked: Search) -> ArchiveAnswer:
        with self._store() as store:
            found = list(islice(matching(store, asked), asked.limit + 1))
        lines = tuple(insertion_line(summary) for summary in found[: asked.limit])
        return ArchiveAnswer(ok=True, found=FoundPage(more=len(found) > asked.limit, lines=lines))

    def _load(self, asked: Load) -> ArchiveAnswer:
        with self._store() as store:
            return ArchiveAnswer(
                ok=True, insertion=insertion_view(whole(store, meant(store, asked.id)))
            )

    def _curve(self, asked: Curve) -> ArchiveAnswer:
        if asked.id not in self._curves:
            with self._store() as store:
                insertion_id = meant(store, asked.id)
                curve = stored_curve(insertion_id, store.readings(insertion_id))
            while len(self._curves) >= _CURVES_KEPT:
                del self._curves[next(iter(self._curves))]
            self._curves[insertion_id] = curve
        else:
            curve = self._curves[asked.id]
        page = curve.reduced() if asked.reduced else curve.page(asked.first)
        return ArchiveAnswer(ok=True, curve=page)

    def _patient(self, asked: AskPatient) -> ArchiveAnswer:
        return ArchiveAnswer(ok=True, patient=self._known(asked.reference))

    def _known(self, reference: str) -> PatientView:
        with self._store() as store, store.read() as session:
            person = session.scalar(
                select(Person)
                .where(Person.patient_ref == reference)
                .order_by(Person.entry_number.desc())
                .limit(1)
            )
            of_patient = Insertion.patient_ref == reference
            count = session.scalar(select(func.count()).where(of_patient)) or 0
            newest = session.scalar(
                select(Insertion.opened_utc)
                .where(of_patient)
                .order_by(Insertion.id.desc())
                .limit(1)
            )
        born = person.birth_date.isoformat() if person and person.birth_date else ""
        name = shown_name(person.name or "") if person else ""
        said = waiting_patient(self._clock)
        if said is not None and said.reference == reference and said.name:
            name, born = said.name, said.birth_date  # newer, and perhaps kept nowhere else
        return PatientView(
            reference=clean(reference, 64),
            name=name,
            birth_date=born,
            insertions=count,
            last_utc="" if newest is None else newest.isoformat(),
        )

    def _state(self, asked: AskState) -> ArchiveAnswer:
        if asked.check:
            self._check.begin()
        free_mb = shutil.disk_usage(paths.home()).free // _MB
        storage = f"only {free_mb} MB are free on the disk" if free_mb < _LOW_MB else ""
        with self._store() as store:
            outbox = _outbox(store)
            with store.read() as session:
                count = session.scalar(select(func.count()).select_from(Insertion)) or 0
        said = waiting_patient(self._clock)
        state = RecorderState(
            waiting=self._known(said.reference) if said is not None else None,
            patients=problem(),
            insertions=count,
            storage=storage,
            free_mb=free_mb,
            outbox=outbox,
            report=self._latest.said,
            checked=self._check.said,
        )
        return ArchiveAnswer(ok=True, state=state)

    def _devices(self, asked: AskDevices) -> ArchiveAnswer:
        if asked.scan:
            self._ports.scan()
        found = tuple(self._ports.lines())
        return ArchiveAnswer(ok=True, ports=found, text=self._ports.said)

    # --- adding ---------------------------------------------------------------------------------

    def _act(self, role: Role, act: Act) -> ArchiveAnswer:
        if role is not Role.CONTROL:
            return ArchiveAnswer(ok=False, error="this screen only views: nothing was added")
        with self._store() as store:
            said = self._acts[act.name](store, meant(store, act.id), act)
        return ArchiveAnswer(ok=True, text=said)

    def _note(self, store: Store, insertion_id: str, act: Act) -> str:
        Remarks(store).note(insertion_id, act.text, act.who)
        return "the note is in the record"

    def _stop_outcome(self, store: Store, insertion_id: str, act: Act) -> str:
        Remarks(store).finding(insertion_id, STOP_OUTCOME, act.choice, act.who)
        if act.text:
            Remarks(store).note(insertion_id, act.text, act.who)
        return "the outcome of the stop is in the record"

    def _outcome(self, store: Store, insertion_id: str, act: Act) -> str:
        today = self._clock.utc_now().date()
        Remarks(store).outcome(insertion_id, act.choice, today, act.who, act.text)
        return "the outcome is in the record"

    def _sign(self, store: Store, insertion_id: str, act: Act) -> str:
        Remarks(store).sign(insertion_id, act.who)
        return f"signed by {clean(act.who, 64)}"

    def _send(self, store: Store, insertion_id: str, _: Act) -> str:
        return send_again(store, insertion_id)

    def _make_report(self, _: Store, insertion_id: str, __: Act) -> str:
        self._latest = self._report
        return self._report.begin(insertion_id)

    def _print_report(self, _: Store, insertion_id: str, __: Act) -> str:
        self._latest = self._print
        return self._print.begin(insertion_id)

    def _try_sound(self, _: TrySound) -> ArchiveAnswer:
        TRIAL.ask()
        return ArchiveAnswer(ok=True, text="an alarm is played once: is it heard?")


def _outbox(store: Store) -> tuple[OutboxLine, ...]:
    return tuple(
        OutboxLine(
            destination=line.name,
            waiting=line.waiting,
            failed=max(line.set_aside, int(bool(line.problem))),
            error=line.problem,
            set_aside=line.set_aside,
        )
        for line in lines(store)
    )


ARCHIVE: Final[Dialect[ArchiveRequest, ArchiveAnswer]] = Dialect(
    ARCHIVE_REQUEST, ArchiveAnswer, MAX_REQUEST_BYTES, MAX_ANSWER_BYTES
)


class RecorderDoor:
    """The door, open: its file beside the monitor's, for this user only."""

    def __init__(self, clock: Clock) -> None:
        """Listen and leave the door's file. Raises OSError, HomeError."""
        self._server = DoorServer(ArchiveDesk(clock).answer, lambda _: None, ARCHIVE)
        self._path = paths.recorder_door_path()
        write_door(self._path, self._server.door)

    def poll(self, timeout_s: float) -> None:
        """Serve whoever has something to say, for at most about `timeout_s`."""
        self._server.poll(timeout_s)

    def close(self) -> None:
        """Drop everybody and take the file away."""
        self._server.close()
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)


@contextlib.contextmanager
def open_door(clock: Clock) -> Iterator[Callable[[threading.Event, float], bool]]:
    """Let dashboards in while the block runs; without a door the recorder does all the rest.

    Gives what waits in place of `Event.wait`: it serves the door for so many seconds, and returns
    whether the event was set.
    """
    try:
        door = RecorderDoor(clock)
    except (OSError, HomeError) as error:
        sys.stderr.write(f"torquemon recorder: no dashboard can ask for records ({error})\n")
        yield lambda ending, seconds: ending.wait(seconds)
        return

    def serve(ending: threading.Event, seconds: float) -> bool:
        until_ns = clock.monotonic_ns() + round(seconds * 1e9)
        while not ending.is_set() and clock.monotonic_ns() < until_ns:
            door.poll(_SERVE_S)
        return ending.is_set()

    try:
        yield serve
    finally:
        door.close()
