"""The parts of the dashboard. Each paints its own lines, and only when what it shows changed."""
