"""Which scope a name belongs to: bindings of scopes, the way outwards, and the class around a function."""

from __future__ import annotations

from offloop.library.model import ClassSignature
from offloop.library.signature import SignatureBuilder
from offloop.resolve.bindings import Binding, Bindings, block_bindings, function_bindings
from offloop.resolve.boundary import Memo, Region
from offloop.resolve.values import ScopeRef
from offloop.resolve.world import World


class Scopes:
    """The scopes of all analysed modules, each read when it is first asked for."""

    def __init__(self, world: World, callback_decorators: frozenset[str]) -> None:
        self.world = world
        self.callback_decorators = callback_decorators
        self._bindings: Memo[ScopeRef, tuple[Bindings, frozenset[str]]] = Memo()
        self._builders: Memo[str, SignatureBuilder] = Memo()

    def settle(self, watched: Region) -> None:
        """Keep what is known of all but one region."""
        self._bindings.settle(lambda scope: watched.holds(scope.module, scope.function))
        self._builders.settle(lambda module: module == watched.module)

    def forget(self, layers: int) -> None:
        """Forget what is not in the first layers of what is settled."""
        self._bindings.forget(layers)
        self._builders.forget(layers)

    def builder(self, module: str) -> SignatureBuilder:
        """Return the reader of annotations for a module."""
        builder = self._builders.get(module)
        if builder is None:
            analysed = self.world.analysed[module]
            builder = SignatureBuilder(
                module,
                analysed.path,
                analysed.signature.is_package,
                analysed.facts,
                analysed.text,
                self.callback_decorators,
            )
            builder.names = dict(analysed.signature.names)
            self._builders.put(module, builder)
        return builder

    def bindings(self, scope: ScopeRef) -> tuple[Bindings, frozenset[str]]:
        """Return the bindings of a scope and the names it leaves to an outer one."""
        known = self._bindings.get(scope)
        if known is None:
            facts = self.world.analysed[scope.module].facts
            if scope.function is not None:
                known = function_bindings(facts, facts.functions[scope.function])
            elif scope.cls is not None:
                known = block_bindings(facts, facts.classes[scope.cls].body), frozenset()
            else:
                known = block_bindings(facts, facts.body), frozenset()
            self._bindings.put(scope, known)
        return known

    def outer(self, scope: ScopeRef) -> ScopeRef | None:
        """Return the scope in which a name is looked up next; class bodies do not enclose their methods."""
        facts = self.world.analysed[scope.module].facts
        if scope.cls is not None:
            parent = facts.classes[scope.cls].parent
        elif scope.function is not None:
            function = facts.functions[scope.function]
            parent = function.parent
            if parent is None and function.owner_class is not None:
                parent = facts.classes[function.owner_class].parent
        else:
            return None
        return ScopeRef(scope.module, parent)

    def lookup(self, name: str, scope: ScopeRef) -> tuple[ScopeRef, list[Binding]] | None:
        """Return the scope that binds a name, and how."""
        current: ScopeRef | None = scope
        while current is not None:
            bound, left = self.bindings(current)
            found = bound.get(name)
            if found and name not in left:
                return current, found
            current = self.outer(current)
        return None

    def own_class(self, scope: ScopeRef) -> ClassSignature | None:
        """Return the class whose method (or function inside of a method) the scope is."""
        facts = self.world.analysed[scope.module].facts
        index = scope.function
        while index is not None:
            function = facts.functions[index]
            if function.owner_class is not None:
                qualname = facts.classes[function.owner_class].qualname
                return self.world.class_named(f"{scope.module}.{qualname}")
            index = function.parent
        return None

    def type_variables(self, scope: ScopeRef) -> frozenset[str]:
        """Return the names of the type variables of the scope's function and of its class."""
        if scope.function is None:
            return frozenset()
        cls = self.own_class(scope)
        names = {name for name, _ in cls.type_parameters} if cls is not None else set()
        names.update(self.world.analysed[scope.module].facts.functions[scope.function].type_parameters)
        return frozenset(names)
