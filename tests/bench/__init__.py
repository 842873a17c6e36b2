"""Measures how fast offloop is."""
