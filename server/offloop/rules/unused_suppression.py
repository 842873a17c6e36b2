"""HAT901 unused-suppression: see the document of the same name."""

from __future__ import annotations

from collections.abc import Iterator

from offloop.inference.analysis import Analysis
from offloop.rules.rule import Diagnostic, Rule, Severity


def check(_analysis: Analysis) -> Iterator[Diagnostic]:
    """Yield nothing: what a comment covers is known when the other rules have spoken (``Suppressions.unused``)."""
    yield from ()


RULE = Rule(
    "HAT901",
    "unused-suppression",
    "A comment that silences findings silences none.",
    Severity.WARNING,
    check,
)
