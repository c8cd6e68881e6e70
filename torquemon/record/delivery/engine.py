"""Delivers what waits for one destination: in order, as often as it takes, each thing once.

The rules, which `tests/property/test_delivery_machine.py` holds it to:

- oldest first; nothing of a patient overtakes what was recorded of that patient before;
- a destination that does not answer is left alone, longer each time, and everything waits;
- an insertion that is refused holds up its own patient only, and is set aside after MAX_TRIES;
- a try is counted before it is made, so that what kills the process cannot do so for ever;
- it is settled only after the destination has said yes: what is sent twice changes nothing there.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, TypeVar

from torquemon.record.delivery.building import AMENDED_MARK, build_case
from torquemon.record.delivery.case import Case, Erased, Receipt, Status
from torquemon.record.delivery.config import Destination
from torquemon.record.delivery.exporter import (
    MAX_RETRY_AFTER_S,
    AwayError,
    DestinationError,
    Exporter,
)
from torquemon.record.delivery.ledger import Ledger
from torquemon.record.delivery.queue import Queue, Waiting
from torquemon.record.errors import RecordError
from torquemon.record.report_data import ReportError
from torquemon.record.report_typst import NoTypstError
from torquemon.record.store import Store

MAX_TRIES: Final = 12
"""After so many refusals, half an hour to an hour, it is set aside until somebody looks."""
FIRST_WAIT_S: Final = 5.0
LONGEST_WAIT_S: Final = 900.0
_FURTHEST: Final = timedelta(seconds=max(LONGEST_WAIT_S, MAX_RETRY_AFTER_S))
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Sweep:
    """What one pass did. `problem` is a sentence, empty where all is well."""

    sent: int = 0
    waiting: int = 0
    """Insertions that should be there and are not yet; unsigned ones do not count."""
    set_aside: int = 0
    problem: str = ""
    next_try_utc: datetime | None = None
    """When it is worth looking again by itself; None: when something new is recorded."""


def wait_s(tries: int, chance: Callable[[], float] = random.random) -> float:
    """Return how long to wait after the n-th failure, n from 1: doubling, capped, spread.

    Spread by up to a half, so that the chairs of a practice do not come back in step.
    """
    longest = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(max(0, tries - 1), 16))
    return longest * (0.5 + 0.5 * chance())


def rests(until: datetime | None, now: datetime) -> bool:
    """Return whether a waiting time still runs.

    None is longer than the longest: what lies further off was written while the computer's clock
    was ahead, and would keep reports here for as long as it was.
    """
    return until is not None and now < until <= now + _FURTHEST


@dataclass(slots=True)
class _Pass:
    """One pass under way."""

    now: datetime
    problem: str = ""
    again: datetime | None = None
    held: bool = False
    """The destination does not answer: all that follows waits."""
    sent: int = 0
    left: int = 0
    aside: int = 0
    blocked: set[str] = field(default_factory=set)
    """Patients of whom something waits: nothing later of theirs may overtake it."""

    def wait(self, waiting: Waiting, until: datetime | None, problem: str) -> None:
        """Leave an insertion for later, and with it its patient."""
        self.left += 1
        self.blocked.add(waiting.patient)
        self.problem = self.problem or problem
        if until is not None:
            self.again = min(self.again or until, until)

    def set_aside(self, problem: str) -> None:
        """Leave an insertion until somebody looks; its patient goes on."""
        self.aside += 1
        self.problem = self.problem or problem


class Courier:
    """Carries to one destination. One thread; its store is its own."""

    def __init__(
        self,
        store: Store,
        destination: Destination,
        exporter: Exporter,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._store = store
        self._destination = destination
        self._exporter = exporter
        self._chance = chance
        self.queue = Queue(store, destination.name, destination.kind, names=destination.names)
        self.ledger = Ledger(store, destination.name)

    def sweep(self, keep_on: Callable[[], bool] = lambda: True) -> Sweep:
        """Deliver all that can be delivered now; `keep_on` is asked between two insertions.

        Raises RecordError where the record itself cannot be read or written.
        """
        at = _Pass(self._store.clock.utc_now())
        standing = self.ledger.standing()
        if rests(standing.next_try_utc, at.now):
            return Sweep(0, self._count(), 0, standing.problem, standing.next_try_utc)
        signed_only = self._destination.when == "signed"
        not_real = self._destination.not_real
        for waiting in self.queue.waiting(signed_only=signed_only, not_real=not_real):
            if not self._due(waiting):
                continue
            if not self._rests(at, waiting):
                self._try(at, waiting)
            if at.held or not keep_on():
                at.left = self._count()
                break
        if at.sent and (standing.tries or standing.problem) and not at.held:
            self.ledger.answers()
        return Sweep(at.sent, at.left, at.aside, at.problem, at.again)

    def _count(self) -> int:
        return self.queue.count(signed_only=self._destination.when == "signed")

    @staticmethod
    def _rests(at: _Pass, waiting: Waiting) -> bool:
        """Whether an insertion is not to be tried in this pass."""
        state = waiting.state
        until = state.next_try_utc if state is not None else None
        problem = (state.problem or "") if state is not None else ""
        if state is not None and state.parked_utc is not None:
            at.set_aside(problem)
        elif waiting.patient in at.blocked or rests(until, at.now):
            at.wait(waiting, until, problem)
        else:
            return False
        return True

    def _try(self, at: _Pass, waiting: Waiting) -> None:
        self.ledger.begin(waiting)
        try:
            self._send(waiting)
            at.sent += 1
        except AwayError as error:
            at.held, at.problem, at.left = True, str(error), at.left + 1
            at.again = self._away(waiting, error)
        except (RecordError, ReportError) as error:
            tries = self.ledger.tries(waiting)
            until = at.now + timedelta(seconds=wait_s(tries, self._chance))
            park = tries >= MAX_TRIES
            self.ledger.refused(waiting, str(error), until, park=park)
            if park:
                at.set_aside(str(error))
            else:
                at.wait(waiting, until, str(error))

    def _due(self, waiting: Waiting) -> bool:
        """Whether an insertion is to be sent; settles what never will be."""
        told = waiting.receipt is not None
        # it may have been stored although the answer was lost: whoever was asked once is told
        asked = waiting.state is not None
        if told or (asked and (waiting.withdrawn or not waiting.here)):
            return True
        if not waiting.here or waiting.withdrawn:
            how = "withdrawn" if waiting.here else "erased"
            self.ledger.not_to_send(waiting, f"{how} before it was sent")
            return False
        if not waiting.real and not self._destination.not_real:
            self.ledger.not_to_send(
                waiting, "not sent: simulated or replayed (not_real = true would send it, marked)"
            )
            return False
        return waiting.signed or self._destination.when == "closed"

    def _send(self, waiting: Waiting) -> None:
        if self.ledger.tries(waiting) > MAX_TRIES:
            raise DestinationError(
                f"it was tried {MAX_TRIES} times and the program ended each time: it is set aside"
            )
        if not waiting.here:
            self._take_back(waiting)
            return
        case = self._guarded(lambda: self._case(waiting))
        self._foresee(waiting, case)
        references = dict(self._guarded(lambda: self._exporter.deliver(case)))
        if case.status is not Status.FINAL:
            references[AMENDED_MARK] = "yes"
        named = bool(case.patient_name or case.birth_date)
        self.ledger.delivered(waiting, case.revision, references, named=named)

    def _foresee(self, waiting: Waiting, case: Case) -> None:
        foreseen = getattr(self._exporter, "foreseen", None)
        if foreseen is not None and waiting.receipt is None:
            expected = self._guarded(lambda: foreseen(case))
            self.ledger.foresee(waiting, case.revision, expected)

    def _case(self, waiting: Waiting) -> Case:
        return build_case(
            self._store,
            waiting.insertion_id,
            names=self._destination.names,
            language=self._destination.language,
            previous=waiting.presumed,
            floor=waiting.floor,
            unsure=waiting.state is not None and waiting.receipt is None,
        )

    def _take_back(self, waiting: Waiting) -> None:
        receipt = waiting.presumed or Receipt(waiting.newest)
        erased = Erased(
            insertion_id=waiting.insertion_id,
            chair_id=waiting.chair_id,
            revision=max(waiting.floor, waiting.newest),
            erased_utc=self._store.clock.utc_now(),
            previous=receipt,
        )
        self._guarded(lambda: self._exporter.withdraw(erased))
        self.ledger.forgotten(waiting)

    @staticmethod
    def _guarded(act: Callable[[], _T]) -> _T:
        """Act; a mistake of ours in one destination must not end the others' deliveries."""
        try:
            return act()
        except NoTypstError as error:
            raise AwayError(str(error)) from error  # installing it mends all that wait
        except (RecordError, ReportError):
            raise
        except Exception as error:
            raise DestinationError(
                f"this insertion could not be sent ({type(error).__name__}): a mistake of "
                "TorqueMon; it is kept and tried again"
            ) from error

    def _away(self, waiting: Waiting, error: AwayError) -> datetime:
        tries = self.ledger.standing().tries + 1
        asked = min(max(0.0, error.retry_after_s or 0.0), MAX_RETRY_AFTER_S)
        wait = timedelta(seconds=max(wait_s(tries, self._chance), asked))
        until = self._store.clock.utc_now() + wait
        self.ledger.away(waiting, str(error), tries, until)
        return until
