"""Where contexts begin: entry points of Home Assistant, the standard library, hand-offs, and kinds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import NamedTuple

from offloop.facts.tree import Call
from offloop.inference.context import Evidence, ExecutionContext, FunctionId, Reason
from offloop.inference.decorators import Effect
from offloop.inference.edges import HandOffEdge
from offloop.inference.program import Program
from offloop.library.model import (
    Catalog,
    ClassSignature,
    Dispatch,
    EntryPoint,
    FunctionSignature,
    Kind,
    Type,
)
from offloop.library.overrides import METHODS_IN
from offloop.resolve.values import FunctionRef, Value

_OF_KINDS = {
    Kind.COROUTINE: Evidence(ExecutionContext.LOOP, Reason.COROUTINE, "a coroutine runs in the event loop"),
    Kind.CALLBACK: Evidence(
        ExecutionContext.LOOP, Reason.CALLBACK, "@callback says that it runs in the event loop"
    ),
}
_STANDARD_CONTEXTS = {
    "worker": (ExecutionContext.WORKER,),
    "loop": (ExecutionContext.LOOP,),
    "both": (ExecutionContext.WORKER, ExecutionContext.LOOP),
}
_WORKERS = (Dispatch.EXECUTOR, Dispatch.THREAD)
_SEEDLESS = (Dispatch.CALLER, Dispatch.KEPT, Dispatch.BOTH)
_DECLARED = (Reason.COROUTINE, Reason.CALLBACK)

Seed = tuple[FunctionId, Evidence]


class EntrySeed(NamedTuple):
    """A function of the integration that an entry point of Home Assistant reaches."""

    function: FunctionId
    entry: EntryPoint


# -------------------------------------------------------------------- entry points
def entry_seeds(program: Program, catalog: Catalog, package: str) -> Iterator[EntrySeed]:
    """Yield the functions of the integration of that package that Home Assistant calls."""
    for module in program.world.analysed.values():
        for cls in module.facts.classes:
            signature = program.world.class_named(f"{module.name}.{cls.qualname}")
            if signature is not None:
                yield from _class_entries(program, signature, catalog.entries.of_classes)
        for hook in catalog.entries.hooks:
            yield from _hook_entries(program, module.name, hook, package)


def _class_entries(
    program: Program, signature: ClassSignature, of_classes: Mapping[str, list[EntryPoint]]
) -> Iterator[EntrySeed]:
    kind = Type(signature.dotted)
    for ancestor in program.world.ancestry(kind):
        for entry in of_classes.get(ancestor.name, ()):
            found = program.world.method(kind, entry.method)
            if found is None or found[1].module not in program.world.analysed or found[1].role == "static":
                continue
            if _is_reached(program, kind, entry):
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
    return _passes_on(program, FunctionId(found[1].module, found[1].index), caller)


def _passes_on(program: Program, function: FunctionId, method: str) -> bool:
    """Whether a function calls a method of its base class."""
    boundary = program.evaluator.boundary
    if boundary is not None and boundary.region.holds(*function):
        again = partial(_passes_on, program, function, method)
        boundary.note(("passes on", function.index, method), again, frozenset({method}))
    return any(_calls_super(call, method) for call in program.facts(function).calls)


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


def hint_arguments(program: Program, entries: Iterable[EntrySeed]) -> None:
    """Tell the evaluator which functions Home Assistant passes to hooks."""
    for function, entry in entries:
        facts = program.facts(function)
        for position, dotted in entry.arguments:
            found = program.world.find(dotted.partition(".<locals>")[0])
            if position < len(facts.parameters) and isinstance(found, FunctionSignature):
                qualname = dotted.removeprefix(f"{found.module}.")
                values: tuple[Value, ...] = (FunctionRef(found.module, qualname, -1, Type("?")),)
                program.evaluator.hints[(function.module, function.index, position)] = values


# -------------------------------------------------------------------- all seeds
def seeds(program: Program, entries: Iterable[EntrySeed]) -> Iterator[Seed]:
    """Yield the functions whose context no call or hand-off gives, each with the evidence for it."""
    for function, kind in program.kinds.items():
        if kind in _OF_KINDS:
            yield function, _OF_KINDS[kind]
    for function, entry in entries:
        if program.kinds[function] is not Kind.COROUTINE:
            by_type = entry.runs_in == "by type" and program.kinds[function] is Kind.PLAIN
            in_worker = entry.runs_in == "worker" or by_type
            context = ExecutionContext.WORKER if in_worker else ExecutionContext.LOOP
            yield function, Evidence(context, Reason.ENTRY_POINT, entry.via, entry.origin)
    yield from _standard_library(program)


def with_effects(begin: Iterable[Seed], effects: Mapping[FunctionId, Effect]) -> Iterator[Seed]:
    """Yield the seeds that decorators let through to their functions, and those that decorators give."""
    for function, evidence in begin:
        effect = effects.get(function)
        if effect is None or evidence.reason in _DECLARED or evidence.context in effect.carries:
            yield function, evidence
    for function, effect in effects.items():
        for evidence in effect.evidence:
            yield function, evidence


def _standard_library(program: Program) -> Iterator[Seed]:
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


def hand_off_seed(program: Program, edge: HandOffEdge) -> Seed | None:
    """Return the function that a hand-off starts and the context it gives, None where it starts none."""
    atom = edge.target
    dispatch = edge.handoff.dispatch
    if atom.index < 0 or atom.position >= 0 or dispatch in _SEEDLESS:
        return None
    target = FunctionId(atom.module, atom.index)
    kind, hidden = program.kinds[target], "|member" if edge.handoff.way else ""
    if kind is Kind.COROUTINE:
        return None  # pinned to the loop, or never run at all
    if edge.handoff.is_one_way and program.is_pinned(target):
        return None  # one of several ways through a library is no match for what the author says
    if atom.kind == "callback":
        kind = Kind.CALLBACK
    elif atom.kind == "object":
        kind, hidden = Kind.PLAIN, "|object"  # a mark on the method is not on the object
    elif target in program.unmarked:
        kind, hidden = Kind.PLAIN, "|wrapper"
    by_type = dispatch is Dispatch.BY_TYPE and kind is not Kind.CALLBACK
    evidence = Evidence(
        ExecutionContext.WORKER if by_type or dispatch in _WORKERS else ExecutionContext.LOOP,
        Reason.HAND_OFF,
        f"{edge.handoff.api}|{dispatch.value}{hidden if by_type or edge.handoff.way else ''}",
        edge.handoff.origin,
        edge.caller,
        edge.module,
        edge.call.start,
    )
    return target, evidence
