"""The chain of the record: what it finds, what an erasure leaves, what the triggers refuse."""

from __future__ import annotations

import re
import sqlite3
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.record_samples import filled_store
from torquemon.record.chain import Head, heads_in
from torquemon.record.erasing import erase_insertions, erase_person
from torquemon.record.errors import RecordError
from torquemon.record.history import head_of, search, whole
from torquemon.record.remarks import Remarks
from torquemon.record.store import Store
from torquemon.record.verify import heads_of_report, verify_store


def problems(store: Store, *heads: Head) -> list[str]:
    return [problem for found in verify_store(store, heads) for problem in found.problems]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store, (first, second) = filled_store(tmp_path / "made", ids=2)
    remarks = Remarks(store)
    remarks.note(first, "a note", "Dr A")
    remarks.person("P-1", "Ada Example", date(2010, 5, 6), "Dr A")
    remarks.amend(second, "patient_ref", "P-2", "wrong patient", "Dr A")
    return store


def tamper(store: Store, *statements: str) -> None:
    """Change the file as somebody would who has the rights: with the triggers out of the way."""
    path = store.path
    db = sqlite3.connect(path, isolation_level=None)
    triggers = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        db.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        db.execute(statement)
    for _, made in triggers:  # and puts them back, so that nobody sees it
        db.execute(made)
    db.close()


def test_an_untouched_record_verifies(store: Store) -> None:
    (found,) = verify_store(store, [store.head()])
    assert found.problems == []
    assert found.entries == 6
    assert found.head == store.head()
    store.close()


@pytest.mark.requirement("REQ-REC-9")
@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("UPDATE note SET text = 'another note'", r"content of entry 4 \(note\) was edited"),
        ("UPDATE insertion SET site = NULL WHERE entry_number = 2", "content of entry 2"),
        ("UPDATE block SET data = zeroblob(4) WHERE part = 0", "content of entry 2"),
        ("UPDATE entry SET written_ns = written_ns + 1 WHERE number = 3", "entry 3 was edited"),
        ("UPDATE entry SET signature = hash WHERE number = 3", "entry 3 is not signed"),
        ("DELETE FROM note", "content of entry 4"),
        ("DELETE FROM entry WHERE number = 4", "entry 4 before entry 5 was removed"),
        ("DELETE FROM salt WHERE entry_number = 4", "content of entry 4"),
        ("UPDATE entry SET number = 40 WHERE number = 4", "was removed"),
        ("DELETE FROM entry WHERE number = 6", "belong to no entry"),
        (("INSERT INTO note SELECT chair_id, 9, 0, 'X', operator, said_utc, said_ns, NULL,"
         " insertion_id, text FROM note"), "rows of note belong to no entry"),
        ("UPDATE verdict SET kind = 'within', max_insertion_torque_ncm = 9.5", "was edited"),
        ("UPDATE entry SET previous = hash WHERE number = 1", "entry 1"),
        ("UPDATE entry SET signature = x'00ff' WHERE number = 3", "entry 3"),
        ("UPDATE entry SET hash = x'00ff' WHERE number = 3", "entry 3"),
        ("UPDATE entry SET kind = x'00ff' WHERE number = 3", "entry 3"),
        ("UPDATE entry SET digest = 7, previous = x'07' WHERE number = 3", "entry 3"),
        ("UPDATE salt SET salt = x'00ff' WHERE entry_number = 3", "entry 3"),
        ("UPDATE salt SET salt = 'zz' WHERE entry_number = 3", "entry 3"),
        ("UPDATE salt SET salt = upper(salt)", "content of entry 1"),
        ("UPDATE salt SET salt = salt || ' '", "content of entry 1"),
        ("UPDATE entry SET signature = upper(signature)", "entry 1 is not signed"),
        ("UPDATE entry SET signature = ' ' || signature", "entry 1 is not signed"),
        ("UPDATE signing_key SET public_key = x'00'", "entry 1"),
        ("UPDATE insertion SET opened_utc = 'never' WHERE entry_number = 2", "entry 2"),
        ("UPDATE insertion SET description = '[1' WHERE entry_number = 2", "entry 2"),
        ("UPDATE verdict SET why = CAST(x'ff' AS TEXT) WHERE entry_number = 2", "entry 2"),
    ],
)  # fmt: skip
def test_an_edit_is_found(store: Store, statement: str, says: str) -> None:
    tamper(store, statement)
    found = problems(store)

    assert any(re.search(says, problem) for problem in found), found
    store.close()


@pytest.mark.requirement("REQ-REC-9")
@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("DROP TRIGGER note_fixed", "trigger note_fixed of the record was taken away"),
        (("CREATE TRIGGER quiet BEFORE INSERT ON alert BEGIN SELECT RAISE(IGNORE); END"),
         "trigger quiet was added"),
        ("CREATE TABLE other (x)", "table other was added"),
        ("CREATE VIEW seen AS SELECT * FROM person", "view seen was added"),
        ("ALTER TABLE note ADD COLUMN more", "table note of the record was changed"),
        ("DROP INDEX insertion_search", "index insertion_search of the record was taken away"),
        (("DROP TRIGGER note_kept; CREATE TRIGGER note_kept BEFORE DELETE ON note "
          "WHEN 0 BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END"),
         "trigger note_kept of the record was changed"),
    ],
)  # fmt: skip
def test_a_changed_schema_is_found(store: Store, statement: str, says: str) -> None:
    db = sqlite3.connect(store.path, isolation_level=None)
    db.executescript(statement)
    db.close()
    assert [says in problem for problem in problems(store)] == [True], problems(store)
    store.close()


def test_two_entries_that_changed_places_are_found(store: Store) -> None:
    tamper(
        store,
        "UPDATE entry SET number = 400 WHERE number = 4",
        "UPDATE entry SET number = 4 WHERE number = 5",
        "UPDATE entry SET number = 5 WHERE number = 400",
    )
    assert any("does not follow the one before it" in problem for problem in problems(store))
    store.close()


@pytest.mark.requirement("REQ-REC-9")
def test_a_cut_record_is_found_only_with_a_witness(store: Store) -> None:
    head = store.head()
    tamper(
        store,
        "DELETE FROM entry WHERE number = 6",
        "DELETE FROM amendment WHERE entry_number = 6",
        "DELETE FROM salt WHERE entry_number = 6",
    )
    assert problems(store) == [], "nothing inside the file can tell"
    assert problems(store, head) == [
        "the record was cut: a report names entry 6, the last one here is 5"
    ]
    store.close()


def test_a_record_that_went_on_after_the_report_holds(store: Store, tmp_path: Path) -> None:
    head = store.head()
    report = tmp_path / "report.html"
    report.write_text(f"<p>head: <code>{head}</code></p>", "utf-8")
    assert heads_of_report(report) == [head]
    assert heads_in(str(head)) == [head]
    Remarks(store).note(search(store)[0].id, "one more", "Dr A")
    assert problems(store, *heads_of_report(report)) == []
    wrong = head._replace(hash="0" * 64)
    assert problems(store, wrong) == ["entry 6 is not the one that a report was printed from"]
    report.write_text("nothing", "utf-8")
    with pytest.raises(RecordError, match="names no chain head"):
        heads_of_report(report)
    store.close()


@pytest.mark.requirement("REQ-REC-5")
@pytest.mark.parametrize("table", ["entry", "note", "insertion", "block", "salt", "person"])
def test_the_tables_refuse_changes(store: Store, table: str) -> None:
    with pytest.raises(RecordError, match="append-only"), store.write() as session:
        session.execute(text(f"DELETE FROM {table}"))  # noqa: S608 - fixed names
    with pytest.raises(RecordError, match="append-only"), store.write() as session:
        session.execute(text(f"UPDATE {table} SET chair_id = 'x'"))  # noqa: S608 - fixed names
    with pytest.raises(RecordError, match="append-only"), store.write() as session:
        session.execute(text(f"REPLACE INTO {table} SELECT * FROM {table}"))  # noqa: S608
    assert problems(store) == []
    store.close()


@pytest.mark.requirement("REQ-REC-5")
def test_what_is_erased_is_gone_and_the_chain_holds(store: Store) -> None:
    (erased,) = (found.id for found in search(store) if whole(store, found.id).notes)
    (kept,) = (found.id for found in search(store) if found.id != erased)
    assert "P-1" in {s.patient_ref for s in search(store)}
    count = erase_insertions(store, [erased], "the patient asks", "Dr A")
    assert erase_person(store, "P-1", "the patient asks", "Dr A") == 1
    (found,) = verify_store(store)
    assert found.problems == []
    assert found.erased == count + 1
    assert [s.id for s in search(store)] == [kept]
    assert list(store.readings(erased)) == []
    store.close()
    left = b"".join(p.read_bytes() for p in store.path.parent.glob("record.db*"))
    assert b"Ada Example" not in left
    assert b"a note" not in left


def test_an_erasure_without_its_entry_is_found(store: Store) -> None:
    tamper(
        store, "DELETE FROM note WHERE entry_number = 4", "DELETE FROM salt WHERE entry_number = 4"
    )
    assert problems(store) == ["the content of entry 4 was removed without an erasure"]
    store.close()


def test_an_amendment_stands_over_the_record_and_names_the_old(store: Store) -> None:
    first, second = (found.id for found in sorted(search(store), key=lambda s: s.patient_ref))
    found = whole(store, second, with_person=True)
    assert found.summary.patient_ref == "P-2"
    assert found.insertion.patient_ref == "P-1"
    (amendment,) = found.amendments
    assert (amendment.old, amendment.new, amendment.operator) == ("P-1", "P-2", "Dr A")
    assert [s.id for s in search(store, "p-2")] == [second]
    assert [s.id for s in search(store, "P-1")] == [first]
    assert whole(store, first, with_person=True).person is not None
    assert found.person is None
    assert head_of(store, second) == store.head()
    store.close()
