"""Whether a function returns at once: what may be brought into the loop, and what may not."""

from __future__ import annotations

from enum import IntEnum

from offloop.facts.tree import Attribute, Call, Expr, Name, Subscript
from offloop.inference.analysis import Analysis
from offloop.inference.context import FunctionId
from offloop.library.model import FunctionSignature, Kind
from offloop.library.overrides import HANDLE
from offloop.resolve.values import ClassObject, FunctionRef, Instance, ScopeRef, Value
from offloop.resolve.world import External


class Blocking(IntEnum):
    """How sure it is that something blocks; the greater, the surer."""

    NEVER = 0
    UNKNOWN = 1
    KNOWN = 2


_HARMLESS_MODULES = frozenset(
    {
        "builtins",
        "logging",
        "functools",
        "itertools",
        "datetime",
        "json",
        "re",
        "math",
        "asyncio",
        "typing",
        "collections",
        "copy",
        "enum",
        "dataclasses",
        "contextlib",
        "operator",
        "uuid",
        "str",
        "dict",
        "list",
        "set",
    }
)
_BLOCKING = frozenset({"builtins.open", "builtins.input"})
_PLAIN_METHODS = frozenset(
    {
        "append",
        "add",
        "get",
        "pop",
        "items",
        "keys",
        "values",
        "update",
        "clear",
        "remove",
        "discard",
        "extend",
        "insert",
        "copy",
        "setdefault",
        "format",
        "join",
        "split",
        "strip",
        "lower",
        "upper",
        "startswith",
        "endswith",
        "replace",
        "encode",
        "decode",
        "isoformat",
        "timestamp",
        "total_seconds",
        "debug",
        "info",
        "warning",
        "error",
        "exception",
    }
)
_MAX_DEPTH = 6
_HOME = HANDLE.partition(".")[0]


def blocking_of(analysis: Analysis, function: FunctionId) -> Blocking:
    """Return whether a function does anything that is not known to return at once."""
    return _of_function(analysis, function, 0, set())


def blocking_of_call(analysis: Analysis, function: FunctionId, call: Call) -> Blocking:
    """Return whether a call in a function may block; what a dispatcher passes to the function is plain data."""
    return _of_call(analysis, function, call, 0, set())


def _of_function(analysis: Analysis, function: FunctionId, depth: int, seen: set[FunctionId]) -> Blocking:
    if function in seen or depth > _MAX_DEPTH:
        return Blocking.NEVER
    seen.add(function)
    facts = analysis.program.facts(function)
    found = (_of_call(analysis, function, call, depth, seen) for call in facts.calls)
    return max(found, default=Blocking.NEVER)


def _of_call(
    analysis: Analysis, function: FunctionId, call: Call, depth: int, seen: set[FunctionId]
) -> Blocking:
    values = analysis.program.evaluator.values(call.function, ScopeRef(*function))
    if isinstance(call.function, Name) and call.function.id == "super":
        return Blocking.NEVER
    if not values:
        # What a dispatcher passes (an event, a point in time) is plain data.
        parameters = analysis.program.facts(function).parameters if depth == 0 else ()
        given = {parameter.name for parameter in parameters if parameter.name != "self"}
        return Blocking.NEVER if _is_plain_call(call.function, given) else Blocking.UNKNOWN
    return max(_of_value(analysis, value, depth, seen) for value in values)


def _is_plain_call(callee: Expr, given: set[str]) -> bool:
    """Whether an unresolved call is of plain data's own methods, by their names or by what they are called on."""
    if not isinstance(callee, Attribute):
        return False
    root = callee.value
    while isinstance(root, Attribute | Subscript):
        root = root.value
    return callee.attr in _PLAIN_METHODS or (isinstance(root, Name) and root.id in given)


def _of_value(analysis: Analysis, value: Value, depth: int, seen: set[FunctionId]) -> Blocking:
    match value:
        case FunctionRef(module, _, index, _):
            if index < 0 and module.partition(".")[0] != _HOME:
                # A library's: all that is known of it is where it runs what it is given.
                found = analysis.program.world.find(value.dotted)
                is_coroutine = isinstance(found, FunctionSignature) and found.kind is Kind.COROUTINE
                return Blocking.NEVER if is_coroutine else Blocking.UNKNOWN
            if index < 0:
                # Home Assistant's own; what is made for workers waits for the loop.
                return Blocking.KNOWN if value.dotted in analysis.catalog.sync_apis else Blocking.NEVER
            target = FunctionId(module, index)
            if analysis.program.facts(target).is_async:
                return Blocking.NEVER
            return _of_function(analysis, target, depth + 1, seen)
        case External(dotted):
            if dotted in _BLOCKING or any(call.name == dotted for call in analysis.catalog.blocking):
                return Blocking.KNOWN
            harmless = dotted.partition(".")[0] in _HARMLESS_MODULES
            return Blocking.NEVER if harmless else Blocking.UNKNOWN
        case ClassObject() | Instance():
            return Blocking.NEVER
    return Blocking.UNKNOWN
