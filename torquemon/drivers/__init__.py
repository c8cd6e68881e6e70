"""Drivers: bytes in, messages out. See PROTOCOL.md for the wire."""
