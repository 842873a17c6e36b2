"""Which members may follow a dot, seen from where the code runs: what helps there and what does harm."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from offloop.facts.tree import Attribute, Expr
from offloop.inference.analysis import Analysis
from offloop.inference.context import ExecutionContext, FunctionId
from offloop.inference.questions.cursor import function_around, module_at, names_in
from offloop.library.model import Alias, ClassSignature, FunctionSignature, Kind, Tier
from offloop.resolve.values import Instance, ModuleObject, ScopeRef, Value
from offloop.text import Span

_PREFIX = re.compile(r"\.(\w*)\Z")
_HARM = {
    Tier.RAISES: "raises in a worker thread",
    Tier.RAISES_VIA: "raises in a worker thread",
    Tier.CORRUPTS: "corrupts state in a worker thread",
    Tier.COROUTINE: "a coroutine: runs in the event loop only",
}


class Offer(NamedTuple):
    """A member: ``good`` where it is the one for this context, else it does harm here; ``note`` says why."""

    name: str
    good: bool
    note: str


class Offers(NamedTuple):
    """The members worth a word at a place; ``span`` is what has been typed of the name."""

    span: Span
    members: tuple[Offer, ...]


def offers(analysis: Analysis, path: str, offset: int) -> Offers | None:
    """Return members of the receiver before an offset that matter where the code there runs.

    None where no member is being typed, where the context is not known, or where nothing is worth a word.
    """
    module = module_at(analysis, path)
    if module is None:
        return None
    text = analysis.program.world.analysed[module].text
    typed = _PREFIX.search(text, text.rfind("\n", 0, offset) + 1, offset)
    if typed is None:
        return None
    function = function_around(analysis, module, typed.start())
    context = analysis.summary(function).context if function is not None else ExecutionContext.UNKNOWN
    receiver = _receiver(analysis, module, function, typed.start())
    if receiver is None or function is None or context is ExecutionContext.UNKNOWN:
        return None
    values = analysis.program.evaluator.values(receiver, ScopeRef(module, function.index))
    known = {
        name: member
        for value in values
        for name, member in _members(analysis, value)
        if not name.startswith("__") and (typed.group(1).startswith("_") or not name.startswith("_"))
    }
    found = tuple(_judged(analysis, known, context))
    return Offers(Span(typed.start(1), offset), found) if found else None


def _receiver(analysis: Analysis, module: str, function: FunctionId | None, dot: int) -> Expr | None:
    for expr in names_in(analysis, module, function):
        if isinstance(expr, Attribute) and expr.value.end == dot:
            return expr.value
    return None


def _members(analysis: Analysis, value: Value) -> Iterator[tuple[str, FunctionSignature]]:
    """Yield the functions that a value offers by name, nearest class last: it wins."""
    world = analysis.program.world
    if isinstance(value, Instance):
        for owner in reversed(world.ancestry(value.type)):
            signature = world.class_named(owner.name)
            if signature is not None:
                yield from signature.methods.items()
    elif isinstance(value, ModuleObject):
        signature_of_module = world.module(value.name)
        for name, symbol in signature_of_module.names.items() if signature_of_module is not None else ():
            found = world.find(symbol.dotted) if isinstance(symbol, Alias) else symbol
            if isinstance(found, FunctionSignature) and not isinstance(found, ClassSignature):
                yield name, found


def _judged(
    analysis: Analysis, known: dict[str, FunctionSignature], context: ExecutionContext
) -> Iterator[Offer]:
    if ExecutionContext.WORKER in context:
        yield from _for_worker(analysis, known, with_twins=context is ExecutionContext.WORKER)
    if context is ExecutionContext.LOOP:
        for name, member in known.items():
            sync = analysis.catalog.sync_apis.get(member.dotted)
            if sync is not None:
                yield Offer(name, False, f"{sync.in_loop} in the event loop")


def _for_worker(
    analysis: Analysis, known: dict[str, FunctionSignature], *, with_twins: bool
) -> Iterator[Offer]:
    by_dotted = {member.dotted: name for name, member in known.items()}
    twins: dict[str, str] = {}
    harmful: dict[str, str] = {}
    for name, member in sorted(known.items()):
        api = analysis.catalog.loop_apis.get(member.dotted)
        harm = _HARM.get(api.tier) if api is not None else _own_harm(analysis, member)
        if harm is not None:
            harmful[name] = harm
        twin = by_dotted.get(api.twin.name) if api is not None and api.twin is not None else None
        if twin is not None and with_twins:
            twins.setdefault(twin, name)
    for twin, name in twins.items():
        yield Offer(twin, True, f"for worker threads, in place of {name}")
    for name, harm in harmful.items():
        yield Offer(name, False, harm)


def _own_harm(analysis: Analysis, member: FunctionSignature) -> str | None:
    """Return what a function of the integration does in a worker thread, where it belongs to the loop."""
    if member.module not in analysis.program.world.analysed or member.index < 0:
        return None
    function = FunctionId(member.module, member.index)
    if analysis.program.kinds[function] is Kind.COROUTINE:
        return _HARM[Tier.COROUTINE]
    if function in analysis.needs and analysis.program.is_pinned(function):
        return "needs the event loop"
    return None
