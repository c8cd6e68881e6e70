"""How the sending of insertions to folder, FHIR and DICOM stands; no part of the evidence."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TIME: Final = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make two tables beside the outbox."""
    op.create_table(
        "delivery",
        sa.Column("destination", sa.String(60), nullable=False),
        sa.Column("insertion_id", sa.String(26), nullable=False),
        sa.Column("chair_id", sa.String(26), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=True),
        sa.Column("delivered_utc", _TIME, nullable=True),
        sa.Column("refs", sa.Text(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_utc", _TIME, nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("parked_utc", _TIME, nullable=True),
        sa.ForeignKeyConstraint(["destination"], ["destination.name"]),
        sa.PrimaryKeyConstraint("destination", "insertion_id"),
    )
    op.create_table(
        "attempt",
        sa.Column("destination", sa.String(60), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_utc", _TIME, nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["destination"], ["destination.name"]),
        sa.PrimaryKeyConstraint("destination"),
    )


def downgrade() -> None:
    """Refuse: nothing that was recorded is given up."""
    raise NotImplementedError("a record is never taken back to an older schema")
