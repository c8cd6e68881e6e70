"""The monitor: one process per chair that owns the port, judges, stops, and keeps the journal."""
