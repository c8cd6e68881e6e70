"""Whatever fails in between, a destination ends up with exactly what the record says."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.destinations import OPERATOR, Copy, ProcessEndError, SendingChair
from torquemon.record.delivery.case import Status
from torquemon.record.delivery.engine import LONGEST_WAIT_S, MAX_TRIES
from torquemon.record.erasing import erase_insertions
from torquemon.record.withdrawal import withdraw

PATIENTS = st.sampled_from(["P-1", "P-2", "P-3"])


class Delivering(RuleBasedStateMachine):
    """The chair works on; the destination fails in every way; the process ends at any moment."""

    def __init__(self) -> None:
        super().__init__()
        self.chair = SendingChair()
        self.patient: dict[str, str] = {}
        self.signed: set[str] = set()
        self.withdrawn: set[str] = set()
        self.erased: set[str] = set()

    def teardown(self) -> None:
        self.chair.close()

    def _standing(self, *, signed: bool = False) -> list[str]:
        known = self.signed if signed else set(self.patient)
        return sorted(known - self.withdrawn - self.erased)

    @rule(patient=PATIENTS)
    def record(self, patient: str) -> None:
        self.patient[self.chair.record(patient)] = patient

    @rule(patient=PATIENTS)
    def record_and_sign(self, patient: str) -> None:
        found = self.chair.signed(patient)
        self.patient[found] = patient
        self.signed.add(found)

    @precondition(lambda self: self._standing())
    @rule(data=st.data())
    def sign(self, data: st.DataObject) -> None:
        found = data.draw(st.sampled_from(self._standing()))
        self.chair.remarks.sign(found, OPERATOR)
        self.signed.add(found)

    @precondition(lambda self: self._standing())
    @rule(data=st.data(), patient=PATIENTS)
    def reassign(self, data: st.DataObject, patient: str) -> None:
        found = data.draw(st.sampled_from(self._standing()))
        if self.patient[found] != patient:
            self.chair.remarks.amend(found, "patient_ref", patient, "wrong patient", OPERATOR)
            self.patient[found] = patient

    @precondition(lambda self: self._standing())
    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        found = data.draw(st.sampled_from(self._standing()))
        withdraw(self.chair.store, found, "a trial", OPERATOR)
        self.withdrawn.add(found)

    @precondition(lambda self: self._standing())
    @rule(data=st.data())
    def erase(self, data: st.DataObject) -> None:
        found = data.draw(st.sampled_from(self._standing()))
        erase_insertions(self.chair.store, [found], "asked for", OPERATOR)
        self.erased.add(found)

    @rule(away=st.booleans(), half=st.booleans())
    def weather(self, *, away: bool, half: bool) -> None:
        self.chair.exporter.away, self.chair.exporter.half = away, half

    @precondition(lambda self: self.patient)
    @rule(data=st.data(), broken=st.booleans())
    def refuse(self, data: st.DataObject, *, broken: bool) -> None:
        found = data.draw(st.sampled_from(sorted(self.patient)))
        exporter = self.chair.exporter
        (exporter.broken_for if broken else exporter.refuses).add(found)

    @rule()
    def mend(self) -> None:
        self.chair.exporter.refuses.clear()
        self.chair.exporter.broken_for.clear()

    @rule(seconds=st.sampled_from([0, 3, 60, 3600]))
    def sweep(self, seconds: int) -> None:
        self.chair.clock.advance(seconds)
        self.chair.courier.sweep()

    @rule()
    def process_ends(self) -> None:
        self.chair.restart()

    @invariant()
    def only_what_was_signed_is_there(self) -> None:
        assert set(self.chair.exporter.held) <= self.signed

    @rule()
    def all_is_well_again(self) -> None:
        """Once everything answers, all that was signed is there, as the record says today."""
        chair = self.chair
        chair.exporter.away = chair.exporter.half = False
        self.mend()
        chair.courier.ledger.retry()
        swept = chair.courier.sweep()
        assert (swept.waiting, swept.set_aside, swept.problem) == (0, 0, "")
        held = chair.exporter.held
        assert not self.erased & set(held)
        for found in self._standing(signed=True):
            assert held[found].patient == self.patient[found]
            assert held[found].status is not Status.WITHDRAWN
        for found in self.withdrawn & set(held):
            assert held[found].status is Status.WITHDRAWN
        calls, before = chair.exporter.calls, dict(held)
        chair.courier.sweep()
        assert chair.exporter.calls == calls, "what is there is not sent again"
        self._again(before)

    def _again(self, before: dict[str, Copy]) -> None:
        """Sending everything once more changes nothing."""
        for found in before:
            assert self.chair.courier.queue.resend(self.chair.store.chair_id, found)
        self.chair.courier.sweep()
        assert self.chair.exporter.held == before


TestDelivering = Delivering.TestCase
TestDelivering.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)


def test_a_refused_insertion_holds_up_its_own_patient_only() -> None:
    chair = SendingChair()
    first, second, other = chair.signed("P-1"), chair.signed("P-1"), chair.signed("P-2")
    chair.exporter.refuses.add(first)
    swept = chair.courier.sweep()
    assert set(chair.exporter.held) == {other}
    assert (swept.sent, swept.waiting) == (1, 2)
    for _ in range(MAX_TRIES):
        chair.clock.advance(LONGEST_WAIT_S)
        swept = chair.courier.sweep()
    assert set(chair.exporter.held) == {other, second}
    assert swept.set_aside == 1
    assert swept.problem == "it refuses this one"
    assert chair.exporter.calls == MAX_TRIES + 2
    chair.close()


def test_nothing_of_a_patient_overtakes_what_came_before() -> None:
    chair = SendingChair()
    ids = [chair.signed(f"P-{number % 3}") for number in range(9)]
    chair.exporter.refuses.update(ids[:2])
    chair.courier.sweep()
    chair.exporter.refuses.clear()
    chair.clock.advance(LONGEST_WAIT_S)
    chair.courier.sweep()
    for patient in ("P-0", "P-1", "P-2"):
        came = [found for who, found in chair.exporter.order if who == patient]
        assert came == sorted(came)
        assert len(came) == 3
    chair.close()


def test_an_outage_of_eight_hours_with_two_hundred_insertions() -> None:
    """Tried ever less often, nothing lost, all of it there after one longest wait."""
    chair = SendingChair()
    chair.exporter.away = True
    ids = []
    tries = 0
    for number in range(200):
        ids.append(chair.signed(f"P-{number % 60}"))
        chair.clock.advance(8 * 3600 / 200 - 60)
        tries += chair.courier.sweep().waiting > 0
    assert chair.exporter.calls <= 8 * 3600 / (LONGEST_WAIT_S / 2) + 10
    assert tries == 200
    assert not chair.exporter.held
    chair.exporter.away = False
    chair.clock.advance(LONGEST_WAIT_S)
    swept = chair.courier.sweep()
    assert (swept.sent, swept.waiting, swept.problem) == (200, 0, "")
    assert [found for _, found in chair.exporter.order] == ids
    chair.close()


def test_an_insertion_that_ends_the_process_is_set_aside() -> None:
    chair = SendingChair()
    poison, other = chair.signed("P-1"), chair.signed("P-2")

    chair.exporter.ends_for.add(poison)
    ends = 0
    for _ in range(MAX_TRIES + 2):
        chair.restart()
        try:
            swept = chair.courier.sweep()
        except ProcessEndError:
            ends += 1
    assert ends == MAX_TRIES
    assert swept.set_aside == 1
    assert "set aside" in swept.problem
    assert [w.insertion_id for w in chair.courier.queue.waiting()] == [poison]
    assert other in chair.exporter.held
    chair.close()


def test_data_that_are_not_real_stay_here_unless_asked_for() -> None:
    chair = SendingChair(not_real=False)
    chair.signed("P-1", origin="simulated")
    chair.signed("P-1", origin="replayed")
    real = chair.signed("P-1")
    swept = chair.courier.sweep()
    assert set(chair.exporter.held) == {real}
    assert swept.waiting == 0
    chair.close()


def test_a_corrected_name_reaches_what_was_sent_with_it() -> None:
    chair = SendingChair(names=True)
    chair.remarks.person("P-1", "Doe^Jane", None, OPERATOR)
    found, other = chair.signed("P-1"), chair.signed("P-2")
    chair.courier.sweep()
    assert chair.exporter.held[found].name == "Doe^Jane"
    before = chair.exporter.held[other]
    chair.remarks.person("P-1", "Roe^Jane", None, OPERATOR)
    assert chair.courier.sweep().sent == 1
    assert chair.exporter.held[found].name == "Roe^Jane"
    assert chair.exporter.held[found].status is Status.AMENDED
    assert chair.exporter.held[other] == before
    chair.close()


@pytest.mark.parametrize("how", ["erased", "withdrawn"])
def test_what_may_be_there_without_an_answer_is_taken_back(how: str) -> None:
    """The case was stored, the answer lost, and then it was withdrawn or erased."""
    chair = SendingChair()
    found, never = chair.signed("P-1"), chair.signed("P-2")
    chair.exporter.half = True
    chair.courier.sweep()
    assert set(chair.exporter.held) == {found}
    for each in (found, never):
        if how == "erased":
            erase_insertions(chair.store, [each], "asked for", OPERATOR)
        else:
            withdraw(chair.store, each, "a trial", OPERATOR)
    chair.exporter.half = False
    chair.clock.advance(LONGEST_WAIT_S)
    swept = chair.courier.sweep()
    assert (swept.waiting, swept.problem) == (0, "")
    if how == "erased":
        assert not chair.exporter.held
    else:
        assert {k: v.status for k, v in chair.exporter.held.items()} == {found: Status.WITHDRAWN}
    chair.close()


def test_what_was_set_aside_and_then_erased_is_taken_back() -> None:
    chair = SendingChair()
    found = chair.signed("P-1")
    chair.exporter.refuses.add(found)
    for _ in range(MAX_TRIES):
        chair.courier.sweep()
        chair.clock.advance(LONGEST_WAIT_S)
    assert chair.courier.sweep().set_aside == 1
    erase_insertions(chair.store, [found], "asked for", OPERATOR)
    calls = chair.exporter.calls
    swept = chair.courier.sweep()
    assert (swept.waiting, swept.set_aside) == (0, 0)
    assert chair.exporter.calls == calls + 1
    chair.close()
