"""Markdown suites: prose, code and what offloop is expected to say about it."""
