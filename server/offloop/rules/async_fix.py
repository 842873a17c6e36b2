"""A sync function becomes a coroutine function: an override of Home Assistant's, or a handler that blocks.

What blocks in it is handed to the executor, sync wrappers are exchanged for what they wrap. Always unsafe: the
whole function then runs in the loop, and other code may run while it waits.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from offloop.facts.model import FunctionFacts
from offloop.facts.tree import Attribute, Await, Call, Comprehension, Expr, Name, With
from offloop.facts.walk import children, expressions, statements, walk
from offloop.inference.analysis import Analysis
from offloop.inference.context import Evidence, ExecutionContext, FunctionId, Reason
from offloop.inference.crossings import Crossing
from offloop.inference.trace import chain, name_of
from offloop.library.model import Dispatch, FunctionSignature, Kind, LoopApi
from offloop.library.overrides import EXECUTOR_JOB, LOOP_PREFIXES
from offloop.resolve.values import FunctionRef, Instance, ScopeRef
from offloop.rules.blocking import Blocking, blocking_of, blocking_of_call
from offloop.rules.handing import handed_over, handle_for
from offloop.rules.rule import Applicability, FileEdit, Fix, FixKind
from offloop.text import Edit

_AWAITED_DISPATCH = frozenset({Dispatch.BY_TYPE, Dispatch.LOOP_CORO})


def async_fix(analysis: Analysis, crossing: Crossing) -> Fix | None:
    """Return the fix that brings the whole entry point of a finding into the loop, None where it cannot be done."""
    links = chain(analysis, crossing.function, ExecutionContext.WORKER)
    if not links:
        return None
    root, evidence = links[0]
    if not _can_be_coroutine(analysis, root):
        return None
    path = analysis.program.path(root.module)
    if evidence.reason is Reason.ENTRY_POINT:
        name = _async_name(analysis, root, evidence)
        edits = _edits(analysis, root, name) if name is not None else None
        title = f"Convert {name_of(analysis, root)} to `async def {name}`: it then runs in the event loop"
        kind = FixKind.ASYNC
    elif _is_by_type(evidence) and blocking_of(analysis, root) is not Blocking.NEVER:
        edits = _edits(analysis, root, None)
        title = (
            f"Make {name_of(analysis, root)} a coroutine function: "
            "it then runs in the event loop, and what may block in the executor"
        )
        kind = FixKind.MOVE
    else:
        return None
    if edits is None:
        return None
    return Fix(title, tuple(FileEdit(path, edit) for edit in edits), Applicability.UNSAFE, kind=kind)


def _is_by_type(evidence: Evidence) -> bool:
    return evidence.reason is Reason.HAND_OFF and evidence.detail.partition("|")[2] == Dispatch.BY_TYPE.value


def _can_be_coroutine(analysis: Analysis, function: FunctionId) -> bool:
    """Whether nothing needs the function to stay sync: its own form, direct callers, other dispatchers."""
    facts = analysis.program.facts(function)
    if facts.is_lambda or facts.is_async or facts.is_generator or facts.decorators:
        return False
    if any(edge.callee == function for edge in analysis.graph.calls):
        return False
    return all(
        edge.handoff.dispatch in _AWAITED_DISPATCH
        for edge in analysis.graph.handed
        if (edge.target.module, edge.target.index) == function and edge.target.position < 0
    )


def _async_name(analysis: Analysis, function: FunctionId, evidence: Evidence) -> str | None:
    """Return the name of the coroutine function that Home Assistant calls in place of an override."""
    facts = analysis.program.facts(function)
    name = LOOP_PREFIXES[0] + facts.name
    module = analysis.program.world.analysed[function.module]
    if facts.owner_class is None:
        known = any(
            entry.method == facts.name and entry.via == evidence.detail and name in entry.unless
            for entry in analysis.catalog.entry_points
        )
        return name if known and name not in module.signature.names else None
    cls = analysis.program.evaluator.own_class(ScopeRef(*function))
    if cls is None:
        return None
    found = [
        value
        for own in analysis.program.evaluator.named(_first(facts), ScopeRef(*function))
        if isinstance(own, Instance)
        for value in analysis.program.evaluator.member(own.type, name)
    ]
    is_library = [isinstance(value, FunctionRef) and value.index < 0 for value in found]
    return (
        name
        if found and all(is_library) and _is_coroutine(analysis, found[0])
        else _named(analysis, facts.name, name, evidence, bool(found))
    )


def _named(analysis: Analysis, sync: str, name: str, evidence: Evidence, exists: bool) -> str | None:
    """Return the name where no base class defines it but Home Assistant looks for it first."""
    if exists:
        return None
    looked_for = any(
        entry.method == sync and entry.via == evidence.detail and name in entry.unless
        for entry in analysis.catalog.entry_points
    )
    return name if looked_for else None


def _first(facts: FunctionFacts) -> str:
    return facts.parameters[0].name if facts.parameters else ""


def _is_coroutine(analysis: Analysis, value: object) -> bool:
    found = analysis.program.world.find(value.dotted) if isinstance(value, FunctionRef) else None
    return isinstance(found, FunctionSignature) and found.kind is Kind.COROUTINE


# ------------------------------------------------------------------ the body
class _Use(NamedTuple):
    """A call and the expressions that it is a part of, the nearest last."""

    call: Call
    around: tuple[Expr, ...]


def _edits(analysis: Analysis, function: FunctionId, name: str | None) -> list[Edit] | None:
    """Return the edits of a whole function, None where a part of it cannot be brought into the loop."""
    facts = analysis.program.facts(function)
    edits = [Edit(facts.start, facts.start, "async ")]
    if name is not None:
        edits.append(Edit(facts.name_start, facts.name_end, name))
    rewritten: list[Call] = []
    for use in _uses(facts):
        own = _call_edits(analysis, function, use, name)
        if own is None:
            return None
        if own:
            rewritten.append(use.call)
            edits += own
    if rewritten and (_holds_something(facts, rewritten) or _are_nested(rewritten)):
        return None
    return edits


def _uses(facts: FunctionFacts) -> Iterator[_Use]:
    """Yield the calls of a function's own body."""
    for statement in statements(facts.body):
        for expression in expressions(statement):
            yield from _calls_in(expression, ())


def _calls_in(expression: Expr, around: tuple[Expr, ...]) -> Iterator[_Use]:
    if isinstance(expression, Call):
        yield _Use(expression, around)
    for part in children(expression):
        yield from _calls_in(part, (*around, expression))


def _call_edits(analysis: Analysis, function: FunctionId, use: _Use, name: str | None) -> list[Edit] | None:
    """Return what becomes of one call: nothing, the wrapped coroutine awaited, or a job of the executor."""
    call = use.call
    callee = call.function
    if name is not None and isinstance(callee, Attribute) and _is_super(callee.value):
        if callee.attr != name.removeprefix(LOOP_PREFIXES[0]):
            return None
        return _awaited(use, [Edit(callee.end - len(callee.attr), callee.end, name)])
    wrapped = _wrapped(analysis, function, call)
    if wrapped is not None:
        return _unwrapped(use, wrapped)
    if blocking_of_call(analysis, function, call) is Blocking.NEVER:
        return []
    if isinstance(callee, Name | Attribute) and any(isinstance(part, Call) for part in walk(callee)):
        return None
    if any(isinstance(part, Await) for part in walk(call)):
        return None
    hass = handle_for(analysis, function)
    brackets = _await_around(use)
    if hass is None or brackets is None:
        return None
    before, after = brackets
    return handed_over(analysis, function, call, f"{before}{hass}.{EXECUTOR_JOB}", tail=after)


def _is_super(expression: Expr) -> bool:
    return (
        isinstance(expression, Call)
        and isinstance(expression.function, Name)
        and (expression.function.id == "super")
    )


def _wrapped(analysis: Analysis, function: FunctionId, call: Call) -> LoopApi | None:
    """Return what a sync wrapper for worker threads wraps."""
    for value in analysis.program.evaluator.values(call.function, ScopeRef(*function)):
        if isinstance(value, FunctionRef) and value.dotted in analysis.catalog.sync_apis:
            for api in analysis.catalog.loop_apis.values():
                if api.twin is not None and api.twin.name == value.dotted and not api.twin.is_property:
                    return api
    return None


def _unwrapped(use: _Use, api: LoopApi) -> list[Edit] | None:
    callee = use.call.function
    if not isinstance(callee, Attribute):
        return None  # a name would need another import
    edit = Edit(callee.end - len(callee.attr), callee.end, api.name.rpartition(".")[2])
    return _awaited(use, [edit]) if api.kind is Kind.COROUTINE else [edit]


def _awaited(use: _Use, edits: list[Edit]) -> list[Edit] | None:
    """Return the edits with ``await`` before the call, None where a comprehension would become asynchronous."""
    brackets = _await_around(use)
    if brackets is None:
        return None
    before, after = brackets
    wrapped = [Edit(use.call.start, use.call.start, before), *edits]
    return [*wrapped, Edit(use.call.end, use.call.end, after)] if after else wrapped


def _await_around(use: _Use) -> tuple[str, str] | None:
    """Return what stands before and after an awaited call, None in a comprehension, which would become asynchronous."""
    if any(isinstance(part, Comprehension) for part in use.around):
        return None
    parent = use.around[-1] if use.around else None
    alone = parent is None or (isinstance(parent, Call) and parent.function != use.call)
    return ("await ", "") if alone else ("(await ", ")")


def _holds_something(facts: FunctionFacts, calls: list[Call]) -> bool:
    """Whether a ``with`` block (a lock, most often) would be held while the function waits."""
    held = [one for one in statements(facts.body) if isinstance(one, With) and not one.is_async]
    return any(one.start <= call.start < one.end for one in held for call in calls)


def _are_nested(calls: list[Call]) -> bool:
    return any(
        one is not other and one.start <= other.start and other.end <= one.end
        for one in calls
        for other in calls
    )
