"""What calls of a library run of the integration's: callables that the library keeps, methods it overrides.

A slot per function of a library holds what a call of it runs. It is filled from the functions that it calls
in turn, as far as something of the integration's can be there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from offloop.inference.edges import STORED, Atom, Slot
from offloop.inference.flows import Flows
from offloop.library.model import ATTRIBUTE, ClassSignature, Dispatch, FunctionSignature, HandOff, Type
from offloop.resolve.boundary import Memo
from offloop.resolve.evaluate import Evaluator
from offloop.resolve.world import World

_ENUMERATIONS = frozenset({"enum.Enum", "enum.IntEnum", "enum.StrEnum", "enum.Flag", "enum.IntFlag"})


class LibraryCalls:
    """Joins the slots of library functions; ``callers`` are told by ``Catalog.callers``."""

    def __init__(
        self,
        world: World,
        flows: Flows,
        handoffs: Mapping[str, tuple[HandOff, ...]],
        callers: Mapping[str, tuple[str, ...]],
    ) -> None:
        self.world = world
        self._flows = flows
        self._handoffs = handoffs
        self._callers = callers
        self._joined: Memo[str, bool] = Memo()
        self._attributes = frozenset(
            api.rpartition(".")[2]
            for api, found in handoffs.items()
            if any(handoff.index == ATTRIBUTE for handoff in found)
        )
        self._functions = frozenset(caller for found in callers.values() for caller in found) | {
            runner for found in handoffs.values() for handoff in found for runner in handoff.runners
        }

    # ---------------------------------------------------------------- what is put in
    def add_overrides(self) -> None:
        """Let the methods of analysed classes that a library calls on its own classes run where it calls them."""
        if not self._callers:
            return
        for module in self.world.analysed.values():
            for cls in module.facts.classes:
                kind = Type(f"{module.name}.{cls.qualname}")
                for ancestor in self.world.ancestry(kind)[1:]:
                    for index in cls.methods:
                        method = module.facts.functions[index]
                        overridden = f"{ancestor.name}.{method.name}"
                        for caller in self._callers.get(overridden, ()):
                            self._flows.put(self._filled(caller), Atom(module.name, method.qualname, index))

    def overridden_attributes(self, module: str) -> Iterator[tuple[Type, FunctionSignature, HandOff]]:
        """Yield the methods of a module's classes that stand in for what a library calls in an attribute."""
        for cls in self.world.analysed[module].facts.classes:
            kind = Type(f"{module}.{cls.qualname}")
            signature = self.world.class_named(kind.name)
            methods = signature.methods if signature is not None else {}
            for name in sorted(self._attributes.intersection(methods)):
                if methods[name].role == "":
                    for handoff in self.attribute(kind, name):
                        yield kind, methods[name], handoff

    def keep(self, handoff: HandOff) -> Slot:
        """Return the slot of what is stored by a hand-off that keeps it."""
        slot = ("kept", handoff.api, handoff.index, handoff.keyword)
        for runner in handoff.runners:
            self._flows.join(slot, self._filled(runner))
        return slot

    def _filled(self, function: str) -> Slot:
        """Return the slot of what a library function runs, joined to those of the functions that call it."""
        waiting = [function]
        while waiting:
            current = waiting.pop()
            if self._joined.get(current):
                continue
            self._joined.put(current, True)
            for caller in self._callers.get(current, ()):
                self._flows.join(("runs", current), ("runs", caller))
                waiting.append(caller)
        return ("runs", function)

    def settle(self) -> None:
        """Keep which slots are joined by now."""
        self._joined.settle()

    def forget(self, layers: int) -> None:
        """Forget what was joined that is not in the first layers of what is settled."""
        self._joined.forget(layers)

    # ---------------------------------------------------------------- what is asked
    def run_by(self, function: str) -> Slot | None:
        """Return the slot of what a call of a function runs, None where it is no such function of a library."""
        return ("runs", function) if function in self._functions else None

    def attribute(self, kind: Type, name: str) -> Iterator[HandOff]:
        """Yield what a library does with the callables stored in an attribute of an object of a class."""
        for ancestor in self.world.ancestry(kind):
            for handoff in self._handoffs.get(f"{ancestor.name}.{name}", ()):
                if handoff.index == ATTRIBUTE and self.concerns(handoff, kind):
                    yield handoff

    def concerns(self, handoff: HandOff, receiver: Type | None) -> bool:
        """Whether a hand-off speaks of the objects that a receiver may be."""
        return not handoff.within or receiver is None or self._are_related(handoff.within, receiver.name)

    def _are_related(self, one: str, other: str) -> bool:
        """Whether an object may be of both classes."""
        return one == other or self._is_below(one, other) or self._is_below(other, one)

    def may_reach(self, atom: Atom, receiver: Type | None) -> bool:
        """Whether a call on a receiver may reach a method: it is not one of a sibling of the receiver's class."""
        owner = self._owner(atom)
        if receiver is None or owner is None or self._are_related(owner, receiver.name):
            return True
        return not self._family(owner).intersection(self._family(receiver.name))

    def _owner(self, atom: Atom) -> str | None:
        facts = self.world.function_facts(atom.module, atom.index)
        if facts is None or facts.owner_class is None:
            return None
        return f"{atom.module}.{self.world.analysed[atom.module].facts.classes[facts.owner_class].qualname}"

    def _is_below(self, name: str, ancestor: str) -> bool:
        return any(one.name == ancestor for one in self.world.ancestry(Type(name)))

    def _family(self, name: str) -> frozenset[str]:
        """Return the known classes that a class builds on."""
        found: Iterable[Type] = self.world.ancestry(Type(name))
        return frozenset(one.name for one in found if self.world.class_named(one.name) is not None)


def where_called(handoff: HandOff, function: str) -> HandOff:
    """Return how a hand-off of a library function hands over what that function may run."""
    # A library's function is sorted by its own kind; only plain ones run anything where they are called.
    dispatch = Dispatch.EXECUTOR if handoff.dispatch is Dispatch.BY_TYPE else handoff.dispatch
    return handoff._replace(api=function, dispatch=dispatch, is_one_way=True)


def attribute_tokens(
    world: World, evaluator: Evaluator, slots: Iterable[Slot]
) -> Iterator[tuple[Slot, Atom]]:
    """Yield for each slot of a public attribute the token that stands for what users of a library store there."""
    for slot in slots:
        owner = world.class_named(str(slot[1])) if slot[0] == "a" else None
        if owner is None or owner.module not in world.analysed:
            continue
        name = str(slot[2])
        if not name.startswith("_") and _is_stored(world, evaluator, owner, name):
            yield slot, Atom(owner.module, f"{owner.qualname}.{name}", -1, STORED, 0)


def _is_stored(world: World, evaluator: Evaluator, owner: ClassSignature, name: str) -> bool:
    """Whether objects of a class, or of a class below it, have an attribute of that name and no method."""
    if any(ancestor.name in _ENUMERATIONS for ancestor in world.ancestry(Type(owner.dotted))):
        return False  # its members are constants
    classes = (owner, *world.subclasses(owner.dotted))
    if any(name in cls.methods for cls in classes):
        return False
    return any(name in cls.attributes or name in evaluator.assignments(cls) for cls in classes)
