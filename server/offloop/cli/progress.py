"""How far a long check is, on a terminal only."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import TextIO, TypeVar

_Item = TypeVar("_Item")
_INTERVAL = 0.1
_MANY = 4


def watched(items: Iterable[_Item], total: int, stream: TextIO, is_quiet: bool) -> Iterator[_Item]:
    """Yield all items and keep one line of the terminal up to date meanwhile."""
    if is_quiet or total < _MANY or not stream.isatty():
        yield from items
        return
    said = 0.0
    try:
        for number, item in enumerate(items, 1):
            yield item
            now = time.monotonic()
            if now - said >= _INTERVAL:
                said = now
                stream.write(f"\r\033[KChecked {number} of {total} integrations")
                stream.flush()
    finally:
        stream.write("\r\033[K")
        stream.flush()
