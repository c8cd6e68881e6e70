"""Every single-byte edit of a stored record is found, by `verify` or by the cipher.

The campaign behind these slices is `make edits` (tests/record_edits.py).
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from importlib.util import find_spec
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import inspect, select

from tests.parts import needed
from tests.processes import require
from tests.record_edits import FOUND, MISSED, NO_EFFECT, REFUSED, Bench
from tests.record_samples import filled_store
from torquemon.record.chain import content_digest, entry_hash, grouped
from torquemon.record.models import CONTENT, Content, Entry, Salt
from torquemon.record.remarks import Remarks

SLOW = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Entry, str, list[Content]]]:
    store, (insertion_id,) = filled_store(tmp_path_factory.mktemp("stored"), seconds=2.0)
    remarks = Remarks(store)
    remarks.note(insertion_id, "Zahnfleisch lose", "Dr A")
    remarks.outcome(insertion_id, "stable", date(2026, 1, 1), "Dr A")
    remarks.person("P-1", "Ada Example", date(2010, 2, 3), "Dr A")
    with store.read() as session:
        rows = grouped(row for table in CONTENT for row in session.scalars(select(table)))
        salts = {s.entry_number: s.salt for s in session.scalars(select(Salt))}
        found = [(e, salts[e.number], rows[e.number]) for e in session.scalars(select(Entry))]
    store.close()
    return found


def edited(value: Any, data: st.DataObject) -> Any:  # noqa: ANN401, PLR0911 - a type a line
    """The value after one byte of it was changed, as its column would give it back."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value ^ (1 << data.draw(st.integers(0, 62)))
    if isinstance(value, float):
        other = data.draw(st.floats(allow_nan=False, allow_infinity=False))
        return other if other != value else value + 1.0
    if isinstance(value, datetime):
        return value + timedelta(microseconds=data.draw(st.integers(1, 10**9)))
    if isinstance(value, date):
        return value + timedelta(days=data.draw(st.integers(1, 1000)))
    if isinstance(value, dict):
        key = data.draw(st.sampled_from(sorted(value)) if value else st.just("new"))
        return {**value, key: "changed"}
    raw = value if isinstance(value, bytes) else value.encode("latin-1", errors="replace")
    if not raw:
        return value + (b"x" if isinstance(value, bytes) else "x")
    at = data.draw(st.integers(0, len(raw) - 1))
    changed = bytearray(raw)
    changed[at] ^= data.draw(st.integers(1, 255))
    return bytes(changed) if isinstance(value, bytes) else changed.decode("latin-1")


@pytest.mark.requirement("REQ-REC-6")
@settings(max_examples=2500, suppress_health_check=SLOW)
@given(data=st.data())
def test_an_edit_of_any_column_changes_digest_or_hash(
    stored: list[tuple[Entry, str, list[Content]]], data: st.DataObject
) -> None:
    entry, salt, rows = data.draw(st.sampled_from(stored))
    row: Any = data.draw(st.sampled_from([entry, *rows]))
    names = [column.key for column in inspect(type(row)).columns]
    name = data.draw(st.sampled_from([n for n in names if n not in ("hash", "signature")]))
    before = getattr(row, name)
    new = "x" if before is None else edited(before, data)
    setattr(row, name, new)
    try:
        changed = entry_hash(entry) != entry.hash if row is entry else _differs(entry, salt, rows)
    finally:
        setattr(row, name, before)
    assert changed, (type(row).__name__, name, before, new)
    assert entry_hash(entry) == entry.hash
    assert content_digest(salt, rows) == entry.digest


def _differs(entry: Entry, salt: str, rows: list[Content]) -> bool:
    try:
        return content_digest(salt, rows) != entry.digest
    except ValueError:
        return True  # what cannot be made canonical was never written


@pytest.fixture(scope="module", params=[False, True], ids=["plain", "encrypted"])
def bench(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Bench, bool]:
    encrypted: bool = request.param
    if encrypted:
        needed("sqlcipher3", "encrypt")
    return Bench(tmp_path_factory.mktemp("edits"), encrypted=encrypted), encrypted


@pytest.mark.requirement("REQ-REC-6")
@settings(max_examples=80, suppress_health_check=SLOW)
@given(data=st.data())
def test_a_byte_of_the_file_cannot_be_changed_unseen(
    bench: tuple[Bench, bool], data: st.DataObject
) -> None:
    tried, encrypted = bench
    at = data.draw(st.sampled_from(tried.used))
    said = tried.try_edit(at, data.draw(st.integers(1, 255)))
    assert said in ((FOUND, REFUSED) if encrypted else (FOUND, REFUSED, NO_EFFECT)), said
    assert said != MISSED


def test_the_cipher_is_there_to_be_tested() -> None:
    require(find_spec("sqlcipher3"), "SQLCipher is missing: pip install torquemon[encrypt]")
