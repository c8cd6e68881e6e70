"""Recorded curves in, findings out: one curve, a manifest of them, a labelled set."""
