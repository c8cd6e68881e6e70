"""Adding to a record of years costs no more than adding to a new one."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import event

from tests.practice_chairs import chair_store, fill
from torquemon.record.models import Entry


def test_record_append_reads_one_entry_however_long_the_chain_is(tmp_path: Path) -> None:
    store = chair_store(tmp_path)
    fill(store, 30)
    loaded: list[int] = []

    def seen(entry: Entry, _: object) -> None:
        loaded.append(entry.number)

    event.listen(Entry, "load", seen)
    try:
        fill(store, 1, first=30)
    finally:
        event.remove(Entry, "load", seen)
    assert loaded == [31]
    store.close()
