"""Edits that mean nothing to an analysis: half-typed names, comments, values that lead nowhere.

Such a statement calls nothing, hands nothing on and binds no name that anything else mentions. While somebody
types it, what is known of everything around it stays. ``insignificant_outside`` tells of what stands in no function.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Sequence
from itertools import chain
from operator import is_

from offloop.facts.model import FunctionFacts
from offloop.facts.tree import (
    Assign,
    Attribute,
    Binary,
    Block,
    Boolean,
    Collection,
    Compare,
    Compound,
    Conditional,
    Constant,
    Define,
    Dictionary,
    Evaluate,
    Expr,
    For,
    If,
    Jump,
    Name,
    Not,
    Raise,
    Return,
    Statement,
    Subscript,
    Try,
    While,
    With,
)
from offloop.facts.walk import blocks, expressions, walk

_LEADS_NOWHERE = frozenset(
    {
        Attribute,
        Binary,
        Boolean,
        Collection,
        Compare,
        Compound,
        Conditional,
        Constant,
        Dictionary,
        Name,
        Not,
        Subscript,
    }
)
_COMPOUND = frozenset({If, For, While, With, Try})
_LEAVES = (Return, Raise, Jump)


def is_insignificant(
    before: Sequence[FunctionFacts], after: Sequence[FunctionFacts], text: str, properties: Container[str]
) -> bool:
    """Whether what differs between the facts of some functions means nothing.

    Statements that have not changed must be the same objects. ``text`` is the text of the module now,
    ``properties`` are the names of attributes whose reading calls something.
    """
    changed: list[Statement] = []
    for old, new in zip(before, after, strict=True):
        if old is not new and not (_looks_same(old, new) and _differing(old.body, new.body, changed)):
            return False
    if not all(leads_nowhere(statement, properties) for statement in changed):
        return False
    names = {target.id for statement in changed for target in _bound(statement)}
    return not names or not _mentions(text, after[0], changed, names)


def _looks_same(old: FunctionFacts, new: FunctionFacts) -> bool:
    """Whether two versions of a function differ in their statements at most, and call the same in these."""
    return (
        (old.qualname, old.start, old.name_start, old.decorated_start, old.parent, old.owner_class)
        == (new.qualname, new.start, new.name_start, new.decorated_start, new.parent, new.owner_class)
        and (old.is_async, old.is_generator, old.type_parameters, old.returns, old.decorators, old.parameters)
        == (new.is_async, new.is_generator, new.type_parameters, new.returns, new.decorators, new.parameters)
        and _are_same(old.calls, new.calls)
    )


def _are_same(old: Sequence[object], new: Sequence[object]) -> bool:
    return len(old) == len(new) and all(map(is_, old, new))


def _differing(old: Block, new: Block, changed: list[Statement]) -> bool:
    """Collect the statements that two blocks do not share; False where more differs than these."""
    first, least = 0, min(len(old), len(new))
    while first < least and old[first] is new[first]:
        first += 1
    if first == len(old) == len(new):
        return True
    last = 0
    while last < least - first and old[-1 - last] is new[-1 - last]:
        last += 1
    # What comes after a block depends on how the block ends.
    if not old or not new or (not last and (isinstance(old[-1], _LEAVES) or isinstance(new[-1], _LEAVES))):
        return False
    gone, come = old[first : len(old) - last], new[first : len(new) - last]
    if len(gone) == len(come) == 1 and gone[0].__class__ is come[0].__class__:
        inner = _inside(gone[0], come[0])
        if inner is not None:
            return all(_differing(one, other, changed) for one, other in inner)
    changed += (*gone, *come)
    return True


def _inside(old: Statement, new: Statement) -> list[tuple[Block, Block]] | None:
    """Return the blocks of a compound statement before and now, if nothing else of it differs."""
    if isinstance(old, Define) and isinstance(new, Define):
        return [] if old[:2] == new[:2] and old.kind == "function" else None
    if old.__class__ not in _COMPOUND or expressions(old) != expressions(new):
        return None
    if isinstance(old, Try) and isinstance(new, Try) and _names(old) != _names(new):
        return None
    found = list(zip(blocks(old), blocks(new), strict=False))
    return found if len(blocks(old)) == len(blocks(new)) else None


def _names(statement: Try) -> list[tuple[Expr | None, str | None]]:
    return [(handler.type, handler.name) for handler in statement.handlers]


# -------------------------------------------------------------------- what leads nowhere
def leads_nowhere(statement: Statement, properties: Container[str]) -> bool:
    """Whether a statement has no effect but the names that it binds."""
    if isinstance(statement, Assign):
        if not all(isinstance(target, Name) for target in statement.targets):
            return False
        parts: Iterable[Expr | None] = (statement.value, statement.annotation)
    elif isinstance(statement, Evaluate):
        parts = (statement.value,)
    else:
        return False
    return all(
        part.__class__ in _LEADS_NOWHERE and not (isinstance(part, Attribute) and part.attr in properties)
        for part in chain.from_iterable(walk(expr) for expr in parts if expr is not None)
    )


def _bound(statement: Statement) -> Iterator[Name]:
    if isinstance(statement, Assign):
        yield from (target for target in statement.targets if isinstance(target, Name))


def _mentions(text: str, function: FunctionFacts, changed: list[Statement], names: set[str]) -> bool:
    """Whether a function's text has one of the names outside of the statements that have changed."""
    own = {(item.start, item.end) for item in changed}
    words = re.compile(rf"\b(?:{'|'.join(map(re.escape, sorted(names)))})\b")
    found = words.finditer(text, function.decorated_start, function.end)
    return any(not any(start <= word.start() < end for start, end in own) for word in found)
