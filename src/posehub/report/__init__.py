"""Measurements as HTML pages, each one file that needs no other file and no network."""
