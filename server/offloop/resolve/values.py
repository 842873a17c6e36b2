"""What an expression may stand for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from offloop.library.model import Type
from offloop.resolve.world import External

# More than so many would tell nothing any more.
MAX_VALUES = 12


class Instance(NamedTuple):
    """An object of a class."""

    type: Type


class ClassObject(NamedTuple):
    """A class itself."""

    type: Type


class ModuleObject(NamedTuple):
    """A known module."""

    name: str


class FunctionRef(NamedTuple):
    """A function, not called: analysed where index >= 0. ``receiver`` is the type it is bound to."""

    module: str
    qualname: str
    index: int  # type: ignore[assignment]  # hides tuple.index, which nobody asks a record for
    receiver: Type | None = None

    @property
    def dotted(self) -> str:
        """The canonical dotted name."""
        return f"{self.module}.{self.qualname}"


class SuperObject(NamedTuple):
    """``super()`` in a method of a class, for an object of (at least) that class."""

    type: Type


class Missing(NamedTuple):
    """A member that the receiver's known classes do not define; subclasses may."""

    owner: Type
    name: str


Value = Instance | ClassObject | ModuleObject | FunctionRef | SuperObject | Missing | External
Values = tuple[Value, ...]


class ScopeRef(NamedTuple):
    """Where an expression stands: a function of a module, a class body, or the module level (both None)."""

    module: str
    function: int | None
    cls: int | None = None


def unique(values: Iterable[Value]) -> Values:
    """Return the values, each once, the first ones where there are very many."""
    return tuple(dict.fromkeys(values))[:MAX_VALUES]


def union(members: tuple[Type, ...]) -> Type:
    """Return the one type that stands for all of them; "?" where there is none."""
    if not members:
        return Type("?")
    return members[0] if len(members) == 1 else Type("|", members)
