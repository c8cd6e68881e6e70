"""How the outbox stands is said as it is: nothing waits unseen, nothing is told when it is over."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.destinations import SendingChair
from torquemon.record.delivery.status import Line, lines
from torquemon.record.erasing import erase_insertions

OPERATOR = "Dr A"
SET_UP = '[there]\nkind = "folder"\npath = "/srv/inbox"\n'


@pytest.fixture
def chair(monkeypatch: pytest.MonkeyPatch) -> Iterator[SendingChair]:
    made = SendingChair()
    monkeypatch.setenv("TORQUEMON_HOME", str(made.folder))
    yield made
    made.close()


def line_of(chair: SendingChair) -> Line:
    return next(line for line in lines(chair.store) if line.kind)


def test_what_was_erased_waits_until_the_destination_was_told(chair: SendingChair) -> None:
    erased = chair.signed("P-1")
    chair.courier.sweep()
    erase_insertions(chair.store, [erased], "asked for", OPERATOR)
    assert (line_of(chair).waiting, line_of(chair).unsigned) == (1, 0)
    chair.exporter.away = True
    assert chair.courier.sweep().waiting == 1
    assert (line_of(chair).waiting, line_of(chair).unsigned) == (1, 0)
    chair.exporter.away = False
    chair.courier.ledger.retry()
    assert chair.courier.sweep().sent == 1
    assert line_of(chair).waiting == 0


def test_what_was_erased_and_never_sent_is_no_matter_of_the_destination(
    chair: SendingChair,
) -> None:
    chair.courier.sweep()
    erase_insertions(chair.store, [chair.record("P-1")], "asked for", OPERATOR)
    assert chair.courier.sweep().waiting == 0
    assert (line_of(chair).waiting, line_of(chair).unsigned) == (0, 0)


def test_a_problem_that_is_over_is_no_longer_told_after_retry(chair: SendingChair) -> None:
    chair.signed("P-1")
    (chair.folder / "destinations.toml").write_text(SET_UP)
    chair.exporter.away = True
    chair.courier.sweep()
    assert line_of(chair).problem == "it does not answer"
    chair.exporter.away = False
    chair.courier.ledger.retry()
    assert chair.courier.sweep().sent == 1
    assert not line_of(chair).problem


@pytest.mark.parametrize("text", ['[there]\nkind = "ftp"\n', "[there\n"])
def test_nobody_is_told_to_forget_what_has_a_typing_mistake(chair: SendingChair, text: str) -> None:
    chair.signed("P-1")
    (chair.folder / "destinations.toml").write_text(text)
    assert "forget" not in line_of(chair).problem
    (chair.folder / "destinations.toml").write_text("")
    assert "forget" in line_of(chair).problem
