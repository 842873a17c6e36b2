"""One analysis of an integration: its call graph, where each function runs, and which need the loop."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from offloop.facts.tree import Call
from offloop.inference.callgraph import CallGraph
from offloop.inference.context import Evidence, ExecutionContext, FunctionId, Reason, Summary
from offloop.inference.declarations import without_mere_declarations
from offloop.inference.decorators import Decorators, Effect
from offloop.inference.edges import ApiCall, CallEdge, HandOffEdge
from offloop.inference.fixpoint import Edge, solve
from offloop.inference.program import ModuleInput, Program
from offloop.inference.properties import PropertyUse, property_reads, property_writes
from offloop.inference.removers import REMOVER, remover_api, removers
from offloop.inference.seeds import EntrySeed, Seed, entry_seeds, hint_arguments, seeds, with_effects
from offloop.inference.started import without_driven, without_unstarted
from offloop.library.model import Catalog, Dispatch, Kind, LoopApi, Tier, Type
from offloop.library.overrides import ASYNCIO_APIS
from offloop.resolve.usage import Usage

if TYPE_CHECKING:
    from offloop.inference.crossings import Crossing

_HARMFUL = frozenset({Tier.RAISES, Tier.RAISES_VIA, Tier.CORRUPTS})
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
        self.effects: Mapping[FunctionId, Effect] = {}
        # What ``crossings`` has found; each rule asks for it.
        self.crossings: tuple[Crossing, ...] | None = None

    def summary(self, function: FunctionId) -> Summary:
        """Return what is known of where a function runs."""
        return self.summaries.get(function, _NO_SUMMARY)

    def carries(self, function: FunctionId, context: ExecutionContext) -> bool:
        """Whether a call of a function runs it where the caller runs, as far as its decorators are concerned."""
        effect = self.effects.get(function)
        return effect is None or context in effect.carries

    def release(self) -> None:
        """Let go of all, part by part; nothing may be asked afterwards.

        The parts refer to each other: left to the garbage collector, they would stop all threads for long.
        """
        program = self.program
        evaluator = program.evaluator
        for part in (self.graph, evaluator, evaluator.scopes, evaluator.usage, program.world, program, self):
            attributes = vars(part) if part is not None else {}
            for name in list(attributes):
                del attributes[name]

    def loop_api(self, dotted: str) -> LoopApi | None:
        """Return the loop API of that name where calling it off the loop does harm."""
        registration = dotted.removesuffix(REMOVER)
        api = self.catalog.loop_apis.get(registration) or ASYNCIO_APIS.get(dotted)
        if api is not None and registration != dotted:
            return remover_api(api)
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
    entries = list(entry_seeds(program, catalog, package))
    hint_arguments(program, entries)
    decorators = Decorators(program.world, program.evaluator, program.kinds)
    program.unmarked = frozenset(decorators.unmarked())
    graph = CallGraph(
        program.world,
        program.evaluator,
        dict(catalog.handoffs),
        callers=catalog.callers,
        removers=removers(program.world, catalog),
    )
    graph.build(decorators.tokens(), decorators.registered())
    entries = without_unstarted(graph, entries)
    analysis = Analysis(program, graph, catalog)
    analysis.effects = decorators.effects(graph.handed)
    summaries = contexts(program, graph, entries, effects=analysis.effects)
    if without_driven(graph, summaries):
        summaries = contexts(program, graph, entries, effects=analysis.effects)
    analysis.summaries = without_mere_declarations(program, graph, summaries)
    analysis.needs = _needs(analysis)
    return analysis


# -------------------------------------------------------------------- contexts
def contexts(
    program: Program,
    graph: CallGraph,
    entries: Iterable[EntrySeed] = (),
    own_loops: frozenset[str] = frozenset(),
    effects: Mapping[FunctionId, Effect] = MappingProxyType({}),
) -> Mapping[FunctionId, Summary]:
    """Solve where the functions of a program run; ``effects`` are those of decorators.

    ``own_loops`` are top-level packages with an event loop of their own: it is not the loop that is meant.
    """
    found = seeds(program, graph, entries)
    if own_loops:
        found = (seed for seed in found if not _is_of_own_loop(seed, own_loops))
    begin = with_effects(found, effects)
    return solve(begin, edges(program, graph), partial(_is_closed, program, own_loops, effects))


def _is_of_own_loop(seed: Seed, own_loops: frozenset[str]) -> bool:
    function, evidence = seed
    in_loop = evidence.context is ExecutionContext.LOOP
    return in_loop and (evidence.caller_module or function.module).partition(".")[0] in own_loops


def edges(program: Program, graph: CallGraph) -> Iterator[Edge]:
    """Yield the calls, the hand-offs to what runs a callable in its caller's context, the reads of properties."""
    for call in graph.calls:
        if call.caller is not None:
            yield Edge(call.caller, call.callee, partial(_call_evidence, call))
    for edge in graph.handed:
        atom = edge.target
        if edge.handoff.dispatch is Dispatch.CALLER and atom.index >= 0 and atom.position < 0 and edge.caller:
            target = FunctionId(atom.module, atom.index)
            yield Edge(edge.caller, target, partial(_passed_evidence, edge))
    for use in (*property_reads(program), *property_writes(program)):
        for target in use.targets:
            yield Edge(use.function, target, partial(_use_evidence, use))


def _use_evidence(use: PropertyUse, context: ExecutionContext) -> Evidence:
    module = use.function.module
    return Evidence(context, Reason.CALL, "", None, use.function, module, use.attribute.start)


def _call_evidence(call: CallEdge, context: ExecutionContext) -> Evidence:
    return Evidence(context, Reason.CALL, "", None, call.caller, call.module, call.call.start)


def _passed_evidence(edge: HandOffEdge, context: ExecutionContext) -> Evidence:
    return Evidence(context, Reason.CALL, edge.handoff.api, None, edge.caller, edge.module, edge.call.start)


def _is_closed(
    program: Program,
    own_loops: frozenset[str],
    effects: Mapping[FunctionId, Effect],
    function: FunctionId,
    context: ExecutionContext,
) -> bool:
    """Whether a direct call does not carry a context into a function: it runs elsewhere all the same."""
    effect = effects.get(function)
    if effect is not None and context not in effect.carries:
        return True
    if program.kinds[function] is Kind.COROUTINE:
        return function.module.partition(".")[0] not in own_loops
    return context is ExecutionContext.WORKER and program.is_pinned(function)


# -------------------------------------------------------------------- who needs the loop
def _needs(analysis: Analysis) -> Mapping[FunctionId, Need]:
    """Return for each function, coroutines apart, a call on a shortest way to what needs the loop."""
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
            if not analysis.carries(function, ExecutionContext.WORKER):
                continue
            for edge in callers.get(function, ()):
                caller = edge.caller
                if caller is None or caller in needs or analysis.program.kinds[caller] is Kind.COROUTINE:
                    continue
                needs[caller] = Need(needs[function].api, edge.module, edge.call, function)
                following.append(caller)
        frontier = following
    return needs


def _in_order(calls: Iterable[ApiCall]) -> list[ApiCall]:
    """Order calls by place; removers come last, since what they undo tells more."""
    return sorted(calls, key=lambda item: (item.api.endswith(REMOVER), item.module, item.call.start))
