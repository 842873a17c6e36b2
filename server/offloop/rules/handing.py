"""Handing a call over: Home Assistant's own object as a function can name it, and the call as arguments."""

from __future__ import annotations

import re
from collections.abc import Iterator

from offloop.facts.model import ParameterKind
from offloop.facts.tree import Attribute, Call, Comprehension, Name
from offloop.facts.walk import walk
from offloop.inference.analysis import Analysis
from offloop.inference.context import FunctionId
from offloop.library.model import Type
from offloop.library.overrides import HANDLE, HANDLE_HOLDERS, HANDLE_NAMES
from offloop.resolve.values import Instance, ScopeRef, Value
from offloop.rules.edits import bound_name, enclosing_statement, import_name
from offloop.rules.layout import Group, Leaf, Swap, arguments_of, exchanged
from offloop.text import Edit

_STARRED = (ParameterKind.VARIADIC, ParameterKind.KEYWORDS)


# ------------------------------------------------------------------ hass
def handle_for(analysis: Analysis, function: FunctionId, call: Call | None = None) -> str | None:
    """Return an expression for Home Assistant's own object that a function can use, None where there is none.

    What the call itself names comes first, then names, attributes of ``self``, and those of what is at hand.
    """
    return next(_handles(analysis, function, call), None)


def _handles(analysis: Analysis, function: FunctionId, call: Call | None) -> Iterator[str]:
    scope = ScopeRef(*function)
    evaluator = analysis.program.evaluator
    text = analysis.program.world.analysed[function.module].text
    for part in _parts(call):
        if isinstance(part, Name | Attribute) and _is_handle(evaluator.values(part, scope)):
            yield text[part.start : part.end]
    for name in HANDLE_NAMES:
        found = evaluator.lookup(name, scope)
        if found is not None and found[0].function is not None and _is_handle(evaluator.named(name, scope)):
            yield name
    own = [value.type for value in _first_named(analysis, scope) if isinstance(value, Instance)]
    for kind in own:
        yield from (f"self.{name}" for name in HANDLE_NAMES if _is_handle(evaluator.member(kind, name)))
    for parameter in _parameters(analysis, function):
        yield from (f"{parameter}.{name}" for name in _on(analysis, evaluator.named(parameter, scope)))
    for kind in own:
        for attr in _attributes(analysis, scope):
            yield from (f"self.{attr}.{name}" for name in _on(analysis, evaluator.member(kind, attr)))


def _parts(call: Call | None) -> Iterator[object]:
    if call is not None:
        for part in (call.function, *[argument.value for argument in call.arguments]):
            yield from walk(part)


def _is_handle(values: tuple[Value, ...]) -> bool:
    return any(isinstance(value, Instance) and value.type.name == HANDLE for value in values)


def _on(analysis: Analysis, values: tuple[Value, ...]) -> Iterator[str]:
    """Yield the names under which all objects of an expression hold it, where they hold it for others."""
    kinds: list[Type] = [value.type for value in values if isinstance(value, Instance)]
    if not kinds or len(kinds) < len(values) or not all(_is_holder(analysis, kind) for kind in kinds):
        return
    for name in HANDLE_NAMES:
        if not name.startswith("_") and all(
            _is_handle(analysis.program.evaluator.member(kind, name)) for kind in kinds
        ):
            yield name


def _is_holder(analysis: Analysis, kind: Type) -> bool:
    """Whether a class is the integration's own, or one of those whose attribute Home Assistant documents."""
    world = analysis.program.world
    return any(
        base.name in HANDLE_HOLDERS or base.name.rpartition(".")[0] in world.analysed
        for base in world.ancestry(kind)
    )


def _first_named(analysis: Analysis, scope: ScopeRef) -> tuple[Value, ...]:
    evaluator = analysis.program.evaluator
    if evaluator.own_class(scope) is None or evaluator.lookup("self", scope) is None:
        return ()
    return evaluator.named("self", scope)


def _parameters(analysis: Analysis, function: FunctionId) -> Iterator[str]:
    """Yield the parameters of a function and of those around it."""
    index: int | None = function.index
    functions = analysis.program.world.analysed[function.module].facts.functions
    seen = {"self"}
    while index is not None:
        for parameter in functions[index].parameters:
            if parameter.name not in seen and parameter.kind not in _STARRED:
                yield parameter.name
            seen.add(parameter.name)
        index = functions[index].parent


def _attributes(analysis: Analysis, scope: ScopeRef) -> list[str]:
    """Return attributes that may hold what holds it: the coordinator's, then those that the class sets."""
    cls = analysis.program.evaluator.own_class(scope)
    assigned = analysis.program.evaluator.assignments(cls) if cls is not None else {}
    return list(dict.fromkeys(("coordinator", "_coordinator", *assigned)))


# ------------------------------------------------------------------ the call
def handed_over(
    analysis: Analysis,
    function: FunctionId,
    call: Call,
    taker: str,
    first: tuple[str, ...] = (),
    tail: str = "",
) -> list[Edit] | None:
    """Return the edits that turn ``fn(a, b)`` into ``taker(first, fn, a, b)tail`` and touch nothing else of it.

    Keywords go through ``functools.partial``. The call is laid out as formatters do; comments and lines inside
    of it stay as they are. None where the call is written in a way that this would break.
    """
    analysed = analysis.program.world.analysed[function.module]
    text = analysed.text
    opening = text.find("(", call.function.end, call.end)
    if not isinstance(call.function, Name | Attribute) or opening < 0:
        return None
    if text[call.function.end : opening].strip() or "\n" in text[call.function.start : call.function.end]:
        return None
    imports: list[Edit] = []
    partial: str | None = None
    if any(argument.keyword is not None or argument.stars == 2 for argument in call.arguments):
        partial, imports = _partial(analysis, function.module)
        if partial is None:
            return None
    found = arguments_of(text, call)
    if found is not None:
        arguments, is_open = found
        passed = (Leaf(call.start, call.function.end), *_bracketed(arguments, call))
        new = (
            Group(taker, (*first, *passed), is_open, tail)
            if partial is None
            else Group(taker, (*first, Group(partial, passed, is_open)), False, tail)
        )
        statement = enclosing_statement(analysed.facts, function.index, call.start)
        laid = exchanged(text, statement, Swap(call, new))
        if laid is not None:
            return [*imports, *laid]
    before = f"{taker}({''.join(f'{one}, ' for one in first)}{f'{partial}(' if partial is not None else ''}"
    return [*imports, *_inserted(text, call, before, f"{')' if partial is not None else ''}{tail}")]


def _bracketed(arguments: tuple[Leaf, ...], call: Call) -> Iterator[Leaf | Group]:
    """Yield arguments as they can stand beside others: a generator needs brackets then."""
    for leaf, argument in zip(arguments, call.arguments, strict=True):
        value = argument.value
        is_bare = (
            isinstance(value, Comprehension)
            and value.kind == "generator"
            and leaf.start == value.start == value.elements[0].start
        )
        yield Group("", (leaf,), is_open=False) if is_bare else leaf


def _inserted(text: str, call: Call, before: str, after: str) -> list[Edit]:
    """Return the edits that leave all lines and comments of a call where they are."""
    opening = text.index("(", call.function.end)
    first_line = re.compile(r"[ \t]*(?:#[^\r\n]*)?(\r\n|\r|\n)([ \t]*)").match(text, opening + 1)
    separator = ", "
    if first_line is not None:
        before = before.rstrip(" ") + first_line.group(1) + first_line.group(2)
        separator = ","
    edits = [Edit(call.start, call.start, before)]
    if call.arguments:
        edits.append(Edit(opening, opening + 1, separator))
    else:
        edits.append(Edit(opening, call.end - 1, ""))
    return [*edits, Edit(call.end, call.end, after)] if after else edits


def _partial(analysis: Analysis, module: str) -> tuple[str | None, list[Edit]]:
    """Return how a module can name ``functools.partial``, and the import that this takes."""
    analysed = analysis.program.world.analysed[module]
    known = bound_name(analysed.facts, "functools", "partial")
    if known is not None:
        return known, []
    for name, symbol in analysed.signature.names.items():
        if getattr(symbol, "dotted", None) == "functools":
            return f"{name}.partial", []
    if "partial" in analysed.signature.names:
        return None, []
    imported = import_name(analysed.text, analysed.facts, "functools", "partial")
    return ("partial", imported) if imported else (None, [])
