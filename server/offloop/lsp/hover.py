"""Hover: where a function runs and why, what a call needs, what `@callback` does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from offloop.lsp.places import Places

if TYPE_CHECKING:
    from offloop.inference.analysis import Analysis
    from offloop.inference.questions.explain import Explanation
    from offloop.inference.trace import Place


def hover(
    analysis: Analysis, places: Places, path: str, position: types.Position, *, markdown: bool
) -> types.Hover | None:
    """Return what is known of the function, call or decorator at a place; None where nothing is."""
    from offloop.inference.questions.cursor import target_at  # noqa: PLC0415 - start fast
    from offloop.inference.questions.explain import explain  # noqa: PLC0415 - start fast

    target = target_at(analysis, path, places.offset(path, position))
    known = explain(analysis, target) if target is not None else None
    if target is None or known is None:
        return None
    content = _markdown(known, places) if markdown else _plain(known)
    return types.Hover(content, places.range(path, target.span))


def _markdown(known: Explanation, places: Places) -> types.MarkupContent:
    first, *others = known.heads
    lines = [f"**offloop** · {first}", *(f"\n{other}" for other in others), ""]
    for number, step in enumerate(known.places, 1):
        lines.append(f"{number}. {step.message} ({_link(step, places)})")
    return types.MarkupContent(types.MarkupKind.Markdown, "\n".join(lines).rstrip())


def _plain(known: Explanation) -> types.MarkupContent:
    steps = [f"{step.path}:{step.line + 1}: {step.message}" for step in known.places]
    text = "\n".join([*known.heads, *steps]).replace("`", "")
    return types.MarkupContent(types.MarkupKind.PlainText, text)


def _link(step: Place, places: Places) -> str:
    location = places.step(step)
    name = f"{step.path.rpartition('/')[2]}:{step.line + 1}"
    return f"[{name}]({location.uri}#L{step.line + 1})" if location else f"{step.path}:{step.line + 1}"
