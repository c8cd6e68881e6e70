"""The chain of entries and the tables of their content; what the first record held stays."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

APPLICATION_ID: Final = 0x544D5243
"""Marks the file as a record ("TMRC")."""
_FILE_VERSION: Final = 2
"""Makes the first version of TorqueMon ask for an update instead of misreading the file."""
_TIME: Final = sa.DateTime(timezone=True)
_ERASED: Final = (
    "EXISTS (SELECT 1 FROM erasure WHERE chair_id = OLD.chair_id"
    " AND erased_number = OLD.entry_number)"
)
_made: list[str] = []


def _content(
    name: str, columns: list[sa.Column[Any]], *, said: bool = False, unique: str = ""
) -> None:
    """Make a table of content rows; `said` adds who said it and what it corrects."""
    by: list[sa.Column[Any]] = [
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("operator", sa.String(200), nullable=False),
        sa.Column("said_utc", _TIME, nullable=False),
        sa.Column("said_ns", sa.BigInteger(), nullable=False),
        sa.Column("replaces", sa.String(26), nullable=True),
    ]
    unique = "id" if said else unique
    op.create_table(
        name,
        sa.Column("chair_id", sa.String(26), nullable=False),
        sa.Column("entry_number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("part", sa.Integer(), autoincrement=False, nullable=False),
        *[*(by if said else []), *columns],
        sa.PrimaryKeyConstraint("chair_id", "entry_number", "part"),
        *([sa.UniqueConstraint(unique)] if unique else []),
    )
    _made.append(name)


def upgrade() -> None:
    """Make the tables, then what keeps them as they are."""
    _made.clear()
    _chain()
    _recorded()
    _said()
    _work()
    _indexes()
    if op.get_bind().dialect.name == "sqlite":
        _guard_sqlite()
        _drop_unused()
        op.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        op.execute(f"PRAGMA user_version = {_FILE_VERSION}")
    else:
        _guard_postgresql()


def _chain() -> None:
    op.create_table(
        "entry",
        sa.Column("chair_id", sa.String(26), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("insertion_id", sa.String(26), nullable=True),
        sa.Column("written_utc", _TIME, nullable=False),
        sa.Column("written_ns", sa.BigInteger(), nullable=False),
        sa.Column("software", sa.String(40), nullable=False),
        sa.Column("digest", sa.String(128), nullable=False),
        sa.Column("previous", sa.String(128), nullable=False),
        sa.Column("hash", sa.String(128), nullable=False),
        sa.Column("signature", sa.String(128), nullable=False),
        sa.PrimaryKeyConstraint("chair_id", "number"),
    )
    op.create_table(
        "salt",
        sa.Column("chair_id", sa.String(26), nullable=False),
        sa.Column("entry_number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("salt", sa.String(128), nullable=False),
        sa.PrimaryKeyConstraint("chair_id", "entry_number"),
    )


def _recorded() -> None:
    _content(
        "chair",
        [
            sa.Column("name", sa.String(200), nullable=False),
            sa.Column("made_utc", _TIME, nullable=False),
        ],
    )
    _content(
        "signing_key",
        [
            sa.Column("public_key", sa.String(128), nullable=False),
            sa.Column("why", sa.Text(), nullable=False),
        ],
    )
    _content(
        "insertion",
        [
            sa.Column("id", sa.String(26), nullable=False),
            sa.Column("purpose", sa.String(12), nullable=False),
            sa.Column("patient_ref", sa.String(200), nullable=False),
            sa.Column("operator", sa.String(200), nullable=False),
            sa.Column("origin", sa.String(10), nullable=False),
            sa.Column("complete", sa.Boolean(), nullable=False),
            sa.Column("opened_utc", _TIME, nullable=False),
            sa.Column("opened_ns", sa.BigInteger(), nullable=False),
            sa.Column("closed_utc", _TIME, nullable=True),
            sa.Column("folded_utc", _TIME, nullable=False),
            sa.Column("site", sa.String(200), nullable=True),
            sa.Column("fdi", sa.String(8), nullable=True),
            sa.Column("screw", sa.String(200), nullable=True),
            sa.Column("window", sa.String(200), nullable=True),
            sa.Column("window_id", sa.String(200), nullable=True),
            sa.Column("window_source", sa.Text(), nullable=True),
            sa.Column("profile_version", sa.String(200), nullable=True),
            sa.Column("limit_ncm", sa.Double(), nullable=True),
            sa.Column("armed_threshold_ncm", sa.Double(), nullable=True),
            sa.Column("maker", sa.String(200), nullable=True),
            sa.Column("model", sa.String(200), nullable=True),
            sa.Column("serial", sa.String(200), nullable=True),
            sa.Column("firmware", sa.String(200), nullable=True),
            sa.Column("calibrated", sa.String(10), nullable=True),
            sa.Column("accuracy_ncm", sa.Double(), nullable=True),
            sa.Column("software", sa.String(40), nullable=False),
            sa.Column("samples", sa.Integer(), nullable=False),
            sa.Column("missing_samples", sa.Integer(), nullable=False),
            sa.Column("duration_s", sa.Double(), nullable=False),
            sa.Column("problem", sa.Text(), nullable=True),
            sa.Column("description", sa.Text(), nullable=False),
        ],
        unique="id",
    )
    _content(
        "block",
        [
            sa.Column("insertion_id", sa.String(26), nullable=False),
            sa.Column("kind", sa.String(8), nullable=False),
            sa.Column("count", sa.Integer(), nullable=False),
            sa.Column("first_ns", sa.BigInteger(), nullable=False),
            sa.Column("last_ns", sa.BigInteger(), nullable=False),
            sa.Column("data", sa.LargeBinary(), nullable=False),
        ],
    )
    _content(
        "alert",
        [
            sa.Column("insertion_id", sa.String(26), nullable=False),
            sa.Column("raised_by", sa.String(12), nullable=False),
            sa.Column("code", sa.String(20), nullable=False),
            sa.Column("priority", sa.String(10), nullable=False),
            sa.Column("seq", sa.BigInteger(), nullable=True),
            sa.Column("time_s", sa.Double(), nullable=True),
            sa.Column("torque_ncm", sa.Double(), nullable=True),
            sa.Column("angle_deg", sa.Double(), nullable=True),
            sa.Column("why", sa.Text(), nullable=False),
            sa.Column("raised_utc", _TIME, nullable=True),
            sa.Column("raised_ns", sa.BigInteger(), nullable=True),
            sa.Column("acknowledged_utc", _TIME, nullable=True),
            sa.Column("acknowledged_ns", sa.BigInteger(), nullable=True),
            sa.Column("cleared_utc", _TIME, nullable=True),
            sa.Column("cleared_ns", sa.BigInteger(), nullable=True),
        ],
    )
    _content(
        "command",
        [
            sa.Column("insertion_id", sa.String(26), nullable=False),
            sa.Column("what", sa.String(20), nullable=False),
            sa.Column("asked_utc", _TIME, nullable=True),
            sa.Column("asked_ns", sa.BigInteger(), nullable=True),
            sa.Column("answer", sa.String(40), nullable=True),
            sa.Column("answered_utc", _TIME, nullable=True),
            sa.Column("answered_ns", sa.BigInteger(), nullable=True),
            sa.Column("asked", sa.Text(), nullable=True),
            sa.Column("read_back", sa.Text(), nullable=True),
        ],
    )
    _content(
        "event",
        [
            sa.Column("insertion_id", sa.String(26), nullable=False),
            sa.Column("what", sa.Text(), nullable=False),
            sa.Column("at_utc", _TIME, nullable=False),
            sa.Column("at_ns", sa.BigInteger(), nullable=False),
            sa.Column("fields", sa.Text(), nullable=False),
        ],
    )
    _content(
        "verdict",
        [
            sa.Column("insertion_id", sa.String(26), nullable=False),
            sa.Column("judge", sa.String(12), nullable=False),
            sa.Column("kind", sa.String(12), nullable=False),
            sa.Column("max_insertion_torque_ncm", sa.Double(), nullable=True),
            sa.Column("final_torque_ncm", sa.Double(), nullable=True),
            sa.Column("removal_torque_ncm", sa.Double(), nullable=True),
            sa.Column("window", sa.String(200), nullable=True),
            sa.Column("rule_version", sa.String(200), nullable=False),
            sa.Column("why", sa.Text(), nullable=False),
        ],
    )


def _said() -> None:
    _content(
        "link",
        [
            sa.Column("insertion_id", sa.String(26), nullable=False),
            sa.Column("relation", sa.String(20), nullable=False),
            sa.Column("other_id", sa.String(26), nullable=False),
        ],
        said=True,
    )
    _content(
        "finding",
        [
            sa.Column("insertion_id", sa.String(26), nullable=False),
            sa.Column("name", sa.String(40), nullable=False),
            sa.Column("value", sa.Text(), nullable=False),
        ],
        said=True,
    )
    _content(
        "note",
        [
            sa.Column("insertion_id", sa.String(26), nullable=False),
            sa.Column("text", sa.Text(), nullable=False),
        ],
        said=True,
    )
    _content(
        "outcome",
        [
            sa.Column("insertion_id", sa.String(26), nullable=False),
            sa.Column("state", sa.String(20), nullable=False),
            sa.Column("on_date", sa.Date(), nullable=False),
            sa.Column("text", sa.Text(), nullable=False),
        ],
        said=True,
    )
    _content(
        "signature",
        [
            sa.Column("insertion_id", sa.String(26), nullable=False),
            sa.Column("meaning", sa.String(40), nullable=False),
            sa.Column("signed_number", sa.BigInteger(), nullable=False),
            sa.Column("signed_hash", sa.String(128), nullable=False),
        ],
        said=True,
    )
    _content(
        "amendment",
        [
            sa.Column("insertion_id", sa.String(26), nullable=False),
            sa.Column("field", sa.String(40), nullable=False),
            sa.Column("old", sa.Text(), nullable=True),
            sa.Column("new", sa.Text(), nullable=True),
            sa.Column("why", sa.Text(), nullable=False),
        ],
        said=True,
    )
    _content(
        "person",
        [
            sa.Column("patient_ref", sa.String(200), nullable=False),
            sa.Column("name", sa.String(200), nullable=True),
            sa.Column("birth_date", sa.Date(), nullable=True),
        ],
        said=True,
    )
    _content(
        "erasure",
        [
            sa.Column("erased_number", sa.BigInteger(), nullable=False),
            sa.Column("why", sa.Text(), nullable=False),
        ],
        said=True,
    )


def _work() -> None:
    op.create_table(
        "fold",
        sa.Column("insertion_id", sa.String(26), primary_key=True),
        sa.Column("verified_utc", _TIME, nullable=False),
    )
    op.create_table(
        "destination",
        sa.Column("name", sa.String(60), primary_key=True),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("added_utc", _TIME, nullable=False),
    )
    op.create_table(
        "outbox",
        sa.Column("destination", sa.String(60), nullable=False),
        sa.Column("chair_id", sa.String(26), nullable=False),
        sa.Column("entry_number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("queued_utc", _TIME, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("last_try_utc", _TIME, nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("delivered_utc", _TIME, nullable=True),
        sa.ForeignKeyConstraint(["destination"], ["destination.name"]),
        sa.PrimaryKeyConstraint("destination", "chair_id", "entry_number"),
    )


def _indexes() -> None:
    op.create_index("ix_alert_insertion_id", "alert", ["insertion_id"])
    op.create_index("amendment_search", "amendment", ["field", "new", "insertion_id"])
    op.create_index("ix_amendment_insertion_id", "amendment", ["insertion_id"])
    op.create_index("ix_block_insertion_id", "block", ["insertion_id"])
    op.create_index("ix_command_insertion_id", "command", ["insertion_id"])
    op.create_index("entry_of_insertion", "entry", ["insertion_id"])
    op.create_index("ix_erasure_erased_number", "erasure", ["erased_number"])
    op.create_index("ix_event_insertion_id", "event", ["insertion_id"])
    op.create_index("ix_finding_insertion_id", "finding", ["insertion_id"])
    op.create_index("insertion_of_patient", "insertion", ["patient_ref"])
    op.create_index(
        "insertion_search",
        "insertion",
        ["opened_utc", "id", "patient_ref", "site", "screw", "serial"],
    )
    op.create_index("ix_link_insertion_id", "link", ["insertion_id"])
    op.create_index("ix_link_other_id", "link", ["other_id"])
    op.create_index("ix_note_insertion_id", "note", ["insertion_id"])
    op.create_index("ix_outcome_insertion_id", "outcome", ["insertion_id"])
    op.create_index("ix_person_patient_ref", "person", ["patient_ref"])
    op.create_index("ix_signature_insertion_id", "signature", ["insertion_id"])
    op.create_index("ix_verdict_insertion_id", "verdict", ["insertion_id"])
    op.create_index(
        "outbox_due", "outbox", ["destination", "delivered_utc", "chair_id", "entry_number"]
    )


def _guard_sqlite() -> None:
    refuse = "BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END"
    for name in ("entry", "salt", *_made):
        op.execute(f"CREATE TRIGGER {name}_fixed BEFORE UPDATE ON {name} {refuse}")
        # what an erasure names may go; the chain and the erasures themselves never
        when = "" if name in ("entry", "erasure") else f"WHEN NOT {_ERASED}"
        op.execute(f"CREATE TRIGGER {name}_kept BEFORE DELETE ON {name} {when} {refuse}")


def _drop_unused() -> None:
    """Leave the table of the first record only where it holds something."""
    held = op.get_bind().exec_driver_sql("SELECT count(*) FROM record").scalar()
    if not held:
        op.execute("DROP TABLE record")


def _guard_postgresql() -> None:
    op.execute(
        """
        CREATE FUNCTION record_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'the record is append-only'; END $$
        """
    )
    op.execute(
        f"""
        CREATE FUNCTION record_goes_only_if_erased() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF NOT {_ERASED} THEN RAISE EXCEPTION 'the record is append-only'; END IF;
          RETURN OLD;
        END $$
        """
    )
    for name in ("entry", "salt", *_made):
        kept = name in ("entry", "erasure")
        check = "record_is_append_only" if kept else "record_goes_only_if_erased"
        op.execute(
            f"CREATE TRIGGER {name}_fixed BEFORE UPDATE ON {name} "
            "FOR EACH ROW EXECUTE FUNCTION record_is_append_only()"
        )
        op.execute(
            f"CREATE TRIGGER {name}_kept BEFORE DELETE ON {name} "
            f"FOR EACH ROW EXECUTE FUNCTION {check}()"
        )


def downgrade() -> None:
    """Refuse: nothing that was recorded is given up."""
    raise NotImplementedError("a record is never taken back to an older schema")
