"""The formats that findings are shown in; each turns a report into pieces of text."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from offloop.cli.output import concise, data, full, gitlab, junit, sarif
from offloop.cli.output.style import Style
from offloop.cli.report import Report

Format = Callable[[Report, Style], Iterator[str]]

FORMATS: dict[str, Format] = {
    "full": full.render,
    "concise": concise.render,
    "json": data.render,
    "json-lines": data.render_lines,
    "github": concise.render_github,
    "gitlab": gitlab.render,
    "junit": junit.render,
    "sarif": sarif.render,
    "pylint": concise.render_pylint,
}
FOR_PEOPLE = frozenset({"full", "concise"})
WITH_ALL_FIXES = frozenset({"json", "json-lines", "sarif"})
