"""How values reach places that declare nothing: arguments at call sites, and what is kept under a key."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator
from typing import NamedTuple

from offloop.facts.model import FunctionFacts, ModuleFacts
from offloop.facts.tree import Assign, Attribute, Block, Call, Constant, Expr, Name, Subscript
from offloop.facts.walk import statements
from offloop.library.model import Variable
from offloop.resolve.values import ScopeRef
from offloop.resolve.world import World

_READS = frozenset({"get", "pop", "setdefault"})
_MAX_CALLS = 40

Site = tuple[Call, ScopeRef]
Stored = tuple[Expr, ScopeRef]
Given = tuple[Attribute, Expr, ScopeRef]


class ModuleUsage(NamedTuple):
    """The call sites and stores of one module."""

    calls: dict[str, list[Site]]
    stores: dict[tuple[str, str], list[Stored]]
    given: dict[str, list[Given]]

    @property
    def mentioned(self) -> frozenset[Hashable]:
        """The names that the module calls or assigns to as attributes, and the keys that it stores under."""
        return frozenset(self.calls) | frozenset(self.stores) | frozenset(self.given)


class Usage:
    """Call sites by the name that is called, and stores by attribute and key, of all analysed modules."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._sites: dict[str, list[Site]] = {}
        self._stored: dict[tuple[str, str], list[Stored]] = {}
        self._modules = {
            module.name: self._read(module.name, module.facts) for module in world.analysed.values()
        }

    def replace(self, module: str, facts: ModuleFacts) -> frozenset[Hashable]:
        """Read a module anew; return the names and keys that it mentions or mentioned before."""
        before = self._modules[module]
        after = self._modules[module] = self._read(module, facts)
        return before.mentioned | after.mentioned

    def forget(self) -> None:
        """Forget what was joined from all modules."""
        self._sites = {}
        self._stored = {}

    def _read(self, module: str, facts: ModuleFacts) -> ModuleUsage:
        found = ModuleUsage(defaultdict(list), defaultdict(list), defaultdict(list))
        scope = ScopeRef(module, None)
        self._read_scope(facts.body, facts.calls, scope, found)
        for function in facts.functions:
            self._read_scope(function.body, function.calls, ScopeRef(module, function.index), found)
        return found

    def _read_scope(self, body: Block, calls: tuple[Call, ...], scope: ScopeRef, found: ModuleUsage) -> None:
        for call in calls:
            name = (
                call.function.attr
                if isinstance(call.function, Attribute)
                else getattr(call.function, "id", None)
            )
            if name is not None:
                found.calls[name].append((call, scope))
            if name == "setdefault" and len(call.arguments) == 2:
                path = self.keyed(call, scope)
                if path is not None:
                    found.stores[path].append((call.arguments[1].value, scope))
        for statement in statements(body):
            if isinstance(statement, Assign) and statement.value is not None:
                for target in statement.targets:
                    path = self.keyed(target, scope) if isinstance(target, Subscript) else None
                    if path is not None:
                        found.stores[path].append((statement.value, scope))
                    if isinstance(target, Attribute):
                        found.given[target.attr].append((target, statement.value, scope))

    def assigned_to(self, name: str) -> list[Given]:
        """Return (attribute, value, scope) of all assignments to an attribute of that name; few ones only."""
        found = [given for module in self._modules.values() for given in module.given.get(name, ())]
        return found if len(found) <= _MAX_CALLS else []

    def calls_of(self, name: str) -> list[Site]:
        """Return the calls of anything of that name; none where there are too many to tell anything."""
        known = self._sites.get(name)
        if known is None:
            found = [site for module in self._modules.values() for site in module.calls.get(name, ())]
            known = self._sites[name] = found if len(found) <= _MAX_CALLS else []
        return known

    def stores_under(self, path: tuple[str, str]) -> list[Stored]:
        """Return the values stored below an attribute and key, at any depth."""
        known = self._stored.get(path)
        if known is None:
            found = [stored for module in self._modules.values() for stored in module.stores.get(path, ())]
            known = self._stored[path] = found
        return known

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
