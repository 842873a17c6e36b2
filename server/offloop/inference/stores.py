"""Where values are stored: variables, attributes, containers, what functions return."""

from __future__ import annotations

from collections.abc import Iterator

from offloop.facts.tree import (
    Argument,
    Assign,
    Attribute,
    AugmentedAssign,
    Block,
    Call,
    Collection,
    Dictionary,
    Expr,
    Name,
    Return,
    Statement,
    Subscript,
)
from offloop.facts.walk import statements
from offloop.inference.accessors import Accessors
from offloop.inference.carriers import Carriers
from offloop.inference.edges import Atom, Slot, Source, Use
from offloop.inference.flows import Flows
from offloop.inference.handed_objects import HandedObjects, beyond
from offloop.inference.libraries import LibraryCalls
from offloop.inference.sharing import Sharing
from offloop.inference.slots import ANY_KEY, WHOLE, Slots
from offloop.inference.sources import Sources
from offloop.library.model import Dispatch, HandOff, Type
from offloop.resolve.evaluate import Evaluator
from offloop.resolve.values import FunctionRef, ScopeRef

_INTO = frozenset(
    {"append", "appendleft", "add", "insert", "extend", "update", "setdefault", "put", "put_nowait"}
)


class Stores:
    """Lets the functions among stored values flow into slots; ``by_key`` tells constant keys of displays apart."""

    def __init__(
        self,
        evaluator: Evaluator,
        slots: Slots,
        sources: Sources,
        flows: Flows,
        carriers: Carriers,
        accessors: Accessors,
        libraries: LibraryCalls,
        sharing: Sharing,
        objects: HandedObjects,
        *,
        by_key: bool,
    ) -> None:
        self.evaluator = evaluator
        self._slots = slots
        self._sources = sources
        self._flows = flows
        self._carriers = carriers
        self._accessors = accessors
        self._libraries = libraries
        self._sharing = sharing
        self._objects = objects
        self._by_key = by_key

    def flow(self, value: Expr, scope: ScopeRef, slot: Slot) -> None:
        """Let what an expression may stand for flow into a slot."""
        for source in self._sources.of(value, scope):
            self._flows.join(source, slot)

    def variables(self, scope: ScopeRef) -> None:
        """Store what the names of a scope are bound to."""
        bound, _ = self.evaluator.bindings(scope)
        for name, bindings in bound.items():
            slot = self._slots.variable(scope, name)
            for binding in bindings:
                if binding.kind in ("value", "element") and binding.expr is not None:
                    self.flow(binding.expr, scope, slot)

    def block(self, block: Block, scope: ScopeRef) -> None:
        """Store what the statements of a block assign, and what they return."""
        for statement in statements(block):
            self._statement(statement, scope)

    def _statement(self, statement: Statement, scope: ScopeRef) -> None:
        match statement:
            case Assign(targets, value) if value is not None:
                for target in targets:
                    if not isinstance(target, Name):
                        self._assign(target, value, scope)
            case AugmentedAssign():
                for slot in self._slots.of(statement.target, scope):
                    self.flow(statement.value, scope, slot)
            case Return(value) if value is not None and scope.function is not None:
                facts = self.evaluator.world.analysed[scope.module].facts.functions[scope.function]
                if self._carriers.can_carry(facts.returns, scope.module):
                    self.flow(value, scope, self._slots.returned(scope.module, scope.function))

    def _assign(self, target: Expr, value: Expr, scope: ScopeRef) -> None:
        if isinstance(target, Collection):
            parts = (value,) * len(target.items)
            if isinstance(value, Collection) and len(value.items) == len(parts):
                parts = value.items
            for item, part in zip(target.items, parts, strict=True):
                if not isinstance(item, Name):
                    self._assign(item, part, scope)
            return
        if isinstance(target, Attribute):
            for kind in self.evaluator.types(target.value, scope):
                for setter in self._accessors.setters(kind, target.attr):
                    self.flow(value, scope, self._slots.parameter(setter, 1))
        for slot in self._slots.stores(target, scope):
            self._store(value, scope, slot)
            if isinstance(target, Subscript):
                self.flow(target.index, scope, slot)
                self._into_shared(slot, value, scope)
            else:
                self._sharing.kept(slot, value, scope)
            self._into_library(slot, target, value, scope)

    def _into_library(self, slot: Slot, target: Expr, value: Expr, scope: ScopeRef) -> None:
        """Note what a library does with a callable that is stored in an attribute of an object of its."""
        if slot[0] != "a":
            return
        for handoff in self._libraries.attribute(Type(str(slot[1])), str(slot[2])):
            store = Call(target, (Argument(None, 0, value),), target.start, value.end)
            if handoff.way:
                self.object_handed(handoff, value, store, scope)
            elif handoff.dispatch is Dispatch.KEPT:
                self.flow(value, scope, self._libraries.keep(handoff))
            else:
                use = Use("handoff", scope, store, -1, handoff, value)
                for source in self._sources.of(value, scope):
                    self._flows.use(source, use)

    def object_handed(self, handoff: HandOff, value: Expr, call: Call, scope: ScopeRef) -> None:
        """Note what a library does with the methods of an object that it is given."""
        use = Use("handoff", scope, call, -1, handoff, value)
        for source in self._at_the_end(handoff.way, value, scope):
            if handoff.dispatch is Dispatch.KEPT:
                self._flows.join(source, self._libraries.keep(handoff))
            else:
                self._flows.use(source, use)

    def _at_the_end(self, way: str, value: Expr, scope: ScopeRef) -> Iterator[Source]:
        for found in self._objects.reached(value, way, scope):
            if isinstance(found, FunctionRef):
                yield from self._sources.virtual(found)
            else:
                yield self._slots.attribute(found.owner, found.name)
        if self._sources.listeners is not None:
            for source in self._sources.of(value, scope):
                token = beyond(source, way)
                if token is not None:
                    yield token

    def overridden_attributes(self, module: str) -> None:
        """Note the methods of a module that stand in for what a library calls in an attribute: as stored there."""
        for kind, method, handoff in self._libraries.overridden_attributes(module):
            facts = self.evaluator.world.function_facts(method.module, method.index)
            if facts is None or handoff.way:
                continue
            atom = Atom(method.module, method.qualname, method.index)
            if handoff.dispatch is Dispatch.KEPT:
                self._flows.put(self._libraries.keep(handoff), atom)
                continue
            name = Name(method.name, facts.name_start, facts.name_start + len(method.name))
            scope = ScopeRef(method.module, None)
            stored = Call(name, (Argument(None, 0, name),), name.start, name.end)
            self._flows.use(atom, Use("handoff", scope, stored, -1, handoff, name, kind))

    def _store(self, value: Expr, scope: ScopeRef, slot: Slot) -> None:
        """Let a value flow into what it is stored in; the values of a display to their keys."""
        if slot[0] != "a" or not self._by_key:
            self.flow(value, scope, slot)
        elif len(slot) > 3:
            self._flows.join(slot, (*slot[:3], ANY_KEY))
            self.flow(value, scope, slot)
        elif isinstance(value, Dictionary):
            for key, item in value.items:
                keyed = self._slots.keyed(slot, key, scope)
                self._store(item, scope, keyed)
                if keyed == slot and key is not None:
                    self.flow(key, scope, slot)
        else:
            self.flow(value, scope, slot)
            self.flow(value, scope, (*slot, WHOLE))

    def _into_shared(self, slot: Slot, value: Expr, scope: ScopeRef) -> None:
        """Store what is put into a container for those who share it."""
        shared = self._sharing.put_into(slot)
        if shared is not None:
            self.flow(value, scope, shared)

    def into_container(self, call: Call, scope: ScopeRef) -> None:
        """Store what a method of a container puts into it."""
        function = call.function
        if not isinstance(function, Attribute) or function.attr not in _INTO:
            return
        for slot in self._slots.stores(function.value, scope, 1):
            for argument in call.arguments:
                self.flow(argument.value, scope, slot)
                self._into_shared(slot, argument.value, scope)
                self._into_library(slot, function.value, argument.value, scope)
