"""An insertion that should never have been there: it stays, it is said, and only once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cases import OPERATOR, signed_store
from torquemon.record.delivery.building import build_case
from torquemon.record.delivery.case import Receipt, Status
from torquemon.record.errors import NoSuchInsertionError, RefusedError
from torquemon.record.history import search, whole
from torquemon.record.verify import verify_chain
from torquemon.record.withdrawal import withdraw


def test_a_withdrawn_insertion_stays_and_says_so(tmp_path: Path) -> None:
    store, found = signed_store(tmp_path)
    withdraw(store, found, "a trial on a model", OPERATOR)
    case = build_case(store, found, previous=Receipt(4))
    assert case.status is Status.WITHDRAWN
    assert case.withdrawn_why == "a trial on a model"
    assert [s.id for s in search(store, "P-1")] == [found]
    assert whole(store, found).amendments[-1].new == "entered-in-error"
    with store.read() as session:
        assert not verify_chain(session, store.chair_id).problems
    store.close()


def test_it_is_withdrawn_once_and_with_a_reason(tmp_path: Path) -> None:
    store, found = signed_store(tmp_path)
    with pytest.raises(RefusedError, match="the reason is empty"):
        withdraw(store, found, " ", OPERATOR)
    withdraw(store, found, "a trial", OPERATOR)
    with pytest.raises(RefusedError, match="withdrawn already"):
        withdraw(store, found, "a trial", OPERATOR)
    with pytest.raises(NoSuchInsertionError):
        withdraw(store, "0" * 26, "a trial", OPERATOR)
    store.close()
