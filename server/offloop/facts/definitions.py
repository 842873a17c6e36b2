"""Decode functions, lambdas and classes of the binary tree into their facts.

A definition's own decorators, defaults and bases are evaluated by the scope around it: they are read
before its scope is entered or after it is left.
"""

from __future__ import annotations

import re
from sys import intern

from offloop.facts.annotations import annotation_list, optional_annotation
from offloop.facts.model import ClassFacts, FunctionFacts, Parameter, ParameterKind
from offloop.facts.reader import Reader, decodes_expression, decodes_statement
from offloop.facts.tree import Argument, Block, Call, Collection, Define, Expr, Lambda, Statement

_GAP = r"(?:[ \t\f]|\\\r?\n)"
_FUNCTION_HEAD = re.compile(rf"(?:async{_GAP}+)?def{_GAP}*")
_CLASS_HEAD = re.compile(rf"class{_GAP}*")
# By the parser's number: without and with a default, *args, keyword only, **kwargs, keyword with default.
_KINDS = (
    ParameterKind.NORMAL,
    ParameterKind.NORMAL,
    ParameterKind.VARIADIC,
    ParameterKind.KEYWORD_ONLY,
    ParameterKind.KEYWORDS,
    ParameterKind.KEYWORD_ONLY,
)
_TypeParameters = tuple[tuple[str, Expr | None, Expr | None], ...]


# ------------------------------------------------------------------ parameters
def _read_parameters(reader: Reader, result: list[Parameter]) -> None:
    """Read the parameters of a function or lambda; their places cover stars and annotation."""
    for _ in range(reader.number()):
        name = reader.string()
        kind = _KINDS[reader.number()]
        annotation = optional_annotation(reader)
        default = reader.optional_expression()
        if reader.flag():
            kind = ParameterKind.POSITIONAL_ONLY
        start, end = reader.span()
        if reader.folded:
            place = start
            while reader.text.startswith(("*", " "), place):
                place += 1
            name = reader.text[place : place + len(name)]
        result.append(Parameter(intern(name), kind, annotation, default, start, end))


def type_parameters(reader: Reader) -> _TypeParameters:
    """Read an untagged list of PEP 695 type parameters; constraints are a tuple as bound."""
    result: list[tuple[str, Expr | None, Expr | None]] = []
    for _ in range(reader.bare_number()):
        reader.number()
        name = reader.string()
        bound = optional_annotation(reader)
        constraints = annotation_list(reader)
        if constraints:
            bound = Collection("tuple", constraints, constraints[0].start, constraints[-1].end)
        result.append((intern(name), bound, optional_annotation(reader)))
    return tuple(result)


def _own_type_parameters(reader: Reader, start: int, found: _TypeParameters) -> _TypeParameters:
    """Return the type parameters with their names as in the original text."""
    if not reader.folded:
        return found
    end = reader.text.find("]", start)
    return tuple((reader.original(name, start, end), bound, default) for name, bound, default in found)


# ------------------------------------------------------------------ functions
def _scope(reader: Reader, index: int, prefix: str) -> tuple[Block, tuple[Call, ...], bool]:
    """Read the body of a function: its statements, its calls, and whether it yields."""
    outer = (reader.function, reader.owner, reader.prefix, reader.generates, reader.calls)
    reader.function, reader.owner, reader.prefix, reader.generates = index, None, prefix, False
    calls: list[Call] = []
    reader.calls = calls
    body = reader.block()
    generates = reader.generates
    reader.function, reader.owner, reader.prefix, reader.generates, reader.calls = outer
    return body, tuple(calls), generates


def _function(reader: Reader, decorators: tuple[Expr, ...]) -> Define:
    index = len(reader.functions)
    reader.functions.append(None)
    parent, owner = reader.function, reader.owner
    if owner is not None:
        reader.methods.append(index)
    reader.place += 1
    name = reader.string()
    qualname = reader.prefix + name
    own_parameters = tuple(reader.part(_read_parameters))
    body, calls, generates = _scope(reader, index, qualname + ".<locals>.")
    is_async = bool(reader.flag())
    generics = type_parameters(reader) if reader.flag() else ()
    returns = optional_annotation(reader)
    start, end = reader.span()
    reader.place += 1
    if decorators:
        start = _undecorated_start(reader, start, is_async, decorators[-1].end)
    name_start, name_end = _name_span(reader, _FUNCTION_HEAD, start, name)
    if reader.folded:
        name = reader.text[name_start:name_end]
    reader.functions[index] = FunctionFacts(
        index=index,
        qualname=intern(qualname),
        name=intern(name),
        is_async=is_async,
        is_lambda=False,
        is_generator=generates,
        decorators=decorators,
        parameters=own_parameters,
        returns=returns,
        type_parameters=tuple([item[0] for item in _own_type_parameters(reader, name_end, generics)]),
        body=body,
        calls=calls,
        parent=parent,
        owner_class=owner,
        start=start,
        end=end,
        name_start=name_start,
        name_end=name_end,
        decorated_start=_decorated_start(reader, decorators, start),
    )
    return Define("function", index, start, end)


def _name_span(reader: Reader, head: re.Pattern[str], start: int, name: str) -> tuple[int, int]:
    """Return where the name stands in the definition that starts at an offset."""
    match = head.match(reader.text, start)
    place = match.end() if match else start
    return place, place + len(name)


def _undecorated_start(reader: Reader, start: int, is_async: bool, after: int) -> int:
    """Return where the ``def`` or ``async`` stands behind decorators that end at ``after``.

    The parser tells the place of the name less the length of "def " or "async def ".
    """
    name_start = start + (10 if is_async else 4)
    place = reader.text.rfind("def", after, name_start)
    if is_async and place >= 0:
        place = reader.text.rfind("async", after, place)
    return after if place < 0 else place


def _decorated_start(reader: Reader, decorators: tuple[Expr, ...], start: int) -> int:
    if not decorators:
        return start
    place = reader.text.rfind("@", 0, decorators[0].start)
    return start if place < 0 else place


@decodes_statement(179)
def _function_statement(reader: Reader, body: list[Statement]) -> None:
    body.append(_function(reader, ()))


@decodes_statement(53)
def _decorated_statement(reader: Reader, body: list[Statement]) -> None:
    reader.place += 1
    decorators = reader.expressions()
    reader.number()  # line and column of the first decorator
    reader.number()
    body.append(_function(reader, decorators))
    reader.place += 1


@decodes_expression(207)
def _lambda(reader: Reader) -> Expr:
    index = len(reader.functions)
    reader.functions.append(None)
    parent = reader.function
    reader.place += 1
    own_parameters = tuple(reader.part(_read_parameters))
    qualname = reader.prefix + "<lambda>"
    body, calls, generates = _scope(reader, index, qualname + ".<locals>.")
    start, end = reader.span()
    reader.place += 1
    reader.functions[index] = FunctionFacts(
        index=index,
        qualname=intern(qualname),
        name="<lambda>",
        is_async=False,
        is_lambda=True,
        is_generator=generates,
        decorators=(),
        parameters=own_parameters,
        returns=None,
        type_parameters=(),
        body=body,
        calls=calls,
        parent=parent,
        owner_class=None,
        start=start,
        end=end,
        name_start=start,
        name_end=start + 6,
        decorated_start=start,
    )
    return Lambda(index, start, end)


# ------------------------------------------------------------------ classes
@decodes_statement(60)
def _class(reader: Reader, body: list[Statement]) -> None:
    index = len(reader.classes)
    reader.classes.append(None)
    parent, owner = reader.function, reader.owner
    reader.place += 1
    name = reader.string()
    qualname = reader.prefix + name
    outer = (reader.owner, reader.prefix, reader.calls, reader.methods)
    calls: list[Call] = []
    methods: list[int] = []
    reader.owner, reader.prefix, reader.calls, reader.methods = index, qualname + ".", calls, methods
    own_body = reader.block()
    reader.owner, reader.prefix, reader.calls, reader.methods = outer
    bases = reader.expressions()
    decorators = reader.expressions()
    generics = type_parameters(reader) if reader.flag() else ()
    keywords = [(reader.string(), reader.expression()) for _ in range(reader.number())]
    start, end = reader.span()
    reader.place += 1
    if not _CLASS_HEAD.match(reader.text, start):  # the parser tells the line of a name on the next line
        start = max(reader.text.rfind("class", 0, start), 0)
    name_start, name_end = _name_span(reader, _CLASS_HEAD, start, name)
    if reader.folded:
        name = reader.text[name_start:name_end]
    reader.classes[index] = ClassFacts(
        index=index,
        qualname=intern(qualname),
        name=intern(name),
        bases=bases,
        keywords=tuple(
            Argument(reader.original(key, name_end, value.start), 0, value) for key, value in keywords
        ),
        type_parameters=_own_type_parameters(reader, name_end, generics),
        decorators=decorators,
        body=own_body,
        methods=tuple(methods),
        calls=tuple(calls),
        parent=parent,
        owner_class=owner,
        start=start,
        end=end,
        name_start=name_start,
        name_end=name_end,
    )
    body.append(Define("class", index, start, end))


# ------------------------------------------------------------------ names of folded texts
def unfold_qualified_names(
    functions: tuple[FunctionFacts, ...], classes: tuple[ClassFacts, ...]
) -> tuple[tuple[FunctionFacts, ...], tuple[ClassFacts, ...]]:
    """Return the facts with qualified names made of the names, where a folded name is part of them.

    A scope's real name is known only after all that lies in it was read.
    """
    return (
        tuple([item._replace(qualname=_qualified(item, functions, classes)) for item in functions]),
        tuple([item._replace(qualname=_qualified(item, functions, classes)) for item in classes]),
    )


# No closures that call themselves: such a cycle would keep the facts of a text until the next garbage collection.
def _qualified(
    item: FunctionFacts | ClassFacts, functions: tuple[FunctionFacts, ...], classes: tuple[ClassFacts, ...]
) -> str:
    owner = _body_around(item, classes)
    if owner is not None:
        return f"{_qualified(classes[owner], functions, classes)}.{item.name}"
    if item.parent is not None:
        return f"{_qualified(functions[item.parent], functions, classes)}.<locals>.{item.name}"
    return item.name


def _body_around(item: FunctionFacts | ClassFacts, classes: tuple[ClassFacts, ...]) -> int | None:
    """Return the class whose body holds the definition directly, which a lambda's facts do not tell."""
    if item.owner_class is not None or item.name != "<lambda>":
        return item.owner_class
    holders = [c for c in classes if c.parent == item.parent and c.start <= item.start < c.end]
    return holders[-1].index if holders else None
