"""Schema upgrades of the record (Alembic). The schema is upgraded, content is never edited."""
