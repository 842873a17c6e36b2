"""Writes the catalogs that come with offloop: ``python -m offloop.catalog.bundle VERSION... --sources DIR``.

DIR holds one folder a version, and each of them ``homeassistant/``.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from offloop.catalog.derive import derive
from offloop.catalog.load import BUNDLE
from offloop.catalog.shelf import SUFFIX, order, shelf
from offloop.library.model import Catalog, ClassSignature, FunctionSignature, ModuleSignature, Symbol


def lean(catalog: Catalog) -> Catalog:
    """Return a catalog without what only its own sources are needed for: lines and indices of signatures."""
    return replace(catalog, modules={name: _lean_module(module) for name, module in catalog.modules.items()})


def _lean_module(module: ModuleSignature) -> ModuleSignature:
    return replace(module, names={name: _lean_symbol(symbol) for name, symbol in module.names.items()})


def _lean_symbol(symbol: Symbol) -> Symbol:
    if isinstance(symbol, FunctionSignature):
        return symbol._replace(index=-1, line=0)
    if isinstance(symbol, ClassSignature):
        methods = {name: method._replace(index=-1, line=0) for name, method in symbol.methods.items()}
        return symbol._replace(index=-1, line=0, methods=methods)
    return symbol


def write(versions: Iterable[str], sources: Path, folder: Path = BUNDLE) -> None:
    """Derive these releases and write their catalogs, one file for two years; what was there before is removed."""
    files: dict[int, list[Catalog]] = {}
    for version in sorted(versions, key=order):
        # More in one file is smaller and slower to load.
        begin = order(version)[0] // 2 * 2
        files.setdefault(begin, []).append(lean(derive(sources / version, version)))
    folder.mkdir(exist_ok=True)
    for old in folder.glob(f"*{SUFFIX}"):
        old.unlink()
    for begin, catalogs in files.items():
        (folder / f"{begin}{SUFFIX}").write_bytes(shelf(catalogs))


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="offloop.catalog.bundle", description=__doc__)
    parser.add_argument("versions", nargs="+", metavar="VERSION")
    parser.add_argument("--sources", type=Path, required=True, metavar="DIR")
    options = parser.parse_args()
    write(options.versions, options.sources)


if __name__ == "__main__":
    main()
