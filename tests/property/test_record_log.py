"""The record after a crash: wherever its log is cut, a clean prefix of the chain is left."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.record_samples import filled_store
from torquemon.record.remarks import Remarks
from torquemon.record.store import Store
from torquemon.record.verify import verify_store

NOTES = 5


@pytest.fixture(scope="module")
def crashed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as a kill leaves it: settled insertions, and a log of five commits behind them."""
    folder = tmp_path_factory.mktemp("crashed")
    store, (first, _) = filled_store(folder / "live", ids=2, seconds=0.6)
    for number in range(NOTES):
        Remarks(store).note(first, f"note {number} " * 200, "Dr A")
    for name in ("record.db", "record.db-wal", "chair.key"):
        shutil.copy(folder / "live" / name, folder / name)
    store.close()
    return folder


def entries_left(folder: Path, log: bytes) -> int:
    """Open the record with this log; its chain must hold to its end."""
    for file in folder.glob("cut.db*"):
        file.unlink()
    shutil.copy(folder / "record.db", folder / "cut.db")
    (folder / "cut.db-wal").write_bytes(log)
    store = Store(folder / "cut.db", own=False)
    try:
        (found,) = verify_store(store)
        assert found.problems == []
        return found.entries
    finally:
        store.close()


def test_a_log_cut_at_any_page_leaves_a_chain_that_holds(crashed: Path) -> None:
    log = (crashed / "record.db-wal").read_bytes()
    sizes = [*range(0, len(log), 4096), len(log)]
    counts = [entries_left(crashed, log[:size]) for size in sizes]
    assert counts == sorted(counts)
    assert set(counts) == set(range(3, 3 + NOTES + 1))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_log_cut_or_bent_anywhere_leaves_a_chain_that_holds(
    crashed: Path, data: st.DataObject
) -> None:
    log = bytearray((crashed / "record.db-wal").read_bytes())
    at = data.draw(st.integers(0, len(log)))
    junk = data.draw(st.binary(max_size=64))
    if data.draw(st.booleans()):
        log = log[:at] + junk
    else:
        log[at : at + len(junk)] = junk
    assert 3 <= entries_left(crashed, bytes(log)) <= 3 + NOTES
