"""A simulated handpiece, screw and jaw, for tests, demos and labelled curves.

Everything in here runs in simulated time from a seed; only `hw_sim.server` knows a real clock. It
shares the wire codec and the values with `torquemon`, nothing else, and the product never imports
it. What comes out of it is marked simulated (or replayed) for ever.
"""
