"""What a library does with the callables it is given: as parameters, and stored in attributes of its objects."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from offloop.catalog.handoffs import placed
from offloop.catalog.library_threads import Threads
from offloop.facts.walk import word_start
from offloop.inference.callgraph import CallGraph
from offloop.inference.context import ExecutionContext, FunctionId, Reason, Summary
from offloop.inference.edges import STORED, Atom, CallEdge
from offloop.inference.fixpoint import Edge
from offloop.inference.handed_objects import RESULT
from offloop.inference.program import Program
from offloop.library.model import ATTRIBUTE, Dispatch, HandOff, Kind, Origin, Type
from offloop.library.signature import role
from offloop.resolve.values import ClassObject, ScopeRef

_LOOPS = (Dispatch.LOOP, Dispatch.LOOP_CORO)
_ANYONE = frozenset({""})
# A worker of a library's is a thread of its own, not Home Assistant's executor.
_CONTEXTS = ((ExecutionContext.LOOP, Dispatch.LOOP), (ExecutionContext.WORKER, Dispatch.THREAD))


@dataclass(slots=True)
class _Fate:
    """What happens to one callable: where it runs, whose thread it is, and what runs it where that is called."""

    known: dict[tuple[Dispatch, str, tuple[str, ...]], Origin] = field(default_factory=dict)
    runners: dict[str, Origin] = field(default_factory=dict)


def library_handoffs(
    program: Program, graph: CallGraph, lineage: Lineage, threads: Threads, root: str
) -> dict[str, tuple[HandOff, ...]]:
    """Return the hand-offs by dotted function or attribute; several for a callable that runs in several places.

    What is called of objects is told for what the package of that ``root`` offers, its own or inherited.
    """
    fates: dict[Atom, _Fate] = defaultdict(_Fate)
    offered = _offered(program, root)
    passages = Passages(program, graph)
    for edge in graph.handed:
        if edge.target.position < 0 or "<locals>" in edge.target.qualname:
            continue  # no parameter, or one that no user of the library can name
        if edge.target.way and not _takes_objects(program, edge.target, root, offered):
            continue
        origin = program.origin(edge.module, word_start(edge.call))
        fate = fates[edge.target]
        if edge.handoff.dispatch is not Dispatch.CALLER:
            dispatch = edge.handoff.dispatch
            dispatch = Dispatch.THREAD if dispatch is Dispatch.EXECUTOR else dispatch
            fate.known.setdefault((dispatch, "", ()), origin)
        elif edge.caller is not None:
            _called(program, lineage, threads, passages, edge.target, edge.caller, origin, fate)
    found: dict[str, list[HandOff]] = defaultdict(list)
    for target, fate in sorted(fates.items(), key=lambda item: item[0]):
        for handoff in _handoffs(program, target, fate):
            found[handoff.api].append(handoff)
    return {api: tuple(handoffs) for api, handoffs in found.items()}


def _offered(program: Program, root: str) -> frozenset[str]:
    """Return the classes of a top-level package and those that they build on."""
    return frozenset(
        ancestor.name
        for module in program.world.analysed.values()
        if module.name.partition(".")[0] == root
        for cls in module.facts.classes
        for ancestor in program.world.ancestry(Type(f"{module.name}.{cls.qualname}"))
    )


def _takes_objects(program: Program, target: Atom, root: str, offered: frozenset[str]) -> bool:
    """Whether a way leads from what users of a package hand over to a method that they know of."""
    names = [*target.qualname.split("."), target.way.rpartition(".")[2]]
    if target.way == RESULT or any(is_private(name) for name in names):
        return False
    return target.module.partition(".")[0] == root or _owner(program, target) in offered


def is_private(name: str) -> bool:
    """Whether a name is for a library itself."""
    return name.startswith("_") and not name.startswith("__")


def _called(
    program: Program,
    lineage: Lineage,
    threads: Threads,
    passages: Passages,
    target: Atom,
    caller: FunctionId,
    origin: Origin,
    fate: _Fate,
) -> None:
    """Note that a function calls what it got: where the function is known to run, and where it is called."""
    context = lineage.context(caller)
    for bit, dispatch in _CONTEXTS:
        if bit in context and passages.lead_to(lineage, target, caller, bit):
            for relative in sorted(lineage.within(_owner(program, target), caller, bit)):
                needs = threads.needed(caller) if dispatch is Dispatch.THREAD else ()
                fate.known.setdefault((dispatch, relative, needs), origin)
    if program.kinds[caller] is Kind.COROUTINE:
        return
    if (target.module, target.index) == caller:
        fate.known.setdefault((Dispatch.CALLER, "", ()), origin)
    else:
        fate.runners.setdefault(dotted(program, caller), origin)


def _handoffs(program: Program, target: Atom, fate: _Fate) -> Iterator[HandOff]:
    if target.kind == STORED:
        place = HandOff(f"{target.module}.{target.qualname}", ATTRIBUTE, "", Dispatch.KEPT, Origin("", 0))
    else:
        function = FunctionId(target.module, target.index)
        place = placed(program, function, target.position)
        if role(program.facts(function)) == "setter":
            place = place._replace(index=ATTRIBUTE, keyword="")
    place = place._replace(way=target.way)
    anyone = {(dispatch, within) for dispatch, within, needs in fate.known if not needs}
    in_loop = any(dispatch in _LOOPS for dispatch, _, _ in fate.known)
    for (dispatch, within, needs), origin in fate.known.items():
        if not needs or (dispatch, within) not in anyone:
            is_one_way = in_loop and dispatch is Dispatch.THREAD
            yield place._replace(
                dispatch=dispatch, origin=origin, within=within, needs=needs, is_one_way=is_one_way
            )
    if fate.runners:
        origin = next(iter(fate.runners.values()))
        yield place._replace(dispatch=Dispatch.KEPT, origin=origin, runners=tuple(fate.runners))


def dotted(program: Program, function: FunctionId) -> str:
    """Return the dotted name of an analysed function."""
    return f"{function.module}.{program.facts(function).qualname}"


def calls_within(program: Program, calls: Iterable[CallEdge]) -> dict[str, tuple[str, ...]]:
    """Return for each plain function of a library the functions that call it in their own context."""
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for call in calls:
        if call.caller is None or program.kinds[call.callee] is Kind.COROUTINE:
            continue
        if program.kinds[call.caller] is not Kind.COROUTINE and call.caller != call.callee:
            found[dotted(program, call.callee)][dotted(program, call.caller)] = None
    return {callee: tuple(callers) for callee, callers in found.items()}


# -------------------------------------------------------------------- whose thread it is
def _owner(program: Program, target: Atom) -> str | None:
    """Return the class whose parameter or attribute an atom stands for."""
    if target.kind == STORED:
        return f"{target.module}.{target.qualname.rpartition('.')[0]}"
    return class_of(program, FunctionId(target.module, target.index))


def class_of(program: Program, function: FunctionId) -> str | None:
    """Return the class that a function is a method of."""
    facts = program.facts(function)
    if facts.owner_class is None:
        return None
    return f"{function.module}.{program.world.analysed[function.module].facts.classes[facts.owner_class].qualname}"


class Lineage:
    """Tells through which classes a context came to a function."""

    def __init__(
        self, program: Program, edges: Iterable[Edge], summaries: Mapping[FunctionId, Summary]
    ) -> None:
        self.program = program
        self.summaries = summaries
        self._callers: dict[FunctionId, list[FunctionId]] = defaultdict(list)
        for edge in edges:
            self._callers[edge.callee].append(edge.caller)
        self._known: dict[tuple[str, FunctionId, ExecutionContext], frozenset[str]] = {}

    def context(self, function: FunctionId) -> ExecutionContext:
        """Return where a function runs."""
        summary = self.summaries.get(function)
        return summary.context if summary is not None else ExecutionContext.UNKNOWN

    def within(self, owner: str | None, function: FunctionId, bit: ExecutionContext) -> frozenset[str]:
        """Return the relatives of a class whose thread or loop a function runs in; "" where it is anyone's.

        Siblings share a base's methods: what one of them runs in a thread, the other may run in the loop.
        """
        if owner is None:
            return _ANYONE
        key = (owner, function, bit)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._relatives(self._family(owner), function, bit)
        return known

    def _relatives(
        self, family: frozenset[str], function: FunctionId, bit: ExecutionContext
    ) -> frozenset[str]:
        found: set[str] = set()
        # Others that the family calls on the way do what it has them do; they tell nothing of their own.
        waiting = [(function, True)]
        seen = set(waiting)
        while waiting:
            current, is_from_family = waiting.pop()
            cls = class_of(self.program, current)
            is_family = cls is not None and cls in family
            if is_from_family and cls is not None and not is_family and family & self._family(cls):
                found.add(cls)
                continue
            callers = [one for one in self._callers.get(current, ()) if bit in self.context(one)]
            if not callers or self._begins(current, bit):
                found.add("")
            for caller in callers:
                if (caller, is_family) not in seen:
                    seen.add((caller, is_family))
                    waiting.append((caller, is_family))
        return _ANYONE if "" in found else frozenset(found)

    def _begins(self, function: FunctionId, bit: ExecutionContext) -> bool:
        """Whether a context begins at a function, whoever else calls it."""
        summary = self.summaries.get(function)
        evidence = None
        if summary is not None:
            evidence = summary.loop if bit is ExecutionContext.LOOP else summary.worker
        return evidence is not None and evidence.reason is not Reason.CALL

    def are_related(self, one: str, other: str) -> bool:
        """Whether an object may be of both classes."""
        return one in self._family(other) or other in self._family(one)

    def most_special(self, classes: Iterable[str]) -> list[str]:
        """Return the classes that none of the others builds on."""
        classes = set(classes)
        bases = {base for one in classes for base in self._family(one) if base != one}
        return sorted(classes - bases)

    def _family(self, name: str) -> frozenset[str]:
        """Return a class and the analysed classes that it builds on."""
        return frozenset(
            one.name
            for one in self.program.world.ancestry(Type(name))
            if self.program.world.class_named(one.name) is not None
        )


class Passages:
    """Of which classes objects are made inside of a library with what users hand over.

    ``async_add_listener`` of one class makes an object of another with the listener, whose sibling has a thread: what
    runs there is nothing that the one which was made got.
    """

    def __init__(self, program: Program, graph: CallGraph) -> None:
        self._made: dict[tuple[str, int, str, int], set[str]] = defaultdict(set)
        held = dict(graph.flows.held())
        for module in program.world.analysed.values():
            for function in module.facts.functions:
                scope = ScopeRef(module.name, function.index)
                for call in function.calls:
                    made = {
                        value.type.name
                        for value in program.evaluator.values(call.function, scope)
                        if isinstance(value, ClassObject) and program.world.class_named(value.type.name)
                    }
                    given = [argument.value for argument in call.arguments] if made else []
                    for source in (one for value in given for one in graph.sources.of(value, scope)):
                        for atom in (source,) if isinstance(source, Atom) else held.get(source, ()):
                            if atom.position >= 0:
                                self._made[_place(atom)].update(made)

    def lead_to(self, lineage: Lineage, target: Atom, function: FunctionId, bit: ExecutionContext) -> bool:
        """Whether a function may run in a context what one of these objects was made with."""
        between = self._made.get(_place(target), set()) - {_owner(lineage.program, target) or ""}
        blocked = False
        for cls in lineage.most_special(between):
            within = lineage.within(cls, function, bit)
            if within == _ANYONE:
                continue
            if any(lineage.are_related(cls, relative) for relative in within):
                return True
            blocked = True
        return not blocked


def _place(atom: Atom) -> tuple[str, int, str, int]:
    """Return what tells a parameter or attribute from others, whatever way leads on from it."""
    return atom.module, atom.index, atom.qualname, atom.position
