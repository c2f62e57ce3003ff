"""Measuring results: against the truth, and against each other."""
