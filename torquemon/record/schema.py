"""Which schema a record has, and its upgrade by Alembic: all or nothing, content untouched.

Alembic is imported only where something must be upgraded: opening a record must not wait for it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy import Connection, inspect

from torquemon.record.errors import RecordError

NEWEST: Final = "0003"
"""The revision that `torquemon.record.models` describe."""
_KNOWN: Final = ("0001", "0002", NEWEST)
_APPLICATION_ID: Final = 0x544D5243
_FIRST: Final = "0001"


def found_revision(connection: Connection, path: Path) -> str | None:
    """Return the revision of a record; None for an empty database. Raises RecordError.

    The first record had no revision table; its one table and the file's version tell it.
    """
    tables = set(inspect(connection).get_table_names())
    if not tables:
        return None
    sqlite = connection.dialect.name == "sqlite"
    if sqlite and "alembic_version" not in tables:
        version = _pragma(connection, "user_version")
        if tables == {"record"} and version == 1:
            return _FIRST
        if tables == {"record"} and version > 1:
            raise RecordError(
                f"{path} was written by a newer version of TorqueMon: update this one"
            )
    foreign = "alembic_version" not in tables or "entry" not in tables
    if foreign or (sqlite and _pragma(connection, "application_id") != _APPLICATION_ID):
        raise RecordError(f"{path} is a database of another program: move it away")
    found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars().all()
    if len(found) == 1 and found[0] in _KNOWN:
        return str(found[0])
    raise RecordError(f"{path} was written by a newer version of TorqueMon: update this one")


def _pragma(connection: Connection, name: str) -> int:
    return int(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one())


def upgrade(connection: Connection, found: str | None, until: str = NEWEST) -> None:
    """Bring the schema to a revision, the newest, inside the caller's transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    if found == _FIRST:
        command.stamp(config, _FIRST)
    command.upgrade(config, until)
