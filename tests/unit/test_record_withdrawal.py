"""An insertion that should never have been there: it stays, it is said, and only once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.cases import OPERATOR, signed_store
from torquemon.model import Origin
from torquemon.record.delivery.building import build_case
from torquemon.record.delivery.case import Receipt, Status
from torquemon.record.errors import NoSuchInsertionError, RefusedError
from torquemon.record.history import search, whole
from torquemon.record.insertions import Archive
from torquemon.record.report_page import make_page
from torquemon.record.report_words import words
from torquemon.record.text_report import show_lines
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
    (summary,) = search(store, "P-1")
    assert summary.mark == "SIMULATED WITHDRAWN"
    assert case.data.withdrawn == "a trial on a model"
    assert "Withdrawn, entered in error: a trial on a model" in case.documents.html().decode()
    insertion = Archive(None, store).get(found)
    assert "*** WITHDRAWN, entered in error: a trial on a model ***" in show_lines(
        Archive(None, store), insertion
    )
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


def test_a_real_one_is_marked_across_its_report(tmp_path: Path) -> None:
    store, found = signed_store(tmp_path)
    withdraw(store, found, "the wrong patient for good", OPERATOR)
    data = replace(build_case(store, found).data, origin=Origin.REAL)
    for language, said in (
        ("en", "entered in error, not to be used"),
        ("de", "nicht zu verwenden"),
    ):
        page = make_page(data, words(language))
        assert page.mark == "WITHDRAWN"
        assert said in page.mark_line
    store.close()
