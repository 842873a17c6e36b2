"""Integrations of the stand-in."""
