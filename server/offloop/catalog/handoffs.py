"""Which parameters of Home Assistant's functions take a callable, and where it runs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from offloop.catalog.kept_with_data import kept_with_data
from offloop.facts.model import FunctionFacts
from offloop.facts.tree import Await, Call, Compound, Constant, Evaluate, Expr, Jump, Raise
from offloop.facts.walk import dotted_name, expressions, statements, walk, word_start
from offloop.inference.callgraph import CallGraph
from offloop.inference.context import ExecutionContext, FunctionId, Summary
from offloop.inference.program import Program
from offloop.library.model import Dispatch, FunctionSignature, HandOff, Kind, Origin, Type
from offloop.library.overrides import JOB_CLASSES, LOST_ON_THE_WAY
from offloop.resolve.world import External

_OPEN = frozenset({"Callable", "Any", "object", "CALLBACK_TYPE", "?"})
_COLLECTIONS = frozenset(
    {"list", "List", "tuple", "Tuple", "set", "Set", "Iterable", "Sequence", "Collection"}
)
_KEYWORD_ONLY = 99
_MAKE_TASKS = ("create_task", "create_task_internal", "create_background_task", "create_eager_task")


def callable_parameters(
    program: Program, *, in_collections: bool = False, listeners: frozenset[str] = frozenset()
) -> Iterator[tuple[FunctionId, int]]:
    """Yield the parameters that may take a callable: typed as one, or not typed at all.

    With ``in_collections`` those that take a list or the like of callables, too, and with ``listeners`` those that
    take an object of one of these classes.
    """
    for module in program.world.analysed.values():
        for function in module.facts.functions:
            if function.is_lambda:
                continue
            for position, parameter in enumerate(function.parameters):
                if parameter.kind.value in ("variadic", "keywords"):
                    continue
                if position == 0 and function.owner_class is not None:
                    continue
                kind = program.evaluator.builder(module.name).type_of(parameter.annotation)
                if (
                    parameter.annotation is None
                    or (kind is not None and is_callable(program, kind))
                    or (in_collections and kind is not None and _holds_callables(kind))
                    or any(concrete.name in listeners for concrete in program.world.concrete(kind))
                ):
                    yield FunctionId(module.name, function.index), position


def listener_classes(program: Program) -> frozenset[str]:
    """Return the classes of which users derive what they are told by: a public method of theirs does nothing itself."""
    return frozenset(
        f"{module.name}.{cls.qualname}"
        for module in program.world.analysed.values()
        for cls in module.facts.classes
        for index in cls.methods
        if not (method := module.facts.functions[index]).name.startswith("_") and _is_abstract(method)
    )


def _holds_callables(kind: Type) -> bool:
    """Whether a type is a collection of callables, or may be one."""
    if kind.name in ("|", "="):
        return any(_holds_callables(arg) for arg in kind.args)
    is_collection = kind.name.rpartition(".")[2] in _COLLECTIONS
    return is_collection and any(arg.name.rpartition(".")[2] in ("Callable", "|") for arg in kind.args)


def is_callable(program: Program, kind: Type, depth: int = 0) -> bool:
    """Whether objects of a type may be called: Callable, Any, a job, a protocol with ``__call__``."""
    if kind.name.rpartition(".")[2] in _OPEN or kind.name.startswith("~"):
        return True
    if kind.name in ("|", "=") and depth < 8:
        return any(is_callable(program, arg, depth + 1) for arg in kind.args)
    for concrete in program.world.concrete(kind):
        if concrete.name in JOB_CLASSES or concrete.name.rpartition(".")[2] in _OPEN:
            return True
        if program.world.method(concrete, "__call__") is not None:
            return True
    found = program.world.find(kind.name)
    variable = getattr(found, "type", None)
    if isinstance(variable, Type) and depth < 8:
        return is_callable(program, variable, depth + 1)
    return isinstance(found, External) and found.dotted.rpartition(".")[2] in _OPEN


def derive_handoffs(
    program: Program, graph: CallGraph, summaries: Mapping[FunctionId, Summary]
) -> dict[str, tuple[HandOff, ...]]:
    """Return the hand-offs of each function by its dotted name, in parameter order."""
    found: dict[tuple[FunctionId, int], dict[tuple[Dispatch, bool], Origin]] = defaultdict(dict)
    own: set[tuple[FunctionId, int, bool]] = set()
    awaited = _Awaited(program)
    for edge in graph.handed:
        atom = edge.target
        if atom.position < 0:
            continue
        function = FunctionId(atom.module, atom.index)
        dispatch = _dispatch(program, function, edge.handoff.dispatch, edge.caller, summaries)
        if dispatch is Dispatch.LOOP and edge.call.start in awaited[edge.module]:
            dispatch = Dispatch.LOOP_CORO
        near = edge.module == atom.module
        if near:
            own.add((function, atom.position, dispatch is Dispatch.BY_TYPE))
        if dispatch is not None:
            kinds = found[function, atom.position]
            kinds.setdefault((dispatch, near), program.origin(edge.module, word_start(edge.call)))
    result: dict[str, list[HandOff]] = defaultdict(list)
    for (function, position), kinds in sorted(found.items(), key=lambda item: item[0]):
        calls = (function, position, False) in own
        handoff = _handoff(program, function, position, _nearest(kinds, calls=calls))
        if handoff is not None:
            result[handoff.api].append(handoff)
    for handoff in _lost_on_the_way(program):
        if all(one.keyword != handoff.keyword for one in result[handoff.api]):
            result[handoff.api].append(handoff)
    kept = kept_with_data(program, summaries)
    if kept is not None:
        result[kept.api] = [kept]
    for api, handoff in _of_abstract_methods(program, result):
        result[api].append(handoff)
    return {api: tuple(handoffs) for api, handoffs in result.items()}


def _lost_on_the_way(program: Program) -> Iterator[HandOff]:
    """Yield the hand-offs that are kept by hand, of the functions that these sources have."""
    for (api, name), dispatch in LOST_ON_THE_WAY.items():
        found = program.world.find(api)
        if not isinstance(found, FunctionSignature) or found.module not in program.world.analysed:
            continue
        function = FunctionId(found.module, found.index)
        for position, parameter in enumerate(program.facts(function).parameters):
            if parameter.name == name:
                origin = program.origin(found.module, parameter.start)
                yield placed(program, function, position)._replace(dispatch=dispatch, origin=origin)


def _of_abstract_methods(program: Program, known: Mapping[str, list[HandOff]]) -> list[tuple[str, HandOff]]:
    """Return what methods without a body of their own do with a callable: what all that define them do."""
    found: list[tuple[str, HandOff]] = []
    for module in program.world.analysed.values():
        for cls in module.facts.classes:
            owner = f"{module.name}.{cls.qualname}"
            for index in cls.methods:
                method = module.facts.functions[index]
                api = f"{module.name}.{method.qualname}"
                if api in known or not _is_abstract(method):
                    continue
                defined = [
                    known.get(f"{below.dotted}.{method.name}", [])
                    for below in program.world.subclasses(owner)
                    if method.name in below.methods
                ]
                found += [(api, handoff._replace(api=api)) for handoff in _agreed(defined)]
    return found


def _agreed(defined: list[list[HandOff]]) -> list[HandOff]:
    """Return the hand-offs that all of some functions have alike."""
    alike = [{(handoff.keyword, handoff.dispatch) for handoff in one} for one in defined]
    return [
        handoff
        for handoff in (defined[0] if defined else ())
        if all((handoff.keyword, handoff.dispatch) in one for one in alike)
    ]


def _is_abstract(method: FunctionFacts) -> bool:
    """Whether a method's body does nothing: a docstring, ``...``, ``pass`` or ``raise NotImplementedError``."""
    return all(
        (isinstance(statement, Evaluate) and isinstance(statement.value, Constant | Compound))
        or isinstance(statement, Jump | Raise)
        for statement in method.body
    )


def _dispatch(
    program: Program,
    function: FunctionId,
    dispatch: Dispatch,
    caller: FunctionId | None,
    summaries: Mapping[FunctionId, Summary],
) -> Dispatch | None:
    """Return where a callable runs that a function calls: in the caller's context where that is known."""
    if dispatch is not Dispatch.CALLER:
        return dispatch
    if caller is None:
        return None
    summary = summaries.get(caller)
    context = summary.context if summary is not None else ExecutionContext.UNKNOWN
    if caller == function and not program.is_pinned(function):
        return Dispatch.CALLER
    if context is ExecutionContext.LOOP or program.kinds[caller] is not Kind.PLAIN:
        return Dispatch.LOOP  # where Home Assistant's own function is for the loop, it is called there
    if context is ExecutionContext.WORKER:
        return Dispatch.EXECUTOR
    return Dispatch.BOTH if context is ExecutionContext.BOTH else None


def _nearest(kinds: Mapping[tuple[Dispatch, bool], Origin], *, calls: bool) -> dict[Dispatch, Origin]:
    """Return what happens to a callable, a job made of it far away left out where its own module ``calls`` it.

    What is seen so far away has come through containers whose elements are not told apart.
    """
    return {
        dispatch: origin
        for (dispatch, near), origin in sorted(kinds.items(), key=lambda item: item[0][1])
        if near or not calls or dispatch is not Dispatch.BY_TYPE
    }


def _handoff(
    program: Program, function: FunctionId, position: int, kinds: Mapping[Dispatch, Origin]
) -> HandOff | None:
    # A function that is sorted by its kind on one way may be called directly on another, after a test of it.
    if Dispatch.BY_TYPE in kinds:
        dispatch = Dispatch.BY_TYPE
    elif len(kinds) == 1:
        dispatch = next(iter(kinds))
    elif set(kinds) <= {Dispatch.EXECUTOR, Dispatch.THREAD}:
        dispatch = Dispatch.EXECUTOR
    elif set(kinds) <= {Dispatch.LOOP, Dispatch.LOOP_CORO, Dispatch.CALLER}:
        dispatch = Dispatch.LOOP if Dispatch.LOOP in kinds else Dispatch.LOOP_CORO
    elif Dispatch.BOTH in kinds:
        dispatch = Dispatch.BOTH
    else:
        return None  # it depends; saying nothing is better than guessing
    return placed(program, function, position)._replace(dispatch=dispatch, origin=kinds[dispatch])


class _Awaited(dict[str, frozenset[int]]):
    """The starts of the calls in a module whose results are awaited or made tasks."""

    def __init__(self, program: Program) -> None:
        super().__init__()
        self.program = program

    def __missing__(self, module: str) -> frozenset[int]:
        functions = self.program.world.analysed[module].facts.functions
        self[module] = frozenset(
            call.start
            for function in functions
            for statement in statements(function.body)
            for expr in expressions(statement)
            for part in walk(expr)
            for call in _coroutines_of(part)
        )
        return self[module]


def _coroutines_of(expr: Expr) -> Iterator[Call]:
    """Yield the calls whose results an expression awaits, or makes tasks of."""
    if isinstance(expr, Await) and isinstance(expr.value, Call):
        yield expr.value
    if isinstance(expr, Call) and (dotted_name(expr.function) or "").endswith(_MAKE_TASKS):
        yield from (argument.value for argument in expr.arguments if isinstance(argument.value, Call))


def placed(program: Program, function: FunctionId, position: int) -> HandOff:
    """Return a hand-off that names a parameter, its dispatch and origin left open."""
    facts = program.facts(function)
    parameter = facts.parameters[position]
    method = facts.owner_class is not None and not _is_static(program, function)
    index = position - 1 if method else position
    if parameter.kind.value == "keyword-only":
        index = _KEYWORD_ONLY
    following = facts.parameters[position + 1 : position + 2]
    rest = bool(following) and following[0].kind.value == "variadic"
    api = f"{function.module}.{facts.qualname}"
    return HandOff(api, index, parameter.name, Dispatch.KEPT, Origin("", 0), rest)


def _is_static(program: Program, function: FunctionId) -> bool:
    found = program.world.find(f"{function.module}.{program.facts(function).qualname}")
    return isinstance(found, FunctionSignature) and found.role == "static"
