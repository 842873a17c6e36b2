"""The tree of one Python text: expressions and statements, as plain tuples.

All offsets are 0-based code point offsets into the text, ``end`` exclusive. The nodes are named tuples
rather than frozen dataclasses: a core release holds some five million, and a tuple is made in a third of the time.
"""

from __future__ import annotations

from types import EllipsisType
from typing import NamedTuple, Protocol


class Expr(Protocol):
    """Any expression: one of the tuples below that says so by its place in this module.

    A protocol rather than a union of all of them: type checkers take minutes over a recursive union.
    """

    @property
    def start(self) -> int:
        """Where it starts."""

    @property
    def end(self) -> int:
        """Where it ends."""


class Statement(Protocol):
    """Any statement."""

    @property
    def start(self) -> int:
        """Where it starts."""

    @property
    def end(self) -> int:
        """Where it ends."""


Block = tuple[Statement, ...]


# ------------------------------------------------------------------ expressions
class Name(NamedTuple):
    """A plain name, in load or store position."""

    id: str
    start: int
    end: int


class Attribute(NamedTuple):
    """``value.attr``; the attribute's own name ends at ``end``."""

    value: Expr
    attr: str
    start: int
    end: int


class Argument(NamedTuple):
    """One argument of a call: ``value``, ``keyword=value``, ``*value`` (stars 1) or ``**value`` (stars 2)."""

    keyword: str | None
    stars: int
    value: Expr


class Call(NamedTuple):
    """``function(arguments)``."""

    function: Expr
    arguments: tuple[Argument, ...]
    start: int
    end: int


class Subscript(NamedTuple):
    """``value[index]``."""

    value: Expr
    index: Expr  # type: ignore[assignment]  # shadows tuple.index, which nobody asks a node for
    start: int
    end: int


class Constant(NamedTuple):
    """A literal: str, int, float, bytes, bool, None or ``...`` (Ellipsis)."""

    value: str | int | float | bytes | complex | bool | EllipsisType | None
    start: int
    end: int


class Lambda(NamedTuple):
    """A lambda; ``function`` indexes ModuleFacts.functions."""

    function: int
    start: int
    end: int


class Await(NamedTuple):
    """``await value``."""

    value: Expr
    start: int
    end: int


class Collection(NamedTuple):
    """A display of items: kind is "list", "tuple" or "set"; starred items are Starred."""

    kind: str
    items: tuple[Expr, ...]
    start: int
    end: int


class Dictionary(NamedTuple):
    """``{key: value, **value}``; the key of a ``**value`` is None."""

    items: tuple[tuple[Expr | None, Expr], ...]
    start: int
    end: int


class Conditional(NamedTuple):
    """``body if test else orelse``."""

    test: Expr
    body: Expr
    orelse: Expr
    start: int
    end: int


class Walrus(NamedTuple):
    """``target := value``."""

    target: Expr
    value: Expr
    start: int
    end: int


class Boolean(NamedTuple):
    """``a and b and c`` or ``a or b``; operator is "and" or "or"."""

    operator: str
    values: tuple[Expr, ...]
    start: int
    end: int


class Not(NamedTuple):
    """``not value``."""

    value: Expr
    start: int
    end: int


class Compare(NamedTuple):
    """``left op right op right``; operators as written ("==", "is not", "not in", ...)."""

    operators: tuple[str, ...]
    operands: tuple[Expr, ...]
    start: int
    end: int


class Binary(NamedTuple):
    """``left operator right`` for the arithmetic operators and ``|``."""

    operator: str
    left: Expr
    right: Expr
    start: int
    end: int


class Comprehension(NamedTuple):
    """A comprehension: kind "list", "set", "dict" or "generator"; elements holds key and value for "dict"."""

    kind: str
    elements: tuple[Expr, ...]
    generators: tuple[Generator, ...]
    start: int
    end: int


class Generator(NamedTuple):
    """``for target in iterable if condition ...`` of a comprehension."""

    target: Expr
    iterable: Expr
    conditions: tuple[Expr, ...]
    is_async: bool


class Starred(NamedTuple):
    """``*value`` outside of a call's arguments."""

    value: Expr
    start: int
    end: int


class Yield(NamedTuple):
    """``yield value`` or ``yield from value``."""

    value: Expr | None
    start: int
    end: int


class Compound(NamedTuple):
    """Any other expression (f-string, slice, unary minus, template string ...) by its parts in order."""

    parts: tuple[Expr, ...]
    start: int
    end: int


# ------------------------------------------------------------------ statements
class Evaluate(NamedTuple):
    """An expression used as a statement."""

    value: Expr
    start: int
    end: int


class Assign(NamedTuple):
    """``target = ... = value`` or ``target: annotation = value``; value is None for a bare annotation.

    ``type X[T] = value`` is one as well.
    """

    targets: tuple[Expr, ...]
    value: Expr | None
    annotation: Expr | None
    start: int
    end: int


class AugmentedAssign(NamedTuple):
    """``target op= value``; operator without the equals sign."""

    target: Expr
    operator: str
    value: Expr
    start: int
    end: int


class Return(NamedTuple):
    """``return value``."""

    value: Expr | None
    start: int
    end: int


class Raise(NamedTuple):
    """``raise value from cause``."""

    value: Expr | None
    cause: Expr | None
    start: int
    end: int


class If(NamedTuple):
    """``if``/``elif`` branches in order as (test, body), then ``else`` (empty where there is none)."""

    branches: tuple[tuple[Expr, Block], ...]
    orelse: Block
    start: int
    end: int


class For(NamedTuple):
    """``for target in iterable``."""

    target: Expr
    iterable: Expr
    body: Block
    orelse: Block
    is_async: bool
    start: int
    end: int


class While(NamedTuple):
    """``while test``."""

    test: Expr
    body: Block
    orelse: Block
    start: int
    end: int


class With(NamedTuple):
    """``with context as target, ...``."""

    items: tuple[tuple[Expr, Expr | None], ...]
    body: Block
    is_async: bool
    start: int
    end: int


class Handler(NamedTuple):
    """``except type as name``; type is None for a bare ``except``."""

    type: Expr | None
    name: str | None
    body: Block


class Try(NamedTuple):
    """``try`` with its handlers, ``else`` and ``finally``."""

    body: Block
    handlers: tuple[Handler, ...]
    orelse: Block
    finally_body: Block
    start: int
    end: int


class Match(NamedTuple):
    """``match subject``; each case is (expressions in its pattern, names it binds, guard, body)."""

    subject: Expr
    cases: tuple[tuple[tuple[Expr, ...], tuple[str, ...], Expr | None, Block], ...]
    start: int
    end: int


class Delete(NamedTuple):
    """``del targets``."""

    targets: tuple[Expr, ...]
    start: int
    end: int


class Assert(NamedTuple):
    """``assert test, message``."""

    test: Expr
    message: Expr | None
    start: int
    end: int


class Scope(NamedTuple):
    """``global`` or ``nonlocal`` (kind) names."""

    kind: str
    names: tuple[str, ...]
    start: int
    end: int


class Import(NamedTuple):
    """One binding of an import statement.

    ``import a.b`` gives module "a.b", name None, alias None; ``import a.b as c`` alias "c";
    ``from ..a import b as c`` level 2, module "a", name "b", alias "c"; ``from a import *`` name "*".
    start/end cover the whole statement.
    """

    level: int
    module: str
    name: str | None
    alias: str | None
    start: int
    end: int


class Define(NamedTuple):
    """A nested ``def`` or ``class``: kind "function" or "class", index into ModuleFacts.functions/classes."""

    kind: str
    index: int  # type: ignore[assignment]
    start: int
    end: int


class Jump(NamedTuple):
    """``pass``, ``break`` or ``continue``."""

    kind: str
    start: int
    end: int
