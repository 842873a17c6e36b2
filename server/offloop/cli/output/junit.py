"""JUnit's XML, as continuous integration servers read it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from offloop.cli.output.style import Style
from offloop.cli.report import Report

if TYPE_CHECKING:
    from offloop.rules.rule import Diagnostic

# XML 1.0 cannot hold these, not even escaped.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ENTITIES = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;"}
)


def render(report: Report, style: Style) -> Iterator[str]:
    """Yield one test suite for each file; a clean run has one passed test."""
    del style
    total = len(report.findings)
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield f'<testsuites name="offloop" tests="{total or 1}" failures="{total}" errors="0">\n'
    if not total:
        yield '  <testsuite name="offloop" tests="1" failures="0" errors="0">\n'
        yield '    <testcase name="no findings" classname="offloop"/>\n  </testsuite>\n'
    for filename, group in groupby(report.findings, key=lambda one: report.filename(one.path)):
        findings = list(group)
        count = len(findings)
        yield f'  <testsuite name={_quoted(filename)} tests="{count}" failures="{count}" errors="0">\n'
        for finding in findings:
            yield _case(report, finding, filename)
        yield "  </testsuite>\n"
    yield "</testsuites>\n"


def _case(report: Report, finding: Diagnostic, filename: str) -> str:
    row, column = report.start(finding)
    stem = filename.removesuffix(".py").replace("/", ".")
    name = f"{finding.code} {finding.function or '<module>'}"
    return (
        f"    <testcase name={_quoted(name)} classname={_quoted(stem)} file={_quoted(filename)}"
        f' line="{row}" column="{column}">\n'
        f"      <failure type={_quoted(finding.severity.value)} message={_quoted(finding.message)}>"
        f"{_escaped(f'{filename}:{row}:{column}: {finding.code} {finding.message}')}</failure>\n"
        "    </testcase>\n"
    )


def _escaped(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text).translate(_ENTITIES)


def _quoted(text: str) -> str:
    return f'"{_escaped(text)}"'
