"""What registrations return: functions that undo them, and that belong to the loop as the registrations do."""

from __future__ import annotations

from offloop.inference.edges import Atom
from offloop.library.model import HARMFUL, Catalog, FunctionSignature, Kind, LoopApi, Tier, Type, Variable
from offloop.library.overrides import LOOP_PREFIXES
from offloop.resolve.world import World

# What a remover is called: the registration that returned it, and this.
REMOVER = ".<remover>"


class Removers:
    """The registrations of the loop that give back a function to undo them; each is looked at when it is called."""

    def __init__(self, world: World, catalog: Catalog) -> None:
        self._world = world
        self._catalog = catalog
        self._known: dict[str, bool] = {}

    def __contains__(self, name: object) -> bool:
        """Whether a function, by its canonical name, is one of them."""
        if not isinstance(name, str):
            return False
        known = self._known.get(name)
        if known is None:
            known = self._known[name] = self._gives_remover(name)
        return known

    def _gives_remover(self, name: str) -> bool:
        api = self._catalog.loop_apis.get(name)
        return (
            api is not None
            and api.kind is not Kind.COROUTINE
            and api.tier in HARMFUL
            and name.rpartition(".")[2].startswith(LOOP_PREFIXES)
            and _gives_callable(self._world, name)
        )


def _gives_callable(world: World, name: str) -> bool:
    found = world.find(name)
    return isinstance(found, FunctionSignature) and _is_callable(world, found.returns)


def _is_callable(world: World, kind: Type | None, depth: int = 0) -> bool:
    """Whether a type is that of a function without arguments worth mentioning: ``Callable``, or an alias of it."""
    if kind is None or depth > 4:
        return False
    if kind.name == "Callable":
        return True
    if kind.name in ("|", "="):
        return any(_is_callable(world, arg, depth + 1) for arg in kind.args)
    found = world.find(kind.name)
    return isinstance(found, Variable) and _is_callable(world, found.type, depth + 1)


def remover_of(dotted: str) -> Atom:
    """Return, as a value, the function that a registration gives back."""
    module, _, name = dotted.rpartition(".")
    return Atom(module, f"{name}{REMOVER}", -1)


def remover_api(api: LoopApi) -> LoopApi:
    """Return what calling the remover of a registration is: the same change of the loop's state, unguarded."""
    via = api.via or "undoing the registration"
    return LoopApi(f"{api.name}{REMOVER}", Kind.PLAIN, Tier.CORRUPTS, None, api.origin, via)
