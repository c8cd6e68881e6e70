"""The dashboard: it draws the monitor's view and sends orders, and owns nothing.

The rule of this room: what stands on the screen is what the monitor said less than a second ago.
When that is no longer so, the screen says so in words and shows no value at all.
"""
