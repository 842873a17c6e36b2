"""What a library's own source tells: in which thread it calls the functions that it is given.

A library is read as Home Assistant is: the same facts, the same call graph. Nothing of it is imported or
executed; compiled parts stay unknown. What is found is joined to the catalog of a check:

- Tokens stand for callable parameters and for what users store in public attributes (``attribute_tokens`` of
  ``inference/libraries.py``). ``library_handoffs`` says where each is called: in a thread or loop of the
  library's (THREAD, LOOP), by the function itself (CALLER), or by functions that run it where *they* are called
  (KEPT, with its ``runners``). A class's own thread is not that of its siblings (``within``).
- Users hand over objects, too, and factories of objects. A token takes a way to the method that is called
  (``inference/handed_objects.py``), by name: users' classes need not derive from one of the library's.
- ``library_threads``: a thread that some function starts is there only where that is called (``needs``). A
  package with an event loop in a thread of its own has no coroutine in Home Assistant's loop.
- ``Catalog.callers`` are the calls inside the library. In a check, a slot per library function holds what a call
  of it runs: kept callables, and overrides of its methods.

What is not at hand is told of by ``bundled/libraries.summaries`` (``library_bundle`` writes it): one version of
each, named in every trace that rests on it. Where only what a library builds on is missing, its own source is read
over the bundled summary of that.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import MappingProxyType

from offloop.catalog.entries import EntryFinder
from offloop.catalog.handoffs import callable_parameters, listener_classes
from offloop.catalog.library_handoffs import Lineage, calls_within, library_handoffs
from offloop.catalog.library_shelf import BUNDLE, bundled_labels, bundled_library
from offloop.catalog.library_threads import Threads, packages_with_loops
from offloop.catalog.load import cache_folder, own_version, read_cached, write_cached
from offloop.catalog.locate import site_packages
from offloop.catalog.made_objects import calls_of_made_objects, entries_of_made_objects
from offloop.catalog.named_calls import calls_by_begin, calls_by_name
from offloop.catalog.store import FORMAT, dump
from offloop.facts.extract import extract
from offloop.facts.model import ModuleFacts
from offloop.inference.analysis import contexts
from offloop.inference.callgraph import CallGraph
from offloop.inference.context import FunctionId
from offloop.inference.parts import edges
from offloop.inference.program import ModuleInput, Program
from offloop.inference.seeds import entry_seeds
from offloop.inference.started import without_unstarted
from offloop.library.model import Alias, Catalog, ClassSignature, FunctionSignature, ModuleSignature
from offloop.library.overrides import LOOP_NAMES
from offloop.source import Problem, read_source

# Reading takes a second of CPU for each two million characters or so: bounds in text keep the result the same on
# every machine, where bounds in time would not.
_MAX_FILES = 400
_MAX_TEXT = 6_000_000
_MAX_TEXT_IN_ALL = 60_000_000
_PIN = re.compile(r"\s*([A-Za-z0-9._-]+)(?:\[[^]]*\])?\s*===?\s*([^\s;,]+)")
_OWN = frozenset({"homeassistant", "custom_components"})
NOTHING = Catalog("", "", None, {}, {}, (), {}, {}, frozenset())


def imported_libraries(modules: Iterable[ModuleFacts]) -> frozenset[str]:
    """Return the top-level packages that texts import, the standard library and Home Assistant apart."""
    return frozenset(
        root
        for facts in modules
        for statement in facts.imports
        if statement.level == 0 and (root := statement.module.partition(".")[0]) not in _OWN
        if root and root not in sys.stdlib_module_names
    )


def library_files(folders: Iterable[Path], root: str) -> list[tuple[str, Path, bool]]:
    """Return (module, path, is package) of a library found in folders of packages; empty where it is not there."""
    for folder in folders:
        single, package = folder / f"{root}.py", folder / root
        if package.is_dir():
            paths = sorted(package.rglob("*.py"))[: _MAX_FILES + 1]
            return list(_modules(folder, paths)) if len(paths) <= _MAX_FILES else []
        if single.is_file():
            return [(root, single, False)]
    return []


def _modules(folder: Path, paths: Iterable[Path]) -> Iterator[tuple[str, Path, bool]]:
    for path in paths:
        parts = path.relative_to(folder).with_suffix("").parts
        if any(part in ("tests", "test") for part in parts[:-1]):
            continue
        is_package = parts[-1] == "__init__"
        yield ".".join(parts[:-1] if is_package else parts), path, is_package


@cache
def _judgement() -> str:
    """Return what changes when offloop's own judgement does; looked at once, there are many libraries."""
    try:
        bundle = BUNDLE.stat()
    except OSError:
        return own_version()
    return f"{own_version()} {bundle.st_size} {bundle.st_mtime_ns}"


def fingerprint(folders: Iterable[Path], files: Iterable[tuple[str, Path, bool]]) -> str:
    """Return what identifies a library without reading it: its files, and which packages lie beside it."""
    digest = hashlib.blake2b(digest_size=12)
    digest.update(f"{FORMAT} {_judgement()} {sys.version_info[:2]}".encode())
    for folder in folders:
        with suppress(OSError):
            digest.update(f"{folder} {folder.stat().st_mtime_ns}".encode())
    for module, path, _ in files:
        try:
            state = path.stat()
        except OSError:
            continue
        digest.update(f"{module} {state.st_size} {state.st_mtime_ns}".encode())
    return digest.hexdigest()


def read_library(folders: Iterable[Path], root: str) -> list[ModuleInput]:
    """Read a library and the libraries that it builds on, as far as they lie in the folders and are not too many."""
    folders = list(folders)
    inputs: dict[str, ModuleInput] = {}
    waiting, seen = [root], {root}
    left = _MAX_TEXT
    while waiting and len(inputs) < _MAX_FILES:
        files = library_files(folders, waiting.pop(0))
        size = sum(_size(path) for _, path, _ in files)
        if len(inputs) + len(files) > _MAX_FILES or size > left:
            continue
        left -= size
        for module, path, is_package in files:
            source = read_source(str(path), module, is_package)
            if isinstance(source, Problem):
                continue
            facts = extract(source.text)
            inputs[module] = ModuleInput(module, str(path), is_package, source.text, facts)
            wanted = imported_libraries((facts,)) - seen
            seen.update(wanted)
            waiting.extend(sorted(wanted))
    return list(inputs.values())


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def derive_library(root: str, inputs: Iterable[ModuleInput], beneath: Catalog = NOTHING) -> Catalog:
    """Return what a library tells as a catalog of its own: signatures, hand-offs, methods it runs in threads.

    ``beneath`` tells of what it builds on and whose source is not among the inputs.
    """
    program = Program(inputs, beneath.modules, LOOP_NAMES, frozenset())
    listeners = listener_classes(program)
    graph = CallGraph(
        program.world,
        program.evaluator,
        dict(beneath.handoffs),
        follow_stars=False,
        callers=beneath.callers,
        listeners=listeners,
    )
    tokens = callable_parameters(program, in_collections=True, listeners=listeners)
    graph.build(tokens, summarise_attributes=True)
    begun = without_unstarted(graph, entry_seeds(program, beneath, root))
    callers = calls_within(program, graph.calls)
    made = (*calls_of_made_objects(program, graph), *calls_by_begin(program))
    graph.calls.extend(one.edge for one in made)
    graph.calls.extend(calls_by_name(program))
    summaries = contexts(program, graph, begun)
    own_loops = packages_with_loops(program, graph, summaries)
    if own_loops:
        summaries = contexts(program, graph, begun, own_loops=own_loops)
    carried = list(edges(program, graph))
    threads = Threads(program, graph, carried, summaries)
    handoffs = library_handoffs(program, graph, Lineage(program, carried, summaries), threads, root)
    entries = tuple(
        entry._replace(needs=threads.needed(function))
        for entry in (
            *EntryFinder(program, handoffs, summaries).derive(),
            *entries_of_made_objects(program, made, summaries),
        )
        if entry.runs_in == "worker"
        and not entry.method.startswith("_")
        and (function := _named(program, entry.via)) is not None
    )
    own = replace(
        NOTHING,
        version=root,
        modules={name: module.signature for name, module in program.world.analysed.items()},
        entry_points=entries,
        handoffs=handoffs,
        callers=callers,
    )
    return _join(own, (beneath,)) if beneath is not NOTHING else own


def told_beneath(
    inputs: Iterable[ModuleInput], bundled: Callable[[str], Catalog | None] = bundled_library
) -> Catalog:
    """Return what bundled summaries tell of the packages that a library builds on and that are not among the inputs."""
    inputs = list(inputs)
    read = {item.name.partition(".")[0] for item in inputs}
    wanted = sorted(imported_libraries(item.facts for item in inputs) - read)
    told = [library for root in wanted if (library := bundled(root)) is not None]
    return _join(NOTHING, told) if told else NOTHING


def _named(program: Program, dotted: str) -> FunctionId | None:
    found = program.world.find(dotted)
    return FunctionId(found.module, found.index) if isinstance(found, FunctionSignature) else None


def libraries_of(python: str | None, source_root: str | None) -> Libraries:
    """Return the libraries of the ``python`` setting, and of the environment that Home Assistant was found in.

    Bundled summaries speak of those that are not there.
    """
    folders = site_packages(Path(python)) if python else []
    if source_root is not None and Path(source_root).name in ("site-packages", "dist-packages"):
        folders.append(Path(source_root))
    return Libraries(dict.fromkeys(folders))


class Libraries:
    """What the libraries in some folders of packages tell; each is read once and kept in the cache.

    ``known`` are summaries that are at hand already, by top-level package. Without ``bundle``, libraries that are
    not there stay unknown.
    """

    def __init__(
        self,
        folders: Iterable[Path],
        *,
        use_cache: bool = True,
        known: Mapping[str, Catalog] = MappingProxyType({}),
        bundle: bool = True,
    ) -> None:
        self.folders = list(folders)
        self._use_cache = use_cache
        self._known: dict[str, Catalog | None] = dict(known)
        self._joined: dict[frozenset[str], Catalog] = {}
        self._differing: dict[tuple[frozenset[str], tuple[str, ...]], tuple[str, ...]] = {}
        self._bundled = bundled_library if bundle else _nothing
        self._left = _MAX_TEXT_IN_ALL
        self._notices: list[str] = []

    def extend(self, catalog: Catalog, modules: Iterable[ModuleFacts]) -> Catalog:
        """Return a catalog that also speaks of the libraries that texts import."""
        imported = imported_libraries(modules)
        joined = self._joined.get(imported)
        if joined is None:
            told = self._told(imported)
            joined = _join(catalog, [told[root] for root in sorted(told)]) if told else catalog
            self._joined[imported] = joined
        return joined

    def new_notices(self) -> list[str]:
        """Return what users are to know of libraries that were not read, each once."""
        notices, self._notices = self._notices, []
        return notices

    def of_other_versions(
        self, modules: Iterable[ModuleFacts], requirements: tuple[str, ...]
    ) -> tuple[str, ...]:
        """Return what users are to know of bundled summaries of other versions than an integration pins."""
        key = (imported_libraries(modules), requirements)
        known = self._differing.get(key)
        if known is None:
            known = self._differing[key] = tuple(self._compared(*key))
        return known

    def _compared(self, imported: frozenset[str], requirements: Iterable[str]) -> Iterator[str]:
        pinned = {_normal(pin[1]): pin[2] for one in requirements if (pin := _PIN.match(one)) is not None}
        told = self._told(imported) if pinned else {}
        for root, library in sorted(told.items()):
            label = bundled_labels().get(root) if library is self._bundled(root) else None
            version = pinned.get(_normal(label.distribution)) if label is not None else None
            if label is not None and version not in (None, label.version):
                yield (
                    f"{label.distribution} {version} is required, and not at hand; in which threads it calls what "
                    f"it is given is told by a bundled summary of {label.version} (--python names an environment "
                    "that has it)"
                )

    def _told(self, imported: Iterable[str]) -> dict[str, Catalog]:
        """Return the summaries of libraries, and of the bundled ones that these build on."""
        told: dict[str, Catalog] = {}
        waiting = sorted(imported)
        while waiting:
            root = waiting.pop()
            library = self._library(root) if root not in told else None
            if library is not None:
                told[root] = library
                if library is self._bundled(root):
                    waiting.extend(_beneath(library))
        return told

    def _library(self, root: str) -> Catalog | None:
        if root not in self._known:
            self._known[root] = self._load(root)
        return self._known[root]

    def _load(self, root: str) -> Catalog | None:
        files = library_files(self.folders, root)
        if not files:
            return self._bundled(root)
        alone = "-alone" if self._bundled is _nothing else ""
        path = cache_folder() / f"library-{root}-{fingerprint(self.folders, files)}{alone}.catalog"
        cached = read_cached(path, None) if self._use_cache else None
        if cached is not None:
            return cached
        inputs = read_library(self.folders, root)
        size = sum(len(item.text) for item in inputs)
        if not inputs or size > self._left:
            self._notices.append(
                f"{root}: the library is not read, it or all of them together are too large; "
                "in which threads it calls what it is given is taken from a bundled summary or stays unknown"
            )
            return self._bundled(root)
        self._left -= size
        library = derive_library(root, inputs, told_beneath(inputs, self._bundled))
        if self._use_cache:
            write_cached(path, dump(library))
        return library


def _normal(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()


def _nothing(_root: str) -> Catalog | None:
    return None


def _beneath(library: Catalog) -> Iterator[str]:
    """Yield the packages that a bundled summary builds on and does not tell of itself."""
    own = {name.partition(".")[0] for name in library.modules}
    for name in library.modules:
        for symbol in library.modules[name].names.values():
            kinds = symbol.bases if isinstance(symbol, ClassSignature) else ()
            for dotted in (symbol.dotted,) if isinstance(symbol, Alias) else (kind.name for kind in kinds):
                root = dotted.partition(".")[0]
                if root not in own and root in bundled_labels():
                    yield root


def _join(catalog: Catalog, libraries: Iterable[Catalog]) -> Catalog:
    modules: list[Mapping[str, ModuleSignature]] = [catalog.modules]
    handoffs = dict(catalog.handoffs)
    entries = list(catalog.entry_points)
    callers = dict(catalog.callers)
    for library in libraries:
        modules.append(library.modules)
        handoffs.update(library.handoffs)
        entries.extend(library.entry_points)
        callers.update(library.callers)
    return replace(
        catalog,
        modules=JoinedModules(modules),
        handoffs=handoffs,
        entry_points=tuple(entries),
        callers=callers,
    )


class JoinedModules(Mapping[str, ModuleSignature]):
    """Several mappings as one, the first that knows a name answers; nothing is decoded before it is asked for."""

    def __init__(self, parts: Iterable[Mapping[str, ModuleSignature]]) -> None:
        # Most names that are asked for are in no part: one look-up has to tell.
        self._holders = {name: part for part in reversed(tuple(parts)) for name in part}

    def __getitem__(self, name: str) -> ModuleSignature:
        """Return the signature of a module."""
        return self._holders[name][name]

    def __contains__(self, name: object) -> bool:
        """Whether a module is known, without decoding it."""
        return name in self._holders

    def __iter__(self) -> Iterator[str]:
        """Go through the names, each once."""
        return iter(self._holders)

    def __len__(self) -> int:
        """Return the number of names."""
        return len(self._holders)
