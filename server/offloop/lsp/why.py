"""Why a finding is reported or a function runs where it runs: the trace as places that can be opened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from lsprotocol import types

from offloop.lsp.places import Places
from offloop.lsp.report import HOME_ASSISTANT, Finding
from offloop.rules.rule import Step

if TYPE_CHECKING:
    from offloop.inference.analysis import Analysis
    from offloop.inference.trace import Place


class Why(NamedTuple):
    """A trace: ``title`` says what it is about, ``steps`` run from the entry point to it."""

    title: str
    steps: tuple[Step | Place, ...]


def why_finding(places: Places, path: str, fingerprint: object) -> Why | None:
    """Return the trace of a finding that the client was told of."""
    for finding in places.report.findings.get(path, ()):
        if finding.fingerprint == fingerprint:
            return _of_finding(finding)
    return None


def why_at(analysis: Analysis, places: Places, path: str, position: types.Position) -> Why | None:
    """Return the trace of the finding at a place, else that of the function or call there."""
    from offloop.inference.questions.cursor import target_at  # noqa: PLC0415 - start fast
    from offloop.inference.questions.explain import explain  # noqa: PLC0415 - start fast

    offset = places.offset(path, position)
    for finding in places.report.findings.get(path, ()):
        if finding.diagnostic.span.start <= offset <= finding.diagnostic.span.end:
            return _of_finding(finding)
    target = target_at(analysis, path, offset)
    known = explain(analysis, target) if target is not None else None
    return Why("; ".join(known.heads), known.places) if known is not None else None


def _of_finding(finding: Finding) -> Why:
    return Why(f"{finding.diagnostic.code}: {finding.diagnostic.message}", finding.diagnostic.trace)


def as_result(why: Why, places: Places) -> dict[str, Any]:
    """Return a trace as JSON: title, text, and steps with message, label, uri and range (None where closed)."""
    steps = []
    for step in why.steps:
        where = places.step(step)
        place = where.range if where is not None else None
        steps.append(
            {
                "message": step.message,
                "label": f"{step.path.rpartition('/')[2]}:{step.line + 1}",
                "uri": where.uri if where is not None else None,
                "range": _range(place) if place is not None else None,
                "isHomeAssistant": step.path.startswith(HOME_ASSISTANT),
            }
        )
    return {"title": why.title, "text": as_text(why), "steps": steps}


def as_text(why: Why) -> str:
    """Return a trace as plain text, a line for each step."""
    steps = [
        f"{number}. {step.message} ({step.path}:{step.line + 1})" for number, step in enumerate(why.steps, 1)
    ]
    return "\n".join([why.title, *steps])


def evidence(why: Why, places: Places) -> list[types.Location]:
    """Return the places of a trace that can be opened, Home Assistant's first."""
    found = sorted(why.steps, key=lambda step: not step.path.startswith(HOME_ASSISTANT))
    return [where for step in found if (where := places.step(step)) is not None]


def _range(place: types.Range) -> dict[str, dict[str, int]]:
    return {
        "start": {"line": place.start.line, "character": place.start.character},
        "end": {"line": place.end.line, "character": place.end.character},
    }
