"""Benchmarks: each prints two things measured in one run and their ratio. See `make bench`."""
