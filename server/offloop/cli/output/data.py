"""Findings and functions as JSON, in the shape that scripts rely on: 1-based, columns in code points."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from offloop.cli.output.style import Style
from offloop.cli.report import Place, Report, step_place

if TYPE_CHECKING:
    from offloop.rules.contexts import FunctionContext
    from offloop.rules.rule import Diagnostic, Fix, Step


def render(report: Report, style: Style) -> Iterator[str]:
    """Yield one array of findings."""
    del style
    yield from array(finding_object(report, finding) for finding in report.findings)


def render_lines(report: Report, style: Style) -> Iterator[str]:
    """Yield one line for each finding."""
    del style
    for finding in report.findings:
        yield json.dumps(finding_object(report, finding)) + "\n"


def array(objects: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the pieces of a JSON array with one object a line."""
    separator = "[\n"
    for one in objects:
        yield separator + json.dumps(one)
        separator = ",\n"
    yield "[]\n" if separator == "[\n" else "\n]\n"


def finding_object(report: Report, finding: Diagnostic) -> dict[str, Any]:
    """Return one finding as JSON's values."""
    return {
        "code": finding.code,
        "name": finding.name,
        "severity": finding.severity.value,
        "message": finding.message,
        "url": report.url(finding),
        "filename": report.filename(finding.path),
        "location": _location(report.start(finding)),
        "end_location": _location(report.end(finding)),
        "function": finding.function,
        "context": finding.context,
        "api": finding.api,
        "trace": [_step(report, step) for step in finding.trace],
        "fixes": [_fix(report, fix) for fix in finding.fixes],
    }


def function_object(report: Report, function: FunctionContext) -> dict[str, Any]:
    """Return one function's context as JSON's values."""
    return {
        "filename": report.filename(function.path),
        "function": function.function,
        "location": _location(Place(function.line + 1, function.column + 1)),
        "declared": function.declared,
        "context": function.context,
        "trace": [_step(report, step) for step in function.trace],
    }


def _location(place: Place) -> dict[str, int]:
    return place._asdict()


def _step(report: Report, step: Step) -> dict[str, Any]:
    return {
        "message": step.message,
        "filename": report.filename(step.path),
        "location": _location(step_place(step)),
    }


def _fix(report: Report, fix: Fix) -> dict[str, Any]:
    return {
        "title": fix.title,
        "applicability": fix.applicability.value,
        "preferred": fix.preferred,
        "edits": [
            {
                "filename": report.filename(one.path),
                "location": _location(report.place(one.path, one.edit.start)),
                "end_location": _location(report.place(one.path, one.edit.end)),
                "content": one.edit.content,
            }
            for one in fix.edits
        ],
    }
