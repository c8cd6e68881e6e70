"""The journal after a crash: whatever is cut off or bent at the end, a clean prefix is left."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from torquemon.journal import (
    Entry,
    EntryKind,
    InsertionRow,
    Journal,
    JournalError,
    pack_readings,
    unpack_readings,
)
from torquemon.model import Reading, Validity

ROW = InsertionRow("01J0000000000000000000000A", "2026-01-01T00:00:00+00:00", 5, {})
I64 = st.integers(-(1 << 63), (1 << 63) - 1)
NUMBERS = st.floats(allow_nan=False)
READINGS = st.builds(
    Reading,
    seq=I64,
    device_time_us=I64,
    host_time_ns=I64,
    torque_ncm=NUMBERS,
    angle_deg=st.none() | NUMBERS,
    speed_rpm=st.none() | NUMBERS,
    validity=st.sampled_from(Validity),
)


@given(st.lists(READINGS, max_size=50))
def test_readings_come_back_as_they_were(readings: list[Reading]) -> None:
    found = list(unpack_readings(pack_readings(readings)))
    assert found == readings
    assert [r.angle_deg is None for r in found] == [r.angle_deg is None for r in readings]


@pytest.fixture(scope="module")
def crashed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as a crash leaves it: database and log, forty commits of uneven size in the log."""
    home = tmp_path_factory.mktemp("crashed")
    journal = Journal(home / "live.db")
    journal.open_insertion(ROW)
    for number in range(40):
        journal.append([stored(number)])
    shutil.copy(home / "live.db", home / "journal.db")
    shutil.copy(home / "live.db-wal", home / "journal.db-wal")
    journal.close()
    return home


def stored(number: int) -> Entry:
    return Entry(ROW.id, EntryKind.RAW, number, bytes((number,)) * (37 * number % 9000))


def check_prefix(folder: Path, log: bytes, *, read_only: bool, name: str) -> int:
    """Open the journal with this log: what is there must be the first so many commits."""
    path = folder / f"{name}.db"
    shutil.copy(folder / "journal.db", path)
    path.with_name(path.name + "-wal").write_bytes(log)
    path.with_name(path.name + "-shm").unlink(missing_ok=True)
    try:
        journal = Journal(path, read_only=read_only)
    except JournalError as error:
        # nothing of the log holds, not even the tables: only a writer can begin anew
        if read_only and "is empty: nothing was recorded yet" in str(error):
            return 0
        raise
    try:
        if not journal.insertions():
            return 0
        found = list(journal.entries(ROW.id))
        assert found == [stored(number) for number in range(len(found))]
        return len(found)
    finally:
        journal.close()


@pytest.mark.requirement("REQ-REC-2")
def test_a_log_cut_at_any_page_leaves_a_clean_prefix(crashed: Path) -> None:
    log = (crashed / "journal.db-wal").read_bytes()
    counts = [
        check_prefix(crashed, log[:size], read_only=bool(size // 4096 % 2), name="paged")
        for size in (*range(8192, len(log), 4096), len(log))
    ]
    assert counts == sorted(counts)
    assert counts[-1] == 40
    assert len(set(counts)) > 20


@pytest.mark.requirement("REQ-REC-2")
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_log_cut_or_bent_anywhere_leaves_a_clean_prefix(
    crashed: Path, data: st.DataObject
) -> None:
    log = bytearray((crashed / "journal.db-wal").read_bytes())
    size = data.draw(st.integers(0, len(log)))
    junk = data.draw(st.binary(max_size=64))
    if data.draw(st.booleans()):
        log = log[:size] + junk
    else:
        log[size : size + len(junk)] = junk
    try:
        check_prefix(crashed, bytes(log), read_only=False, name="bent")
    finally:
        for file in crashed.glob("bent.db*"):
            file.unlink()
