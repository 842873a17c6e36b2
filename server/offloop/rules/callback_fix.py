"""The root cause: a function that should run in the loop gets the decorator that says so."""

from __future__ import annotations

import re

from offloop.facts.tree import Attribute, Expr, Lambda, Name, Return, Subscript
from offloop.facts.walk import expressions, walk
from offloop.inference.analysis import Analysis
from offloop.inference.context import ExecutionContext, FunctionId, Reason
from offloop.inference.crossings import Crossing
from offloop.inference.trace import chain, name_of, short
from offloop.library.model import Dispatch
from offloop.library.overrides import CALLBACK_DECORATORS, LOOP_PREFIXES
from offloop.resolve.values import ClassObject, FunctionRef, Instance, ScopeRef, Value
from offloop.resolve.world import External
from offloop.rules.edits import (
    bound_name,
    decorate,
    enclosing_statement,
    import_name,
    indent_at,
    is_simple,
    newline_of,
    uses_of,
)
from offloop.rules.rule import Applicability, FileEdit, Fix, FixKind
from offloop.text import Edit

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


def callback_fix(analysis: Analysis, crossing: Crossing) -> Fix | None:
    """Return the fix that lets the dispatched function run in the loop, None where a dispatcher is not the cause."""
    links = chain(analysis, crossing.function, ExecutionContext.WORKER)
    if not links:
        return None
    root, evidence = links[0]
    if evidence.reason is not Reason.HAND_OFF:
        return None
    api, _, dispatch = evidence.detail.partition("|")
    if dispatch != Dispatch.BY_TYPE.value:
        return None
    facts = analysis.program.facts(root)
    edits = (
        _lambda_edits(analysis, root, short(api)) if facts.is_lambda else _definition_edits(analysis, root)
    )
    if edits is None:
        return None
    path = analysis.program.path(root.module)
    safe = not _may_block(analysis, root, 0, set())
    what = (
        "Extract the lambda to a function with @callback"
        if facts.is_lambda
        else (f"Decorate {name_of(analysis, root)} with @callback")
    )
    return Fix(
        f"{what}: it then runs in the event loop",
        tuple(FileEdit(path, edit) for edit in edits),
        Applicability.SAFE if safe else Applicability.UNSAFE,
        kind=FixKind.CALLBACK,
    )


def _decorator(analysis: Analysis, module: str) -> tuple[str, Edit | None] | None:
    """Return how a module can name the decorator, and the import that this takes."""
    analysed = analysis.program.world.analysed[module]
    dotted = min(CALLBACK_DECORATORS)
    home, _, name = dotted.rpartition(".")
    known = bound_name(analysed.facts, home, name)
    if known is not None:
        return known, None
    if name in analysed.signature.names or uses_of(analysed.text, name):
        # The plain name means something else here, or is a local one: reach it through its module where possible.
        for bound, symbol in analysed.signature.names.items():
            if getattr(symbol, "dotted", None) == home:
                return f"{bound}.{name}", None
        if name in analysed.signature.names:
            return None
    edit = import_name(analysed.text, analysed.facts, home, name)
    return (name, edit) if edit is not None else None


def _definition_edits(analysis: Analysis, function: FunctionId) -> list[Edit] | None:
    analysed = analysis.program.world.analysed[function.module]
    named = _decorator(analysis, function.module)
    edit = decorate(analysed.text, analysis.program.facts(function), named[0]) if named is not None else None
    if named is None or edit is None:
        return None
    return [edit] if named[1] is None else [named[1], edit]


def _lambda_edits(analysis: Analysis, function: FunctionId, api: str) -> list[Edit] | None:
    """Return the edits that turn a lambda into a decorated function before its statement."""
    analysed = analysis.program.world.analysed[function.module]
    facts, text = analysis.program.facts(function), analysed.text
    named = _decorator(analysis, function.module)
    statement = enclosing_statement(analysed.facts, facts.parent, facts.start)
    if named is None or statement is None or facts.parent is None or not is_simple(statement):
        return None
    indent = indent_at(text, statement.start)
    body = facts.body[0] if facts.body else None
    if indent is None or not isinstance(body, Return) or body.value is None:
        return None
    expression = text[body.value.start : body.value.end]
    if "\n" in expression or any(isinstance(part, Lambda) for part in walk(body.value)):
        return None
    if any(
        isinstance(part, Lambda) and part.function != function.index
        for e in expressions(statement)
        for part in walk(e)
    ):
        return None
    parameters = text[facts.start + len("lambda") : body.value.start].strip().removesuffix(":").strip()
    name = _fresh_name(text, api)
    newline = newline_of(text)
    definition = (
        f"@{named[0]}{newline}{indent}def {name}({parameters}):{newline}{indent}    {expression}{newline}"
        f"{newline}{indent}"
    )
    edits = [Edit(statement.start, statement.start, definition), Edit(facts.start, facts.end, name)]
    return edits if named[1] is None else [named[1], *edits]


def _fresh_name(text: str, api: str) -> str:
    stem = api.rpartition(".")[2]
    for prefix in (*LOOP_PREFIXES, "track_", "add_"):
        stem = stem.removeprefix(prefix)
    name = f"_async_handle_{stem}"
    while re.search(rf"(?<!\w){name}(?!\w)", text):
        name += "_"
    return name


def _may_block(analysis: Analysis, function: FunctionId, depth: int, seen: set[FunctionId]) -> bool:
    """Whether a function does anything that is not known to return at once."""
    if function in seen or depth > _MAX_DEPTH:
        return False
    seen.add(function)
    scope = ScopeRef(*function)
    facts = analysis.program.facts(function)
    # What a dispatcher passes (an event, a point in time) is plain data.
    given = (
        {parameter.name for parameter in facts.parameters if parameter.name != "self"}
        if depth == 0
        else set()
    )
    for call in facts.calls:
        values = analysis.program.evaluator.values(call.function, scope)
        if not values and not _is_plain_call(call.function, given):
            return True
        if any(_value_blocks(analysis, value, depth, seen) for value in values):
            return True
    return False


def _is_plain_call(callee: Expr, given: set[str]) -> bool:
    """Whether an unresolved call is of plain data's own methods, by their names or by what they are called on."""
    if not isinstance(callee, Attribute):
        return False
    root = callee.value
    while isinstance(root, Attribute | Subscript):
        root = root.value
    return callee.attr in _PLAIN_METHODS or (isinstance(root, Name) and root.id in given)


def _value_blocks(analysis: Analysis, value: Value, depth: int, seen: set[FunctionId]) -> bool:
    match value:
        case FunctionRef(module, _, index, _):
            if index < 0:
                return False  # Home Assistant's own
            target = FunctionId(module, index)
            return not analysis.program.facts(target).is_async and _may_block(
                analysis, target, depth + 1, seen
            )
        case External(dotted):
            return dotted in _BLOCKING or dotted.partition(".")[0] not in _HARMLESS_MODULES
        case ClassObject() | Instance():
            return False
    return True
