"""The version of this offloop."""

from __future__ import annotations


def version() -> str:
    """Return the installed version, "unknown" for a plain checkout."""
    from importlib import metadata  # noqa: PLC0415 - slow to load, rarely needed

    try:
        return metadata.version("offloop")
    except metadata.PackageNotFoundError:
        return "unknown"
