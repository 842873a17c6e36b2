"""How values reach places that declare nothing: arguments at call sites, and what is kept under a key."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from offloop.facts.model import FunctionFacts, ModuleFacts
from offloop.facts.tree import Assign, Attribute, Block, Call, Constant, Expr, Name, Subscript
from offloop.facts.walk import statements
from offloop.library.model import Variable
from offloop.resolve.values import ScopeRef
from offloop.resolve.world import World

_READS = frozenset({"get", "pop", "setdefault"})
_MAX_CALLS = 40

Site = tuple[Call, ScopeRef]


class Usage:
    """Call sites by the name that is called, and stores by attribute and key, of all analysed modules."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._calls: dict[str, list[Site]] = defaultdict(list)
        self._stores: dict[tuple[str, str], list[tuple[Expr, ScopeRef]]] = defaultdict(list)
        self._attributes: dict[str, list[tuple[Attribute, Expr, ScopeRef]]] = defaultdict(list)
        for module in world.analysed.values():
            self._read(module.name, module.facts)

    def _read(self, module: str, facts: ModuleFacts) -> None:
        scope = ScopeRef(module, None)
        self._read_scope(facts.body, facts.calls, scope)
        for function in facts.functions:
            self._read_scope(function.body, function.calls, ScopeRef(module, function.index))

    def _read_scope(self, body: Block, calls: tuple[Call, ...], scope: ScopeRef) -> None:
        for call in calls:
            name = (
                call.function.attr
                if isinstance(call.function, Attribute)
                else getattr(call.function, "id", None)
            )
            if name is not None:
                self._calls[name].append((call, scope))
            if name == "setdefault" and len(call.arguments) == 2:
                path = self.keyed(call, scope)
                if path is not None:
                    self._stores[path].append((call.arguments[1].value, scope))
        for statement in statements(body):
            if isinstance(statement, Assign) and statement.value is not None:
                for target in statement.targets:
                    path = self.keyed(target, scope) if isinstance(target, Subscript) else None
                    if path is not None:
                        self._stores[path].append((statement.value, scope))
                    if isinstance(target, Attribute):
                        self._attributes[target.attr].append((target, statement.value, scope))

    def assigned_to(self, name: str) -> list[tuple[Attribute, Expr, ScopeRef]]:
        """Return (attribute, value, scope) of all assignments to an attribute of that name; few ones only."""
        found = self._attributes.get(name, [])
        return found if len(found) <= _MAX_CALLS else []

    def calls_of(self, name: str) -> list[Site]:
        """Return the calls of anything of that name; none where there are too many to tell anything."""
        found = self._calls.get(name, [])
        return found if len(found) <= _MAX_CALLS else []

    def stores_under(self, path: tuple[str, str]) -> list[tuple[Expr, ScopeRef]]:
        """Return the values stored below an attribute and key, at any depth."""
        return self._stores.get(path, [])

    def keyed(self, expr: Expr, scope: ScopeRef) -> tuple[str, str] | None:
        """Return (attribute, first key) for ``x.attribute[key]...``, None for anything else."""
        key: Expr | None = None
        while True:
            if isinstance(expr, Subscript):
                key, expr = expr.index, expr.value
            elif (
                isinstance(expr, Call)
                and isinstance(expr.function, Attribute)
                and expr.function.attr in _READS
            ):
                if not expr.arguments:
                    return None
                key, expr = expr.arguments[0].value, expr.function.value
            else:
                break
        if not isinstance(expr, Attribute) or key is None:
            return None
        text = self.constant(key, scope)
        return (expr.attr, text) if text is not None else None

    def constant(self, key: Expr, scope: ScopeRef) -> str | None:
        """Return the text of a constant key, followed through imports."""
        if isinstance(key, Constant):
            return key.value if isinstance(key.value, str) else None
        if isinstance(key, Name) and key.id[:1].isupper():
            found = self.world.find(f"{scope.module}.{key.id}")
            if isinstance(found, Variable) and found.constant is not None:
                return found.constant
            return key.id
        return None


def caller_names(function: FunctionFacts, class_names: tuple[str, ...]) -> Iterator[str]:
    """Yield the names under which a function may be called; a constructor goes by its class."""
    yield function.name
    if function.name == "__init__":
        yield from class_names
