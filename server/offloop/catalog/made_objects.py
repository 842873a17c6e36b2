"""Objects that a library has a callable of its users make, and what it calls on them.

``ReaderThread(port, factory)`` of pyserial calls ``factory()`` in its thread, keeps the result in an attribute and
calls methods of it. Their class is not declared; the library's own classes that have all of these methods show what the
result is like, and users derive theirs from them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple, TypeGuard

from offloop.catalog.library_handoffs import class_of, dotted
from offloop.facts.tree import Assign, Attribute, Call, Name
from offloop.facts.walk import statements
from offloop.inference.callgraph import CallGraph
from offloop.inference.context import ExecutionContext, FunctionId, Summary
from offloop.inference.edges import CallEdge
from offloop.inference.program import Program
from offloop.library.model import Dispatch, EntryPoint, Type


class MadeCall(NamedTuple):
    """A call of a method of a made object, and one class of the library that it may be of."""

    edge: CallEdge
    owner: str


def calls_of_made_objects(program: Program, graph: CallGraph) -> tuple[MadeCall, ...]:
    """Return the calls of methods on what users' callables made, to each class of the library that has them all."""
    made = _attributes(program, graph)
    found: list[MadeCall] = []
    for calls in _calls_on(program, made).values():
        names = frozenset(call.function.attr for _, call in calls if isinstance(call.function, Attribute))
        for kind in _classes_with(program, names):
            for caller, call in calls:
                method = program.world.method(kind, getattr(call.function, "attr", ""))
                if method is not None:
                    callee = FunctionId(method[1].module, method[1].index)
                    found.append(MadeCall(CallEdge(caller, caller.module, callee, call), kind.name))
    return tuple(found)


def entries_of_made_objects(
    program: Program, calls: Iterable[MadeCall], summaries: Mapping[FunctionId, Summary]
) -> Iterator[EntryPoint]:
    """Yield the methods of made objects that are called in a worker only."""
    for edge, owner in calls:
        summary = summaries.get(edge.caller) if edge.caller is not None else None
        if edge.caller is None or summary is None or summary.context is not ExecutionContext.WORKER:
            continue
        name = program.facts(edge.callee).name
        origin = program.origin(edge.module, edge.call.function.end - len(name))
        yield EntryPoint(owner, name, "worker", origin, dotted(program, edge.caller))


def _attributes(program: Program, graph: CallGraph) -> frozenset[tuple[str, str]]:
    """Return the attributes, by class, that hold what a user's callable has made."""
    making = {
        (edge.module, edge.call.start)
        for edge in graph.handed
        if edge.target.position >= 0 and not edge.target.way and edge.handoff.dispatch is Dispatch.CALLER
    }
    found: set[tuple[str, str]] = set()
    for module in program.world.analysed.values():
        for function in module.facts.functions:
            cls = class_of(program, FunctionId(module.name, function.index))
            for statement in statements(function.body) if cls is not None else ():
                if (
                    isinstance(statement, Assign)
                    and isinstance(statement.value, Call)
                    and (module.name, statement.value.start) in making
                ):
                    found.update((str(cls), target.attr) for target in statement.targets if _is_own(target))
    return frozenset(found)


def _is_own(target: object) -> TypeGuard[Attribute]:
    return isinstance(target, Attribute) and isinstance(target.value, Name) and target.value.id == "self"


def _calls_on(
    program: Program, made: frozenset[tuple[str, str]]
) -> Mapping[tuple[str, str], list[tuple[FunctionId, Call]]]:
    """Return the calls of methods on what some attributes hold."""
    found: dict[tuple[str, str], list[tuple[FunctionId, Call]]] = defaultdict(list)
    for module in program.world.analysed.values() if made else ():
        for function in module.facts.functions:
            caller = FunctionId(module.name, function.index)
            cls = class_of(program, caller)
            for call in function.calls:
                receiver = call.function.value if isinstance(call.function, Attribute) else None
                if isinstance(receiver, Attribute) and _is_own(receiver) and (cls, receiver.attr) in made:
                    found[str(cls), receiver.attr].append((caller, call))
    return found


def _classes_with(program: Program, names: frozenset[str]) -> Iterator[Type]:
    """Yield the classes of a library that have methods of all these names."""
    for module in program.world.analysed.values():
        for cls in module.facts.classes:
            kind = Type(f"{module.name}.{cls.qualname}")
            methods = [program.world.method(kind, name) for name in names]
            if all(one is not None and one[1].module in program.world.analysed for one in methods):
                yield kind
