"""Containers that an object is given when it is made: what it puts into them, others take out of them.

``Registration(self._handlers)`` hands a list to a constructor that keeps it in an attribute. What methods of the
new object append to it flows back, to the parameter and to whatever was handed over: a slot beside that of each
container holds what was put in through an object that shares it.
"""

from __future__ import annotations

from offloop.facts.tree import Attribute, Boolean, Conditional, Expr, Name, Subscript
from offloop.inference.edges import Slot
from offloop.inference.flows import Flows
from offloop.inference.slots import Slots
from offloop.resolve.evaluate import Evaluator
from offloop.resolve.values import ScopeRef

_PLAIN_ATTRIBUTE = 3


class Sharing:
    """Joins the slots of containers that constructors are given to those of where they came from."""

    def __init__(self, evaluator: Evaluator, slots: Slots, flows: Flows) -> None:
        self._evaluator = evaluator
        self._slots = slots
        self._flows = flows

    def put_into(self, slot: Slot) -> Slot | None:
        """Return the slot of what is put into the container in an attribute; None for what no object keeps."""
        return ("put", *slot[:_PLAIN_ATTRIBUTE]) if slot[0] == "a" else None

    def kept(self, attribute: Slot, value: Expr, scope: ScopeRef) -> None:
        """Note that a constructor keeps a value in an attribute."""
        index = scope.function if scope.function is not None else -1
        facts = self._evaluator.world.function_facts(scope.module, index)
        shared = self.put_into(attribute)
        if shared is None or facts is None or facts.name != "__init__":
            return
        names = {parameter.name for parameter in facts.parameters}
        for name in _names(value):
            if name in names:
                self._flows.join(shared, ("put", *self._slots.variable(scope, name)))

    def handed(self, parameter: Slot, value: Expr, scope: ScopeRef) -> None:
        """Note that a constructor is given a value for a parameter, or for the field of a record."""
        if isinstance(value, Name | Attribute | Subscript):
            for slot in self._slots.stores(value, scope, 1):
                self._flows.join(("put", *parameter), slot)
                self._flows.join(("put", *parameter), ("put", *slot))


def _names(value: Expr) -> list[str]:
    """Return the names that an expression chooses from: ``given``, ``given or []``."""
    match value:
        case Name(name, _, _):
            return [name]
        case Boolean(_, values, _, _):
            return [name for part in values for name in _names(part)]
        case Conditional(_, body, orelse, _, _):
            return [*_names(body), *_names(orelse)]
    return []
