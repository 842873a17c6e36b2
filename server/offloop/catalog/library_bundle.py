"""Writes the summaries of libraries that come with offloop: ``python -m offloop.catalog.library_bundle``.

Takes folders of packages as an environment has them, and the distributions wanted. One version of each is kept.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from offloop.catalog.libraries import derive_library, library_files, read_library
from offloop.catalog.library_shelf import BUNDLE, Label
from offloop.catalog.shelf import shelf
from offloop.library.model import (
    ATTRIBUTE,
    Alias,
    Catalog,
    ClassSignature,
    Dispatch,
    FunctionSignature,
    HandOff,
    ModuleSignature,
    Origin,
    Symbol,
    Type,
)
from offloop.resolve.world import World

_ALWAYS = ("__init__", "__call__")


def installed(folders: Iterable[Path]) -> Iterator[Label]:
    """Yield the distributions in folders of packages with each top-level package of theirs."""
    for folder in folders:
        for info in sorted(folder.glob("*.dist-info")):
            fields = dict(_fields(info / "METADATA"))
            name, version = fields.get("Name"), fields.get("Version")
            if not name or not version:
                continue
            for root in _roots(info, name):
                if (folder / root).is_dir() or (folder / f"{root}.py").is_file():
                    yield Label(root, name, version)


def _fields(metadata: Path) -> Iterator[tuple[str, str]]:
    try:
        lines = metadata.read_text("utf-8", "replace").splitlines()
    except OSError:
        return
    for line in lines:
        if not line:
            return  # what follows is the description
        key, colon, value = line.partition(": ")
        if colon:
            yield key, value.strip()


def _roots(info: Path, name: str) -> list[str]:
    """Return the top-level packages of a distribution: as listed, else those of its files, else its name."""
    listed, record = info / "top_level.txt", info / "RECORD"
    if listed.is_file():
        return listed.read_text("utf-8", "replace").split()
    if record.is_file():
        lines = record.read_text("utf-8", "replace").splitlines()
        firsts = (line.partition(",")[0].partition("/")[0].removesuffix(".py") for line in lines)
        return sorted({first for first in firsts if first.isidentifier()})
    return [name.replace("-", "_")]


# -------------------------------------------------------------------- only what is needed
def lean_library(library: Catalog, label: Label) -> Catalog:
    """Return of a library's summary what is its own and leads to its hand-offs, entries and overridable methods."""
    root = label.root
    within = f"{root}."
    reaching = _reaching(library)
    handoffs = {
        api: kept
        for api, found in library.handoffs.items()
        if api.startswith(within) and (kept := tuple(_lean_handoffs(found, label, reaching)))
    }
    runners = {runner for found in handoffs.values() for handoff in found for runner in handoff.runners}
    overridable = frozenset(_overridable(library, root))
    callers = dict(_closure(runners | overridable, library.callers))
    entries = tuple(
        entry._replace(origin=_labelled(entry.origin, label))
        for entry in library.entry_points
        if entry.class_name.startswith(within)
    )
    wanted = {*handoffs, *runners, *callers, *(one for found in callers.values() for one in found)}
    wanted.update(f"{entry.class_name}.{entry.method}" for entry in entries)
    # Who calls one of these starts the thread; the call has to be known.
    wanted.update(needed for found in handoffs.values() for handoff in found for needed in handoff.needs)
    wanted.update(needed for entry in entries for needed in entry.needs)
    modules = {name: module for name, module in library.modules.items() if f"{name}.".startswith(within)}
    return replace(
        library,
        version=label.text,
        modules=lean_modules(modules, frozenset(wanted)),
        handoffs=handoffs,
        entry_points=entries,
        callers=callers,
    )


def _overridable(library: Catalog, root: str) -> Iterator[str]:
    """Yield the public methods, called by the library itself, of the classes that its front module offers."""
    world = World({}, library.modules)
    front = library.modules.get(root)
    for name in front.names if front is not None else ():
        cls = world.class_named(f"{root}.{name}")
        for ancestor in world.ancestry(Type(cls.dotted)) if cls is not None else ():
            known = world.class_named(ancestor.name)
            for method in known.methods if known is not None else ():
                if _is_public(method) and f"{ancestor.name}.{method}" in library.callers:
                    yield f"{ancestor.name}.{method}"


def _reaching(library: Catalog) -> frozenset[str]:
    """Return the functions that somebody outside may make run: public ones, and what these call."""
    return frozenset(
        function
        for function in {*library.callers, *(one for found in library.callers.values() for one in found)}
        if any(_is_public(one) for one in (function, *_above(function, library.callers)))
    )


def _above(function: str, callers: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    for _, found in _closure({function}, callers):
        yield from found


def _closure(
    functions: Iterable[str], callers: Mapping[str, tuple[str, ...]]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the callers of functions, and of these, and so on."""
    waiting, seen = sorted(functions), set(functions)
    while waiting:
        current = waiting.pop()
        found = callers.get(current, ())
        if found:
            yield current, found
        for caller in found:
            if caller not in seen:
                seen.add(caller)
                waiting.append(caller)


def _is_public(dotted: str) -> bool:
    return "<locals>" not in dotted and not dotted.rpartition(".")[2].startswith("_")


def _lean_handoffs(found: Iterable[HandOff], label: Label, reaching: frozenset[str]) -> Iterator[HandOff]:
    for handoff in found:
        if handoff.dispatch is Dispatch.KEPT and not any(
            runner in reaching or _is_public(runner) for runner in handoff.runners
        ):
            continue
        if handoff.way and handoff.index == ATTRIBUTE and handoff.dispatch is Dispatch.KEPT:
            continue  # nobody is known who stores a listener where the library is driven by its users
        yield handoff._replace(origin=_labelled(handoff.origin, label))


def _labelled(origin: Origin, label: Label) -> Origin:
    """Return an origin whose file names the version that was read, and the file below the packages' folder."""
    parts = Path(origin.file).parts
    if label.root in parts:
        parts = parts[parts.index(label.root) :]
    return Origin("/".join((f"{label.distribution} {label.version}", *parts)), origin.line)


def lean_modules(
    modules: Mapping[str, ModuleSignature], wanted: frozenset[str]
) -> dict[str, ModuleSignature]:
    """Return modules without all that neither is wanted nor leads to the class of something that is."""
    classes = {
        symbol.dotted: symbol
        for module in modules.values()
        for symbol in module.names.values()
        if isinstance(symbol, ClassSignature) and symbol.module == module.name
    }
    kept = {name for name in classes if any(_holds(name, one) for one in wanted)}
    names = {name.rpartition(".")[2] for name in kept}
    while True:
        more = {
            name
            for name, cls in classes.items()
            if name not in kept and (_bases_of(cls, names, kept) or _leads(cls, names))
        }
        if not more:
            break
        kept |= more
        names |= {name.rpartition(".")[2] for name in more}
    found: dict[str, ModuleSignature] = {}
    for module in modules.values():
        symbols = dict(_lean_symbols(module, kept, names, wanted))
        if symbols or module.is_package:
            found[module.name] = replace(module, path="", names=symbols)
    return found


def _holds(cls: str, wanted: str) -> bool:
    return wanted.startswith(f"{cls}.")


def _bases_of(cls: ClassSignature, names: set[str], kept: set[str]) -> bool:
    return cls.dotted in kept or any(base.name.rpartition(".")[2] in names for base in cls.bases)


def _leads(cls: ClassSignature, names: set[str]) -> bool:
    """Whether an attribute or a result of a class is of one of some classes."""
    kinds = (*cls.attributes.values(), *(m.returns for m in cls.methods.values()))
    return any(_mentions(kind, names) for kind in kinds)


def _mentions(kind: Type | None, names: set[str]) -> bool:
    if kind is None:
        return False
    return kind.name.rpartition(".")[2] in names or any(_mentions(arg, names) for arg in kind.args)


def _lean_symbols(
    module: ModuleSignature, kept: set[str], names: set[str], wanted: frozenset[str]
) -> Iterator[tuple[str, Symbol]]:
    for name, symbol in module.names.items():
        match symbol:
            case ClassSignature() if symbol.dotted in kept:
                yield name, _lean_class(symbol, names, wanted)
            case FunctionSignature() if symbol.dotted in wanted or _mentions(symbol.returns, names):
                yield name, _lean_function(symbol)
            case Alias(dotted) if dotted.rpartition(".")[2] in names or dotted in wanted:
                yield name, symbol


def _lean_class(cls: ClassSignature, names: set[str], wanted: frozenset[str]) -> ClassSignature:
    methods = {
        name: _lean_function(method)
        for name, method in cls.methods.items()
        if name in _ALWAYS or method.dotted in wanted or _mentions(method.returns, names)
    }
    attributes = {name: kind for name, kind in cls.attributes.items() if _mentions(kind, names)}
    return cls._replace(index=-1, line=0, methods=methods, attributes=attributes)


def _lean_function(function: FunctionSignature) -> FunctionSignature:
    return function._replace(index=-1, line=0, parameters=())


# -------------------------------------------------------------------- writing
def summaries(folders: Iterable[Path], distributions: Iterable[str]) -> Iterator[Catalog]:
    """Yield the lean summaries of distributions; those that hand nothing over are left out."""
    folders = list(folders)
    named = {_normal(name) for name in distributions}
    for label in installed(folders):
        if _normal(label.distribution) in named and library_files(folders, label.root):
            library = derive_library(label.root, read_library(folders, label.root))
            lean = lean_library(library, label)
            if lean.handoffs or lean.entry_points:
                yield lean


def _normal(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="offloop.catalog.library_bundle", description=__doc__)
    parser.add_argument("distributions", nargs="+", metavar="DISTRIBUTION")
    parser.add_argument("--packages", type=Path, action="append", required=True, metavar="DIR")
    parser.add_argument("--out", type=Path, default=BUNDLE, metavar="FILE")
    options = parser.parse_args()
    found = list(summaries(options.packages, options.distributions))
    options.out.write_bytes(shelf(found))


if __name__ == "__main__":
    main()
