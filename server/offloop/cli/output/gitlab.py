"""GitLab's Code Quality report."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from offloop.cli.output.style import Style
from offloop.cli.report import Report

if TYPE_CHECKING:
    from offloop.rules.rule import Diagnostic

_SEVERITIES = {"error": "critical", "warning": "major", "info": "minor", "hint": "info"}


def render(report: Report, style: Style) -> Iterator[str]:
    """Yield one array of issues."""
    del style
    prints = Fingerprints(report)
    issues = []
    for finding in report.findings:
        start, end = report.start(finding), report.end(finding)
        issues.append(
            {
                "description": f"{finding.code}: {finding.message}",
                "check_name": finding.code,
                "fingerprint": prints.of(finding),
                "severity": _SEVERITIES[finding.severity.value],
                "location": {
                    "path": report.filename(finding.path),
                    "positions": {
                        "begin": {"line": start.row, "column": start.column},
                        "end": {"line": end.row, "column": end.column},
                    },
                },
            }
        )
    yield json.dumps(issues, indent=1) + "\n"


class Fingerprints:
    """Names for findings that stay the same while lines move, and are never given twice in one report."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._seen: Counter[str] = Counter()

    def of(self, finding: Diagnostic) -> str:
        """Return the next finding's name."""
        path = self._report.filename(finding.path)
        key = "\0".join((path, finding.code, finding.function or "", finding.api))
        nth = self._seen[key]
        self._seen[key] += 1
        return hashlib.sha256(f"{key}\0{nth}".encode()).hexdigest()[:32]
