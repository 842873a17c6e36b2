"""Changes of files as a unified diff that ``patch`` and ``git apply`` take."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from offloop.text import LineIndex

if TYPE_CHECKING:
    from offloop.cli.run import Change


def unified(change: Change, name: str) -> str:
    """Return the diff of one file, its line ends kept."""
    lines = difflib.unified_diff(_lines(change.old), _lines(change.new), name, name)
    return "".join(
        line if line.endswith(("\n", "\r")) else f"{line}\n\\ No newline at end of file\n" for line in lines
    )


def _lines(text: str) -> list[str]:
    # str.splitlines would break at form feeds, too.
    index = LineIndex(text)
    ends = [*index.starts[1:], len(text)]
    lines = [text[start:end] for start, end in zip(index.starts, ends, strict=True)]
    return lines if lines[-1] else lines[:-1]
