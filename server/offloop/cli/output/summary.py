"""Findings counted: the closing lines for people, and the statistics of rules."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator

from offloop.cli.output.style import Style
from offloop.cli.report import Report, applicable_fix

_LEVELS = ("error", "warning", "info", "hint")


def summary(report: Report, unsafe: bool, style: Style) -> str:
    """Return the closing lines; ``unsafe`` says that fixes of that kind were allowed."""
    lines = []
    if report.mended:
        lines.append(f"Mended {plural(report.mended, 'finding')}.")
    if report.findings:
        lines.append(style("bold", _found(report)) + _mendable(report, unsafe))
    else:
        rest = " left" if report.mended else ""
        lines.append(style("bold", f"No findings{rest} in {plural(report.files, 'file')}."))
    if report.known:
        lines.append(f"Not shown: {plural(report.known, 'finding')} of the baseline.")
    return "\n".join(lines) + "\n"


def diff_summary(report: Report, files: int) -> str:
    """Return the closing line of ``--diff``."""
    if not report.mended:
        return "Nothing can be mended."
    return f"Would mend {plural(report.mended, 'finding')} in {plural(files, 'file')}."


def statistics(report: Report, output_format: str, style: Style) -> Iterator[str]:
    """Yield the number of findings of each rule, most first; a star marks what ``--fix`` mends.

    As JSON one object a rule, and a last one without a code that says who told what calls are made on.
    """
    counts = Counter((finding.code, finding.name) for finding in report.findings)
    mendable = Counter(one.code for one in report.findings if applicable_fix(one, unsafe=False))
    rows = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    if output_format in {"json", "json-lines"}:
        objects: list[dict[str, object]] = [
            {"code": code, "name": name, "count": count, "fixable": mendable[code]}
            for (code, name), count in rows
        ]
        objects.append(_receivers(report))
        if output_format == "json":
            yield json.dumps(objects, indent=1) + "\n"
        else:
            yield from (json.dumps(one) + "\n" for one in objects)
        return
    width = len(str(rows[0][1])) if rows else 0
    for (code, name), count in rows:
        star = style("help", "[*]") if mendable[code] else "[ ]"
        yield f"{count:>{width}}  {style('bold', code)}  {star} {name}\n"
    if not rows:
        yield summary(report, False, style)
    if any(report.receivers):
        own, jedi, unknown = report.receivers
        yield f"Objects of calls that may need the loop: {own} known, {jedi} by jedi, {unknown} unknown.\n"


def _receivers(report: Report) -> dict[str, object]:
    own, jedi, unknown = report.receivers
    told = {"own": own, "jedi": jedi, "unknown": unknown}
    return {"code": None, "name": "receivers", "count": own + jedi + unknown, "fixable": 0, "receivers": told}


def plural(count: int, noun: str) -> str:
    """Return a number with its noun."""
    return f"{count} {noun}" if count == 1 or noun == "info" else f"{count} {noun}s"


def _found(report: Report) -> str:
    levels = Counter(finding.severity.value for finding in report.findings)
    parts = ", ".join(plural(levels[level], level) for level in _LEVELS if levels[level])
    files = len({finding.path for finding in report.findings})
    return f"Found {plural(len(report.findings), 'finding')} ({parts}) in {plural(files, 'file')}."


def _mendable(report: Report, unsafe: bool) -> str:
    safe = sum(applicable_fix(finding, unsafe) is not None for finding in report.findings)
    more = sum(applicable_fix(finding, unsafe=True) is not None for finding in report.findings) - safe
    parts = []
    if safe:
        parts.append(f"{safe} can be mended with --fix{' --unsafe-fixes' if unsafe else ''}")
    if more:
        parts.append(f"{more} {'more' if safe else 'can be mended'} with --fix --unsafe-fixes")
    return f" {', '.join(parts)}." if parts else ""
