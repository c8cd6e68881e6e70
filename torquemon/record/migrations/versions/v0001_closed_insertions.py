"""The first record: one row a closed insertion. Files of that version carry it already."""

from __future__ import annotations

from typing import Final

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_SQLITE: Final = (
    """
    CREATE TABLE record (
      insertion_id TEXT PRIMARY KEY,
      closed_utc TEXT NOT NULL,
      complete INTEGER NOT NULL,
      content TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TRIGGER record_kept BEFORE DELETE ON record
      BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END
    """,
    """
    CREATE TRIGGER record_fixed BEFORE UPDATE ON record
      BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END
    """,
)


def upgrade() -> None:
    """Make the table where it was ever used: in the file of a chair."""
    if op.get_bind().dialect.name == "sqlite":
        for statement in _SQLITE:
            op.execute(statement)


def downgrade() -> None:
    """Refuse: nothing that was recorded is given up."""
    raise NotImplementedError("a record is never taken back to an older schema")
