"""The catalogs of several releases in one file.

Most modules are the same in neighbouring releases, and the others alike: each is kept once, next to its
other versions, and all are compressed as one. A file begins with a line that names its releases.
"""

from __future__ import annotations

import marshal
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from offloop.catalog.store import DAMAGE, MARSHAL, DamagedCatalogError, joined, parts, sealed, unsealed
from offloop.library.model import Catalog

SUFFIX = ".catalogs"
_MAGIC = b"offloop catalogs "
_LONGEST_LINE = 10_000
_WINDOW = 1 << 23
_PIECE = 1 << 20
_NUMBERS = re.compile(r"\d+")


def order(version: str) -> tuple[int, ...]:
    """Return what sorts releases by age."""
    return tuple(int(part) for part in _NUMBERS.findall(version))


def shelf(catalogs: Sequence[Catalog]) -> bytes:
    """Return the bytes of a file with some catalogs; their source roots are left out."""
    import lzma  # noqa: PLC0415 - some builds of Python lack it

    blobs: dict[tuple[str, bytes], int] = {}
    stored = [(catalog.version, *parts(catalog)) for catalog in catalogs]
    names = sorted({name for _, _, modules in stored for name in modules})
    for name in ("", *names):
        for _, core, modules in stored:
            blob = modules.get(name) if name else core
            if blob is not None:
                blobs.setdefault((name, blob), len(blobs))
    index = {
        "lengths": [len(blob) for _, blob in blobs],
        "releases": {
            version: (blobs["", core], {name: blobs[name, blob] for name, blob in modules.items()})
            for version, core, modules in stored
        },
    }
    head = marshal.dumps(index, MARSHAL)
    body = len(head).to_bytes(4, "big") + head + b"".join(blob for _, blob in blobs)
    line = " ".join(version for version, _, _ in stored).encode()
    # The versions of a module are neighbours: a dictionary holds several modules, and reading needs no more.
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 9, "dict_size": _WINDOW}]
    packed = lzma.compress(body, format=lzma.FORMAT_XZ, check=lzma.CHECK_NONE, filters=filters)
    return sealed(_MAGIC + line + b"\n", packed)


def versions_in(path: Path) -> list[str]:
    """Return the releases of a file from its first line; raises OSError, DamagedCatalogError."""
    with path.open("rb") as file:
        line = file.readline(_LONGEST_LINE)
    if not line.startswith(_MAGIC) or not line.endswith(b"\n"):
        raise DamagedCatalogError("not a file of catalogs")
    return line[len(_MAGIC) :].decode("ascii", "replace").split()


def read_release(path: Path, version: str) -> Catalog:
    """Return the catalog of a release from a file; raises OSError, DamagedCatalogError."""
    try:
        import lzma  # noqa: PLC0415 - some builds of Python lack it
    except ImportError as error:
        raise DamagedCatalogError("this Python cannot read xz") from error
    data = path.read_bytes()
    line = data[: data.find(b"\n") + 1]
    try:
        return _release(_Text(unsealed(line, data)), version)
    except (*DAMAGE, lzma.LZMAError) as error:
        raise DamagedCatalogError(str(error)) from error


class _Text:
    """The decompressed text, read from its begin to its end: all of it at once would be a hundred times a catalog."""

    def __init__(self, packed: memoryview) -> None:
        import lzma  # noqa: PLC0415 - some builds of Python lack it

        self._decompressor = lzma.LZMADecompressor(lzma.FORMAT_XZ)
        self._packed = packed
        self._ready = b""

    def read(self, length: int) -> bytes:
        """Return the next bytes; raises EOFError where there are fewer."""
        pieces = []
        while length:
            if not self._ready:
                self._ready = self._next()
            pieces.append(self._ready[:length])
            self._ready = self._ready[length:]
            length -= len(pieces[-1])
        return b"".join(pieces)

    def _next(self) -> bytes:
        if self._decompressor.eof:
            raise EOFError("the text ends too early")
        packed, self._packed = self._packed, memoryview(b"")
        piece = self._decompressor.decompress(packed, _PIECE)
        if not piece and self._decompressor.needs_input:
            raise EOFError("the text ends too early")
        return piece


def _release(text: _Text, version: str) -> Catalog:
    index: dict[str, Any] = marshal.loads(text.read(int.from_bytes(text.read(4), "big")))  # noqa: S302  (plain data)
    core, modules = index["releases"][version]
    wanted = {core, *modules.values()}
    blobs: dict[int, bytes] = {}
    for number, length in enumerate(index["lengths"]):
        blob = text.read(length)
        if number in wanted:
            blobs[number] = blob
    return joined(blobs[core], {name: blobs[number] for name, number in modules.items()}, None)
