"""Whether tables, indexes and triggers are those that the migrations make, no less and no more.

The triggers refuse every edit. Who takes one away can edit and put it back, which the chain finds;
one that was added could change what is written from then on, before the chain is made. So both are
said, by `torquemon verify` for a chair and by `torquemon sync --verify` for a practice.
"""

from __future__ import annotations

import functools
import re
from typing import Final, NamedTuple

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import StaticPool

from torquemon.record.models import CONTENT
from torquemon.record.schema import upgrade
from torquemon.text import clean

MAX_TOLD: Final = 20
GUARDED: Final = ("entry", "salt", *(table.__tablename__ for table in CONTENT))
"""The tables whose rows triggers keep as they are."""
_OF_FIRST_RECORD: Final = ("record", "record_kept", "record_fixed")
"""What a chair of the first version keeps beside the rest, and no other has."""


class _Thing(NamedTuple):
    kind: str
    name: str


def sqlite_problems(connection: Connection) -> list[str]:
    """Return where the file's schema is not that of the migrations, a sentence each."""
    wanted, old = _made_by_migrations()
    found = _sqlite(connection)
    if _Thing("table", "record") in found:
        wanted = wanted | old
    return _compared(found, wanted)


@functools.cache
def _made_by_migrations() -> tuple[dict[_Thing, object], dict[_Thing, object]]:
    """Return what a new record has, and what one of the first version has beside it."""
    engine = create_engine("sqlite://", poolclass=StaticPool)
    with engine.begin() as connection:
        upgrade(connection, None, "0001")
        first = _sqlite(connection)
        upgrade(connection, None)
        found = _sqlite(connection)
    engine.dispose()
    return found, {thing: form for thing, form in first.items() if thing.name in _OF_FIRST_RECORD}


def _sqlite(connection: Connection) -> dict[_Thing, object]:
    """Return all that the schema names, with its form: columns, or what a trigger does."""
    rows = connection.exec_driver_sql(
        "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite\\_%' "
        "ESCAPE '\\'"
    ).all()
    return {
        _Thing(str(kind), str(name)): _form(connection, str(kind), str(name), str(table), sql)
        for kind, name, table, sql in rows
    }


def _form(connection: Connection, kind: str, name: str, table: str, sql: object) -> object:
    """Return what matters of one: how a column's type is spelled differs between versions."""
    if kind == "table":
        columns = connection.execute(
            text('SELECT name, "notnull", pk, hidden FROM pragma_table_xinfo(:name)'),
            {"name": name},
        ).all()
        keys = connection.execute(
            text(
                'SELECT "unique", origin, partial FROM pragma_index_list(:name) WHERE origin <> :c'
            ),
            {"name": name, "c": "c"},  # those that were created by themselves are looked at so
        ).all()
        return tuple(tuple(row) for row in columns), tuple(sorted(tuple(row) for row in keys))
    if kind == "index":
        parts = connection.execute(
            text('SELECT name, "desc" FROM pragma_index_xinfo(:name) WHERE key'), {"name": name}
        )
        return (table, *(tuple(row) for row in parts))
    return re.sub(r"[\s\"]+", " ", str(sql)).strip()


def _compared(found: dict[_Thing, object], wanted: dict[_Thing, object]) -> list[str]:
    problems = []
    for thing in sorted(found.keys() | wanted.keys()):
        told = f"{clean(thing.kind, 20)} {clean(thing.name, 60)}"
        if thing not in found:
            why = ": edits are not refused there" if thing.kind == "trigger" else ""
            problems.append(f"the {told} of the record was taken away{why}")
        elif thing not in wanted:
            problems.append(f"the {told} was added to the record: it is none of this program's")
        elif found[thing] != wanted[thing]:
            problems.append(f"the {told} of the record was changed")
    return problems[:MAX_TOLD]


# --- the practice's server ------------------------------------------------------------------------


def refuse_truncate(connection: Connection) -> None:
    """Refuse TRUNCATE at the practice, which asks no trigger of a row. May be done again."""
    for name in GUARDED:
        connection.exec_driver_sql(
            f"CREATE OR REPLACE TRIGGER {name}_whole BEFORE TRUNCATE ON {name} "
            "FOR EACH STATEMENT EXECUTE FUNCTION record_is_append_only()"
        )


_POSTGRESQL: Final = """
SELECT c.relname, t.tgname, t.tgenabled::text, t.tgtype, p.proname
  FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
 WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace
"""
_ROW_UPDATE, _ROW_DELETE, _TRUNCATE = 19, 11, 34
"""`pg_trigger.tgtype`: for each row, before, update; the same for delete; before truncate."""
_REFUSES: Final = "record_is_append_only"
_UNLESS_ERASED: Final = "record_goes_only_if_erased"
_KEPT_FOR_EVER: Final = ("entry", "erasure")


def postgresql_problems(connection: Connection) -> list[str]:
    """Return which triggers of the practice are off, gone, changed or none of ours."""
    wanted = {
        (name, f"{name}_{what}"): (kind, function)
        for name in GUARDED
        for what, kind, function in (
            ("fixed", _ROW_UPDATE, _REFUSES),
            ("kept", _ROW_DELETE, _REFUSES if name in _KEPT_FOR_EVER else _UNLESS_ERASED),
            ("whole", _TRUNCATE, _REFUSES),
        )
    }
    found = {
        (str(table), str(name)): (str(enabled), (int(kind), str(function)))
        for table, name, enabled, kind, function in connection.exec_driver_sql(_POSTGRESQL)
    }
    problems = []
    for key in sorted(found.keys() | wanted.keys()):
        told = f"trigger {clean(key[1], 60)}"
        if key not in found:
            problems.append(
                f"the {told} is not there, edits are not refused: its owner runs "
                "`torquemon sync --prepare`"
            )
        elif key not in wanted:
            problems.append(f"the {told} was added at the practice: it is none of this program's")
        elif found[key][0] not in ("O", "A"):
            problems.append(f"the {told} is switched off: edits are not refused there")
        elif found[key][1] != wanted[key]:
            problems.append(f"the {told} was changed: it does not refuse what it should")
    return problems[:MAX_TOLD] + _changed_functions(connection)


def _changed_functions(connection: Connection) -> list[str]:
    """Return which of the two functions that refuse does not say so any more."""
    rows = connection.exec_driver_sql(
        "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = current_schema()::regnamespace"
    )
    found = {str(name): " ".join(str(source).split()) for name, source in rows}
    return [
        f"the function {name} was changed: edits may not be refused"
        for name, source in _SOURCES.items()
        if found.get(name) != source
    ]


_SOURCES: Final = {
    _REFUSES: "BEGIN RAISE EXCEPTION 'the record is append-only'; END",
    _UNLESS_ERASED: (
        "BEGIN IF NOT EXISTS (SELECT 1 FROM erasure WHERE chair_id = OLD.chair_id"
        " AND erased_number = OLD.entry_number) THEN RAISE EXCEPTION 'the record is append-only';"
        " END IF; RETURN OLD; END"
    ),
}
