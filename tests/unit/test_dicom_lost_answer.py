"""An archive stored the report, its answer was lost, and then the record changed: it is told."""

from __future__ import annotations

import pytest
from pydicom.dataset import Dataset

from tests.destinations import OPERATOR, SendingChair
from torquemon.record.delivery.engine import LONGEST_WAIT_S, Courier
from torquemon.record.delivery.exporter import AwayError
from torquemon.record.dicom.exporter import Archive, from_settings
from torquemon.record.erasing import erase_insertions
from torquemon.record.withdrawal import withdraw


class Losing:
    """A chair whose archive stores everything and answers only when `answers` is set."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.chair = SendingChair()
        self.stored: list[Dataset] = []
        self.answers = False
        archive = from_settings("a", {"host": "127.0.0.1", "port": 104, "called_ae": "X"})

        def send(_: Archive, instance: Dataset) -> str:
            self.stored.append(instance)
            if not self.answers:
                raise AwayError("the answer was lost")
            return ""

        monkeypatch.setattr(Archive, "_send", send)
        self.courier = Courier(self.chair.store, self.chair.destination, archive)

    def sweep(self) -> list[tuple[str, str]]:
        """Send what waits; return patient and instance of what was stored meanwhile."""
        before = len(self.stored)
        self.chair.clock.advance(LONGEST_WAIT_S)
        self.courier.sweep()
        return [(str(s.PatientID), str(s.SOPInstanceUID)) for s in self.stored[before:]]


@pytest.fixture
def losing(monkeypatch: pytest.MonkeyPatch) -> Losing:
    return Losing(monkeypatch)


def test_the_wrong_patient_is_told_although_nobody_said_yes(losing: Losing) -> None:
    found = losing.chair.signed("P-WRONG")
    assert [who for who, _ in losing.sweep()] == ["P-WRONG"]
    losing.chair.remarks.amend(found, "patient_ref", "P-RIGHT", "wrong patient", OPERATOR)
    losing.answers = True
    assert [who for who, _ in losing.sweep()] == ["P-WRONG", "P-RIGHT"]
    assert losing.sweep() == []
    losing.chair.close()


@pytest.mark.parametrize("how", ["erased", "withdrawn"])
def test_a_report_that_may_be_there_is_taken_back(losing: Losing, how: str) -> None:
    found = losing.chair.signed("P-1")
    ((_, report),) = losing.sweep()
    if how == "erased":
        erase_insertions(losing.chair.store, [found], "asked for", OPERATOR)
    else:
        withdraw(losing.chair.store, found, "a trial", OPERATOR)
    losing.answers = True
    ((who, note),) = losing.sweep()
    assert who == "P-1"
    assert note != report
    assert losing.sweep() == []
    losing.chair.close()


def test_the_same_report_again_is_the_same_instance(losing: Losing) -> None:
    losing.chair.signed("P-1")
    first = losing.sweep()
    losing.answers = True
    assert losing.sweep() == first
    assert losing.sweep() == []
    losing.chair.close()
