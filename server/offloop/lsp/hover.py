"""Hover: where a function runs and why, from the last report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from offloop.lsp.client import ClientFeatures
from offloop.lsp.convert import uri_of
from offloop.lsp.report import Report, place_of

if TYPE_CHECKING:
    from offloop.project import FunctionContext

_WORDS = {
    "loop": "runs in the event loop",
    "worker": "runs in a worker thread",
    "both": "runs in the event loop and in worker threads",
    "unknown": "no caller found, so offloop does not say where it runs",
}


def function_at(functions: tuple[FunctionContext, ...], line: int) -> FunctionContext | None:
    """Return the innermost function whose header or body a 0-based line belongs to."""
    around = (function for function in functions if function.line <= line <= function.end_line)
    return max(around, key=lambda function: (function.line, function.column), default=None)


def hover(report: Report, path: str, line: int, client: ClientFeatures) -> types.Hover | None:
    """Return what is known of the function at a 0-based line; None inside one without a known context."""
    function = function_at(report.functions.get(path, ()), line)
    if function is None or (function.context == "unknown" and function.line != line):
        return None
    return types.Hover(hover_text(function, report, client))


def hover_text(function: FunctionContext, report: Report, client: ClientFeatures) -> types.MarkupContent:
    """Return what is known of one function, as Markdown where the client can show it."""
    name = function.function.replace("<locals>.", "")
    steps = [(step, place_of(step, report.source_root)) for step in function.trace]
    if not client.markdown:
        said = [f"{step.path}:{step.line + 1}: {step.message}" for step, _path in steps]
        head = f"{name} ({function.declared}): {_WORDS.get(function.context, function.context)}"
        return types.MarkupContent(types.MarkupKind.PlainText, "\n".join([head, *said]))
    head = f"**offloop** · `{name}` ({function.declared}) {_WORDS.get(function.context, function.context)}"
    items = []
    for number, (step, path) in enumerate(steps, 1):
        place = f"{step.path.rpartition('/')[2]}:{step.line + 1}"
        linked = f"[{place}]({uri_of(path)}#L{step.line + 1})" if path else f"{step.path}:{step.line + 1}"
        items.append(f"{number}. {step.message} ({linked})")
    return types.MarkupContent(types.MarkupKind.Markdown, "\n".join([head, "", *items]).rstrip())
