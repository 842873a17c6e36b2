"""One analysis of an integration: its call graph, where each function runs, and which need the loop."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import NamedTuple

from offloop.facts.model import Call
from offloop.inference.callgraph import ApiCall, CallEdge, CallGraph, HandOffEdge
from offloop.inference.context import Evidence, ExecutionContext, FunctionId, Reason, Summary
from offloop.inference.fixpoint import Edge, solve
from offloop.inference.program import ModuleInput, Program
from offloop.inference.properties import PropertyRead, property_reads
from offloop.library.model import (
    Catalog,
    ClassSignature,
    Dispatch,
    EntryPoint,
    FunctionSignature,
    Kind,
    LoopApi,
    Tier,
    Type,
)
from offloop.library.overrides import ASYNCIO_APIS, METHODS_IN
from offloop.resolve.usage import Usage
from offloop.resolve.values import FunctionRef, Value

_HARMFUL = frozenset({Tier.RAISES, Tier.RAISES_VIA, Tier.CORRUPTS})
_STANDARD_CONTEXTS = {
    "worker": (ExecutionContext.WORKER,),
    "both": (ExecutionContext.WORKER, ExecutionContext.LOOP),
}
_NO_SUMMARY = Summary(ExecutionContext.UNKNOWN)


class Need(NamedTuple):
    """Why a function needs the loop: a call of its own, and the function called where that one needs it."""

    api: LoopApi
    module: str
    call: Call
    via: FunctionId | None


class Analysis:
    """All that rules read. Made by ``analyse``; nothing in it changes afterwards."""

    def __init__(self, program: Program, graph: CallGraph, catalog: Catalog) -> None:
        self.program = program
        self.graph = graph
        self.catalog = catalog
        self.summaries: Mapping[FunctionId, Summary] = {}
        self.needs: Mapping[FunctionId, Need] = {}

    def summary(self, function: FunctionId) -> Summary:
        """Return what is known of where a function runs."""
        return self.summaries.get(function, _NO_SUMMARY)

    def loop_api(self, dotted: str) -> LoopApi | None:
        """Return the loop API of that name where calling it off the loop does harm."""
        api = self.catalog.loop_apis.get(dotted) or ASYNCIO_APIS.get(dotted)
        return api if api is not None and api.tier in _HARMFUL else None


def analyse(
    inputs: Iterable[ModuleInput],
    catalog: Catalog,
    package: str,
    answers: Mapping[tuple[str, int], Type] | None = None,
) -> Analysis:
    """Analyse the modules of one integration, whose package has the given dotted name.

    ``answers`` are the types of receivers that our resolver leaves open, by module and offset of their end.
    """
    inputs = list(inputs)
    program = Program(inputs, catalog.modules, catalog.conventions, catalog.callback_decorators)
    program.evaluator.usage = Usage(program.world)
    program.evaluator.answers.update(answers or {})
    entries = list(_entries(program, catalog, package))
    _hint_arguments(program, entries)
    graph = CallGraph(program.world, program.evaluator, dict(catalog.handoffs)).build()
    analysis = Analysis(program, graph, catalog)
    analysis.summaries = solve(
        seeds(program, graph, entries), edges(program, graph), partial(carries_not, program)
    )
    analysis.needs = _needs(analysis)
    return analysis


# -------------------------------------------------------------------- entry points
class EntrySeed(NamedTuple):
    """A function of the integration that an entry point of Home Assistant reaches."""

    function: FunctionId
    entry: EntryPoint


def _entries(program: Program, catalog: Catalog, package: str) -> Iterator[EntrySeed]:
    by_class: dict[str, list[EntryPoint]] = {}
    hooks: list[EntryPoint] = []
    for entry in catalog.entry_points:
        if entry.class_name:
            by_class.setdefault(entry.class_name, []).append(entry)
        else:
            hooks.append(entry)
    for module in program.world.analysed.values():
        for cls in module.facts.classes:
            signature = program.world.class_named(f"{module.name}.{cls.qualname}")
            if signature is not None:
                yield from _class_entries(program, signature, by_class)
        for hook in hooks:
            yield from _hook_entries(program, module.name, hook, package)


def _class_entries(
    program: Program, signature: ClassSignature, by_class: Mapping[str, list[EntryPoint]]
) -> Iterator[EntrySeed]:
    kind = Type(signature.dotted)
    ancestry = program.world.ancestry(kind)
    for ancestor in ancestry:
        for entry in by_class.get(ancestor.name, ()):
            found = program.world.method(kind, entry.method)
            if found is None or found[1].module not in program.world.analysed or found[1].role == "static":
                continue
            if not _is_reached(program, kind, entry):
                continue
            yield EntrySeed(FunctionId(found[1].module, found[1].index), entry)


def _is_reached(program: Program, kind: Type, entry: EntryPoint) -> bool:
    """Whether Home Assistant's own code still makes the call, in spite of what the class overrides."""
    for name in entry.unless:
        if program.world.method(kind, name) is not None:
            return False
    owner, _, caller = entry.via.rpartition(".")
    if not any(ancestor.name == owner for ancestor in program.world.ancestry(kind)):
        return True
    found = program.world.method(kind, caller)
    if found is None or found[1].module not in program.world.analysed:
        return True
    facts = program.world.function_facts(found[1].module, found[1].index)
    return facts is not None and any(_calls_super(call, caller) for call in facts.calls)


def _calls_super(call: Call, method: str) -> bool:
    function = call.function
    value = getattr(function, "value", None)
    return (
        getattr(function, "attr", None) == method
        and isinstance(value, Call)
        and getattr(value.function, "id", None) == "super"
    )


def _hook_entries(program: Program, module: str, hook: EntryPoint, package: str) -> Iterator[EntrySeed]:
    if hook.in_package != (module == package):
        return
    if not hook.in_package and module.rpartition(".")[0] != package:
        return
    names = program.world.analysed[module].signature.names
    symbol = names.get(hook.method)
    if any(isinstance(names.get(name), FunctionSignature) for name in hook.unless):
        return
    if isinstance(symbol, FunctionSignature):
        yield EntrySeed(FunctionId(module, symbol.index), hook)


def _hint_arguments(program: Program, entries: Iterable[EntrySeed]) -> None:
    """Tell the evaluator which functions Home Assistant passes to hooks."""
    for function, entry in entries:
        facts = program.facts(function)
        for position, dotted in entry.arguments:
            found = program.world.find(dotted)
            if position < len(facts.parameters) and isinstance(found, FunctionSignature):
                values: tuple[Value, ...] = (FunctionRef(found.module, found.qualname, -1, Type("?")),)
                program.evaluator.hints[(function.module, function.index, position)] = values


# -------------------------------------------------------------------- seeds and edges
def seeds(
    program: Program, graph: CallGraph, entries: Iterable[EntrySeed]
) -> Iterator[tuple[FunctionId, Evidence]]:
    for function, kind in program.kinds.items():
        if kind is Kind.COROUTINE:
            yield (
                function,
                Evidence(ExecutionContext.LOOP, Reason.COROUTINE, "a coroutine runs in the event loop"),
            )
        elif kind is Kind.CALLBACK:
            yield (
                function,
                Evidence(
                    ExecutionContext.LOOP, Reason.CALLBACK, "@callback says that it runs in the event loop"
                ),
            )
    for function, entry in entries:
        context = ExecutionContext.WORKER if entry.runs_in == "worker" else ExecutionContext.LOOP
        if program.kinds[function] is Kind.COROUTINE:
            continue
        yield function, Evidence(context, Reason.ENTRY_POINT, entry.via, entry.origin)
    yield from _standard_library(program)
    for edge in graph.handed:
        seed = hand_off_seed(program, edge)
        if seed is not None:
            yield seed


def _standard_library(program: Program) -> Iterator[tuple[FunctionId, Evidence]]:
    for module in program.world.analysed.values():
        for cls in module.facts.classes:
            kind = Type(f"{module.name}.{cls.qualname}")
            for ancestor in program.world.ancestry(kind)[1:]:
                for (owner, name), (runs_in, words) in METHODS_IN.items():
                    found = program.world.method(kind, name) if owner == ancestor.name else None
                    if found is not None and found[1].module in program.world.analysed:
                        function = FunctionId(found[1].module, found[1].index)
                        for context in _STANDARD_CONTEXTS[runs_in]:
                            yield function, Evidence(context, Reason.STANDARD_LIBRARY, words)


def hand_off_seed(program: Program, edge: HandOffEdge) -> tuple[FunctionId, Evidence] | None:
    """Return the function that a hand-off starts and the context it gives, None where it starts none."""
    atom = edge.target
    if atom.index < 0 or atom.position >= 0 or edge.handoff.dispatch is Dispatch.CALLER:
        return None
    target = FunctionId(atom.module, atom.index)
    kind = Kind.CALLBACK if atom.kind == "callback" else program.kinds[target]
    if kind is Kind.COROUTINE:
        return None  # pinned to the loop, or never run at all
    dispatch = edge.handoff.dispatch
    if dispatch is Dispatch.BY_TYPE:
        context = ExecutionContext.LOOP if kind is Kind.CALLBACK else ExecutionContext.WORKER
    elif dispatch in (Dispatch.EXECUTOR, Dispatch.THREAD):
        context = ExecutionContext.WORKER
    else:
        context = ExecutionContext.LOOP
    evidence = Evidence(
        context,
        Reason.HAND_OFF,
        f"{edge.handoff.api}|{dispatch.value}",
        edge.handoff.origin,
        edge.caller,
        edge.module,
        edge.call.start,
    )
    return target, evidence


def edges(program: Program, graph: CallGraph) -> Iterator[Edge]:
    for call in graph.calls:
        if call.caller is not None:
            yield Edge(call.caller, call.callee, partial(_call_evidence, call))
    for edge in graph.handed:
        atom = edge.target
        if edge.handoff.dispatch is Dispatch.CALLER and atom.index >= 0 and atom.position < 0 and edge.caller:
            target = FunctionId(atom.module, atom.index)
            yield Edge(edge.caller, target, partial(_passed_evidence, edge))
    for read in property_reads(program):
        for target in read.targets:
            yield Edge(read.function, target, partial(_read_evidence, read))


def _read_evidence(read: PropertyRead, context: ExecutionContext) -> Evidence:
    module = read.function.module
    return Evidence(context, Reason.CALL, "", None, read.function, module, read.attribute.start)


def _call_evidence(call: CallEdge, context: ExecutionContext) -> Evidence:
    return Evidence(context, Reason.CALL, "", None, call.caller, call.module, call.call.start)


def _passed_evidence(edge: HandOffEdge, context: ExecutionContext) -> Evidence:
    return Evidence(context, Reason.CALL, edge.handoff.api, None, edge.caller, edge.module, edge.call.start)


def carries_not(program: Program, function: FunctionId, context: ExecutionContext) -> bool:
    if program.kinds[function] is Kind.COROUTINE:
        return True
    return context is ExecutionContext.WORKER and program.is_pinned(function)


# -------------------------------------------------------------------- who needs the loop
def _needs(analysis: Analysis) -> Mapping[FunctionId, Need]:
    """Return for each function, coroutines apart, the call on a shortest way to an API that needs the loop."""
    needs: dict[FunctionId, Need] = {}
    frontier: list[FunctionId] = []
    for api_call in _in_order(analysis.graph.api_calls):
        api = analysis.loop_api(api_call.api)
        caller = api_call.caller
        if api is None or caller is None or analysis.program.kinds[caller] is Kind.COROUTINE:
            continue
        before = needs.get(caller)
        if before is None:
            frontier.append(caller)
        if before is None or (before.api.tier is Tier.CORRUPTS and api.tier is not Tier.CORRUPTS):
            needs[caller] = Need(api, api_call.module, api_call.call, None)
    callers: dict[FunctionId, list[CallEdge]] = {}
    for edge in analysis.graph.calls:
        callers.setdefault(edge.callee, []).append(edge)
    while frontier:
        following: list[FunctionId] = []
        for function in frontier:
            for edge in callers.get(function, ()):
                caller = edge.caller
                if caller is None or caller in needs or analysis.program.kinds[caller] is Kind.COROUTINE:
                    continue
                needs[caller] = Need(needs[function].api, edge.module, edge.call, function)
                following.append(caller)
        frontier = following
    return needs


def _in_order(calls: Iterable[ApiCall]) -> list[ApiCall]:
    return sorted(calls, key=lambda item: (item.module, item.call.start))
