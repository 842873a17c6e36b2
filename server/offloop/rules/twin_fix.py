"""The function rightly runs in a worker, and Home Assistant offers the same for there: swap the call."""

from __future__ import annotations

from offloop.facts.tree import Attribute, Call, Constant, Evaluate, Name
from offloop.inference.analysis import Analysis
from offloop.inference.context import ExecutionContext
from offloop.inference.crossings import Crossing
from offloop.library.model import FunctionSignature, LoopApi, Twin
from offloop.resolve.values import ModuleObject, ScopeRef
from offloop.rules.edits import (
    bound_name,
    drop_import,
    enclosing_statement,
    import_name,
    replace_import,
    uses_of,
)
from offloop.rules.layout import Leaf, respaced
from offloop.rules.removers import is_remover_used
from offloop.rules.rule import Applicability, FileEdit, Fix, FixKind
from offloop.text import Edit


def twin_fix(analysis: Analysis, crossing: Crossing) -> Fix | None:
    """Return the fix that calls the sync twin; None where there is none or where it does not fit this call."""
    twin = crossing.api.twin
    if twin is None or not _fits(analysis, crossing, twin):
        return None
    edits = _edits(analysis, crossing, twin)
    if edits is None:
        return None
    path = analysis.program.path(crossing.function.module)
    # What undoes a registration waits for the loop as well, and nobody may have seen the loop call it.
    is_registration = crossing.api.name in analysis.catalog.handoffs
    risky = twin.blocks and is_registration and is_used(analysis, crossing)
    return Fix(
        f"Use {_written(analysis, crossing, twin)}{_change(twin)}",
        tuple(FileEdit(path, edit) for edit in edits),
        Applicability.UNSAFE if risky else Applicability.SAFE,
        kind=FixKind.TWIN,
    )


def _change(twin: Twin) -> str:
    """Return what the swap changes in behaviour, for the title."""
    if twin.blocks:
        return " (waits until the event loop has done it)"
    return (
        " (scheduled in the event loop, not done at once)"
        if twin.returns_same
        else " (scheduled; returns None)"
    )


def _written(analysis: Analysis, crossing: Crossing, twin: Twin) -> str:
    text = analysis.program.world.analysed[crossing.function.module].text
    callee = crossing.call.function
    name = twin.name.rpartition(".")[2]
    if isinstance(callee, Attribute):
        receiver = " ".join(text[callee.value.start : callee.value.end].split())
        if len(receiver) <= 40:
            return f"{receiver}.{name}"
    return name


def is_used(analysis: Analysis, crossing: Crossing) -> bool:
    """Whether anything is done with the result of the call."""
    facts = analysis.program.world.analysed[crossing.function.module].facts
    function = analysis.program.facts(crossing.function)
    if function.is_lambda and function.body and getattr(function.body[0], "value", None) == crossing.call:
        return False  # a dispatcher throws the result of a lambda away
    statement = enclosing_statement(facts, crossing.function.index, crossing.call.start)
    return not (isinstance(statement, Evaluate) and statement.value == crossing.call)


def _fits(analysis: Analysis, crossing: Crossing, twin: Twin) -> bool:
    context = analysis.summary(crossing.function).context
    if twin.blocks and context is ExecutionContext.BOTH:
        return False  # in the loop it would wait for itself
    if is_used(analysis, crossing):
        if not twin.returns_same:
            return False
        if twin.blocks and is_remover_used(analysis, crossing):
            return False
    return _arguments_fit(analysis, crossing.call, crossing.api, twin)


def _arguments_fit(analysis: Analysis, call: Call, api: LoopApi, twin: Twin) -> bool:
    if any(argument.stars or argument.keyword in twin.dropped for argument in call.arguments):
        return False
    if twin.is_property:
        return not call.arguments
    positional = [argument for argument in call.arguments if argument.keyword is None]
    ours = analysis.program.world.find(api.name)
    theirs = analysis.program.world.find(twin.name)
    if not isinstance(ours, FunctionSignature) or not isinstance(theirs, FunctionSignature):
        return not twin.dropped
    before = [p.name for p in ours.parameters if p.kind in ("normal", "positional-only", "variadic")]
    after = [p.name for p in theirs.parameters if p.kind in ("normal", "positional-only", "variadic")]
    skip = 1 if before[:1] == ["self"] else 0
    if any(p.kind == "variadic" for p in theirs.parameters):
        return True
    count = len(positional) + skip
    return before[:count] == after[:count]


def _edits(analysis: Analysis, crossing: Crossing, twin: Twin) -> list[Edit] | None:
    call, module = crossing.call, crossing.function.module
    name = twin.name.rpartition(".")[2]
    callee = call.function
    if isinstance(callee, Attribute):
        if not _reachable(analysis, crossing, callee, name):
            return None
        if twin.is_property:
            return [Edit(callee.end - len(callee.attr), call.end, name)]
        return [
            Edit(callee.end - len(callee.attr), callee.end, name),
            *_respaced(analysis, crossing, callee, len(name) - len(callee.attr)),
        ]
    if isinstance(callee, Name):
        edits = _name_edits(analysis, module, callee, crossing.api, name)
        if edits is None:
            return None
        return [*edits, *_respaced(analysis, crossing, callee, len(edits[-1].content) - len(callee.id))]
    return None


def _respaced(analysis: Analysis, crossing: Crossing, callee: Attribute | Name, more: int) -> list[Edit]:
    """Return the edits that lay out the call anew for a callee that is some characters longer."""
    analysed = analysis.program.world.analysed[crossing.function.module]
    if "\n" in analysed.text[callee.start : callee.end]:
        return []
    index: int | None = crossing.function.index
    around = [enclosing_statement(analysed.facts, index, callee.start)]
    while index is not None and analysed.facts.functions[index].is_lambda:
        index = analysed.facts.functions[index].parent
        around.append(enclosing_statement(analysed.facts, index, callee.start))
    changed = Leaf(callee.start, callee.end, callee.end - callee.start + more)
    return respaced(analysed.text, [one for one in around if one is not None], changed)


def _reachable(analysis: Analysis, crossing: Crossing, callee: Attribute, name: str) -> bool:
    """Whether a module through which the API is named offers the twin as well."""
    scope = ScopeRef(*crossing.function)
    for owner in analysis.program.evaluator.values(callee.value, scope):
        if isinstance(owner, ModuleObject):
            return isinstance(analysis.program.world.find(f"{owner.name}.{name}"), FunctionSignature)
    return True


def _name_edits(analysis: Analysis, module: str, callee: Name, api: LoopApi, name: str) -> list[Edit] | None:
    analysed = analysis.program.world.analysed[module]
    text, facts = analysed.text, analysed.facts
    binding = next((s for s in facts.imports if (s.alias or s.name) == callee.id and not s.level), None)
    home = binding.module if binding is not None else ""
    if binding is None or not isinstance(analysis.program.world.find(f"{home}.{name}"), FunctionSignature):
        return None
    known = bound_name(facts, home, name)
    swap = Edit(callee.start, callee.end, known or name)
    # Once where it is imported, and here: nobody else needs it.
    is_last = binding.name == api.name.rpartition(".")[2] and uses_of(text, callee.id) == 2
    if known is not None:
        dropped = drop_import(text, binding) if is_last and binding in facts.body else None
        return [swap] if dropped is None else [dropped, swap]
    if name in analysed.signature.names:
        return None  # the name is taken by something else
    edits = replace_import(text, facts, binding, name) if is_last else import_name(text, facts, home, name)
    return [*edits, swap] if edits else None


def delegate_fix(analysis: Analysis, crossing: Crossing) -> Fix | None:
    """Return the fix for a call of a function that does nothing but call an API with a twin on the same object."""
    callee, twin = crossing.callee, crossing.api.twin
    need = analysis.needs.get(callee) if callee is not None else None
    function = crossing.call.function
    if callee is None or twin is None or need is None or need.via is not None or twin.dropped:
        return None
    if twin.is_property or not isinstance(function, Attribute) or crossing.call.arguments:
        return None
    body = [
        s for s in analysis.program.facts(callee).body if not isinstance(getattr(s, "value", None), Constant)
    ]
    inner = need.call.function
    only = len(body) == 1 and isinstance(body[0], Evaluate) and body[0].value == need.call
    own = isinstance(inner, Attribute) and isinstance(inner.value, Name) and inner.value.id == "self"
    receiver = isinstance(function.value, Name) and function.value.id == "self"
    if not (only and own and receiver) or need.call.arguments or is_used(analysis, crossing):
        return None
    if twin.blocks and analysis.summary(crossing.function).context is ExecutionContext.BOTH:
        return None
    name = twin.name.rpartition(".")[2]
    path = analysis.program.path(crossing.function.module)
    edit = Edit(function.end - len(function.attr), function.end, name)
    return Fix(
        f"Use self.{name}{_change(twin)}",
        (FileEdit(path, edit),),
        Applicability.SAFE,
        kind=FixKind.TWIN,
    )
