"""One sample in, at most a few alerts out: pure arithmetic, no I/O, no clock."""
