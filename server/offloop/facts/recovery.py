"""Find again what the parser lost after half-typed code.

The parser goes on after most errors, but an open quote swallows what follows and an open bracket may
swallow the head of the next definition. Here the text itself is searched for heads of definitions; where
the parser found fewer, the piece that swallowed them is blanked and the text parsed again. All places stay.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from offloop.facts.closing import is_closed_string
from offloop.facts.comments import STRING_OR_COMMENT
from offloop.facts.depth import blanked
from offloop.facts.model import ClassFacts, FunctionFacts, ModuleFacts
from offloop.facts.syntax import Tree
from offloop.text import LineIndex, Position, Span

_HEAD = re.compile(
    r"^(?P<decorator>[ \t]*@.*\r?\n)?(?P<line>)"
    r"[ \t]*(?P<head>async[ \t]+def|def|class)[ \t]+(?P<name>[^\W\d]\w*)",
    re.MULTILINE,
)
_TOKEN = re.compile(rf"{STRING_OR_COMMENT.pattern}|(?P<open>[(\[{{])|(?P<close>[)\]}}])", re.DOTALL)
# Parsing so often takes about as long as an editor's pause between two keys, in a long text.
_PARSES = 12


def recovered(text: str, tree: Tree, parse: Callable[[str], Tree]) -> Tree:
    """Return a tree of the text that misses no more definitions than the given one.

    The problems stay those of the text as it is.
    """
    best, best_text, missing = tree, text, missing_definitions(text, tree)
    parses = 0
    while missing and best.problems and parses < _PARSES:
        rank = before = (len(missing), len(best.problems))
        for candidate in _candidates(best_text, missing, best):
            parses += 1
            again = parse(candidate)
            still = missing_definitions(text, again)
            found = (len(still), len(again.problems))
            if found < rank and found[0] < before[0] and found[1] <= before[1]:
                rank, chosen = found, (again, candidate, still)
            if not rank[0] or parses >= _PARSES:
                break
        if rank == before:
            break
        best, best_text, missing = chosen
    return best._replace(problems=tree.problems)


def _candidates(text: str, missing: list[int], tree: Tree) -> Iterator[str]:
    """Yield repaired texts, each once: for the first lost definition, and the first outside of strings."""
    seen = {text}
    for lost in dict.fromkeys((_first_outside_strings(text, missing), missing[0])):
        for candidate in _repairs(text, lost, tree):
            if candidate not in seen:
                seen.add(candidate)
                yield candidate


def _first_outside_strings(text: str, places: list[int]) -> int:
    """Return the first place outside of strings; docstrings may show definitions as examples."""
    strings = [match.span() for match in STRING_OR_COMMENT.finditer(text)]
    return next((place for place in places if not any(a <= place < b for a, b in strings)), places[0])


def missing_definitions(text: str, tree: Tree) -> list[int]:
    """Return the offsets of definitions' names that the text seems to hold and the tree does not.

    A definition that the tree holds in another scope than its indentation says counts as missing, and so
    does one whose decorator the tree lost.
    """
    return _missing(text, tree, Span(0, len(text)), None)


def misses_definitions(text: str, facts: ModuleFacts, lines: Span, owner: int | None) -> bool:
    """Whether some lines of a text, in the body of a class or at module level, hold definitions that facts do not."""
    return bool(_missing(text, facts, lines, owner))


def _missing(text: str, tree: Tree | ModuleFacts, lines: Span, owner: int | None) -> list[int]:
    definitions: tuple[FunctionFacts | ClassFacts, ...] = (*tree.functions, *tree.classes)
    known = {item.name_start: item for item in definitions}
    missing: list[int] = []
    # Indentation and name of the definitions whose bodies are open.
    around = [(-1, None if owner is None else tree.classes[owner].name_start)]
    for match in _HEAD.finditer(text, *lines):
        name, indentation = match.start("name"), match.start("head") - match.start("line")
        while around[-1][0] >= indentation:
            around.pop()
        item = known.get(name)
        if (
            item is None
            or _scope(item, tree) != around[-1][1]
            or (match["decorator"] and not item.decorators)
        ):
            missing.append(name)
        around.append((indentation, name))
    return missing


def _scope(item: FunctionFacts | ClassFacts, tree: Tree | ModuleFacts) -> int | None:
    """Return where the name of the definition stands in whose body another one lies directly."""
    if item.owner_class is not None:
        return tree.classes[item.owner_class].name_start
    return None if item.parent is None else tree.functions[item.parent].name_start


def _repairs(text: str, lost: int, tree: Tree) -> Iterator[str]:
    """Yield texts in which the piece is blanked that may have swallowed the name at an offset."""
    lines = LineIndex(text)
    first_problem = lines.offset(Position(tree.problems[0].line, tree.problems[0].column))
    suspects: list[int] = []
    opened: list[int] = []
    unclosed: list[int] = []
    for match in _TOKEN.finditer(text):
        if match.start() >= first_problem and not suspects:
            suspects += opened[:2]
        if match.start() > lost:
            break
        if match.lastgroup == "open":
            opened.append(match.start())
        elif match.lastgroup == "close":
            del opened[-1:]
        elif match.lastgroup is None and match.end() > lost:
            suspects.insert(0, match.start())
        elif match.lastgroup is None and not is_closed_string(match.group()):
            unclosed = [match.start()]
    for place in dict.fromkeys((*suspects, *opened[:2], *unclosed)):
        yield _without_rest_of_line(text, lines, place)
        yield _without_continuation(text, lines, place)
    for problem in tree.problems[:2]:
        yield _without_line(text, lines, problem.line)
        before = problem.line - 1
        while before > 0 and not lines.line_text(before).strip():
            before -= 1
        yield _without_line(text, lines, before)


def _without_rest_of_line(text: str, lines: LineIndex, start: int) -> str:
    return blanked(text, start, lines.line_end(lines.position(start).line))


def _without_continuation(text: str, lines: LineIndex, start: int) -> str:
    """Blank the rest of a line and the lines below that are indented further."""
    line = lines.position(start).line
    indentation = _indentation(lines.line_text(line))
    last = line
    while _indentation(lines.line_text(last + 1)) > indentation:
        last += 1
    return blanked(text, start, lines.line_end(last))


def _indentation(line: str) -> int:
    return len(line) - len(line.lstrip())


def _without_line(text: str, lines: LineIndex, line: int) -> str:
    if not 0 <= line < len(lines.starts):
        return text
    return blanked(text, lines.starts[line], lines.line_end(line))
