"""What one Python text says: functions, classes and modules, without any knowledge of Home Assistant.

All offsets are 0-based code point offsets into the text, ``end`` exclusive.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from offloop.facts.tree import Argument, Block, Call, Expr, Import


# ------------------------------------------------------------------ functions, classes, modules
class ParameterKind(Enum):
    """How a parameter takes its argument."""

    POSITIONAL_ONLY = "positional-only"
    NORMAL = "normal"
    VARIADIC = "variadic"
    KEYWORD_ONLY = "keyword-only"
    KEYWORDS = "keywords"


class Parameter(NamedTuple):
    """One parameter of a function, ``self`` included; the place covers stars and annotation."""

    name: str
    kind: ParameterKind
    annotation: Expr | None
    default: Expr | None
    start: int
    end: int


class FunctionFacts(NamedTuple):
    """A ``def``, ``async def`` or lambda.

    ``qualname`` is Python's own (``outer.<locals>.inner``, ``Class.method``, ``<lambda>`` as last part).
    ``start`` is the offset of ``def``/``async``/``lambda`` (decorators excluded), ``decorated_start`` that
    of the first ``@`` or ``start``. ``calls`` are all calls in the body in evaluation order, nested
    functions' own calls excluded, calls in decorators and defaults belong to the enclosing scope.
    A lambda's body is one Return.

    ``parent`` is the nearest enclosing function's index, with or without a class between.
    ``owner_class`` is the class whose body holds the definition directly, None for lambdas.
    """

    index: int  # type: ignore[assignment]  # shadows tuple.index, which nobody asks for
    qualname: str
    name: str
    is_async: bool
    is_lambda: bool
    is_generator: bool
    decorators: tuple[Expr, ...]
    parameters: tuple[Parameter, ...]
    returns: Expr | None
    type_parameters: tuple[str, ...]
    body: Block
    calls: tuple[Call, ...]
    parent: int | None
    owner_class: int | None
    start: int
    end: int
    name_start: int
    name_end: int
    decorated_start: int


class ClassFacts(NamedTuple):
    """A class: its bases (keywords such as ``metaclass=`` apart), its own body, its methods by index.

    ``parent`` is the nearest enclosing function's index, ``owner_class`` that of the class whose body
    holds this one directly. ``methods`` holds conditional definitions too, but no lambdas.
    ``type_parameters`` are (name, bound, default) of PEP 695/696 in order.
    """

    index: int  # type: ignore[assignment]  # shadows tuple.index, which nobody asks for
    qualname: str
    name: str
    bases: tuple[Expr, ...]
    keywords: tuple[Argument, ...]
    type_parameters: tuple[tuple[str, Expr | None, Expr | None], ...]
    decorators: tuple[Expr, ...]
    body: Block
    methods: tuple[int, ...]
    calls: tuple[Call, ...]
    parent: int | None
    owner_class: int | None
    start: int
    end: int
    name_start: int
    name_end: int


class Suppression(NamedTuple):
    """A comment that silences findings of its line: codes is empty where all codes are meant.

    style is "offloop" for ``# offloop: ignore[HAT101]`` or "noqa" for ``# noqa: HAT101``.
    start/end cover the comment, line is 0-based.
    """

    line: int
    codes: tuple[str, ...]
    style: str
    start: int
    end: int


class SyntaxProblem(NamedTuple):
    """A place that the parser did not understand: 0-based line and column, in code points."""

    message: str
    line: int
    column: int


class ModuleFacts(NamedTuple):
    """Everything one text says.

    ``calls`` are the calls at module level, ``imports`` all bindings of import statements wherever they
    stand, in order.
    """

    functions: tuple[FunctionFacts, ...]
    classes: tuple[ClassFacts, ...]
    imports: tuple[Import, ...]
    body: Block
    calls: tuple[Call, ...]
    suppressions: tuple[Suppression, ...]
    problems: tuple[SyntaxProblem, ...]
