"""Home Assistant's sources to a catalog, by the extractor and the inference that read the user's code."""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from offloop.catalog.blocking import blocking_calls
from offloop.catalog.conventions import derive_conventions
from offloop.catalog.effects import Effects
from offloop.catalog.entries import EntryFinder
from offloop.catalog.framework import framework_files, survey
from offloop.catalog.gaps import gaps_of_contracts, gaps_of_files
from offloop.catalog.handoffs import callable_parameters, derive_handoffs
from offloop.catalog.open_calls import imported_functions, open_calls
from offloop.catalog.property_entries import property_entries
from offloop.catalog.sync_apis import SyncApis
from offloop.catalog.twins import TwinFinder
from offloop.facts.extract import extract
from offloop.inference.analysis import contexts
from offloop.inference.callgraph import CallGraph
from offloop.inference.context import FunctionId
from offloop.inference.program import ModuleInput, Program
from offloop.library.model import (
    Catalog,
    FunctionSignature,
    HandOff,
    Kind,
    LoopApi,
    ModuleSignature,
    Origin,
    Twin,
)
from offloop.library.overrides import CALLBACK_DECORATORS, LOOP_PREFIXES
from offloop.source import Problem, read_source


def derive(root: Path, version: str) -> Catalog:
    """Derive the catalog of the release whose ``homeassistant/`` folder lies in ``root``.

    Files that cannot be read are passed over; the notices tell what is missing.
    """
    inputs: list[ModuleInput] = []
    unreadable: list[str] = []
    digest = hashlib.blake2b(digest_size=16)
    collecting = gc.isenabled()
    gc.disable()  # millions of small objects and no cycles: collecting them costs a third of the time
    try:
        imports = survey(root)
        for module, path, is_package in framework_files(root, imports.base):
            source = read_source(str(path), module, is_package)
            if isinstance(source, Problem):
                unreadable.append(f"{path.relative_to(root).as_posix()} ({source.message})")
                continue
            digest.update(source.digest.encode())
            facts = extract(source.text)
            relative = path.relative_to(root).as_posix()
            inputs.append(ModuleInput(module, relative, is_package, source.text, facts))
        return derive_from(inputs, version, digest.hexdigest(), root, tuple(unreadable), imports.functions)
    finally:
        if collecting:
            gc.enable()


def derive_from(
    inputs: Iterable[ModuleInput],
    version: str,
    digest: str,
    root: Path,
    unreadable: tuple[str, ...] = (),
    imported: Mapping[str, Origin] | None = None,
) -> Catalog:
    """Derive a catalog from modules that are read already.

    ``unreadable`` names files that are not among them, ``imported`` functions that components import from each
    other, with the line that does.
    """
    program = Program(inputs, {}, {}, CALLBACK_DECORATORS)
    conventions = derive_conventions(program)
    program.evaluator.conventions = conventions
    graph = CallGraph(program.world, program.evaluator, {}, follow_stars=False).build(
        callable_parameters(program)
    )
    summaries = contexts(program, graph)
    handoffs = derive_handoffs(program, graph, summaries)
    entries = (
        *EntryFinder(program, handoffs, summaries).derive(),
        *property_entries(program, summaries, graph),
        *open_calls(program, summaries),
        *imported_functions(program, imported or {}),
    )
    finder = TwinFinder(program, handoffs)
    twins = finder.derive()
    apis = loop_apis(program, twins)
    modules = {name: module.signature for name, module in program.world.analysed.items()}
    _add_made_functions(program, finder, modules, handoffs)
    return Catalog(
        version=version,
        digest=digest,
        source_root=str(root),
        modules=modules,
        loop_apis=apis,
        entry_points=entries,
        handoffs=handoffs,
        conventions=conventions,
        callback_decorators=CALLBACK_DECORATORS,
        notices=(
            *gaps_of_files(program, root, unreadable),
            *gaps_of_contracts(program, version, apis.values()),
        ),
        blocking=blocking_calls(program),
        sync_apis=SyncApis(program, finder).derive(),
    )


def _add_made_functions(
    program: Program,
    finder: TwinFinder,
    modules: dict[str, ModuleSignature],
    handoffs: dict[str, tuple[HandOff, ...]],
) -> None:
    """Give functions made by a factory of others (``x = factory(async_x)``) a signature and hand-offs."""
    for function, name, module in finder.factories():
        original = f"{function.module}.{program.facts(function).qualname}"
        found = program.world.find(original)
        if not isinstance(found, FunctionSignature):
            continue
        signature = modules[module]
        made = found._replace(module=module, qualname=name, index=-1, kind=Kind.PLAIN)
        modules[module] = replace(signature, names={**signature.names, name: made})
        dotted = f"{module}.{name}"
        handoffs[dotted] = tuple(handoff._replace(api=dotted) for handoff in handoffs.get(original, ()))


def loop_apis(program: Program, twins: Mapping[str, Twin]) -> dict[str, LoopApi]:
    """Return the functions that belong to the loop: by decorator, by prefix, or by a guard on every way."""
    effects = Effects(program)
    result: dict[str, LoopApi] = {}
    for function, kind in program.kinds.items():
        facts = program.facts(function)
        if facts.is_lambda or "<locals>" in facts.qualname:
            continue
        belongs = kind is Kind.CALLBACK or facts.name.startswith(LOOP_PREFIXES)
        if kind is Kind.COROUTINE and not belongs:
            continue
        if not belongs and effects.guards.guard(function) is None:
            continue
        dotted = f"{function.module}.{facts.qualname}"
        result[dotted] = _loop_api(program, effects, function, dotted, twins.get(dotted))
    return result


def _loop_api(
    program: Program, effects: Effects, function: FunctionId, dotted: str, twin: Twin | None
) -> LoopApi:
    facts = program.facts(function)
    tier, guard, change = effects.tier(function)
    kind = program.kinds[function]
    if guard is not None:
        return LoopApi(dotted, kind, tier, guard.reported, guard.origin, guard.how, twin, guard.error)
    if change is not None:
        return LoopApi(dotted, kind, tier, None, change.origin, change.words, twin)
    return LoopApi(dotted, kind, tier, None, program.origin(function.module, facts.name_start), None, twin)
