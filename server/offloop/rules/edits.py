"""Builders of edits: what to change in a text for a decorator, an import, another callee."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from itertools import combinations, pairwise

from offloop.facts.model import FunctionFacts, ModuleFacts
from offloop.facts.tree import Import, Statement
from offloop.facts.walk import blocks, statements
from offloop.text import Edit, LineIndex, line_start

LINE_LENGTH = 88
"""What formatters keep lines to; code with longer lines keeps its own length."""
_IMPORT = re.compile(r"\bimport\b")
_NAME_IN_IMPORT = re.compile(r"(?<![\w.])(\w+)(?:\s+as\s+(\w+))?")


def indent_at(text: str, offset: int) -> str | None:
    """Return the white space before an offset on its line, None where anything else stands there."""
    before = text[line_start(text, offset) : offset]
    return before if not before.strip(" \t\f") else None


def newline_of(text: str) -> str:
    """Return the line end that a text uses first."""
    found = re.search(r"\r\n|\r|\n", text)
    return found.group() if found else "\n"


def decorate(text: str, function: FunctionFacts, decorator: str) -> Edit | None:
    """Return the edit that puts a decorator nearest to a definition, None where its line has other code before it."""
    indent = indent_at(text, function.start)
    if indent is None:
        return None
    return Edit(function.start, function.start, f"@{decorator}{newline_of(text)}{indent}")


def module_imports(facts: ModuleFacts) -> Iterator[Import]:
    """Yield the import statements at module level, those under a condition or ``try`` excluded."""
    for statement in facts.body:
        if isinstance(statement, Import):
            yield statement


def bound_name(facts: ModuleFacts, module: str, name: str) -> str | None:
    """Return under which name ``from module import name`` is bound at module level."""
    for statement in module_imports(facts):
        if statement.level == 0 and statement.module == module and statement.name == name:
            return statement.alias or name
    return None


def bound_module(facts: ModuleFacts, module: str) -> str | None:
    """Return how a module is named after an ``import`` of it, or a from-import of it from its package."""
    package, _, last = module.rpartition(".")
    for statement in module_imports(facts):
        if statement.level == 0 and statement.module == module and statement.name is None:
            return statement.alias or module
        if statement.level == 0 and statement.module == package and statement.name == last:
            return statement.alias or last
    return None


def import_name(text: str, facts: ModuleFacts, module: str, name: str, freed: int = 0) -> list[Edit]:
    """Return the edits that make ``from module import name`` hold, none where it holds or cannot be brought in.

    ``freed`` is how many characters another edit takes out of an import from that module.
    """
    beside = [
        s
        for s in module_imports(facts)
        if s.level == 0 and s.module == module and s.name not in (None, "*") and _names(text, s)
    ]
    if beside:
        return _into_statement(text, beside[0], name, freed)
    line = f"from {module} import {name}"
    newline = newline_of(text)
    section = _section(module, 0)
    known = _import_statements(facts)
    same = [s for s in known if _section(s.module, s.level) == section]
    smaller = [s for s in same if s.module.casefold() < module.casefold()]
    if _keeps_kinds_apart(known):
        smaller = [s for s in smaller if s.name is not None] or [s for s in same if s.name is None]
    if smaller:
        return [_after(text, smaller[-1], f"{newline}{line}")]
    if same:
        return [Edit(same[0].start, same[0].start, f"{line}{newline}")]
    earlier = [s for s in known if _section(s.module, s.level) < section]
    if earlier:
        return [_after(text, earlier[-1], f"{newline}{newline}{line}")]
    if known:
        return [Edit(known[0].start, known[0].start, f"{line}{newline}{newline}")]
    return [_first_import(text, facts, module, name)]


def _keeps_kinds_apart(known: list[Import]) -> bool:
    """Whether plain imports stand before the from-imports of their section, as import sorters have it by default.

    Home Assistant sorts both by module; so does this where nothing tells.
    """
    together = [
        (one, other)
        for one, other in combinations(known, 2)
        if _section(one.module, one.level) == _section(other.module, other.level)
    ]
    is_mixed = any(one.name is not None and other.name is None for one, other in together)
    return not is_mixed and any(
        one.name is None and other.name is not None and one.module.casefold() > other.module.casefold()
        for one, other in together
    )


def _after(text: str, statement: Import, content: str) -> Edit:
    end = _line_end(text, statement.end)
    return Edit(end, end, content)


def _import_statements(facts: ModuleFacts) -> list[Import]:
    """Return the import statements at the top of a module, each once, up to the first other statement."""
    found: dict[int, Import] = {}
    for statement in facts.body:
        if isinstance(statement, Import):
            found.setdefault(statement.start, statement)
        elif found:
            break
    return list(found.values())


def _section(module: str, level: int) -> int:
    """Return the place of an import's section, as import sorters order them."""
    if level:
        return 3
    root = module.partition(".")[0]
    if root == "__future__":
        return 0
    return 1 if root in sys.stdlib_module_names else 2


def _first_import(text: str, facts: ModuleFacts, module: str, name: str) -> Edit:
    """Return the edit for a module without imports: after its docstring and ``__future__`` imports."""
    place = 0
    for statement in facts.body:
        is_future = isinstance(statement, Import) and statement.module == "__future__"
        is_text = statement is facts.body[0] and type(statement).__name__ == "Evaluate"
        if not (is_future or is_text):
            break
        place = _line_end(text, statement.end)
    newline = newline_of(text)
    line = f"from {module} import {name}"
    if place == 0:
        return Edit(0, 0, f"{line}{newline}{newline}")
    return Edit(place, place, f"{newline}{newline}{line}")


def _names(text: str, statement: Import) -> list[tuple[str, int, int]]:
    """Return (name, start, end) of what a from-import binds, aliases included in the range; none if half-typed."""
    keyword = _IMPORT.search(text, statement.start, statement.end)
    if keyword is None:
        return []
    start = keyword.end()
    source = re.sub(r"#[^\r\n]*", lambda found: " " * len(found.group()), text[start : statement.end])
    return [(m.group(1), start + m.start(), start + m.end()) for m in _NAME_IN_IMPORT.finditer(source)]


def _into_statement(text: str, statement: Import, name: str, freed: int) -> list[Edit]:
    """Return the edits that put a name into a from-import, at its place among sorted names."""
    names = _names(text, statement)
    if any(known == name for known, _, _ in names):
        return []
    is_on_lines = indent_at(text, names[-1][1]) is not None
    indent = indent_at(text, statement.start)
    opened = not is_on_lines and indent is not None and _overflows(text, statement, len(name) + 2 - freed)
    edits = _on_lines(text, names, indent or "") if opened else []
    inner = f"{newline_of(text)}{indent}    " if edits else None
    for known, start, _ in names:
        if _sort_key(known) > _sort_key(name):
            return [*edits, Edit(start, start, f"{name},{inner or _between(text, start)}")]
    _, start, end = names[-1]
    return [*edits, Edit(end, end, f",{inner or _between(text, start)}{name}")]


def _between(text: str, start: int) -> str:
    """Return what stands between names of an import of which one starts at an offset, commas excluded."""
    indent = indent_at(text, start)
    return " " if indent is None else newline_of(text) + indent


def _overflows(text: str, statement: Import, more: int) -> bool:
    """Whether an import on one line would be too long with more characters."""
    index = LineIndex(text)
    line = index.line_text(index.position(statement.start).line)
    return len(line.partition("#")[0].rstrip()) + more > max(LINE_LENGTH, len(line))


def _on_lines(text: str, names: list[tuple[str, int, int]], indent: str) -> list[Edit]:
    """Return the edits that give each name of an import on one line a line of its own, none where it has brackets."""
    line = LineIndex(text)
    end = line.line_end(line.position(names[-1][2]).line)
    if "(" in text[names[0][1] - 2 : names[0][1]] or ";" in text[names[-1][2] : end]:
        return []
    newline = newline_of(text)
    inner = f"{newline}{indent}    "
    edits = [Edit(names[0][1], names[0][1], f"({inner}")]
    for (_, _, before), (_, after, _) in pairwise(names):
        place = text.index(",", before, after) + 1
        edits.append(Edit(place, after, inner))
    # Sorted behind a name that is put at the end: insertions at one place are applied in the order of their texts.
    return [*edits, Edit(names[-1][2], names[-1][2], f",{newline}{indent})")]


def _sort_key(name: str) -> tuple[int, str]:
    """Order names as import sorters do: constants, classes, then the rest."""
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    return kind, name.casefold()


def drop_import(text: str, statement: Import) -> Edit | None:
    """Return the edit that takes a binding out of its from-import, None where it cannot be done cleanly."""
    names = _names(text, statement)
    if len(names) == 1:
        if not is_alone_on_lines(text, statement.start, statement.end):
            return None
        return Edit(statement.start, next_line(text, statement.end), "")
    for position, (known, start, end) in enumerate(names):
        if known == statement.name and _alias_in(text[start:end]) == statement.alias:
            if position + 1 < len(names):
                following = names[position + 1][1]
                return None if "#" in text[end:following] else Edit(start, following, "")
            return Edit(names[position - 1][2], end, "")
    return None


def _alias_in(part: str) -> str | None:
    _, _, alias = part.partition(" as ")
    return alias.strip() or None


def replace_import(text: str, facts: ModuleFacts, statement: Import, new: str) -> list[Edit]:
    """Return the edits that import ``new`` instead of what a from-import binds, from the same module.

    The name is exchanged in its place where it stands alone, or inside of a function; else the new name is put
    where a sorted import has it.
    """
    names = _names(text, statement)
    places = (
        Edit(start, end, new)
        for known, start, end in names
        if known == statement.name and _alias_in(text[start:end]) == statement.alias
    )
    place = next(places, None)
    if place is None:  # half-typed
        return import_name(text, facts, statement.module, new)
    if len(names) == 1 or statement not in facts.body:
        return [place]
    dropped = drop_import(text, statement)
    freed = dropped.end - dropped.start if dropped is not None else 0
    added = import_name(text, facts, statement.module, new, freed)
    if dropped is not None and any(dropped.start <= one.start <= dropped.end for one in added):
        return [place]
    return [*added, dropped] if dropped is not None else added


def uses_of(text: str, name: str) -> int:
    """Return how often a name stands in a text as a word."""
    return len(re.findall(rf"(?<![\w.]){re.escape(name)}(?!\w)", text))


def enclosing_statement(facts: ModuleFacts, function: int | None, offset: int) -> Statement | None:
    """Return the innermost statement of a function (None: the module) that contains an offset."""
    block = facts.functions[function].body if function is not None else facts.body
    found: Statement | None = None
    for statement in statements(block):
        if statement.start <= offset < statement.end:
            found = statement
    return found


def is_simple(statement: Statement) -> bool:
    """Whether a statement holds no blocks."""
    return not any(True for _ in blocks(statement))


def is_alone_on_lines(text: str, start: int, end: int) -> bool:
    """Whether nothing but white space and a comment shares the lines of a range."""
    index = LineIndex(text)
    last = index.position(end).line
    rest = text[end : index.line_end(last)].strip()
    return indent_at(text, start) is not None and (not rest or rest.startswith("#"))


def _line_end(text: str, offset: int) -> int:
    index = LineIndex(text)
    return index.line_end(index.position(offset).line)


def next_line(text: str, offset: int) -> int:
    """Return the offset at which the line after that of an offset begins."""
    index = LineIndex(text)
    line = index.position(offset).line
    return index.starts[line + 1] if line + 1 < len(index.starts) else len(text)
