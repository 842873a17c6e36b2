"""Which slots an expression reads from or is stored to: variables, attributes, and keys of attributes."""

from __future__ import annotations

from collections.abc import Iterator

from offloop.facts.tree import Attribute, Await, Call, Constant, Expr, Name, Starred, Subscript, Walrus
from offloop.inference.carriers import is_plain
from offloop.inference.context import FunctionId
from offloop.inference.edges import Slot
from offloop.library.model import Type
from offloop.resolve.evaluate import Evaluator
from offloop.resolve.values import ClassObject, ScopeRef
from offloop.resolve.world import World

# Methods that give what is in a container, and functions that give a container of the same.
OUT = frozenset({"get", "pop", "popleft", "values", "items", "copy", "setdefault", "keys"})
SAME = frozenset(
    {"list", "sorted", "set", "tuple", "reversed", "iter", "enumerate", "zip", "frozenset", "deque", "dict"}
)
_MAX_ALIASES = 4
_PLAIN_ATTRIBUTE = 3
# The slots of an attribute's items under any constant key, and of what is assigned to it as a whole.
ANY_KEY = "[]"
WHOLE = "="


class Slots:
    """Finds slots in analysed modules; a container and its elements share one slot."""

    def __init__(self, world: World, evaluator: Evaluator) -> None:
        self.world = world
        self.evaluator = evaluator
        self._roots: dict[str, str] = {}
        self._plain: dict[tuple[str, str], bool] = {}

    # ---------------------------------------------------------------- kinds of slots
    def variable(self, scope: ScopeRef, name: str) -> Slot:
        """Return the slot of a variable of a scope."""
        return ("v", scope.module, scope.function, scope.cls, name)

    def parameter(self, function: FunctionId, position: int) -> Slot:
        """Return the slot of a parameter of an analysed function."""
        facts = self.world.analysed[function.module].facts.functions[function.index]
        return ("v", function.module, function.index, None, facts.parameters[position].name)

    def attribute(self, kind: Type, name: str) -> Slot:
        """Return the slot of an attribute of a class."""
        return ("a", self._root(kind), name)

    def returned(self, module: str, function: int) -> Slot:
        """Return the slot of what an analysed function returns."""
        return ("r", module, function)

    def _root(self, kind: Type) -> str:
        """Return the class under whose name a class's attributes are kept: its topmost analysed base."""
        known = self._roots.get(kind.name)
        if known is None:
            known = kind.name
            for ancestor in self.world.ancestry(kind):
                signature = self.world.class_named(ancestor.name)
                if signature is not None and signature.module in self.world.analysed:
                    known = ancestor.name
            self._roots[kind.name] = known
        return known

    # ---------------------------------------------------------------- reading
    def of(self, expr: Expr, scope: ScopeRef) -> Iterator[Slot]:
        """Yield the slots that an expression reads from."""
        for slot in self._named(expr, scope, storing=False):
            yield slot
            if slot[0] == "a" and len(slot) == _PLAIN_ATTRIBUTE:
                yield (*slot, ANY_KEY)

    def _named(self, expr: Expr, scope: ScopeRef, *, storing: bool) -> Iterator[Slot]:
        match expr:
            case Name(name, _, _):
                found = self.evaluator.lookup(name, scope)
                if found is not None:
                    yield self.variable(found[0], name)
            case Attribute(owner, attr, _, _):
                yield from self._attributes(owner, attr, scope)
            case Subscript(container, index, _, _):
                yield from self._items(container, index, scope, storing=storing)
            case Call(Attribute(container, attr, _, _), arguments, _, _) if attr in OUT:
                key = arguments[0].value if arguments else None
                yield from self._items(container, key, scope, storing=storing)
            case Call(Name(name, _, _), arguments, _, _) if name in SAME:
                for argument in arguments:
                    yield from self._named(argument.value, scope, storing=storing)
            case Walrus(_, value, _, _) | Await(value, _, _) | Starred(value, _, _):
                yield from self._named(value, scope, storing=storing)

    def _attributes(self, owner: Expr, attr: str, scope: ScopeRef) -> Iterator[Slot]:
        for kind in self.evaluator.types(owner, scope):
            if not self._is_plain_attribute(kind, attr):
                yield self.attribute(kind, attr)
        for value in self.evaluator.values(owner, scope):
            if isinstance(value, ClassObject):
                yield self.attribute(value.type, attr)

    def _is_plain_attribute(self, kind: Type, attr: str) -> bool:
        """Whether an attribute is declared as text or number."""
        key = (kind.name, attr)
        known = self._plain.get(key)
        if known is None:
            declared = next((m for _, m in self.world.members(kind, attr) if isinstance(m, Type)), None)
            known = self._plain[key] = declared is not None and is_plain(declared)
        return known

    def _items(
        self, container: Expr, index: Expr | None, scope: ScopeRef, *, storing: bool
    ) -> Iterator[Slot]:
        """Yield the slots of what a container holds; constant keys of an attribute are kept apart."""
        key = self._constant(index, scope) if index is not None else None
        for slot in self._named(container, scope, storing=storing):
            if key is None or slot[0] != "a":
                yield slot
                continue
            yield (*slot, key)
            if not storing and len(slot) == _PLAIN_ATTRIBUTE:
                yield (*slot, WHOLE)

    def keyed(self, slot: Slot, key: Expr | None, scope: ScopeRef) -> Slot:
        """Return the slot of what an attribute holds under a key: its own where the key is not constant."""
        constant = self._constant(key, scope) if key is not None else None
        return (*slot, constant) if constant is not None else slot

    def _constant(self, index: Expr, scope: ScopeRef) -> str | None:
        """Return the text of a constant key, or the name of a module-level constant."""
        if isinstance(index, Constant) and isinstance(index.value, str):
            return index.value
        if isinstance(index, Name):
            found = self.evaluator.lookup(index.id, scope)
            if found is not None and found[0].function is None and found[0].cls is None:
                binding = found[1][0]
                if binding.kind == "import" and binding.statement is not None:
                    return binding.statement.name
                if binding.kind == "value":
                    return index.id
        return None

    # ---------------------------------------------------------------- storing
    def stores(self, target: Expr, scope: ScopeRef, depth: int = 0) -> Iterator[Slot]:
        """Yield the slots that storing into a target changes: its own, and those its container came from."""
        yield from self._stores(target, scope, depth, set())

    def _stores(
        self, target: Expr, scope: ScopeRef, depth: int, seen: set[tuple[ScopeRef, str]]
    ) -> Iterator[Slot]:
        yield from self._named(target, scope, storing=True)
        base = _container(target)
        if base is target and depth == 0:
            return
        name = base.id if isinstance(base, Name) else ""
        found = self.evaluator.lookup(name, scope) if name else None
        if found is None or depth > _MAX_ALIASES or (found[0], name) in seen:
            return
        seen.add((found[0], name))  # ``given = given.copy()`` again and again leads nowhere else
        for binding in found[1]:
            if binding.kind in ("value", "element") and binding.expr is not None and binding.expr is not base:
                yield from self._named(binding.expr, found[0], storing=True)
                yield from self._stores(binding.expr, found[0], depth + 1, seen)


def _container(target: Expr) -> Expr:
    """Return what is left of a target without subscripts and method calls: ``x`` of ``x[a].get(b)[c]``."""
    while True:
        if isinstance(target, Subscript):
            target = target.value
        elif isinstance(target, Call) and isinstance(target.function, Attribute):
            target = target.function.value
        else:
            return target
