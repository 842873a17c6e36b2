"""The functions and classes of one text as an outline, each function with where it runs."""

from __future__ import annotations

import re
from typing import NamedTuple

from offloop.facts.model import ClassFacts, FunctionFacts
from offloop.inference.analysis import Analysis
from offloop.inference.context import ExecutionContext, FunctionId
from offloop.inference.questions.cursor import module_at
from offloop.inference.questions.explain import label
from offloop.library.model import Kind
from offloop.text import Span

_HEADER_END = re.compile(r"[^:#\n]*:")


class Entry(NamedTuple):
    """A class or function: ``span`` covers all of it, ``name_span`` its name; ``label`` is empty for a class."""

    name: str
    is_class: bool
    is_method: bool
    span: Span
    name_span: Span
    label: str
    inner: tuple[Entry, ...]


class Mark(NamedTuple):
    """Where one function runs, to be shown beside it.

    ``offset`` is the end of its header, or the start of a lambda. ``is_evident`` says that the header itself
    tells the context.
    """

    function: FunctionId
    offset: int
    label: str
    is_evident: bool
    is_lambda: bool


def marks(analysis: Analysis, path: str) -> tuple[Mark, ...]:
    """Return a mark for each function of a file in order; lambdas of unknown context are left out."""
    module = module_at(analysis, path)
    if module is None:
        return ()
    known = analysis.program.world.analysed[module]
    found = []
    for facts in known.facts.functions:
        function = FunctionId(module, facts.index)
        context = analysis.summary(function).context
        if facts.is_lambda and context is ExecutionContext.UNKNOWN:
            continue
        plain = analysis.program.kinds[function] is Kind.PLAIN
        is_evident = not plain and context is ExecutionContext.LOOP
        offset = facts.start if facts.is_lambda else _header_end(facts, known.text)
        found.append(Mark(function, offset, label(analysis, function), is_evident, facts.is_lambda))
    return tuple(sorted(found, key=lambda mark: mark.offset))


def _header_end(facts: FunctionFacts, text: str) -> int:
    """Return the offset behind the colon of a ``def``; the end of its name where there is none yet."""
    start = facts.name_end
    if facts.parameters:
        start = max(start, facts.parameters[-1].end)
    if facts.returns is not None:
        start = max(start, facts.returns.end)
    found = _HEADER_END.match(text, start)
    return found.end() if found is not None and found.end() <= facts.end + 1 else facts.name_end


def outline(analysis: Analysis, path: str) -> tuple[Entry, ...]:
    """Return the classes and functions of a file as a tree, in order; lambdas are left out."""
    module = module_at(analysis, path)
    if module is None:
        return ()
    facts = analysis.program.world.analysed[module].facts
    functions = [function for function in facts.functions if not function.is_lambda]
    things: list[FunctionFacts | ClassFacts] = [*functions, *facts.classes]
    things.sort(key=lambda thing: (thing.start, -thing.end))
    return _nested(analysis, module, things, 0, len(things))


def _nested(
    analysis: Analysis, module: str, things: list[FunctionFacts | ClassFacts], first: int, last: int
) -> tuple[Entry, ...]:
    """Return the entries of ``things[first:last]``, those inside of another as its own."""
    entries = []
    while first < last:
        thing = things[first]
        beyond = first + 1
        while beyond < last and things[beyond].start < thing.end:
            beyond += 1
        is_class = isinstance(thing, ClassFacts)
        told = "" if is_class else label(analysis, FunctionId(module, thing.index))
        inner = _nested(analysis, module, things, first + 1, beyond)
        entries.append(
            Entry(
                thing.name,
                is_class,
                thing.owner_class is not None,
                Span(thing.start, thing.end),
                Span(thing.name_start, thing.name_end),
                told,
                inner,
            )
        )
        first = beyond
    return tuple(entries)
