"""How values reach places that declare nothing: arguments at call sites, and what is kept under a key."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import NamedTuple, TypeVar

from offloop.facts.model import FunctionFacts, ModuleFacts
from offloop.facts.tree import Assign, Attribute, Block, Call, Collection, Constant, Expr, Name, Subscript
from offloop.facts.walk import statements
from offloop.library.model import Variable
from offloop.resolve.boundary import Region
from offloop.resolve.values import ScopeRef
from offloop.resolve.world import World

_READS = frozenset({"get", "pop", "setdefault"})
_MAX_CALLS = 40

Site = tuple[Call, ScopeRef]
Stored = tuple[Expr, ScopeRef]
Given = tuple[Attribute, Expr, ScopeRef]
_Place = TypeVar("_Place", Site, Stored, Given)


class RegionUsage(NamedTuple):
    """The call sites and stores of one region; ``unpacked`` are attributes that tuples are unpacked to."""

    calls: dict[str, list[Site]]
    stores: dict[tuple[str, str], list[Stored]]
    given: dict[str, list[Given]]
    unpacked: set[str]

    @property
    def mentioned(self) -> frozenset[Hashable]:
        """The names that are called or assigned to as attributes, and the keys that are stored under."""
        return frozenset(self.unpacked).union(self.calls, self.stores, self.given)


class Usage:
    """Call sites by the name that is called, and stores by attribute and key, of all analysed modules."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._sites: dict[str, list[Site]] = {}
        self._stored: dict[tuple[str, str], list[Stored]] = {}
        # The regions that a module is read in: itself, or a function that somebody edits and the rest.
        self._modules = {
            name: {Region(name): self._read(Region(name), module.facts)}
            for name, module in world.analysed.items()
        }

    def divide(self, regions: Sequence[Region]) -> frozenset[Hashable]:
        """Read a module anew, in regions; return the names and keys that it mentions or mentioned before."""
        module = regions[0].module
        facts = self.world.analysed[module].facts
        before = self._modules[module]
        after = self._modules[module] = {region: self._read(region, facts) for region in regions}
        return frozenset[Hashable]().union(*[part.mentioned for part in (*before.values(), *after.values())])

    def replace(self, region: Region) -> frozenset[Hashable]:
        """Read a region anew; return the names and keys that it mentions or mentioned before."""
        parts = self._modules[region.module]
        before = parts[region]
        after = parts[region] = self._read(region, self.world.analysed[region.module].facts)
        return before.mentioned | after.mentioned

    def forget(self) -> None:
        """Forget what was joined from all modules."""
        self._sites = {}
        self._stored = {}

    def _read(self, region: Region, facts: ModuleFacts) -> RegionUsage:
        found = RegionUsage(defaultdict(list), defaultdict(list), defaultdict(list), set())
        module = region.module
        if region.holds(module, None):
            self._read_scope(facts.body, facts.calls, ScopeRef(module, None), found)
        for function in region.of(facts.functions):
            self._read_scope(function.body, function.calls, ScopeRef(module, function.index), found)
        return found

    def _read_scope(self, body: Block, calls: tuple[Call, ...], scope: ScopeRef, found: RegionUsage) -> None:
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
                    elif isinstance(target, Collection):
                        found.unpacked.update(
                            part.attr for part in target.items if isinstance(part, Attribute)
                        )

    def assigned_to(self, name: str) -> list[Given]:
        """Return (attribute, value, scope) of all assignments to an attribute of that name; few ones only."""
        found = self._joined(lambda part: part.given.get(name, ()))
        return found if len(found) <= _MAX_CALLS else []

    def calls_of(self, name: str) -> list[Site]:
        """Return the calls of anything of that name; none where there are too many to tell anything."""
        known = self._sites.get(name)
        if known is None:
            found = self._joined(lambda part: part.calls.get(name, ()))
            known = self._sites[name] = found if len(found) <= _MAX_CALLS else []
        return known

    def stores_under(self, path: tuple[str, str]) -> list[Stored]:
        """Return the values stored below an attribute and key, at any depth."""
        known = self._stored.get(path)
        if known is None:
            known = self._stored[path] = self._joined(lambda part: part.stores.get(path, ()))
        return known

    def _joined(self, find: Callable[[RegionUsage], Iterable[_Place]]) -> list[_Place]:
        """Return what all modules have of something, in the order of their texts."""
        found: list[_Place] = []
        for parts in self._modules.values():
            of_module = [place for part in parts.values() for place in find(part)]
            if len(parts) > 1:
                of_module.sort(key=_scope_of)
            found += of_module
        return found

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


def _scope_of(place: Site | Stored | Given) -> int:
    """Return the number of the scope that something stands in, the module's own first."""
    scope = place[-1]
    return -1 if scope.function is None else scope.function


def caller_names(function: FunctionFacts, class_names: tuple[str, ...]) -> Iterator[str]:
    """Yield the names under which a function may be called; a constructor goes by its class."""
    yield function.name
    if function.name == "__init__":
        yield from class_names
