"""Finished insertions as files in a folder that the practice software watches.

`naming` makes names, `sidecar` the JSON beside a report, `place` is the only file that touches the
disk, `owned` knows which files are ours, `told` what a receipt keeps of them, `writing` brings sets
there and away, `exporter` does what the outbox asks for.
"""
