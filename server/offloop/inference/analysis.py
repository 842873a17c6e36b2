"""One analysis of an integration: its call graph, where each function runs, and which need the loop."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from offloop.facts.tree import Call
from offloop.inference.callgraph import CallGraph
from offloop.inference.context import ExecutionContext, FunctionId, Summary
from offloop.inference.declarations import without_mere_declarations
from offloop.inference.decorators import Decorators, Effect
from offloop.inference.fixpoint import solve
from offloop.inference.open_calls import OpenCalls, handed_to_both, open_calls, with_open_calls
from offloop.inference.parts import NO_PART, Part, handed_only, part_of
from offloop.inference.program import ModuleInput, Program
from offloop.inference.properties import property_uses, whole
from offloop.inference.removers import REMOVER, Removers, remover_api
from offloop.inference.seeds import EntrySeed, Seed, entry_seeds, hint_arguments, seeds, with_effects
from offloop.inference.started import without_driven, without_unstarted
from offloop.library.model import HARMFUL, Catalog, Kind, LoopApi, Tier, Type
from offloop.library.overrides import ASYNCIO_APIS
from offloop.resolve.boundary import Boundary
from offloop.resolve.usage import Usage

if TYPE_CHECKING:
    from offloop.inference.crossings import Crossing

_NO_SUMMARY = Summary(ExecutionContext.UNKNOWN)


class Need(NamedTuple):
    """Why a function needs the loop: a call of its own, and the function called where that one needs it."""

    api: LoopApi
    module: str
    call: Call
    via: FunctionId | None


class Analysis:
    """All that rules read. Made by ``analyse``; nothing in it changes afterwards."""

    def __init__(self, program: Program, graph: CallGraph, catalog: Catalog, decorators: Decorators) -> None:
        self.program = program
        self.graph = graph
        self.catalog = catalog
        self.decorators = decorators
        self.part: Part = NO_PART
        self.summaries: Mapping[FunctionId, Summary] = {}
        self.needs: Mapping[FunctionId, Need] = {}
        self.effects: Mapping[FunctionId, Effect] = {}
        self.open_calls: OpenCalls = {}
        # How often it has been concluded: what is read of it stays right until the next time.
        self.conclusions = 0
        # What ``crossings`` has found; each rule asks for it.
        self.crossings: tuple[Crossing, ...] | None = None
        # The names that ``receivers`` looks for: they change with imports only.
        self.loop_methods: frozenset[str] | None = None

    def summary(self, function: FunctionId) -> Summary:
        """Return what is known of where a function runs."""
        return self.summaries.get(function, _NO_SUMMARY)

    def carries(self, function: FunctionId, context: ExecutionContext) -> bool:
        """Whether a call of a function runs it where the caller runs, as far as its decorators are concerned."""
        effect = self.effects.get(function)
        return effect is None or context in effect.carries

    def view(self) -> Analysis:
        """Return a copy that still tells where functions run, and why, when this one is renewed or released."""
        view = Analysis(self.program.view(), self.graph, self.catalog, self.decorators)
        view.summaries, view.effects = self.summaries, self.effects
        return view

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
        return api if api is not None and api.tier in HARMFUL else None


def analyse(
    inputs: Iterable[ModuleInput],
    catalog: Catalog,
    package: str,
    answers: Mapping[tuple[str, int], Type] | None = None,
) -> Analysis:
    """Analyse the modules of one integration, whose package has the given dotted name.

    ``answers`` are the types of receivers that our resolver leaves open, by module and offset of their end.
    """
    analysis, entries, part = begun(inputs, catalog, package, answers or {})
    conclude(analysis, part, entries, tuple(seeds(analysis.program, entries)))
    return analysis


def begun(
    inputs: Iterable[ModuleInput],
    catalog: Catalog,
    package: str,
    answers: Mapping[tuple[str, int], Type],
    boundary: Boundary | None = None,
) -> tuple[Analysis, tuple[EntrySeed, ...], Part]:
    """Return an analysis whose graph holds all modules but the one behind a boundary, the entries, and the part."""
    program = Program(list(inputs), catalog.modules, catalog.conventions, catalog.callback_decorators)
    program.evaluator.boundary = boundary
    program.evaluator.usage = Usage(program.world)
    program.evaluator.answers.update(answers)
    entries = tuple(entry_seeds(program, catalog, package))
    hint_arguments(program, entries)
    decorators = Decorators(program.world, program.evaluator, program.kinds)
    program.unmarked = frozenset(decorators.unmarked())
    graph = CallGraph(
        program.world,
        program.evaluator,
        dict(catalog.handoffs),
        callers=catalog.callers,
        removers=Removers(program.world, catalog),
    )
    watched = boundary.region.module if boundary is not None else None
    graph.build(decorators.tokens(), decorators.registered(), without=watched)
    analysis = Analysis(program, graph, catalog, decorators)
    analysis.open_calls = open_calls(program, catalog)
    uses = property_uses(program, [region for region in whole(program) if region.module != watched])
    return analysis, entries, part_of(program, graph, analysis.loop_api, uses)


def conclude(
    analysis: Analysis, part: Part, entries: Sequence[EntrySeed], independent: Sequence[Seed]
) -> None:
    """Solve where functions run, and which need the loop.

    ``part`` is all that the graph holds, ``independent`` are the seeds of the entries and of all else that
    no call gives.
    """
    program, graph = analysis.program, analysis.graph
    handed = graph.handed
    started = without_unstarted(graph, entries)
    part = handed_only(graph, part, handed)
    if len(started) < len(entries):
        independent = tuple(seeds(program, started))
    analysis.conclusions += 1
    analysis.crossings = None
    analysis.effects = analysis.decorators.effects(graph.handed)
    summaries = _solved(program, part, independent, analysis.effects)
    handed = graph.handed
    if without_driven(graph, summaries):
        part = handed_only(graph, part, handed)
        summaries = _solved(program, part, independent, analysis.effects)
    analysis.part = part
    analysis.needs = _needs(analysis)
    closed = partial(_is_closed, program, frozenset(), analysis.effects)
    summaries = without_mere_declarations(program, graph, summaries)
    declared = partial(_is_declared, analysis)
    handed_over = handed_to_both(program, graph.handed)
    analysis.summaries = with_open_calls(
        analysis.open_calls, part.outgoing, closed, declared, handed_over, summaries
    )


def contexts(
    program: Program,
    graph: CallGraph,
    entries: Iterable[EntrySeed] = (),
    own_loops: frozenset[str] = frozenset(),
) -> Mapping[FunctionId, Summary]:
    """Solve where the functions of a program run.

    ``own_loops`` are top-level packages with an event loop of their own: it is not the loop that is meant.
    """
    part = part_of(program, graph, lambda _: None, property_uses(program))
    return _solved(program, part, tuple(seeds(program, entries)), {}, own_loops)


def _solved(
    program: Program,
    part: Part,
    independent: Iterable[Seed],
    effects: Mapping[FunctionId, Effect],
    own_loops: frozenset[str] = frozenset(),
) -> Mapping[FunctionId, Summary]:
    found: Iterable[Seed] = (*independent, *(item.seed for item in part.seeds))
    if own_loops:
        found = (seed for seed in found if not _is_of_own_loop(seed, own_loops))
    closed = partial(_is_closed, program, own_loops, effects)
    return solve(with_effects(found, effects), part.outgoing, closed)


def _is_of_own_loop(seed: Seed, own_loops: frozenset[str]) -> bool:
    function, evidence = seed
    in_loop = evidence.context is ExecutionContext.LOOP
    return in_loop and (evidence.caller_module or function.module).partition(".")[0] in own_loops


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


def _is_declared(analysis: Analysis, function: FunctionId) -> bool:
    """Whether nothing but its own word keeps a function from a worker that calls it.

    One that needs the loop is not meant: the call is a mistake, and is reported as such.
    """
    program = analysis.program
    if function in analysis.needs:
        return False
    if program.kinds[function] is Kind.COROUTINE or not analysis.carries(function, ExecutionContext.WORKER):
        return False
    return program.is_pinned(function)


# -------------------------------------------------------------------- who needs the loop
def _needs(analysis: Analysis) -> Mapping[FunctionId, Need]:
    """Return for each function, coroutines apart, a call on a shortest way to what needs the loop."""
    needs: dict[FunctionId, Need] = {}
    kinds = analysis.program.kinds
    for api_call, api in analysis.part.harmful:
        caller = api_call.caller
        if caller is None or kinds[caller] is Kind.COROUTINE:
            continue
        before = needs.get(caller)
        if before is None or (before.api.tier is Tier.CORRUPTS and api.tier is not Tier.CORRUPTS):
            needs[caller] = Need(api, api_call.module, api_call.call, None)
    frontier = list(needs)
    callers = analysis.part.callers
    while frontier:
        following: list[FunctionId] = []
        for function in sorted(frontier):
            if not analysis.carries(function, ExecutionContext.WORKER):
                continue
            for edge in callers.get(function, ()):
                caller = edge.caller
                if caller is None or caller in needs or kinds[caller] is Kind.COROUTINE:
                    continue
                needs[caller] = Need(needs[function].api, edge.module, edge.call, function)
                following.append(caller)
        frontier = following
    return needs
