"""What the rules have said of an analysis, kept for as long as they would say it again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from offloop.inference.analysis import Analysis
from offloop.inference.open_receivers import Receivers
from offloop.inference.program import ModuleInput
from offloop.library.model import Catalog
from offloop.resolve.jedi_worker import Question
from offloop.rules.places import mentions
from offloop.rules.rule import Diagnostic
from offloop.source import Problem

Changed = Sequence[tuple[ModuleInput, ModuleInput]]
"""Texts as they were and as they are."""


class Judged(NamedTuple):
    """What the rules say of an analysis as it was concluded, in texts with room, and what they failed at.

    ``questions`` are those to jedi, ``has_comments`` whether any may silence findings; ``catalog`` and
    ``differing`` are what the imported libraries gave.
    """

    analysis: Analysis
    conclusions: int
    inputs: Sequence[ModuleInput]
    found: tuple[Diagnostic, ...]
    faults: tuple[Problem, ...]
    receivers: Receivers
    questions: tuple[Question, ...]
    has_comments: bool
    catalog: Catalog
    differing: tuple[str, ...]

    def holds(self, analysis: Analysis, changed: Changed | None) -> bool:
        """Whether the rules would say the same of the texts of now, some of which have changed, if as much is open."""
        if changed is None or self.analysis is not analysis or self.conclusions != analysis.conclusions:
            return False
        return all(
            old.facts.suppressions == new.facts.suppressions
            and (not self.has_comments or bool(old.facts.problems) == bool(new.facts.problems))
            and not any(mentions(diagnostic, new.path) for diagnostic in self.found)
            for old, new in changed
        )

    def knows_imports(self, changed: Changed | None) -> bool:
        """Whether the texts of now import what those did."""
        return changed is not None and all(old.facts.imports == new.facts.imports for old, new in changed)

    def changed(self, inputs: Sequence[ModuleInput]) -> Changed | None:
        """Return the texts that are not as they were, with what they were; None where there are others, or more."""
        if len(inputs) != len(self.inputs):
            return None
        # A list, not a generator: with each keystroke all but one are the same.
        return [(old, new) for old, new in zip(self.inputs, inputs, strict=True) if old is not new]
