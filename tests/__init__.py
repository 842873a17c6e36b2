"""Tests of offloop."""
