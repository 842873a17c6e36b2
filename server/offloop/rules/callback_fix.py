"""The root cause: a function that should run in the loop gets the decorator that says so."""

from __future__ import annotations

import re

from offloop.facts.tree import Comprehension, Lambda, Return, Statement
from offloop.facts.walk import expressions, walk
from offloop.inference.analysis import Analysis
from offloop.inference.context import ExecutionContext, FunctionId, Reason
from offloop.inference.crossings import Crossing
from offloop.inference.trace import chain, name_of, short
from offloop.library.model import Dispatch
from offloop.library.overrides import CALLBACK_DECORATORS, LOOP_PREFIXES
from offloop.rules.blocking import Blocking, blocking_of
from offloop.rules.edits import (
    bound_module,
    bound_name,
    decorate,
    enclosing_statement,
    import_name,
    indent_at,
    is_simple,
    module_imports,
    newline_of,
    uses_of,
)
from offloop.rules.layout import Leaf, respaced
from offloop.rules.rule import Applicability, FileEdit, Fix, FixKind
from offloop.text import Edit


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
    blocking = blocking_of(analysis, root)
    if blocking is Blocking.KNOWN:
        return None
    what = (
        "Extract the lambda to a function with @callback"
        if facts.is_lambda
        else (f"Decorate {name_of(analysis, root)} with @callback")
    )
    return Fix(
        f"{what}: it then runs in the event loop",
        tuple(FileEdit(path, edit) for edit in edits),
        Applicability.SAFE if blocking is Blocking.NEVER else Applicability.UNSAFE,
        kind=FixKind.CALLBACK,
    )


def _decorator(analysis: Analysis, module: str) -> tuple[str, list[Edit]] | None:
    """Return how a module can name the decorator, and the import that this takes."""
    analysed = analysis.program.world.analysed[module]
    dotted = min(CALLBACK_DECORATORS)
    home, _, name = dotted.rpartition(".")
    known = bound_name(analysed.facts, home, name)
    if known is not None:
        return known, []
    imported = any(one.module == home and one.name is not None for one in module_imports(analysed.facts))
    if name in analysed.signature.names or uses_of(analysed.text, name) or not imported:
        # The plain name means something else here, or the module is used as a whole: go through the module.
        through = bound_module(analysed.facts, home)
        if through is not None:
            return f"{through}.{name}", []
        if name in analysed.signature.names:
            return None
    edits = import_name(analysed.text, analysed.facts, home, name)
    return (name, edits) if edits else None


def _definition_edits(analysis: Analysis, function: FunctionId) -> list[Edit] | None:
    analysed = analysis.program.world.analysed[function.module]
    named = _decorator(analysis, function.module)
    edit = decorate(analysed.text, analysis.program.facts(function), named[0]) if named is not None else None
    if named is None or edit is None:
        return None
    return [*named[1], edit]


def _lambda_edits(analysis: Analysis, function: FunctionId, api: str) -> list[Edit] | None:
    """Return the edits that turn a lambda into a decorated function before its statement."""
    analysed = analysis.program.world.analysed[function.module]
    facts, text = analysis.program.facts(function), analysed.text
    named = _decorator(analysis, function.module)
    statement = enclosing_statement(analysed.facts, facts.parent, facts.start)
    if named is None or statement is None or facts.parent is None or not is_simple(statement):
        return None
    outer = analysed.facts.functions[facts.parent]
    if outer.is_lambda or _is_comprehended(statement, function.index):
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
    return [
        *named[1],
        Edit(statement.start, statement.start, definition),
        Edit(facts.start, facts.end, name),
        *respaced(text, [statement], Leaf(facts.start, facts.end, len(name))),
    ]


def _is_comprehended(statement: Statement, function: int) -> bool:
    """Whether a lambda stands in a comprehension: a function before the statement would not know its variables."""
    return any(
        isinstance(inner, Lambda) and inner.function == function
        for expression in expressions(statement)
        for part in walk(expression)
        if isinstance(part, Comprehension)
        for inner in walk(part)
    )


def _fresh_name(text: str, api: str) -> str:
    stem = api.rpartition(".")[2]
    for prefix in (*LOOP_PREFIXES, "track_", "add_"):
        stem = stem.removeprefix(prefix)
    name = f"_async_handle_{stem}"
    while re.search(rf"(?<!\w){name}(?!\w)", text):
        name += "_"
    return name
