"""Patterns of paths as users write them in settings."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path


def anchored(pattern: str, base: Path) -> str:
    """Make a pattern with a slash absolute; one without stands for a name at any depth."""
    pattern = pattern.replace("\\", "/").rstrip("/")
    if "/" not in pattern or pattern.startswith("**/") or Path(pattern).is_absolute():
        return pattern
    pattern = pattern.removeprefix("./")
    return re.sub(r"([*?[])", r"[\1]", base.absolute().as_posix()).rstrip("/") + "/" + pattern


@lru_cache(maxsize=256)
def compiled(pattern: str) -> re.Pattern[str]:
    """Translate a glob: ``**`` crosses folders, ``*`` and ``?`` do not; all below a match matches too."""
    body = "".join(_part(part) for part in re.findall(r"\*\*/?|\*|\?|\[[^\]]+\]|.", pattern, re.DOTALL))
    prefix = "" if "/" in pattern and not pattern.startswith("**/") else "(?:.*/)?"
    try:
        return re.compile(f"{prefix}{body}(?:/.*)?\\Z", re.DOTALL)
    except re.error:
        return re.compile(f"{prefix}{re.escape(pattern)}(?:/.*)?\\Z", re.DOTALL)


def _part(part: str) -> str:
    if part == "**/":
        return "(?:.*/)?"
    if part == "**":
        return ".*"
    if part in {"*", "?"}:
        return "[^/]" + part.replace("?", "")
    if len(part) > 1:
        inner = part[1:-1].replace("\\", "\\\\").replace("[", "\\[")
        return f"[{'^' + inner[1:] if inner.startswith('!') else inner}]"
    return re.escape(part)
