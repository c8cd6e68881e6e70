"""Run by Alembic with the connection that `torquemon.record.schema` hands over."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

from torquemon.record.models import Base


def run(connection: Connection) -> None:
    """Run the migrations inside the caller's transaction: all or none."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        transactional_ddl=True,
        compare_type=True,
    )
    context.run_migrations()


run(context.config.attributes["connection"])
