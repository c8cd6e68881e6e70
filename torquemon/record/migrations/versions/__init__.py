"""One file a schema version. A released one never changes."""
