"""TorqueMon: live insertion torque for orthodontic mini-implants."""

__version__ = "0.1.0"

DISCLAIMER = "Not a medical device; the handpiece's own limiter comes first."
"""Stands in the README, `--version`, the first screen and every report."""
