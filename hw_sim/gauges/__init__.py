"""Emulated torque gauges: they answer byte for byte as their makers document, errors included.

Nothing of the drivers is used here: a misreading of a format must not cancel itself out.
"""
