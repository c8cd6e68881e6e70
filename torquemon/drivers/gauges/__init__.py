"""Torque gauges as read-only sources: one small sans-I/O driver for each family of instruments.

A gauge never arms and never stops anything: what is sent to it asks for a value, or for its unit.
"""
