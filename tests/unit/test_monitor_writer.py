"""The journal's writer: nothing handed over is lost, a full disk is told, memory is bounded."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests.chairs import ListSink
from tests.processes import wait_for
from torquemon.journal import Entry, EntryKind, InsertionRow, Journal
from torquemon.monitor import writer as writer_module
from torquemon.monitor.writer import JournalWriter

ROW = InsertionRow("01J0000000000000000000000A", "2026-01-01T00:00:00+00:00", 5, {})


def entry(number: int, size: int = 1) -> Entry:
    return Entry(ROW.id, EntryKind.RAW, number, b"x" * size)


@pytest.fixture
def sink() -> ListSink:
    return ListSink(ROW.id)


@pytest.fixture
def writer(sink: ListSink) -> Iterator[JournalWriter]:
    made = JournalWriter(sink)
    made.start()
    yield made
    made.close()
    assert not made._thread.is_alive()


def numbers(sink: ListSink) -> list[int]:
    return [stored.host_ns for stored in sink.entries]


def test_what_is_handed_over_is_stored_in_order(writer: JournalWriter, sink: ListSink) -> None:
    writer.put(ROW)
    for number in range(5000):
        writer.put(entry(number))
        if number % 500 == 0:
            writer.hurry()
    assert writer.flush(5)
    assert sink.rows == [ROW]
    assert numbers(sink) == list(range(5000))
    assert writer.problem == ""


def test_it_is_stored_within_the_interval_without_a_hurry(
    writer: JournalWriter, sink: ListSink
) -> None:
    writer.put(entry(1))
    wait_for(lambda: numbers(sink) == [1], 1.0, "the commit of every 100 ms")


def test_a_refusing_disk_is_told_and_forgotten_when_it_takes_again(
    writer: JournalWriter, sink: ListSink
) -> None:
    sink.refusal = "the disk is full"
    writer.put(ROW)
    for number in range(100):
        writer.put(entry(number))
    assert not writer.flush(0.2)
    assert writer.problem == "the disk is full"
    assert sink.rows == []
    sink.refusal = ""
    assert writer.flush(5)
    assert writer.problem == ""
    assert sink.rows == [ROW]
    assert numbers(sink) == list(range(100))


def test_what_no_longer_fits_is_counted_and_said(
    writer: JournalWriter, sink: ListSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_module, "MAX_KEPT_BYTES", 10_000)
    sink.refusal = "the disk is full"
    for number in range(15):
        writer.put(entry(number, 1000))
    assert writer.dropped_entries == 5
    assert not writer.flush(0.2)
    assert writer.problem == "5 entries could not be stored. the disk is full"
    sink.refusal = ""
    assert writer.flush(5)
    assert numbers(sink) == list(range(10)), "the oldest are kept: the curve has no hole"
    assert writer.problem == "5 entries could not be stored."
    for number in range(15, 25):
        writer.put(entry(number, 1000))
    assert writer.flush(5)
    assert numbers(sink)[10:] == list(range(15, 25)), "there is room again"


def test_the_room_is_counted_right_between_two_threads(
    writer: JournalWriter, sink: ListSink
) -> None:
    interval_s = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for number in range(20_000):
            writer.put(entry(number, 7))
            writer.hurry()
        assert writer.flush(10)
    finally:
        sys.setswitchinterval(interval_s)
    assert len(sink.entries) == 20_000
    assert writer.kept_bytes == 0


def test_a_hand_over_between_the_last_look_and_the_flag_is_not_called_stored(
    sink: ListSink,
) -> None:
    writer = JournalWriter(sink)

    class Racing(deque[Entry | InsertionRow]):
        """The writer's thread comes by just before an item is in."""

        def append(self, item: Entry | InsertionRow) -> None:
            writer._commit()
            super().append(item)

    writer._items = Racing()
    writer.put(entry(1))
    assert not writer._idle.is_set()
    writer._commit()
    assert writer._idle.is_set()


def test_what_is_handed_over_at_the_end_is_stored(sink: ListSink) -> None:
    for _ in range(50):
        writer = JournalWriter(sink)
        writer.start()
        before = len(sink.entries)
        writer.put(entry(1))
        assert writer.close()
        assert len(sink.entries) == before + 1


def test_a_sink_that_fails_unexpectedly_is_a_problem_and_not_the_end() -> None:
    class Failing(ListSink):
        def append(self, entries: Iterable[Entry]) -> None:
            if self.refusal:
                raise ZeroDivisionError(self.refusal)
            super().append(entries)

    failing = Failing(ROW.id)
    failing.refusal = "a mistake"
    writer = JournalWriter(failing)
    writer.start()
    try:
        writer.put(entry(1))
        assert not writer.flush(0.2)
        assert "a mistake" in writer.problem
        failing.refusal = ""
        assert writer.flush(5)
        assert numbers(failing) == [1]
    finally:
        writer.close()


def test_the_real_journal_takes_what_the_writer_gives(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.db")
    writer = JournalWriter(journal)
    writer.start()
    writer.put(ROW)
    for number in range(300):
        writer.put(entry(number, 50))
    assert writer.flush(5)
    assert writer.close()
    assert [e.host_ns for e in journal.entries(ROW.id)] == list(range(300))
    journal.close()
