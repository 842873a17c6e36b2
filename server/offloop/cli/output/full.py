"""The format for people: source lines with carets, the way to the finding step by step, and the mend."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from offloop.cli.output.concise import headline
from offloop.cli.output.style import Style, cells, clip, visible
from offloop.cli.report import Report, preferred_fix, step_place
from offloop.text import Edit, LineIndex, apply_edits

if TYPE_CHECKING:
    from offloop.rules.rule import Diagnostic, Fix, Step

_AROUND = 2
_MAX_DIFF = 24
_CONTEXTS = {
    "worker": "in a worker thread",
    "loop": "in the event loop",
    "both": "in the event loop and in worker threads",
}
_NOTES = {
    "unsafe": "this may change what the code does; --unsafe-fixes applies it",
    "manual": "this is not applied by --fix",
}


class Hunk(NamedTuple):
    """Lines that an edit takes out and puts in; ``row`` is the 1-based row of the first one."""

    row: int
    old: list[str]
    new: list[str]


def render(report: Report, style: Style) -> Iterator[str]:
    """Yield a block for each finding, an empty line between them."""
    for finding in report.findings:
        yield "\n".join(_block(report, finding, style)) + "\n\n"


def _block(report: Report, finding: Diagnostic, style: Style) -> Iterator[str]:
    yield from _message(finding, style)
    yield from _source(report, finding, style)
    if finding.trace:
        yield style("step", "trace:")
        digits = len(str(len(finding.trace)))
        for number, step in enumerate(finding.trace, 1):
            yield from _step(report, step, number, digits, style)
    fix = preferred_fix(finding)
    if fix is not None:
        yield from _help(report, fix, style)


def _message(finding: Diagnostic, style: Style) -> Iterator[str]:
    head = f"{headline(finding, style)}{style('bold', ':')}"
    lines = _wrapped(f"{finding.severity.value}[{finding.code}]: {finding.message}", style, "  ")
    start = lines[0].split(": ", 1)
    yield f"{head} {style('bold', start[1] if len(start) > 1 else '')}".rstrip()
    yield from (style("bold", line) for line in lines[1:])


def _wrapped(text: str, style: Style, indent: str) -> list[str]:
    if style.width is None:
        return [text]
    return textwrap.wrap(
        text, max(style.width, 40), subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    ) or [text]


# ------------------------------------------------------------------ where it is
def _source(report: Report, finding: Diagnostic, style: Style) -> Iterator[str]:
    lines = report.lines(finding.path)
    start, end = lines.position(finding.span.start), lines.position(finding.span.end)
    first, last = _window(lines, start.line)
    gutter = len(str(last + 1))
    bar = style("gutter", "|")
    place = f"{report.filename(finding.path)}:{start.line + 1}:{start.column + 1}"
    yield f"{' ' * gutter}{style('gutter', '-->')} {style('path', place)}"
    yield f"{' ' * gutter} {bar}"
    for line in range(first, last + 1):
        text = lines.line_text(line)
        number = style("gutter", f"{line + 1:>{gutter}} |")
        if line != start.line:
            yield f"{number} {_cut(visible(text), gutter, style)}".rstrip()
            continue
        to = end.column if end.line == line else len(text)
        shown, carets = _underlined(text, start.column, to, gutter, style)
        yield f"{number} {shown}".rstrip()
        label = _CONTEXTS.get(finding.context, "")
        yield f"{' ' * gutter} {bar} {style(finding.severity.value, f'{carets} {label}'.rstrip())}"
    yield f"{' ' * gutter} {bar}"


def _window(lines: LineIndex, line: int) -> tuple[int, int]:
    """Return the first and last line to show: some around, blank ones at the edges left out."""
    first, last = max(0, line - _AROUND), min(len(lines.starts) - 1, line + _AROUND)
    while first < line and not lines.line_text(first).strip():
        first += 1
    while last > line and not lines.line_text(last).strip():
        last -= 1
    return first, last


def _underlined(text: str, start: int, end: int, gutter: int, style: Style) -> tuple[str, str]:
    """Return a line as it is shown, and the carets to stand below its range of code points."""
    before, marked = visible(text[:start]), visible(text[start:end])
    width = None if style.width is None else style.width - gutter - 3
    shown, first, last = clip(visible(text), len(before), len(before) + len(marked), width)
    return shown, " " * cells(shown[:first]) + "^" * max(1, cells(shown[first:last]))


def _cut(text: str, gutter: int, style: Style) -> str:
    return clip(text, 0, 0, None if style.width is None else style.width - gutter - 3)[0]


# ------------------------------------------------------------------ how it gets there
def _step(report: Report, step: Step, number: int, digits: int, style: Style) -> Iterator[str]:
    row, column = step_place(step)
    indent = " " * (digits + 4)
    first, *others = _wrapped(f"  {number:>{digits}}. {step.message}", style, indent)
    label, _, rest = first.partition(". ")
    yield f"{style('step', label + '.')} {rest}"
    yield from others
    yield f"{indent}{style('gutter', '-->')} {report.filename(step.path)}:{row}:{column}"
    text = report.lines(step.path).line_text(step.line).strip()
    if text:
        line = f"{row} | "
        shown = _cut(visible(text), len(indent) + len(line), style)
        yield f"{indent}{style('gutter', line)}{style('dim', shown)}"


# ------------------------------------------------------------------ what to do
def _help(report: Report, fix: Fix, style: Style) -> Iterator[str]:
    yield f"{style('help', 'help:')} {style('bold', fix.title)}"
    rows = 0
    files = sorted(fix.edits, key=lambda one: (one.path, one.edit))
    several = len({one.path for one in files}) > 1
    for path, group in groupby(files, key=lambda one: one.path):
        if several:
            yield f"  {style('gutter', '-->')} {report.filename(path)}"
        hunks = diff_hunks(report.lines(path), [one.edit for one in group])
        gutter = max(len(str(hunk.row + max(len(hunk.old), len(hunk.new)))) for hunk in hunks)
        for number, hunk in enumerate(hunks):
            if number:
                yield style("gutter", f"{'':>{gutter}} ...")
            rows += len(hunk.old) + len(hunk.new)
            yield from _hunk(hunk, gutter, style)
            if rows > _MAX_DIFF:
                yield style("gutter", f"{'':>{gutter}} ...")
                break
    if note := _NOTES.get(fix.applicability.value):
        yield style("dim", f"  note: {note}")


def _hunk(hunk: Hunk, gutter: int, style: Style) -> Iterator[str]:
    for sign, name, lines in (("-", "removed", hunk.old), ("+", "added", hunk.new)):
        for row, line in enumerate(lines[:_MAX_DIFF], hunk.row):
            shown = _cut(visible(line), gutter + 2, style)
            yield f"{style('gutter', f'{row:>{gutter}}')} {style(name, f'{sign} {shown}'.rstrip())}"


def diff_hunks(lines: LineIndex, edits: Sequence[Edit]) -> list[Hunk]:
    """Return what edits change, by whole lines, in the order of the text."""
    groups: list[list[Edit]] = []
    last = -2
    for edit in sorted(set(edits)):
        first = lines.position(edit.start).line
        if first <= last + 1 and groups:
            groups[-1].append(edit)
        else:
            groups.append([edit])
        last = max(last, lines.position(edit.end).line)
    hunks: list[Hunk] = []
    for group in groups:
        hunk = _hunk_of(lines, group)
        hunks.append(hunk)
    return hunks


def _hunk_of(lines: LineIndex, edits: Sequence[Edit]) -> Hunk:
    row = lines.position(edits[0].start).line
    start = lines.starts[row]
    end = lines.line_end(lines.position(max(edit.end for edit in edits)).line)
    moved = [Edit(edit.start - start, edit.end - start, edit.content) for edit in edits]
    segment = lines.text[start : max(end, edits[-1].end)]
    old, new = _split(segment), _split(apply_edits(segment, moved))
    while old and new and old[0] == new[0]:
        del old[0], new[0]
        row += 1
    while old and new and old[-1] == new[-1]:
        del old[-1], new[-1]
    return Hunk(row + 1, old, new)


def _split(text: str) -> list[str]:
    index = LineIndex(text)
    return [index.line_text(line) for line in range(len(index.starts))]
