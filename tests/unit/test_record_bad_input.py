"""What the record refuses, and what never leaks: sentences, no traceback, no names."""

from __future__ import annotations

import csv
import io
import logging
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.record_samples import filled_store, write_journal
from torquemon import paths
from torquemon.cli import main
from torquemon.journal import Entry, EntryKind, InsertionRow, Journal, pack_json
from torquemon.record.blocks import WireChunk
from torquemon.record.csv_export import write_csv
from torquemon.record.errors import NoSuchInsertionError, RecordError, RefusedError
from torquemon.record.history import search, whole
from torquemon.record.insertions import Insertion, NoInsertionError, parse_id
from torquemon.record.remark_text import parse_date
from torquemon.record.remarks import FINDINGS, OUTCOMES, Remarks
from torquemon.record.store import Store
from torquemon.record.table_export import write_dictionary, write_insertions

NAME = "Adelheid Musterfrau-Example"
EVIL = "=cmd|'/C calc'!A0"


@pytest.fixture
def store(chair_folder: Path) -> Store:
    return filled_store(chair_folder)[0]


def only(store: Store) -> str:
    (found,) = search(store)
    return found.id


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x" * 10_000_000, "has 10000000 characters: at most 10000 are kept"),
        ("nul \x00 byte", r"a character that cannot be shown \(U\+0000\)"),
        ("esc \x1b[31m", r"U\+001B"),
        ("bidi \u202e", r"U\+202E"),
        ("half \ud800", r"U\+D800"),
        ("", "is empty"),
        (" \n ", "is empty"),
    ],
)
def test_a_note_that_cannot_be_kept(store: Store, text: str, says: str) -> None:
    head = store.head()
    with pytest.raises(RefusedError, match=says):
        Remarks(store).note(only(store), text, "Dr A")
    assert store.head() == head
    store.close()


def test_a_note_of_several_lines_comes_back(store: Store) -> None:
    text = "Erste Zeile\r\nзвук 漢字 é\tTab"
    Remarks(store).note(only(store), text, "Dr Ä")
    (note,) = whole(store, only(store)).notes
    assert note.text == text.replace("\r\n", "\n")
    assert note.operator == "Dr Ä"
    store.close()


def test_every_remark_needs_an_operator_and_an_insertion(store: Store) -> None:
    remarks = Remarks(store)
    with pytest.raises(RefusedError, match="the operator's name is empty"):
        remarks.note(only(store), "text", " ")
    with pytest.raises(RefusedError, match="the operator's name has 65 characters"):
        remarks.note(only(store), "text", "x" * 65)
    with pytest.raises(RefusedError, match="the operator's name is one line"):
        remarks.note(only(store), "text", "a\nb")
    with pytest.raises(NoSuchInsertionError, match="is in the record: `torquemon list`"):
        remarks.note("01J0000000000000000000000A", "text", "Dr A")
    with pytest.raises(NoSuchInsertionError):
        remarks.note("../../etc/passwd", "text", "Dr A")
    with pytest.raises(RefusedError, match="nothing of this kind with id"):
        remarks.note(only(store), "text", "Dr A", replaces="01J0000000000000000000000A")
    store.close()


def test_findings_and_outcomes_know_their_values(store: Store) -> None:
    remarks, insertion = Remarks(store), only(store)
    for name, known in FINDINGS.items():
        good = ("14" if name == "age_years" else "LOT-7") if callable(known) else known[-1]
        remarks.finding(insertion, name, good, "Dr A")
    for state in OUTCOMES:
        remarks.outcome(insertion, state, date(2026, 1, 1), "Dr A", "in words")
    with pytest.raises(RefusedError, match="there is no finding 'shoe_size'; known: age_years"):
        remarks.finding(insertion, "shoe_size", "42", "Dr A")
    with pytest.raises(RefusedError, match="age_years cannot be '3'"):
        remarks.finding(insertion, "age_years", "3", "Dr A")
    with pytest.raises(RefusedError, match="there is no outcome 'success'"):
        remarks.outcome(insertion, "success", date(2026, 1, 1), "Dr A")
    later = store.clock.utc_now().date() + timedelta(days=2)
    with pytest.raises(RefusedError, match="that day is yet to come"):
        remarks.outcome(insertion, "stable", later, "Dr A")
    with pytest.raises(RefusedError, match="is no date: write YYYY-MM-DD"):
        parse_date("1.2.2026")
    with pytest.raises(RefusedError, match="cannot be amended; these can: patient_ref"):
        remarks.amend(insertion, "origin", "real", "it was real", "Dr A")
    with pytest.raises(RefusedError, match="patient_ref says that already"):
        remarks.amend(insertion, "patient_ref", "P-1", "wrong", "Dr A")
    with pytest.raises(RefusedError, match="cannot be linked to itself"):
        remarks.link(insertion, "removal_of", insertion, "Dr A")
    found = whole(store, insertion)
    assert len(found.findings) == len(FINDINGS)
    assert [outcome.state for outcome in found.outcomes] == list(OUTCOMES)
    store.close()


def test_a_correction_names_the_old_and_both_stay(store: Store) -> None:
    remarks, insertion = Remarks(store), only(store)
    old = remarks.finding(insertion, "smoking", "yes", "Dr A")
    new = remarks.finding(insertion, "smoking", "no", "Dr B", replaces=old)
    found = whole(store, insertion)
    assert [f.id for f in found.findings] == [old, new]
    assert [f.id for f in found.standing(found.findings)] == [new]
    store.close()


def test_a_removal_is_linked_to_the_insertion(chair_folder: Path) -> None:
    store, (first, second) = filled_store(chair_folder, ids=2)
    Remarks(store).link(second, "removal_of", first, "Dr A")
    assert [(k.relation, k.other_id) for k in whole(store, second).links] == [("removal_of", first)]
    assert [k.insertion_id for k in whole(store, first).linked_from] == [second]
    store.close()


@pytest.mark.parametrize(
    "text", ["../../etc/passwd", "..%2f", "C:\\x", "01J00/../00000000000000000", "\x00" * 26, ""]
)
def test_an_id_is_never_a_path(text: str) -> None:
    with pytest.raises(NoInsertionError, match="is no insertion id"):
        parse_id(text)


def test_no_cell_is_a_formula(chair_folder: Path) -> None:
    chair_folder.mkdir()
    journal = Journal(paths.journal_path())
    meta = {"patient": EVIL, "site": "+1", "screw": "a,=1+1", "origin": "real", "serial": "@x"}
    ulid = "01J0000000000000000000000A"
    journal.open_insertion(InsertionRow(ulid, "2026-01-01T00:00:00+00:00", 1, meta))
    journal.append([Entry(ulid, EntryKind.FINISH, 2, pack_json({"origin": "real"}))])
    journal.close()
    assert main(["list"]) == 0
    store = Store(paths.record_path())
    out = io.StringIO()
    assert write_insertions(store, out) == 1
    rows = list(csv.reader(io.StringIO(out.getvalue())))
    assert len(rows) == 3
    for row in rows:
        assert not any(cell.startswith(("=", "+", "-", "@", "\t")) for cell in row)
    curve = io.StringIO()
    insertion = Insertion(InsertionRow(ulid, "", 1, {**meta, "window": '5,"=2'}), None)
    write_csv(insertion, [], curve)
    for row in csv.reader(io.StringIO(curve.getvalue())):
        assert not any(cell.startswith(("=", "+", "-", "@")) for cell in row)
    dictionary = io.StringIO()
    write_dictionary(dictionary)
    assert dictionary.getvalue().count("N·cm") == 2
    store.close()


@pytest.mark.requirement("REQ-SEC-9")
def test_no_name_reaches_a_log_an_error_or_a_file_name(
    chair_folder: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    write_journal(_made(chair_folder) / "journal.db")
    assert main(["list"]) == 0
    store = Store(paths.record_path())
    (insertion,) = search(store)
    remarks = Remarks(store)
    remarks.person(insertion.patient_ref, NAME, date(2011, 2, 3), "Dr A")
    remarks.amend(insertion.id, "patient_ref", "REF-4711", "wrong", "Dr A")
    said: list[str] = []
    for act in (
        lambda: remarks.person("REF-4711", NAME, date(1800, 1, 1), "Dr A"),
        lambda: remarks.person("REF-4711", NAME + "\x00", None, "Dr A"),
        lambda: remarks.person("REF-4711", NAME * 10, None, "Dr A"),
        lambda: remarks.person("REF-4711", NAME, None, "Dr A", replaces="no"),
        lambda: _collide(store),
    ):
        with pytest.raises(RecordError) as caught:
            act()
        error: BaseException | None = caught.value
        while error is not None:
            said.append(f"{error} {error!r}")
            error = error.__cause__ if error.__suppress_context__ else error.__context__
    store.close()
    captured = capsys.readouterr()
    for text in (*said, captured.out, captured.err, caplog.text):
        assert NAME not in text
        assert "2011" not in text
    for file in chair_folder.iterdir():
        assert "4711" not in file.name
        assert "Adelheid" not in file.name


def _made(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    return folder


def _collide(store: Store) -> None:
    """Make the database itself refuse a row that holds a name."""
    from torquemon.record.models import Person

    with store.write() as session:
        utc, ns = store.now()
        fields = {"operator": "Dr A", "said_utc": utc, "said_ns": ns, "patient_ref": "REF-4711"}
        twice = [Person(id="01J0000000000000000000000A", name=NAME, **fields) for _ in range(2)]
        store.append(session, "person", twice)


def test_a_name_is_not_in_the_repr_of_an_insertion(store: Store) -> None:
    insertion = only(store)
    Remarks(store).person("P-1", NAME, None, "Dr A")
    assert NAME not in repr(whole(store, insertion, with_person=True))
    store.close()


def test_damaged_descriptions_and_events_are_kept_and_said(chair_folder: Path) -> None:
    _made(chair_folder)
    journal = Journal(paths.journal_path())
    ulid = "01J0000000000000000000000A"
    journal._db.execute("INSERT INTO insertion VALUES (?, 'no time', 1, '{cut')", (ulid,))
    journal.append(
        [
            Entry(ulid, EntryKind.RAW, 1, (5).to_bytes(8, "little") + b"\x00\x02\x00\x00\x00ab"),
            Entry(ulid, EntryKind.RAW, 1, b"cut"),
            Entry(ulid, EntryKind.EVENT, 1, b"{cut"),
            Entry(ulid, EntryKind.EVENT, 1, b'{"what": "x", "n": 123456789012345678901}'),
            Entry(ulid, EntryKind.ALERT, 1, b"[]"),
            Entry(ulid, EntryKind.READINGS, 1, b"short"),
            Entry(ulid, EntryKind.FINISH, 1, b'{"verdict": {"kind": 7}, "origin": "nonsense"}'),
        ]
    )
    journal.close()
    assert main(["list"]) == 0
    assert main(["show", "last"]) == 0
    store = Store(paths.record_path())
    found = whole(store, ulid)
    assert found.summary.mark == "SIMULATED", "what is not known to be real never passes for it"
    assert found.insertion.problem == "the description is damaged"
    assert list(store.wire(ulid)) == [WireChunk(5, 0, b"ab")]
    assert found.events[0].fields == {"n": "123456789012345678901"}
    store.close()


@pytest.mark.skipif(sys.platform == "win32", reason="a folder as a file is POSIX")
def test_a_record_that_cannot_be_opened_is_one_sentence(
    chair_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_journal(_made(chair_folder) / "journal.db", seconds=0.6)
    paths.record_path().mkdir()
    for words in (["list"], ["verify"], ["backup", str(chair_folder / "b")], ["key", "check"]):
        assert main(words) == 2
        said = capsys.readouterr().err
        assert "record.db" in said
        assert said.count("\n") == 1
