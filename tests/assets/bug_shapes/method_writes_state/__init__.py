"""A platform alone."""
