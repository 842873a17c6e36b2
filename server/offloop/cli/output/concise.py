"""Formats with one line for each finding: for people, for GitHub's annotations, and as pylint has them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from offloop.cli.output.style import Style
from offloop.cli.report import Report, applicable_fix

if TYPE_CHECKING:
    from offloop.rules.rule import Diagnostic

_GITHUB_LEVELS = {"error": "error", "warning": "warning", "info": "notice", "hint": "notice"}


def render(report: Report, style: Style) -> Iterator[str]:
    """Yield ``path:row:column: severity[CODE] [*] message``; the star marks what ``--fix`` mends."""
    for finding in report.findings:
        row, column = report.start(finding)
        place = f"{style('path', report.filename(finding.path))}:{row}:{column}:"
        yield f"{place} {headline(finding, style)} {finding.message}\n"


def headline(finding: Diagnostic, style: Style) -> str:
    """Return ``severity[CODE]`` with the mark of a fix."""
    severity = finding.severity.value
    mark = " [*]" if applicable_fix(finding, unsafe=False) else ""
    return style(severity, f"{severity}[{finding.code}]") + style("help", mark)


def render_pylint(report: Report, style: Style) -> Iterator[str]:
    """Yield ``path:row: [CODE] message``."""
    del style
    for finding in report.findings:
        message = finding.message.replace("\n", " ")
        yield f"{report.filename(finding.path)}:{report.start(finding).row}: [{finding.code}] {message}\n"


def render_github(report: Report, style: Style) -> Iterator[str]:
    """Yield workflow commands that GitHub shows as annotations of a change."""
    del style
    for finding in report.findings:
        start, end = report.start(finding), report.end(finding)
        filename = report.filename(finding.path)
        properties = {
            "title": f"offloop ({finding.code})",
            "file": filename,
            "line": str(start.row),
            "endLine": str(end.row),
        }
        if start.row == end.row:
            # GitHub refuses columns of a range over several lines.
            properties |= {"col": str(start.column), "endColumn": str(end.column)}
        listed = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
        level = _GITHUB_LEVELS[finding.severity.value]
        text = f"{filename}:{start.row}:{start.column}: {finding.code} {finding.message}"
        yield f"::{level} {listed}::{_data(text)}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
