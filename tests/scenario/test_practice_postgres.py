"""Chairs and a practice's real PostgreSQL: order, once each, erasures, rights, other histories."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from tests import practice_campaign
from tests.postgres import Cluster, cluster
from tests.practice_chairs import chair_store, fill
from torquemon.cli import main
from torquemon.record import outbox
from torquemon.record.erasing import erase_insertions
from torquemon.record.guarding import GUARDED
from torquemon.record.history import search, whole
from torquemon.record.models import Entry, Insertion, Person
from torquemon.record.practice import Practice, PracticeAwayError, PracticeError
from torquemon.record.practice_address import ADDRESS_VARIABLE
from torquemon.record.remarks import Remarks
from torquemon.record.store import Store
from torquemon.record.verify import verify_chain

ROLES = Path(__file__).parents[2] / "docs" / "practice_roles.sql"


@pytest.fixture(scope="module")
def server() -> Iterator[Cluster]:
    with cluster() as running:
        yield running


@pytest.fixture
def practice(server: Cluster) -> Iterator[Practice]:
    """A practice's database, prepared and empty."""
    server.sql("DROP DATABASE torquemon WITH (FORCE)", database="postgres")
    server.sql("CREATE DATABASE torquemon", database="postgres")
    opened = Practice(server.address())
    opened.prepare()
    yield opened
    opened.close()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = chair_store(tmp_path / "chair")
    fill(opened, 5)
    yield opened
    opened.close()


def test_practice_gets_each_insertion_once_whatever_is_killed() -> None:
    told = practice_campaign.run(count=60, kills=2, each=2)
    assert told.insertions == 60
    assert told.kills, "one falls into a parcel that is half written, on any machine"
    assert told.kills_again
    assert told.rows_before == told.rows_after
    assert told.problems == []
    assert told.heads_agree


def test_practice_has_what_the_chair_has_and_asks_for_no_more(
    store: Store, practice: Practice
) -> None:
    assert outbox.deliver(store, practice) == outbox.Delivered(6, 0)
    assert outbox.deliver(store, practice) == outbox.Delivered(0, 0)
    with practice.read() as session:
        found = verify_chain(session, store.chair_id)
    assert found.problems == []
    assert found.head == store.head()
    here, there = search(store, ""), search(practice, "")
    assert here == there
    assert whole(practice, there[0].id).insertion.description == {"patient": "as above"}


def test_practice_that_is_away_loses_nothing_and_hears_all_later(
    store: Store, practice: Practice, server: Cluster
) -> None:
    server.kill()
    try:
        with pytest.raises(PracticeAwayError, match="waits in the outbox"):
            outbox.deliver(store, practice)
        fill(store, 3, first=5)  # the chair goes on for days
        assert outbox.waiting(store) == 9
    finally:
        server.start()
    assert outbox.deliver(store, practice) == outbox.Delivered(9, 0)


def test_practice_is_told_of_corrections_and_erasures(store: Store, practice: Practice) -> None:
    outbox.deliver(store, practice)
    kept, erased = search(store, "")[:2]
    Remarks(store).amend(kept.id, "patient_ref", "P-CORRECT", "mixed up", "Dr. M")
    erase_insertions(store, [erased.id], "the patient asked", "Dr. M")
    outbox.deliver(store, practice)
    assert [found.id for found in search(practice, "p-correct")] == [kept.id]
    assert erased.id not in {found.id for found in search(practice, "")}
    with practice.read() as session:
        found = verify_chain(session, store.chair_id)
    assert found.problems == []
    assert found.erased == 1


def test_practice_never_gets_erased_content_again(store: Store, practice: Practice) -> None:
    """What was read before an erasure and arrives after it must not bring the content back."""
    with store.read() as session:
        old = outbox._pack(session, store.chair_id, 0, with_names=False)
    erased = search(store, "")[0]
    erase_insertions(store, [erased.id], "the patient asked", "Dr. M")
    outbox.deliver(store, practice)
    with practice.write() as remote:
        outbox._unpack(remote, store.chair_id, old)
    with practice.read() as session:
        assert session.scalar(select(Insertion.id).where(Insertion.id == erased.id)) is None
        assert verify_chain(session, store.chair_id).problems == []


def test_practice_learns_who_a_patient_is_only_where_it_is_asked_for(
    store: Store, practice: Practice
) -> None:
    Remarks(store).person("P-1", "Erika Muster", None, "Dr. M")
    outbox.deliver(store, practice)
    with practice.read() as session:
        assert session.scalar(select(func.count()).select_from(Person)) == 0
        assert verify_chain(session, store.chair_id, withheld=outbox.WITHHELD).problems == []
    assert outbox.deliver(store, practice, with_names=True).sent == 1
    with practice.read() as session:
        assert session.scalar(select(Person.name)) == "Erika Muster"
        assert verify_chain(session, store.chair_id).problems == []


def test_practice_that_was_lost_is_told_everything_again(
    store: Store, practice: Practice, server: Cluster
) -> None:
    outbox.deliver(store, practice)
    server.sql("DROP DATABASE torquemon WITH (FORCE)", database="postgres")
    server.sql("CREATE DATABASE torquemon", database="postgres")
    with pytest.raises(PracticeError, match="--prepare"):
        outbox.deliver(store, practice)
    practice.prepare()
    assert outbox.deliver(store, practice) == outbox.Delivered(6, 0)


def test_practice_refuses_a_chain_that_has_parted(
    store: Store, practice: Practice, tmp_path: Path
) -> None:
    """An old backup of the chair was restored, and the chair went on from there."""
    store.close()
    shutil.copytree(tmp_path / "chair", tmp_path / "backup")
    ours = chair_store(tmp_path / "chair")
    fill(ours, 2, first=5)
    outbox.deliver(ours, practice)
    ours.close()
    restored = chair_store(tmp_path / "backup")
    with pytest.raises(PracticeError, match="more than this record"):
        outbox.deliver(restored, practice)
    fill(restored, 4, first=50)
    with pytest.raises(PracticeError, match="has parted"):
        outbox.deliver(restored, practice)
    restored.close()
    with practice.read() as session:
        assert session.scalar(select(func.max(Entry.number))) == 8


@pytest.mark.usefixtures("practice")
def test_practice_rights_are_those_that_the_page_gives(store: Store, server: Cluster) -> None:
    server.sql(ROLES.read_text("utf-8"))
    server.sql("CREATE ROLE chair1 LOGIN IN ROLE torquemon_chair")
    server.sql("CREATE ROLE reader1 LOGIN IN ROLE torquemon_reader")
    chair = Practice(server.address(user="chair1"))
    reader = Practice(server.address(user="reader1"))
    outbox.deliver(store, chair)
    erase_insertions(store, [search(store, "")[0].id], "the patient asked", "Dr. M")
    outbox.deliver(store, chair)
    assert len(search(reader, "")) == 4
    fill(store, 1, first=60)
    with pytest.raises(PracticeError, match="lacks a right"):
        outbox.deliver(store, reader)
    for statement in (
        "UPDATE verdict SET kind = 'above'",
        "DELETE FROM insertion",
        "DELETE FROM entry",
        "TRUNCATE entry",
        "DROP TABLE entry",
        "ALTER TABLE entry DISABLE TRIGGER ALL",
    ):
        with pytest.raises(AssertionError, match=r"permission denied|append-only|must be owner"):
            server.sql(f"SET ROLE chair1; {statement}")
    server.sql("DROP OWNED BY chair1, reader1; DROP ROLE chair1, reader1")


@pytest.mark.requirement("REQ-REC-5")
@pytest.mark.usefixtures("practice")
def test_practice_refuses_its_owner_to_edit_delete_or_empty(server: Cluster) -> None:
    for table in GUARDED:
        server.sql(_row(server, table))
        for statement in ("UPDATE {} SET chair_id = 'x'", "TRUNCATE {}"):
            with pytest.raises(AssertionError, match="the record is append-only"):
                server.sql(statement.format(table))
        if table != "erasure":  # the row that stands in it names the others: they may go
            with pytest.raises(AssertionError, match="the record is append-only"):
                server.sql(f"DELETE FROM {table}")  # noqa: S608 - fixed names
        assert server.sql(f"SELECT count(*) FROM {table}") == "1"  # noqa: S608
    with pytest.raises(AssertionError, match="the record is append-only"):
        server.sql("DELETE FROM erasure")


def _row(server: Cluster, table: str) -> str:
    """One row of anything: the triggers look at no value of it."""
    columns = server.sql(
        f"SELECT column_name, data_type FROM information_schema.columns "  # noqa: S608
        f"WHERE table_name = '{table}'"
    )
    named = dict(line.split("|") for line in columns.splitlines())
    values = {
        "boolean": "true",
        "bytea": "'x'",
        "date": "'2026-01-01'",
        "timestamp with time zone": "'2026-01-01'",
        "json": "'{}'",
        "jsonb": "'{}'",
    }
    row = ", ".join(values.get(kind, "'1'") for kind in named.values())
    names = ", ".join(f'"{name}"' for name in named)
    return f"INSERT INTO {table} ({names}) VALUES ({row})"  # noqa: S608


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("DROP TRIGGER note_fixed ON note", "trigger note_fixed is not there"),
        ("ALTER TABLE note DISABLE TRIGGER note_kept", "trigger note_kept is switched off"),
        ("DROP TRIGGER entry_whole ON entry", "trigger entry_whole is not there"),
        (
            (
                "CREATE OR REPLACE FUNCTION record_is_append_only() RETURNS trigger "
                "LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$"
            ),
            "function record_is_append_only was changed",
        ),
        (
            (
                "CREATE TRIGGER quiet BEFORE INSERT ON alert FOR EACH ROW "
                "EXECUTE FUNCTION record_is_append_only()"
            ),
            "trigger quiet was added",
        ),
        (
            (
                "CREATE OR REPLACE TRIGGER note_fixed BEFORE INSERT ON note FOR EACH ROW "
                "EXECUTE FUNCTION record_is_append_only()"
            ),
            "trigger note_fixed was changed",
        ),
    ],
)
@pytest.mark.usefixtures("practice")
def test_practice_tells_what_does_not_refuse_any_more(
    server: Cluster,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    statement: str,
    says: str,
) -> None:
    monkeypatch.setenv(ADDRESS_VARIABLE, server.address())
    assert main(["sync", "--verify"]) == 0
    server.sql(statement)
    assert main(["sync", "--verify"]) == 1
    (line,) = capsys.readouterr().out.splitlines()
    assert says in line


def test_practice_tells_what_was_changed_behind_its_back(
    store: Store,
    practice: Practice,
    server: Cluster,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    outbox.deliver(store, practice)
    server.sql(
        "ALTER TABLE verdict DISABLE TRIGGER ALL;"
        "UPDATE verdict SET max_insertion_torque_ncm = 9.9 WHERE entry_number = 3"
    )
    monkeypatch.setenv(ADDRESS_VARIABLE, server.address())
    assert main(["sync", "--verify"]) == 1
    assert "the content of entry 3 (insertion) was edited" in capsys.readouterr().out


def test_practice_refuses_a_database_of_another_program(server: Cluster) -> None:
    server.sql("DROP DATABASE IF EXISTS other", database="postgres")
    server.sql("CREATE DATABASE other", database="postgres")
    server.sql("CREATE TABLE customer (id int)", database="other")
    other = Practice(server.address("other"))
    for ask in (other.prepare, other.check):
        with pytest.raises(Exception, match="database of another program"):
            ask()


def test_practice_commands_carry_and_search(
    store: Store,
    practice: Practice,
    server: Cluster,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    patient = search(store, "")[0].patient_ref
    store.close()
    monkeypatch.setenv("TORQUEMON_HOME", str(tmp_path / "chair"))
    monkeypatch.delenv(ADDRESS_VARIABLE, raising=False)
    assert main(["sync"]) == 2
    assert "no practice is known here" in capsys.readouterr().err
    assert main(["sync", "--to", server.address()]) == 0
    assert "6 entries carried" in capsys.readouterr().out
    assert main(["sync"]) == 0
    assert "0 entries carried" in capsys.readouterr().out
    assert main(["sync", "--verify"]) == 0
    assert ": 6 entries, 0 erased: nothing found" in capsys.readouterr().out
    assert main(["history", patient.lower()]) == 0
    shown = capsys.readouterr().out
    assert patient in shown
    assert "[SIMULATED]" in shown
    assert f"from {practice.label}" in shown
    server.kill()
    try:
        assert main(["sync"]) == 1
        assert main(["history"]) == 0
        said = capsys.readouterr()
        assert "5 insertions, from this chair" in said.out
        assert "does not answer" in said.err
    finally:
        server.start()
