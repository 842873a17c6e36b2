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

from offloop.catalog.store import DAMAGE, DamagedCatalogError, joined, parts, sealed, unsealed
from offloop.library.model import Catalog

SUFFIX = ".catalogs"
_MAGIC = b"offloop catalogs "
_MARSHAL = 4
_LONGEST_LINE = 10_000
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
    head = marshal.dumps(index, _MARSHAL)
    body = len(head).to_bytes(4, "big") + head + b"".join(blob for _, blob in blobs)
    line = " ".join(version for version, _, _ in stored).encode()
    # A dictionary as long as the text lets the last release refer to the first.
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 9, "dict_size": 1 << 26}]
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
        body = lzma.decompress(unsealed(line, data))
        return _release(memoryview(body), version)
    except (*DAMAGE, lzma.LZMAError) as error:
        raise DamagedCatalogError(str(error)) from error


def _release(body: memoryview, version: str) -> Catalog:
    start = 4 + int.from_bytes(body[:4], "big")
    index: dict[str, Any] = marshal.loads(body[4:start])  # noqa: S302  (plain data only)
    core, modules = index["releases"][version]
    ends = [start]
    for length in index["lengths"]:
        ends.append(ends[-1] + length)
    wanted = {name: bytes(body[ends[blob] : ends[blob + 1]]) for name, blob in modules.items()}
    return joined(bytes(body[ends[core] : ends[core + 1]]), wanted, None)
