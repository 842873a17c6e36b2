"""The model of a call graph: functions as values, the slots they flow through, and the edges found."""

from __future__ import annotations

from typing import NamedTuple

from offloop.facts.tree import Call, Expr
from offloop.inference.context import FunctionId
from offloop.library.model import HandOff, Type
from offloop.resolve.values import ScopeRef

STORED = "stored"


class Atom(NamedTuple):
    """A function that flows as a value.

    It is analysed, of the library (index -1), or a parameter to be summarised: ``position`` >= 0 makes the
    atom stand for whatever is passed as that parameter. ``kind`` overrides how the function presents itself:
    "callback" for ``callback(f)``, "object" for the ``__call__`` of an object; STORED makes the atom stand for
    what is stored in the attribute of that qualified name. ``way`` leads from what is passed or stored to what is
    meant (``handed_objects.py``).
    """

    module: str
    qualname: str
    index: int  # type: ignore[assignment]  # hides tuple.index, which nobody asks a record for
    kind: str = ""
    position: int = -1
    way: str = ""


# What holds atoms: ("v", module, function, class, name) for a variable, ("a", class, attribute[, key]) for an
# attribute, ("r", module, function) for what a function returns, ("kept", api, index, keyword) for what a library
# keeps, ("runs", function) for what a call of a library's function runs, ("put", *slot) for what is put into a
# container by those that share it, ("way", slot, way) for what a way leads to from what is in a slot.
Slot = tuple[object, ...]
Source = Atom | Slot


class CallEdge(NamedTuple):
    """A call of an analysed function; ``caller`` is None at module level."""

    caller: FunctionId | None
    module: str
    callee: FunctionId
    call: Call


class HandOffEdge(NamedTuple):
    """A callable given to what runs it: ``target`` is an atom of an analysed function or of a parameter."""

    caller: FunctionId | None
    module: str
    target: Atom
    call: Call
    handoff: HandOff
    argument: Expr


class ApiCall(NamedTuple):
    """A call of something outside of the analysed modules, by canonical dotted name."""

    caller: FunctionId | None
    module: str
    call: Call
    api: str


class Settled(NamedTuple):
    """How many calls, hand-offs and calls of APIs there were when all modules but one had been added."""

    calls: int
    handed: int
    api_calls: int


class Use(NamedTuple):
    """What happens at a place to whatever arrives in a slot: "call", "bind" or "handoff".

    The arguments of the call from ``rest`` on are passed to it, none where ``rest`` is negative. ``receiver``
    is the type of the object whose method the call reaches, where what arrives may belong to others.
    """

    kind: str
    scope: ScopeRef
    call: Call
    rest: int
    handoff: HandOff | None = None
    argument: Expr | None = None
    receiver: Type | None = None
