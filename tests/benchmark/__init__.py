"""Measures offloop on bugs that real releases of Home Assistant had."""
