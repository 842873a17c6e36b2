"""From a text to its facts, whatever the text is."""

from __future__ import annotations

from offloop.facts.closing import ended, still_open
from offloop.facts.comments import suppressions
from offloop.facts.depth import SAFE_LINKS, may_exhaust_stack, without_deep_statements
from offloop.facts.model import ModuleFacts, SyntaxProblem
from offloop.facts.reader import CHAIN_LIMIT, TooDeepError, UnreadableTreeError
from offloop.facts.recovery import missing_definitions, recovered
from offloop.facts.syntax import MOST_PROBLEMS, Tree, parse
from offloop.text import LineIndex

_TOO_DEEP = "Nested too deeply to be checked"


def extract(text: str) -> ModuleFacts:
    """Return what a text says; never raises, whatever the text holds.

    What could not be understood is in ``problems``; statements that nest beyond reason are left out and
    reported there as well.
    """
    tree = _guarded(text)
    if tree.problems:
        tree = _closed(text) or recovered(text, tree, _guarded)
    return ModuleFacts(
        functions=tree.functions,
        classes=tree.classes,
        imports=tree.imports,
        body=tree.body,
        calls=tree.calls,
        suppressions=suppressions(text),
        problems=tree.problems,
    )


def _closed(text: str) -> Tree | None:
    """Return what a text says where nothing is wrong but what it opens and does not close."""
    opened = still_open(text)
    if not opened:
        return None
    tree = _guarded(ended(text, opened))
    if tree.problems or missing_definitions(text, tree):
        return None
    lines = LineIndex(text)
    problems = [SyntaxProblem(item.message, *lines.position(item.offset)) for item in opened]
    return tree._replace(problems=tuple(problems[:MOST_PROBLEMS]))


def _guarded(text: str) -> Tree:
    """Parse a text, without the statements that nest too deeply."""
    if may_exhaust_stack(text):
        return _shallow(text, SAFE_LINKS)
    try:
        return parse(text)
    except (TooDeepError, RecursionError):
        return _shallow(text, CHAIN_LIMIT // 2)
    except UnreadableTreeError as error:
        return _nothing(f"Not readable: {error}")


def _shallow(text: str, limit: int) -> Tree:
    shortened, places = without_deep_statements(text, limit)
    try:
        tree = parse(shortened)
    except (TooDeepError, RecursionError):
        if limit > CHAIN_LIMIT // 2:
            return _shallow(text, CHAIN_LIMIT // 2)
        return _nothing(_TOO_DEEP)
    except UnreadableTreeError as error:
        return _nothing(f"Not readable: {error}")
    lines = LineIndex(text)
    problems = [SyntaxProblem(_TOO_DEEP, *lines.position(place)) for place in places]
    return tree._replace(problems=(*tree.problems, *problems))


def _nothing(message: str) -> Tree:
    return Tree((), (), (), (), (), (SyntaxProblem(message, 0, 0),))
