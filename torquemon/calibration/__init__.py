"""A handpiece checked against a reference gauge: steps, fit, certificate, correction."""
