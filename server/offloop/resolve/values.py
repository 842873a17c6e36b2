"""What an expression may stand for."""

from __future__ import annotations

from typing import NamedTuple

from offloop.library.model import Type
from offloop.resolve.world import External


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
