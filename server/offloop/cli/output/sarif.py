"""SARIF 2.1.0: findings with traces as code flows and with their fixes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from offloop.cli.output.gitlab import Fingerprints
from offloop.cli.output.style import Style
from offloop.cli.report import Place, Report, step_place
from offloop.cli.version import version

if TYPE_CHECKING:
    from offloop.rules.rule import Diagnostic, Fix, Step

_LEVELS = {"error": "error", "warning": "warning", "info": "note", "hint": "note"}


def render(report: Report, style: Style) -> Iterator[str]:
    """Yield one log with one run."""
    del style
    prints = Fingerprints(report)
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "offloop",
                        "informationUri": "https://github.com/offloop/offloop",
                        "version": version(),
                        "rules": _rules(report),
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [_result(report, finding, prints) for finding in report.findings],
            }
        ],
    }
    yield json.dumps(log, indent=1) + "\n"


def _rules(report: Report) -> list[dict[str, Any]]:
    rules: dict[str, dict[str, Any]] = {}
    for finding in report.findings:
        rule: dict[str, Any] = {"id": finding.code, "name": finding.name}
        rule["shortDescription"] = {"text": finding.name.replace("-", " ")}
        if url := report.url(finding):
            rule["helpUri"] = url
        rules.setdefault(finding.code, rule)
    return [rules[code] for code in sorted(rules)]


def _result(report: Report, finding: Diagnostic, prints: Fingerprints) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "level": _LEVELS[finding.severity.value],
        "message": {"text": finding.message},
        "locations": [_location(report, finding.path, report.start(finding), report.end(finding))],
        "partialFingerprints": {"offloop/v1": prints.of(finding)},
    }
    if finding.trace:
        steps = [{"location": _step(report, step)} for step in finding.trace]
        result["codeFlows"] = [{"threadFlows": [{"locations": steps}]}]
    if fixes := [_fix(report, fix) for fix in finding.fixes if fix.applicability.value != "manual"]:
        result["fixes"] = fixes
    return result


def _step(report: Report, step: Step) -> dict[str, Any]:
    location = _location(report, step.path, step_place(step))
    return {**location, "message": {"text": step.message}}


def _location(report: Report, path: str, start: Place, end: Place | None = None) -> dict[str, Any]:
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": _uri(report, path)},
            "region": _region(start, end),
        }
    }


def _region(start: Place, end: Place | None) -> dict[str, int]:
    region = {"startLine": start.row, "startColumn": start.column}
    if end is not None:
        region |= {"endLine": end.row, "endColumn": end.column}
    return region


def _uri(report: Report, path: str) -> str:
    shown = report.filename(path)
    if PurePath(shown).is_absolute():
        return PurePath(shown).as_uri()
    from urllib.parse import quote  # noqa: PLC0415 - slow to load, and only needed here

    return quote(shown)


def _fix(report: Report, fix: Fix) -> dict[str, Any]:
    changes: dict[str, list[dict[str, Any]]] = {}
    for one in fix.edits:
        start, end = report.place(one.path, one.edit.start), report.place(one.path, one.edit.end)
        replacement = {"deletedRegion": _region(start, end), "insertedContent": {"text": one.edit.content}}
        changes.setdefault(_uri(report, one.path), []).append(replacement)
    return {
        "description": {"text": fix.title},
        "artifactChanges": [
            {"artifactLocation": {"uri": uri}, "replacements": replacements}
            for uri, replacements in changes.items()
        ],
    }
