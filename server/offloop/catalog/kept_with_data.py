"""What a Store does with the function that makes its data: it keeps it in a dictionary, among what is to be written.

``helpers/storage.py``: ``async_delay_save`` stores ``{..., "data_func": data_func}``, and another method calls
``data.pop("data_func")()``: in the loop, or in the executor. Since ``serialize_in_event_loop`` is there, an argument
of the constructor decides which of both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from offloop.facts.model import FunctionFacts
from offloop.facts.tree import (
    Assign,
    Attribute,
    Block,
    Call,
    Constant,
    Dictionary,
    Expr,
    If,
    Name,
    Not,
    Subscript,
)
from offloop.facts.walk import expressions, statements, walk, word_start
from offloop.inference.context import ExecutionContext, FunctionId, Summary
from offloop.inference.program import Program
from offloop.library.model import Dispatch, FunctionSignature, HandOff
from offloop.library.overrides import KEPT_WITH_DATA


def kept_with_data(program: Program, summaries: Mapping[FunctionId, Summary]) -> HandOff | None:
    """Return the hand-off of the function, None in sources where it is not found."""
    api, index, keyword = KEPT_WITH_DATA
    found = program.world.find(api)
    if not isinstance(found, FunctionSignature) or found.module not in program.world.analysed:
        return None
    module = program.world.analysed[found.module]
    cls = next(one for one in module.facts.classes if found.index in one.methods)
    methods = {index: module.facts.functions[index] for index in cls.methods}
    keys = set(_keys(methods[found.index], keyword))
    calls = [(one, call) for one in methods.values() for call in one.calls if _called_by_key(call, keys)]
    if not calls:
        return None
    contexts = {
        one.index: summaries[FunctionId(found.module, one.index)].context
        for one, _ in calls
        if FunctionId(found.module, one.index) in summaries
    }
    in_worker = [(one, call) for one, call in calls if _runs_in_worker(contexts.get(one.index))]
    method, call = (in_worker or calls)[0]
    handoff = HandOff(
        api,
        index,
        keyword,
        Dispatch.EXECUTOR if in_worker else Dispatch.LOOP,
        program.origin(found.module, word_start(call)),
    )
    flag = _flag(methods, method.name) if in_worker else None
    if flag is None:
        return handoff
    parameter, default, loop_if = flag
    by_default = Dispatch.LOOP if default is loop_if else Dispatch.EXECUTOR
    otherwise = Dispatch.EXECUTOR if by_default is Dispatch.LOOP else Dispatch.LOOP
    return handoff._replace(dispatch=by_default, made_with=((parameter, not default, otherwise.value),))


def _runs_in_worker(context: ExecutionContext | None) -> bool:
    return context is not None and ExecutionContext.WORKER in context


def _keys(method: FunctionFacts, keyword: str) -> Iterator[object]:
    """Yield the keys under which a method stores a parameter in a dictionary."""
    for statement in statements(method.body):
        for expr in expressions(statement):
            for part in walk(expr):
                if isinstance(part, Dictionary):
                    for key, value in part.items:
                        if isinstance(key, Constant) and isinstance(value, Name) and value.id == keyword:
                            yield key.value


def _called_by_key(call: Call, keys: set[object]) -> bool:
    """Whether a call calls what stands under a key: ``data.pop("data_func")()``, ``data["data_func"]()``."""
    taken = call.function
    match taken:
        case Call(function=Attribute(attr="pop" | "get"), arguments=arguments) if arguments:
            key: Expr = arguments[0].value
        case Subscript(index=key):
            pass
        case _:
            return False
    return isinstance(key, Constant) and key.value in keys


def _flag(methods: Mapping[int, FunctionFacts], called: str) -> tuple[str, bool, bool] | None:
    """Return (parameter of the constructor, its default, its value that lets a method be called here and now)."""
    for method in methods.values():
        for statement in statements(method.body):
            if not isinstance(statement, If) or not statement.orelse:
                continue
            test, body = statement.branches[0]
            negated = isinstance(test, Not)
            attribute = test.value if isinstance(test, Not) else test
            if not isinstance(attribute, Attribute):
                continue
            here, there = _calls(body, called), _calls(statement.orelse, called)
            if here == there:
                continue
            for parameter, default in _given_to(methods.values(), attribute.attr):
                return parameter, default, here is not negated
    return None


def _calls(body: Block, name: str) -> bool:
    """Whether a block calls a method by its name, rather than handing it over."""
    return any(
        isinstance(part, Call) and isinstance(part.function, Attribute) and part.function.attr == name
        for statement in statements(body)
        for expr in expressions(statement)
        for part in walk(expr)
    )


def _given_to(methods: Iterable[FunctionFacts], attribute: str) -> Iterator[tuple[str, bool]]:
    """Yield the parameters of the constructor, with their defaults, that are kept in an attribute."""
    for method in methods:
        if method.name != "__init__":
            continue
        defaults = {
            one.name: one.default.value
            for one in method.parameters
            if isinstance(one.default, Constant) and isinstance(one.default.value, bool)
        }
        for statement in statements(method.body):
            if isinstance(statement, Assign) and isinstance(statement.value, Name):
                for target in statement.targets:
                    if isinstance(target, Attribute) and target.attr == attribute:
                        name = statement.value.id
                        if name in defaults:
                            yield name, defaults[name]
