"""Measuring results: against annotations, and against each other."""
